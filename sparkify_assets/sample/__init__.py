"""A lake that looks like Sparkify's, made from nothing but a seed: every name, song and user in it is invented.

The public face only: `generate(out, SampleOptions(...))`. The work is in the modules beside it, which need the standard
library alone, so that importing this package costs next to nothing.
"""

from sparkify_assets.sample.generate import generate, has_lake
from sparkify_assets.sample.options import SampleOptions, SampleSummary

__all__ = ["SampleOptions", "SampleSummary", "generate", "has_lake"]

"""A generated lake that looks like Sparkify's. Every name, song and user in it is invented; a seed decides them all.

This module holds the public interface only: `generate(out, SampleOptions(...))`. The other modules do the work. They
need only the standard library, so importing this package is cheap.
"""

from sparkify_assets.sample.generate import generate, has_lake
from sparkify_assets.sample.options import SampleOptions, SampleSummary

__all__ = ["SampleOptions", "SampleSummary", "generate", "has_lake"]

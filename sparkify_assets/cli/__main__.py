"""`python -m sparkify_assets.cli`, the same as `sparkify`."""

import sys

from sparkify_assets.cli.main import main

sys.exit(main())

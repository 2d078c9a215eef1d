"""Runs of Dagster in these tests share what libraries would compute again for each."""

from sparkify_assets_tests import remembered  # noqa: F401 - importing it is enough

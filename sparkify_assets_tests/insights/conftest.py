import pytest

from sparkify_assets_tests.copies import with_tables

# Both engines begin with empty tables. `embedded` is a platform without a warehouse.
platform = pytest.fixture(params=["embedded", "redshift"])(with_tables)

"""What every test may ask for."""

from pathlib import Path

import pytest

from sparkify_assets_tests.platforms import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform with an empty lake and no warehouse yet."""
    return Platform.at(tmp_path)

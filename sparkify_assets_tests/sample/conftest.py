from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.sample.reading import Lake, Record


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return the default sample, which is as long and as large as the real month."""
    folder = tmp_path_factory.mktemp("month")
    generate(folder, SampleOptions())
    return Lake(folder)


@pytest.fixture(scope="session")
def events(month: Lake) -> list[Record]:
    return month.events()


@pytest.fixture(scope="session")
def songs(month: Lake) -> list[Record]:
    return month.songs()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake."""
    return Lake(tmp_path / "lake")

"""One UI for all tests of it; each test that loads uses its own days."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sparkify_assets_tests.browser import find_chromium, open_page
from sparkify_assets_tests.ui.running import UI, running_ui


# Not for the session: its daemon would run beside all later tests.
@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UI]:
    """The platform's UI."""
    find_chromium()
    with running_ui(tmp_path_factory.mktemp("ui")) as running:
        yield running


@pytest.fixture
def ui(running: UI) -> str:
    """Its address."""
    return running.address


@pytest.fixture
def lake(running: UI) -> Path:
    """The lake that it loads."""
    return running.folder / "data/lake"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page of Dagster's UI for all tests, which go from place to place in it: loading its scripts takes longer than
    what they show. Its console errors are not ours."""
    with open_page(browser) as opened:
        yield opened


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """An empty page in another profile."""
    with open_page(browser) as opened:
        yield opened

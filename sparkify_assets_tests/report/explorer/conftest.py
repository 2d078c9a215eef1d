"""Two weeks of a small sample, dirt included, that the dashboard's tests ask, and the dashboard at an address."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
import uvicorn

from sparkify_assets.load.loading import load_days
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.explorer.dashboard_server import at_their_address
from sparkify_assets.report.guard import Guard
from sparkify_assets.report.pages.serving import ServedPages
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.platforms import Platform

# The latest whole week is the second; two days after it are loaded.
FIRST, LAST = date(2018, 11, 12), date(2018, 11, 27)


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform with a sample, its insights, and a published file."""
    platform = Platform.at(tmp_path_factory.mktemp("explored"))
    platform = replace(platform, settings=replace(platform.settings, start_date=FIRST, end_date=LAST))
    days = (LAST - FIRST).days + 1
    options = SampleOptions(start=FIRST, days=days, events=800, songs=20, seed=3, dirt=0.01)
    generate(platform.lake, options)
    platform.load_songs()
    load_days(platform.warehouse, platform.open_lake(), [FIRST + timedelta(n) for n in range(days)])
    platform.make_insights()
    return platform


@contextmanager
def serving(platform: Platform) -> Iterator[str]:
    """The address of the platform's dashboard, behind the guard, on this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    with closing(ServedPages(platform.settings)) as pages, listening:
        config = uvicorn.Config(Guard(at_their_address(pages)), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}{DASHBOARD}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def address(weeks: Platform) -> Iterator[str]:
    with serving(weeks) as at:
        yield at

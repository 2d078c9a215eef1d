"""A warehouse with something to show, which many tests read and none changes."""

from datetime import timedelta
from pathlib import Path

import pytest

from sparkify_assets.report.pages.dashboard import build_dashboard
from sparkify_assets.report.pages.figures import Figures, read_figures
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

NEXT_WEEK = DAY + timedelta(days=7)
HOSTILE_SONG = "<script>alert('a song')</script>"
HOSTILE_ARTIST = "</script><img src=x onerror=alert(1)>"
# Björk, as the real logs have the name: encoded twice.
TWICE_ENCODED = "BjÃ\x83Â¶rk"


def write_plays(lake: Path) -> None:
    """Write plays of three days: hostile names, names that look alike, an upgrade, a bad record, one who returns."""
    many = [event(itemInSession=n, ts=at(DAY, 12 + n / 100)) for n in range(4)]
    alike = [
        event(userId="8", sessionId=200, itemInSession=n, song="Undo", artist=TWICE_ENCODED, ts=at(DAY, 20.5 + n / 100))
        for n in range(3)
    ]
    alike.append(event(userId="8", sessionId=200, itemInSession=9, song="Undo", artist="Björk", ts=at(DAY, 21)))
    hostile = event(userId="9", sessionId=300, song=HOSTILE_SONG, artist=HOSTILE_ARTIST, location="<b>Fargo</b>")
    write_day(lake, DAY, [*many, *alike, hostile, '{"ts": 1, "page": "Home"}'])
    write_day(lake, NEXT_DAY, [event(userId="9", sessionId=301, level="paid", ts=at(NEXT_DAY, 8), location=None)])
    write_day(lake, NEXT_WEEK, [event(sessionId=102, song="S" * 300, ts=at(NEXT_WEEK, 23.5))])
    write_song(lake, song())


def load_plays(platform: Platform) -> None:
    write_plays(platform.lake)
    platform.load_songs()
    for day in (DAY, NEXT_DAY, NEXT_WEEK):
        platform.load(day)


@pytest.fixture(scope="session")
def listened(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform with plays and insights."""
    platform = Platform.at(tmp_path_factory.mktemp("listened"))
    load_plays(platform)
    assert {result.state for result in platform.make_insights().values()} == {"rebuilt"}
    return platform


@pytest.fixture(scope="session")
def figures(listened: Platform) -> Figures:
    return read_figures(listened.warehouse, listened.settings)


@pytest.fixture(scope="session")
def dashboard(figures: Figures) -> str:
    return build_dashboard(figures)

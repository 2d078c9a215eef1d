"""Random histories of a small lake: files that appear, change and vanish, and loads in between, in any order.

Everything is drawn from few users, songs, sessions and moments, so that events collide, come late and come twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

DAYS = [DAY + timedelta(days=n) for n in range(3)]
# Moments on the log days, between them, and far outside.
MOMENTS = [*(at(day, hour) for day in DAYS for hour in (0, 23.9999)), 0, 4102444800000]

EVENTS = st.builds(
    event,
    userId=st.sampled_from(["7", "8", ""]),
    sessionId=st.sampled_from([100, 101]),
    itemInSession=st.sampled_from([0, 1]),
    ts=st.sampled_from(MOMENTS),
    page=st.sampled_from(["NextSong", "NextSong", "NextSong", "Home"]),
    song=st.sampled_from(["Leuchtturm", "Other", None]),
    length=st.sampled_from([201.5, 99.25, None]),
    artist=st.sampled_from(["Die Nordlichter", "É", None]),
    level=st.sampled_from(["free", "paid"]),
    firstName=st.sampled_from(["Ida", "Éa", None]),
)
SONGS = st.builds(
    song,
    song_id=st.sampled_from(["SO1", "SO2"]),
    artist_id=st.sampled_from(["AR1", "AR2"]),
    title=st.sampled_from(["Leuchtturm", "Other"]),
    duration=st.sampled_from([201.5, 99.25, None]),
    artist_name=st.sampled_from(["Die Nordlichter", "É", None]),
    artist_location=st.sampled_from(["", "Fargo, ND"]),
    artist_latitude=st.sampled_from([None, 46.9]),
    artist_longitude=st.sampled_from([None, -96.8]),
    year=st.sampled_from([0, 1999]),
)


@dataclass(frozen=True)
class Step:
    """Something that happens to a platform, and how it reads in a failing example."""

    said: str
    happen: Callable[[Platform], object]

    def __repr__(self) -> str:
        return self.said


def _write_events(day: date, name: str, events: list[dict[str, object]]) -> Step:
    return Step(f"write {day} {name} {events}", lambda platform: write_day(platform.lake, day, events, name))


def _remove_events(day: date, name: str) -> Step:
    def happen(platform: Platform) -> None:
        (platform.lake / f"log_data/{day:%Y/%m}/{day}-{name}.json").unlink(missing_ok=True)

    return Step(f"remove {day} {name}", happen)


def _write_song(name: str, record: dict[str, object]) -> Step:
    return Step(f"write song {name} {record}", lambda platform: write_song(platform.lake, record, name))


def _remove_song(name: str) -> Step:
    return Step(
        f"remove song {name}", lambda platform: (platform.lake / f"song_data/A/A/A/{name}.json").unlink(missing_ok=True)
    )


def _load(day: date, force: bool) -> Step:
    return Step(f"load {day} {'by force' if force else ''}", lambda platform: platform.load(day, force))


def _load_songs(force: bool) -> Step:
    return Step(f"load songs {'by force' if force else ''}", lambda platform: platform.load_songs(force))


_DAY, _FILE, _SONG_FILE = (
    st.sampled_from(DAYS),
    st.sampled_from(["events", "more"]),
    st.sampled_from(["TR1", "TR2", "TR3"]),
)
STEPS = st.one_of(
    st.builds(_write_events, _DAY, _FILE, st.lists(EVENTS, min_size=1, max_size=4)),
    st.builds(_write_events, _DAY, _FILE, st.lists(EVENTS, min_size=1, max_size=4)),
    st.builds(_remove_events, _DAY, _FILE),
    st.builds(_write_song, _SONG_FILE, SONGS),
    st.builds(_remove_song, _SONG_FILE),
    st.builds(_load, _DAY, st.booleans()),
    st.builds(_load, _DAY, st.booleans()),
    st.builds(_load_songs, st.booleans()),
)
HISTORIES = st.lists(STEPS, min_size=4, max_size=14)
LAST_LOADS = st.permutations([_load_songs(False), *(_load(day, False) for day in DAYS)])

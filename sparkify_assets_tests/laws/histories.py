"""Random histories of a small lake: files that appear, change and vanish, users who are forgotten and brought
back, and loads in between, in any order.

Everything is drawn from a few users, songs, sessions and moments, so that events collide, come late and come twice,
and from a few kinds of broken records, so that files are fixed and broken.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from sparkify_assets.load import loading as load
from sparkify_assets_tests.lakes import DAY, at, event, log_file, song, write_day, write_song
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
    page=st.sampled_from(["NextSong", "NextSong", "NextSong", "NextSong ", "Home", "Submit Upgrade"]),
    status=st.sampled_from([200, 200, 404, None]),
    song=st.sampled_from(["Leuchtturm", "Leuchtturm ", "Other", "[Untitled]", None]),
    length=st.sampled_from([201.5, 99.25, None]),
    artist=st.sampled_from(["Die Nordlichter", "Die Nordlichter ", "É", "É (feat. Ida)", "Die Nordlichter / É", None]),
    level=st.sampled_from(["free", "paid", "paid "]),
    firstName=st.sampled_from(["Ida", "Éa", None]),
    registration=st.sampled_from([1540000000000.75, 1541111111111, -1, 4102444800000.5, None]),
    userAgent=st.sampled_from(["Chrome/1 (Windows)", "Chrome/1 (Windows) ", None]),
)
BROKEN_EVENTS = st.sampled_from(
    [
        json.dumps(event())[:-40],
        json.dumps(event()) * 2,
        json.dumps(event())[:-1] + ',"page":"Home"}',
        json.dumps(event(page={"name": "Home"})),
        json.dumps(event(sessionId="s-1")),
        json.dumps(event(ts=-1)),
        json.dumps(event(ts=None)),
        json.dumps(event(level="\0")),
        json.dumps(event(level="É?")).replace("?", "\udcff"),
        "[]",
        "{}",
        "ERROR upstream",
    ]
)
LINES = st.lists(st.one_of(EVENTS, EVENTS, EVENTS, BROKEN_EVENTS, st.just(" \r")), min_size=1, max_size=5)
SONGS = st.builds(
    song,
    song_id=st.sampled_from(["SO1", "SO1 ", "SO2"]),
    artist_id=st.sampled_from(["AR1", "AR1 ", "AR2"]),
    title=st.sampled_from(["Leuchtturm", "Leuchtturm ", "Other"]),
    duration=st.sampled_from([201.5, 99.25, None]),
    artist_name=st.sampled_from(["Die Nordlichter", "É", None]),
    artist_location=st.sampled_from(["", " ", "Fargo, ND"]),
    artist_latitude=st.sampled_from([None, 46.9]),
    artist_longitude=st.sampled_from([None, -96.8]),
    year=st.sampled_from([0, 1999]),
)
BROKEN_SONGS = st.sampled_from(
    [
        json.dumps(song())[:-40],
        json.dumps([song()]),
        json.dumps(song(title=None)),
        json.dumps(song(duration="long")),
        json.dumps(song(), indent=2) + "\n" + json.dumps(song(song_id=None)),
        "null",
    ]
)


@dataclass(frozen=True)
class Step:
    """A step in the history of a platform, and the text that a failing example shows for it."""

    text: str
    happen: Callable[[Platform], object]

    def __repr__(self) -> str:
        return self.text


def _write_events(day: date, name: str, lines: list[dict[str, object] | str]) -> Step:
    return Step(f"write {day} {name} {lines}", lambda platform: write_day(platform.lake, day, lines, name))


def _remove_events(day: date, name: str) -> Step:
    return Step(f"remove {day} {name}", lambda platform: log_file(platform.lake, day, name).unlink(missing_ok=True))


def _move_events(day: date, name: str, other_day: date, other_name: str) -> Step:
    """A file is copied over another one: each of its events comes twice, or comes late."""

    def happen(platform: Platform) -> None:
        source, target = log_file(platform.lake, day, name), log_file(platform.lake, other_day, other_name)
        if source.exists() and source.suffix == target.suffix:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())

    return Step(f"copy {day} {name} to {other_day} {other_name}", happen)


def _write_song(name: str, record: dict[str, object] | str) -> Step:
    return Step(f"write song {name} {record}", lambda platform: write_song(platform.lake, record, name))


def _remove_song(name: str) -> Step:
    return Step(
        f"remove song {name}", lambda platform: (platform.lake / f"song_data/A/A/A/{name}.json").unlink(missing_ok=True)
    )


def load_days(days: Sequence[date], force: bool) -> Step:
    def happen(platform: Platform) -> None:
        for day in days:
            platform.load(day, force)

    return Step(f"load {', '.join(map(str, days))}{' by force' if force else ''}", happen)


def load_together(days: Sequence[date], force: bool, bytes_together: int) -> Step:
    """Load a range together: its days are landed and published together up to a number of bytes."""

    def happen(platform: Platform) -> None:
        load.load_days(platform.warehouse, platform.open_lake(), days, force, "a run", bytes_together=bytes_together)

    text = f"load {', '.join(map(str, days))} together, {bytes_together:,} bytes{' by force' if force else ''}"
    return Step(text, happen)


def load_songs(force: bool) -> Step:
    return Step(f"load songs{' by force' if force else ''}", lambda platform: platform.load_songs(force))


def _forget(users: list[int]) -> Step:
    return Step(f"have {users} be forgotten, and nobody else", lambda platform: platform.forget(*users))


_DAY = st.sampled_from(DAYS)
_FILE = st.sampled_from(["events", "more", "packed.gz"])
_SONG_FILE = st.sampled_from(["TR1", "TR2", "TR3"])
_RANGE = st.sampled_from([DAYS[n:end] for n in range(3) for end in range(n + 1, 4)])
_EDITS = st.one_of(
    st.builds(_write_events, _DAY, _FILE, LINES),
    st.builds(_write_events, _DAY, _FILE, LINES),
    st.builds(_remove_events, _DAY, _FILE),
    st.builds(_move_events, _DAY, _FILE, _DAY, _FILE),
    st.builds(_write_song, _SONG_FILE, st.one_of(SONGS, SONGS, BROKEN_SONGS)),
    st.builds(_remove_song, _SONG_FILE),
    st.builds(_forget, st.sampled_from([[], [7], [8], [7, 8]])),
)
_LOADS = st.one_of(
    st.builds(load_days, _RANGE, st.booleans()),
    st.builds(load_days, st.permutations(DAYS).map(lambda days: days[:2]), st.just(False)),
    st.builds(load_songs, st.booleans()),
    # Now and then, so that they follow from different states.
    st.just(Step("make insights", lambda platform: platform.make_insights())),
)
HISTORIES = st.lists(st.one_of(_EDITS, _EDITS, _LOADS), min_size=4, max_size=14)
_TOGETHER = st.builds(load_together, _RANGE, st.booleans(), st.sampled_from([1000, 10**9]))
HISTORIES_TOGETHER = st.lists(st.one_of(_EDITS, _EDITS, _LOADS, _TOGETHER, _TOGETHER), min_size=4, max_size=14)
LAST_LOADS_TOGETHER = st.permutations([load_songs(False), load_together(DAYS, False, 10**9)])
LAST_LOADS = st.permutations([load_songs(False), *(load_days([day], False) for day in DAYS)])

"""What dirt adds and moves: broken records, double deliveries and late deliveries."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sparkify_assets.sample import SampleOptions, SampleSummary, generate
from sparkify_assets.sample.day_plan import make_plan
from sparkify_assets.sample.dirt import EVENT_BREAKS, SONG_BREAKS
from sparkify_assets_tests.sample.reading import Lake, Record, day_of_event, day_of_file

pytestmark = pytest.mark.check

DIRTY = SampleOptions(days=10, events=4000, songs=400, dirt=0.05)


@pytest.fixture(scope="module")
def summary_and_lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleSummary, Lake]:
    folder = tmp_path_factory.mktemp("dirty")
    return generate(folder, DIRTY), Lake(folder)


@pytest.fixture
def summary(summary_and_lake: tuple[SampleSummary, Lake]) -> SampleSummary:
    return summary_and_lake[0]


@pytest.fixture
def dirty(summary_and_lake: tuple[SampleSummary, Lake]) -> Lake:
    return summary_and_lake[1]


def good_event(line: bytes) -> Record | None:
    """Return the event, or None if the line breaks a rule of good records."""
    try:
        pairs: Any = json.loads(line.decode(), object_pairs_hook=list)
    except ValueError:
        return None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        return None
    event = dict(pairs)
    numbers = [event.get(field) for field in ("ts", "sessionId", "itemInSession")]
    if len(event) != len(pairs) or not all(type(number) is int and number >= 0 for number in numbers):
        return None
    if any(isinstance(value, list) or "\0" in str(value) for value in event.values()):
        return None
    return event if isinstance(event["length"], float | None) else None


def good_events(lake: Lake) -> list[tuple[str, Record]]:
    """Return each good event with its file."""
    parsed = [(path, good_event(line)) for path, lines in lake.lines().items() for line in lines]
    return [(path, event) for path, event in parsed if event is not None]


def test_a_sample_without_dirt_is_clean(month: Lake) -> None:
    events = good_events(month)
    assert len(events) == 8000
    assert all(day_of_file(path) == day_of_event(event) for path, event in events)


def test_half_of_the_dirt_is_malformed_a_quarter_doubled_and_a_quarter_late(summary: SampleSummary) -> None:
    malformed_songs = 20
    assert summary.malformed == 100 + malformed_songs
    assert summary.doubled + summary.late == 100
    assert 45 <= summary.doubled <= 60


def test_dirt_does_not_change_the_number_of_good_events(dirty: Lake, summary: SampleSummary) -> None:
    distinct = {(event["sessionId"], event["itemInSession"], event["ts"]) for _, event in good_events(dirty)}
    assert summary.events == 4000
    assert len(distinct) == 4000


def test_every_line_is_good_or_doubled_or_malformed(dirty: Lake, summary: SampleSummary) -> None:
    lines = sum(len(lines) for lines in dirty.lines().values())
    good = len(good_events(dirty))
    assert good == 4000 + summary.doubled
    assert lines - good == summary.malformed - 20


def test_a_double_delivery_is_the_same_event_on_its_day_or_the_next(dirty: Lake, summary: SampleSummary) -> None:
    files: dict[str, list[str]] = {}
    for path, event in good_events(dirty):
        files.setdefault(json.dumps(event), []).append(path)
    doubled = {event: paths for event, paths in files.items() if len(paths) > 1}
    assert sum(len(paths) - 1 for paths in doubled.values()) == summary.doubled
    days_later = {
        (day_of_file(path) - day_of_event(json.loads(event))).days for event, paths in doubled.items() for path in paths
    }
    assert days_later == {0, 1}


def test_a_late_delivery_is_only_in_a_later_days_file(dirty: Lake, summary: SampleSummary) -> None:
    events = good_events(dirty)
    times = Counter(json.dumps(event) for _, event in events)
    late = [
        (day_of_file(path) - day_of_event(event)).days
        for path, event in events
        if day_of_file(path) != day_of_event(event) and times[json.dumps(event)] == 1
    ]
    assert len(late) == summary.late
    assert set(late) <= {1, 2, 3}
    assert len(set(late)) > 1


def test_every_kind_of_malformed_event_occurs(dirty: Lake) -> None:
    bad = [line for lines in dirty.lines().values() for line in lines if good_event(line) is None]
    assert any(line.startswith(b"{") and not line.endswith(b"}") for line in bad)
    assert any(line.startswith(b"ERROR") for line in bad)
    assert any(b'"ts"' not in line and line.endswith(b"}") for line in bad)
    assert any(b'"sessionId":"s-' in line for line in bad)
    assert any(b'"page":{' in line for line in bad)
    assert any(b"\xff\xfe" in line for line in bad)
    assert any(line.count(b'"page":') == 2 for line in bad)
    assert any(line.startswith(b"[") for line in bad)
    assert any(b"\\u0000" in line for line in bad)
    assert any(b'"ts":-' in line for line in bad)
    assert any(b'"length":"unknown"' in line for line in bad)
    assert any(line == b'"heartbeat"' for line in bad)
    assert any(b'.5,"lastName"' in line for line in bad)


def test_a_broken_event_is_one_record_and_not_a_good_event(month: Lake) -> None:
    lines = month.lines()["log_data/2018/11/2018-11-05-events.json"]
    made = [
        (broken, broken(line.decode()).encode("utf-8", "surrogateescape")) for broken in EVENT_BREAKS for line in lines
    ]
    offenders = [
        f"{broken.__name__}: {text!r}"
        for broken, text in made
        if not text.strip() or b"\n" in text or good_event(text) is not None
    ]
    assert not offenders, "\n".join(offenders)


def test_malformed_songs_have_files_of_their_own(dirty: Lake) -> None:
    assert len(dirty.files("song_data")) == 400 + 20


def test_a_broken_song_is_not_a_good_record(songs: list[Record]) -> None:
    made = [(broken, broken(song)) for broken in SONG_BREAKS for song in songs[:20]]
    offenders = [f"{broken.__name__}: {text}" for broken, text in made if is_good_song(text)]
    assert not offenders, "\n".join(offenders)


def is_good_song(text: str) -> bool:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except ValueError:
        return False
    record = dict(pairs) if all(isinstance(pair, tuple) for pair in pairs) else {}
    whole = len(record) == len(pairs) == 10 and record["song_id"] and record["title"]
    return bool(whole and isinstance(record["duration"], float) and not isinstance(record["artist_name"], list))


@pytest.mark.parametrize(
    "options",
    [
        SampleOptions(days=20, events=45, songs=5, dirt=0.5, files_per_day=2),
        SampleOptions(days=90, events=300, songs=0, dirt=0.5),
        SampleOptions(days=1, events=200, songs=0, dirt=0.3),
        SampleOptions(days=2, events=3, songs=1, dirt=0.5),
    ],
    ids=["few events", "many days", "one day", "next to nothing"],
)
def test_the_counts_hold_with_much_dirt_in_little_data(tmp_path: Path, options: SampleOptions) -> None:
    summary = generate(tmp_path, options)
    events = good_events(Lake(tmp_path))
    assert len({json.dumps(event) for _, event in events}) == options.events
    assert len(events) == options.events + summary.doubled
    assert len(Lake(tmp_path).files("log_data")) == min(options.events, options.days * options.files_per_day)


@pytest.mark.parametrize("files_per_day", [1, 2, 4])
@pytest.mark.parametrize("events", [10, 40, 130, 5000])
def test_the_plan_distributes_the_dirt_exactly_and_leaves_every_file_a_line(events: int, files_per_day: int) -> None:
    plan = make_plan(SampleOptions(days=10, events=events, dirt=0.5, files_per_day=files_per_day))
    assert sum(day.malformed + day.doubled + day.repeated + day.late for day in plan) == events // 2
    for day in plan:
        assert day.late == 0 or day.events - day.late >= files_per_day
        assert day.late == 0 or day.number < day.late_arrival <= day.number + 3

"""A sample holds exactly as much as was requested."""

from datetime import date

import pytest

from sparkify_assets.sample import SampleOptions, SampleSummary, generate
from sparkify_assets.sample.day_plan import make_plan
from sparkify_assets_tests.sample.reading import Lake

pytestmark = pytest.mark.check


def test_the_month_holds_the_requested_events_and_songs(month: Lake) -> None:
    assert len(month.events()) == 8000
    assert len(month.songs()) == 1000


def test_the_summary_counts_what_was_written(lake: Lake) -> None:
    summary = generate(lake.folder, SampleOptions(days=3, events=500, songs=40))
    size = sum(len(data) for data in lake.files().values())
    assert summary == SampleSummary(files=43, events=500, songs=40, bytes=size)


@pytest.mark.parametrize(
    ("events", "days", "files_per_day", "files"), [(30, 30, 1, 30), (31, 30, 1, 30), (60, 20, 3, 60), (100, 7, 5, 35)]
)
def test_every_file_has_a_line_if_there_are_enough(
    lake: Lake, events: int, days: int, files_per_day: int, files: int
) -> None:
    generate(lake.folder, SampleOptions(days=days, events=events, songs=0, files_per_day=files_per_day))
    assert len(lake.files("log_data")) == files
    assert len(lake.events()) == events


@pytest.mark.parametrize("events", [1, 2, 7, 29])
def test_fewer_events_than_days_leave_days_without_a_file(lake: Lake, events: int) -> None:
    generate(lake.folder, SampleOptions(events=events, songs=0))
    assert len(lake.events()) == events
    assert len(lake.files("log_data")) <= events
    assert all(lake.files().values())


def test_no_events_and_no_songs_make_an_empty_lake(lake: Lake) -> None:
    assert generate(lake.folder, SampleOptions(events=0, songs=0)) == SampleSummary()
    assert lake.folder.is_dir()
    assert not lake.files()


def test_a_crowded_day_still_holds_all_its_events(lake: Lake) -> None:
    generate(lake.folder, SampleOptions(days=1, events=5000, songs=0))
    events = lake.events()
    assert len({(event["sessionId"], event["itemInSession"]) for event in events}) == 5000


def test_without_songs_every_play_is_invented(lake: Lake) -> None:
    generate(lake.folder, SampleOptions(days=2, events=200, songs=0))
    assert any(event["page"] == "NextSong" for event in lake.events())


@pytest.mark.parametrize("events", [8000, 100_000, 3_000_000])
def test_events_are_distributed_exactly_and_weekdays_hold_more(events: int) -> None:
    options = SampleOptions(events=events)
    plan = make_plan(options)
    work = [day.events for day in plan if options.day(day.number).weekday() < 5]
    weekend = [day.events for day in plan if options.day(day.number).weekday() >= 5]
    assert sum(day.events for day in plan) == events
    assert sum(work) / len(work) > 1.4 * sum(weekend) / len(weekend)


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({"days": 0}, "days is 0"),
        ({"events": -1}, "events is -1"),
        ({"songs": -1}, "songs is -1"),
        ({"songs": 26**5 + 1}, "songs is 11881377"),
        ({"dirt": -0.1}, "dirt is -0.1"),
        ({"dirt": 0.6}, "dirt is 0.6"),
        ({"dirt": float("nan")}, "dirt is nan"),
        ({"files_per_day": 0}, "files_per_day is 0"),
        ({"start": date(9999, 12, 30)}, "days is 30 from 9999-12-30"),
        ({"start": date(1969, 7, 20)}, "start is 1969-07-20"),
    ],
)
def test_impossible_options_are_refused_with_what_was_seen_and_expected(options: dict[str, object], seen: str) -> None:
    with pytest.raises(ValueError, match=rf"^{seen}: expected .+; .+"):
        SampleOptions(**options)  # type: ignore[arg-type]

"""Laws 2 to 4 for days that are landed and published together: the result is that of loads one by one."""

import gzip
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from sparkify_assets import queries
from sparkify_assets.load import kinds
from sparkify_assets.load import loading as load
from sparkify_assets.load.results import LOADED, REFUSED, UNCHANGED, LoadResult
from sparkify_assets.queries import Query
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lakes import DAY, FLOOD, at, event, log_file, write_day
from sparkify_assets_tests.laws.histories import HISTORIES_TOGETHER, LAST_LOADS_TOGETHER, Step
from sparkify_assets_tests.laws.readers import Readers
from sparkify_assets_tests.laws.test_histories import _USUAL, assert_published_like_a_clean_load
from sparkify_assets_tests.laws.watched import WatchedWarehouse
from sparkify_assets_tests.platforms import Platform

DAYS = [DAY + timedelta(days=n) for n in range(5)]
AUDITED = "SELECT log_date, table_name, audit, passed, failing_rows, sample FROM ops.audits ORDER BY 1, 2, 3"


def together(platform: Platform, *, force: bool = False, most: int = 10**9) -> list[LoadResult]:
    return load.load_days(platform.warehouse, platform.open_lake(), DAYS, force, "a run", bytes_together=most)


def comparable(result: LoadResult) -> LoadResult:
    """A result without what each lake and each load has of its own: the version of the files, the time of the load, its
    duration, and how many days were loaded together."""
    return replace(result, version="", loaded_at=None, seconds=0.0, together=1)


@settings(_USUAL, max_examples=number_of_examples(5, thorough=100))
@given(history=HISTORIES_TOGETHER, last=LAST_LOADS_TOGETHER)
def test_any_history_with_days_loaded_together_ends_in_the_rows_of_one_clean_load(
    readers: Readers, history: list[Step], last: list[Step]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_published_like_a_clean_load(Platform.in_memory(Path(folder)), [*history, *last], readers)


def test_days_loaded_together_have_the_results_and_audits_of_days_loaded_one_by_one(tmp_path: Path) -> None:
    both = []
    for name in ("together", "one by one"):
        platform = Platform.at(tmp_path / name)
        generate(platform.lake, SampleOptions(start=DAY, days=5, events=3000, songs=100, dirt=0.02))
        write_day(platform.lake, DAYS[2], [event(level="trial", itemInSession=n) for n in range(3)], "more")
        platform.load_songs()
        # Twice, since later days bring late events to the first.
        for _ in range(2):
            if name == "together":
                results = together(platform, force=True)
            else:
                results = [platform.load(day, force=True) for day in DAYS]
        both.append(([comparable(result) for result in results], platform.values(AUDITED), platform.everything()))
    assert both[0] == both[1]
    assert all(result.state == LOADED and result.findings for result in both[0][0])


def test_a_warning_is_recorded_for_its_own_day(embedded: Platform) -> None:
    for number, day in enumerate(DAYS):
        write_day(embedded.lake, day, [event(ts=at(day), level="trial" if number == 3 else "free")])
    together(embedded)
    warned = "SELECT log_date FROM ops.audits WHERE audit = 'known_level' AND NOT passed AND table_name = 'songplays'"
    assert embedded.values(warned) == [(DAYS[3],)]


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        (lambda path: path.write_bytes(gzip.compress(b"{}" * 1000)[:-9]), "cannot be read to its end"),
        (lambda path: path.write_bytes(gzip.compress(b"oops\n" * 1000)), "1,000 of 1,000 records are rejected"),
    ],
)
def test_a_day_that_cannot_be_loaded_keeps_no_other_from_being_loaded(
    embedded: Platform, spoilt: Callable[[Path], Any], problem: str
) -> None:
    for day in DAYS:
        write_day(embedded.lake, day, [event(ts=at(day))])
    path = write_day(embedded.lake, DAYS[2], [event(ts=at(DAYS[2]))], "more.gz")
    together(embedded)
    before = embedded.everything()
    spoilt(path)
    results = together(embedded, force=True)
    assert [result.state for result in results] == [LOADED, LOADED, REFUSED, LOADED, LOADED]
    assert problem in str(results[2].problem)
    assert embedded.everything() == before


def test_a_day_whose_audits_fail_publishes_nothing_and_the_others_are_published(
    embedded: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in DAYS:
        write_day(embedded.lake, day, [event(ts=at(day))])
    broken = queries.query("load/log_days/insert_songplays")
    sql = broken.sql.replace("match.song_id,", f"CASE WHEN play.start_date = '{DAYS[1]}' THEN 'none' END AS song_id,")
    monkeypatch.setattr(kinds, "query", lambda name: Query(name, sql) if name == broken.name else queries.query(name))
    results = together(embedded)
    assert [result.state for result in results] == [LOADED, REFUSED, LOADED, LOADED, LOADED]
    assert "songplays.song_id_found failed" in str(results[1].problem)
    assert embedded.values("SELECT DISTINCT start_date FROM sparkify.songplays ORDER BY 1") == [
        (day,) for day in DAYS if day != DAYS[1]
    ]
    assert embedded.values("SELECT log_date FROM ops.audits WHERE NOT passed") == [(DAYS[1],)]


def test_of_days_loaded_together_only_those_that_changed_are_loaded(embedded: Platform) -> None:
    for day in DAYS:
        write_day(embedded.lake, day, [event(ts=at(day))])
    together(embedded)
    write_day(embedded.lake, DAYS[1], [event(ts=at(DAYS[1]), itemInSession=1)], "more")
    log_file(embedded.lake, DAYS[3], "events").unlink()
    results = together(embedded)
    assert [result.state for result in results] == [UNCHANGED, LOADED, UNCHANGED, LOADED, UNCHANGED]
    assert [result.rows.get("songplays") for result in results] == [None, 2, None, 0, None]


@pytest.mark.parametrize(("days", "published"), [(0, 5), (0.5, 5), (2, 3), (2.9, 3), (100, 1)])
def test_days_are_published_together_up_to_a_number_of_bytes(
    embedded: Platform, monkeypatch: pytest.MonkeyPatch, days: float, published: int
) -> None:
    for day in DAYS:
        write_day(embedded.lake, day, [event(ts=at(day))])
    (size,) = {log_file(embedded.lake, day, "events").stat().st_size for day in DAYS}
    calls: list[str] = []
    watched = WatchedWarehouse(embedded.warehouse, after=calls.append)
    load.load_days(watched, embedded.open_lake(), DAYS, bytes_together=int(days * size))
    assert calls.count("commit") == published


def test_a_flood_of_rejects_in_one_day_is_counted_against_that_day(embedded: Platform) -> None:
    for day in DAYS:
        write_day(embedded.lake, day, FLOOD if day == DAYS[4] else [event(ts=at(day)), "[]"])
    results = together(embedded)
    assert [result.state for result in results] == [LOADED] * 4 + [REFUSED]
    assert embedded.values("SELECT log_date, COUNT(*) FROM staging.rejected_records GROUP BY 1 ORDER BY 1") == [
        (day, 1) for day in DAYS[:4]
    ]

"""Concurrent loads: each succeeds, none sees half of another, and what they publish fits together.

On DuckDB the file is the lock. On Redshift it is a table that every loading transaction locks first.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from sparkify_assets.load.loading import load_days
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.results import LoadResult
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftSession
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.laws.loaders import PATIENCE, Loader
from sparkify_assets_tests.laws.watched import WatchedWarehouse, ignore
from sparkify_assets_tests.platforms import Platform, load_day

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(4)]
SHARES = pytest.mark.parametrize(
    "share", [lambda _: DAYS, lambda n: DAYS[n::2]], ids=["of the same days", "of different days"]
)


@SHARES
def test_two_loaders_both_succeed(platform: Platform, share: Callable[[int], list[date]]) -> None:
    generate(platform.lake, SampleOptions(days=len(DAYS), events=200, songs=30, dirt=0.02))
    platform.open_lake()
    loaders = [Loader(platform, share(n)) for n in range(2)]
    assert [loader.end() for loader in loaders] == [0, 0]
    assert platform.star() == platform.expected(DAYS)


def test_on_duckdb_a_waiting_loader_names_the_process_it_waits_for(embedded: Platform) -> None:
    generate(embedded.lake, SampleOptions(days=len(DAYS), events=200, songs=30))
    with embedded.warehouse.session():
        loaders = [Loader(embedded, DAYS[n::2]) for n in range(2)]
        waiting = [loader.messages.get(timeout=PATIENCE).getMessage() for loader in loaders]
    for message in waiting:
        assert f"sparkify.duckdb is held by process {os.getpid()} (" in message
        assert "waiting for it" in message
    assert [loader.end() for loader in loaders] == [0, 0]


def test_on_redshift_days_of_a_range_land_at_once_and_are_published_one_after_another(redshift: Platform) -> None:
    generate(redshift.lake, SampleOptions(days=len(DAYS), events=400, songs=30, dirt=0.02))
    redshift.load_songs()
    landing = threading.Barrier(len(DAYS), timeout=PATIENCE)
    publishing = threading.Lock()

    def before(what: str) -> None:
        if what == "land":
            landing.wait()
        if what == "commit":
            publishing.release()

    def after(what: str) -> None:
        if what == "lock":
            assert publishing.acquire(blocking=False)

    warehouse = WatchedWarehouse(redshift.warehouse, before, after)
    results = load_days(warehouse, redshift.open_lake(), DAYS, at_once=len(DAYS))
    assert [result.load for result in results] == [LogDays.of(day) for day in DAYS]
    assert redshift.star() == redshift.expected(DAYS)


@pytest.fixture
def delivered_twice(redshift: Platform) -> Platform:
    """A lake in which the files of two days hold the same event, which happened on a third day."""
    for day in (DAY, NEXT_DAY):
        write_day(redshift.lake, day, [event(ts=at(DAYS[0]), level="free" if day == DAY else "paid")])
    return redshift


def load_both(platform: Platform, meets: str) -> list[LoadResult]:
    """Load both days; before its commit the first waits until the second reaches the call `meets`."""
    met, first_locked = threading.Event(), threading.Event()

    def first_before(what: str) -> None:
        if what == "commit":
            assert met.wait(PATIENCE)

    def first_after(what: str) -> None:
        if what == "lock":
            first_locked.set()

    def second_before(what: str) -> None:
        if what == "lock":
            assert first_locked.wait(PATIENCE)
        if what == meets:
            met.set()

    lake = platform.open_lake()
    first = WatchedWarehouse(platform.warehouse, first_before, first_after)
    second = WatchedWarehouse(platform.warehouse, second_before, lambda what: met.set() if what == meets else None)
    with ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(load_day, warehouse, lake, day) for warehouse, day in ((first, DAY), (second, NEXT_DAY))]
        return [load.result() for load in loads]


def test_on_redshift_two_days_with_late_events_of_one_day_publish_each_play_once(delivered_twice: Platform) -> None:
    results = load_both(delivered_twice, meets="lock")
    assert [result.state for result in results] == ["loaded", "loaded"]
    assert delivered_twice.star() == delivered_twice.expected([DAY, NEXT_DAY])


def test_on_redshift_without_the_lock_they_would_publish_a_play_twice(
    delivered_twice: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered_twice.load_songs()
    monkeypatch.setattr(RedshiftSession, "take_lock", lambda session: None)
    results = load_both(delivered_twice, meets="commit")
    assert [result.state for result in results] == ["loaded", "loaded"]
    assert delivered_twice.star() != delivered_twice.expected([DAY, NEXT_DAY])
    assert delivered_twice.values("SELECT level FROM sparkify.songplays ORDER BY level") == [("free",), ("paid",)]


def test_on_redshift_a_second_session_sees_the_old_day_whole_until_the_commit(redshift: Platform) -> None:
    write_day(redshift.lake, DAY, [event(), event(itemInSession=1)])
    redshift.load(DAY)
    write_day(redshift.lake, DAY, [event(level="paid"), event(itemInSession=2), "[]"])
    before = redshift.everything()
    seen = []

    def look(what: str) -> None:
        if what == "load/log_days/insert_staging_events" or what == "commit":
            seen.append(redshift.everything())

    load_day(WatchedWarehouse(redshift.warehouse, look, ignore), redshift.open_lake(), DAY, run_id="a run")
    assert seen == [before, before]
    assert redshift.star() == redshift.expected([DAY])

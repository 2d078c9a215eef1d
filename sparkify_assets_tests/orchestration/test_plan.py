"""What a load has to do: new, changed, vanished and refused days, in runs of consecutive days."""

from datetime import timedelta

import duckdb
import pytest

from sparkify_assets.errors import NothingToLoad
from sparkify_assets.insights.rebuilding import in_order
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.orchestration.plan import Plan, plan_load
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

INSIGHTS = tuple(insight.table.name for insight in in_order())
DAYS = [DAY + timedelta(days=n) for n in range(5)]


def plan(platform: Platform, force: bool = False) -> Plan:
    return plan_load(platform.warehouse, platform.open_lake(), platform.settings, DAYS, force)


def test_consecutive_days_are_one_run(platform: Platform) -> None:
    for n in (0, 1, 3):
        write_day(platform.lake, DAYS[n], [event()])
    assert plan(platform) == Plan((LogDays(DAYS[0], DAYS[1]), LogDays.of(DAYS[3])), INSIGHTS)
    assert plan(platform).steps == 3 + len(INSIGHTS)


def test_new_changed_vanished_and_refused_days_are_loaded_and_no_others(platform: Platform) -> None:
    for n in (0, 1, 2):
        write_day(platform.lake, DAYS[n], [event()])
        platform.load(DAYS[n])
    write_day(platform.lake, DAYS[3], FLOOD)
    platform.load(DAYS[3])
    assert plan(platform).loads == (LogDays(DAYS[3], DAYS[3]),)
    write_day(platform.lake, DAYS[0], [event(), event()])
    write_day(platform.lake, DAYS[1], [event()]).unlink()
    write_day(platform.lake, DAYS[4], [event()])
    assert plan(platform).loads == (LogDays(DAYS[0], DAYS[1]), LogDays(DAYS[3], DAYS[4]))


def test_by_force_everything_is_loaded(platform: Platform) -> None:
    write_day(platform.lake, DAYS[2], [event()])
    assert plan(platform, force=True) == Plan((SONG_CATALOG, LogDays(DAYS[0], DAYS[-1])), INSIGHTS)


def test_songs_are_loaded_when_one_appears_changes_or_disappears(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    path = write_song(platform.lake, song())
    assert SONG_CATALOG in plan(platform).loads
    platform.load_songs()
    assert SONG_CATALOG not in plan(platform).loads
    write_song(platform.lake, song(year=2001))
    assert SONG_CATALOG in plan(platform).loads
    platform.load_songs()
    path.unlink()
    assert SONG_CATALOG in plan(platform).loads


def test_insights_are_rebuilt_if_they_did_not_follow_the_last_load(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load_songs()
    platform.load(DAY)
    assert plan(platform) == Plan((), INSIGHTS)
    platform.make_insights("song_popularity")
    assert set(plan(platform).insights) == set(INSIGHTS) - {"song_popularity"}
    platform.make_insights()
    assert plan(platform) == Plan(())


def test_planning_creates_no_warehouse_and_changes_none(embedded: Platform) -> None:
    with pytest.raises(NothingToLoad):
        plan(embedded)
    assert not (embedded.folder / "sparkify.duckdb").exists()
    path = write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    with duckdb.connect(embedded.folder / "sparkify.duckdb") as bare:
        bare.execute("COMMENT ON TABLE ops.load_lock IS 'Made by model 000000000000.'")
    path.unlink()
    with pytest.raises(NothingToLoad):
        plan(embedded)
    with duckdb.connect(embedded.folder / "sparkify.duckdb") as bare:
        assert bare.execute("SELECT count(*) FROM staging.staging_events").fetchone() == (1,)


def test_a_range_without_files_in_lake_and_warehouse_is_an_error(platform: Platform) -> None:
    write_day(platform.lake, DAYS[-1] + timedelta(days=1), [event()])
    with pytest.raises(NothingToLoad, match=f"log file of {DAYS[0]} to {DAYS[-1]}"):
        plan(platform)

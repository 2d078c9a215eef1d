"""The schedules: a live lake is loaded and checked every day, a finished one never."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from sparkify_assets.definitions import build_definitions
from sparkify_assets.settings import Settings

DAILY = ["load_recent_days", "check_at_noon"]


def tick(settings: Settings, name: str) -> Any:
    schedule = build_definitions(settings).resolve_schedule_def(name)
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    return schedule(dg.build_schedule_context())


@pytest.mark.parametrize("name", DAILY)
def test_a_finished_month_requests_nothing(name: str) -> None:
    result = tick(Settings(), name)
    assert result.skip_message == "the log days end on 2018-11-30: nothing new is expected"


def test_changed_days_of_the_last_week_of_a_live_lake_are_loaded() -> None:
    settings = Settings(start_date=date(2018, 11, 1), end_date=None)
    request = tick(settings, "load_recent_days")
    days = settings.days()
    assert request.tags["sparkify/only_changed"] == "true"
    assert request.tags["dagster/asset_partition_range_start"] == str(days[-7])
    assert request.tags["dagster/asset_partition_range_end"] == str(days[-1])
    assert request.run_key == str(days[-1])


def test_a_lake_that_has_just_started_has_fewer_days() -> None:
    today = Settings(start_date=date(2018, 11, 1), end_date=None).last_day
    request = tick(Settings(start_date=today, end_date=None), "load_recent_days")
    assert request.tags["dagster/asset_partition_range_start"] == str(today)


def test_yesterday_is_checked_at_noon() -> None:
    settings = Settings(end_date=None)
    assert tick(settings, "check_at_noon").run_key == str(settings.last_day)
    schedules = {schedule.name: schedule for schedule in build_definitions(settings).schedules or ()}
    assert {name: schedules[name].cron_schedule for name in DAILY} == {  # type: ignore[union-attr]
        "load_recent_days": "0 6 * * *",
        "check_at_noon": "0 12 * * *",
    }


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)])
def test_a_clock_change_moves_no_tick_and_duplicates_no_day(change: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        definitions = build_definitions(Settings(start_date=change - timedelta(days=2), end_date=None))
        since = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=1)
        for name, hour in zip(DAILY, (6, 12), strict=True):
            schedule = definitions.resolve_schedule_def(name)
            ticks = schedule_execution_time_iterator(
                since.timestamp(), schedule.cron_schedule, schedule.execution_timezone or "UTC"
            )
            assert [tick.timestamp() for tick in islice(ticks, 3)] == [
                (since + timedelta(days=n, hours=hour)).timestamp() for n in range(3)
            ]
        days = definitions.resolve_assets_def("songplays").partitions_def
        assert days is not None
        keys = days.get_partition_keys(current_time=since + timedelta(days=2, hours=1))
        assert keys == [str(change + timedelta(days=n)) for n in (-2, -1, 0, 1)]
    finally:
        monkeypatch.undo()
        time.tzset()

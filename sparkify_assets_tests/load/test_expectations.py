"""What is expected of log days: when they arrive, and how many records they have."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.expectations import Band, Count, band_of, counts, day_due
from sparkify_assets.orchestration import lake_checks
from sparkify_assets.orchestration.jobs import RANGE_END, RANGE_START
from sparkify_assets_tests.copies import embedded_copies_of
from sparkify_assets_tests.lakes import event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

FIRST = date(2024, 5, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(31)]
MONDAY = date(2024, 7, 1)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2024, 5, 10, 11, 59, 59), date(2024, 5, 8)),
        (datetime(2024, 5, 10, 12), date(2024, 5, 9)),
        (datetime(2024, 5, 10, 23, 59), date(2024, 5, 9)),
        (datetime(2024, 5, 2, 11), None),
        (datetime(2024, 5, 2, 12), FIRST),
        (datetime(2024, 6, 1, 12), DAYS[-1]),
        (datetime(2024, 6, 2, 12), None),
        (datetime(2018, 1, 1), None),
    ],
)
def test_yesterday_is_due_from_noon_on_if_it_is_a_log_day(now: datetime, due: date | None) -> None:
    assert day_due(DAYS, now.replace(tzinfo=UTC)) == due


def mondays(*records: int) -> dict[date, int]:
    """The numbers of records of the Mondays before, the latest last."""
    return {MONDAY - timedelta(weeks=len(records) - n): number for n, number in enumerate(records)}


def test_the_usual_band_lies_around_the_median_of_the_weekday() -> None:
    assert band_of(MONDAY, mondays(100, 100, 100, 100)) == Band(70, 130, 4)
    assert band_of(MONDAY, mondays(60, 80, 100, 120, 140)) == Band(11, 189, 5)


def test_one_odd_week_does_not_widen_the_band() -> None:
    assert band_of(MONDAY, mondays(100, 100, 9_000, 100, 100)) == Band(70, 130, 5)


def test_only_the_last_eight_of_the_same_weekday_count() -> None:
    others = {MONDAY - timedelta(days=n): 5_000 for n in range(1, 60) if n % 7}
    older = {MONDAY - timedelta(weeks=n): 5_000 for n in (9, 10, 11, 12)}
    assert band_of(MONDAY, {**others, **older, **mondays(100, 100, 100, 100)}) == Band(70, 130, 4)


def test_with_fewer_than_four_weeks_any_number_is_usual() -> None:
    assert counts([MONDAY], {**mondays(100, 100, 100), MONDAY: 1}) == [Count(MONDAY, 1, None)]
    assert Count(MONDAY, 1, None).is_usual


@pytest.mark.parametrize(("records", "is_usual"), [(69, False), (70, True), (130, True), (131, False), (0, False)])
def test_a_day_is_usual_within_the_band(records: int, is_usual: bool) -> None:
    (count,) = counts([MONDAY], {**mondays(100, 100, 100, 100), MONDAY: records})
    assert count.is_usual == is_usual


def load_weeks(platform: Platform) -> None:
    """Four Thursdays with ten events each, and a fifth with one."""
    write_song(platform.lake, song())
    for week, events in enumerate((10, 10, 10, 10, 1)):
        day = date(2018, 11, 1) + timedelta(weeks=week)
        write_day(platform.lake, day, [event(itemInSession=n) for n in range(events)])
        platform.load(day)


weeks = embedded_copies_of(load_weeks)


class TestChecks:
    def check(self, platform: Platform, name: str, day: str | None = None) -> dg.AssetCheckEvaluation:
        """The result of a check that is run alone."""
        definitions = build_definitions(platform.settings)
        selected = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("staging_events"), name))
        job = dg.define_asset_job("one_check", selection=selected)
        found = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("one_check")
        tags = {RANGE_START: day, RANGE_END: day} if day else {}
        with dg.DagsterInstance.ephemeral() as instance:
            result = found.execute_in_process(instance=instance, run_config=QUIET, tags=tags)
        (evaluation,) = result.get_asset_check_evaluations()
        return evaluation

    def test_an_unusual_day_is_a_warning_that_shows_the_band(self, weeks: Platform) -> None:
        found = self.check(weeks, lake_checks.IS_USUAL, "2018-11-29")
        assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert (found.metadata["records"].value, found.metadata["usual"].value) == (1, "7 to 13")

    def test_after_the_last_log_day_yesterday_is_not_missed(self, weeks: Platform) -> None:
        found = self.check(weeks, lake_checks.IS_THERE)
        assert found.passed
        assert "nothing: the log days are" in str(found.metadata["due"].value)

    def test_a_missing_day_is_missed_whatever_else_is_loaded(
        self, weeks: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lake_checks, "day_due", lambda days, now: date(2018, 11, 30))
        found = self.check(weeks, lake_checks.IS_THERE)
        assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
        assert (found.metadata["due"].value, found.metadata["latest loaded"].value) == ("2018-11-30", "2018-11-29")

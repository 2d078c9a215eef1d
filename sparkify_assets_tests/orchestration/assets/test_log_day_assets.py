"""Log days in Dagster: whichever table is selected, the day is loaded whole, and each day has its own result."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.interrupted_runs import REPORTED
from sparkify_assets.orchestration.jobs import ONLY_CHANGED, RANGE_END, RANGE_START
from sparkify_assets.orchestration.lake_checks import IS_THERE
from sparkify_assets.report.visible import no_markdown
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

TABLES = {"staging_events", "songplays", "page_views", "users", "time"}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
LAST_DAY = NEXT_DAY + timedelta(days=1)
DAYS = (DAY, NEXT_DAY, LAST_DAY)


@dataclass
class Instance:
    """A Dagster instance beside a platform, and runs of the platform's definitions on it."""

    embedded: Platform
    dagster: dg.DagsterInstance
    definitions: dg.Definitions

    def run(
        self,
        job: str = "load_days",
        tags: dict[str, str] | None = None,
        partition_key: str | None = None,
        asset_selection: list[dg.AssetKey] | None = None,
    ) -> dg.ExecuteInProcessResult:
        resolved = self.definitions.resolve_job_def(job)
        return resolved.execute_in_process(
            instance=self.dagster,
            tags=tags,
            run_config=QUIET,
            raise_on_error=False,
            partition_key=partition_key,
            asset_selection=asset_selection,
        )

    def run_range(self, job: str = "load_days", **tags: str) -> dg.ExecuteInProcessResult:
        return self.run(job, tags={RANGE_START: str(DAY), RANGE_END: str(LAST_DAY)} | tags)

    def materialized(self, table: str) -> set[str]:
        return self.dagster.get_materialized_partitions(dg.AssetKey(table))


@contextmanager
def opened(embedded: Platform) -> Iterator[Instance]:
    """An instance beside a platform with a lake of three days and a song."""
    settings = Settings(
        lake=str(embedded.lake), work=str(embedded.folder / "work"), duckdb=embedded.folder / "sparkify.duckdb"
    )
    write_song(embedded.lake, song())
    for n, day in enumerate(DAYS):
        write_day(embedded.lake, day, [event(ts=at(day), itemInSession=n), event(ts=at(day, 1), userId="8")])
    with dg.DagsterInstance.ephemeral() as dagster:
        yield Instance(embedded, dagster, build_definitions(settings))


@pytest.fixture
def instance(embedded: Platform) -> Iterator[Instance]:
    with opened(embedded) as made:
        yield made


@pytest.fixture(scope="module")
def range_run(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Instance, dg.ExecuteInProcessResult]]:
    """A run that has loaded the three days, and its instance; no test changes them."""
    with opened(Platform.at(tmp_path_factory.mktemp("range_run"))) as made:
        yield made, made.run_range()


def events_of(instance: Instance, result: dg.ExecuteInProcessResult, kind: dg.DagsterEventType) -> list[Any]:
    """The events of one kind that the instance recorded for a run, by its steps or on behalf of other assets."""
    records = instance.dagster.all_logs(result.run_id, of_type=kind)
    return [record.dagster_event.event_specific_data for record in records if record.dagster_event]


def checks_of(
    instance: Instance, result: dg.ExecuteInProcessResult
) -> dict[tuple[str, str | None], dg.AssetCheckEvaluation]:
    """What the run's checks found, by name and day."""
    evaluations = events_of(instance, result, dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return {(f"{e.asset_key.to_user_string()}.{e.check_name}", e.partition): e for e in evaluations}


def check_alone(instance: Instance, table: str, check: str) -> dict[str | None, dg.AssetCheckEvaluation]:
    """What a check finds of the three days that is run alone."""
    key = dg.AssetCheckKey(dg.AssetKey(table), check)
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(key))
    definitions = dg.Definitions.merge(instance.definitions, dg.Definitions(jobs=[job]))
    done = Instance(instance.embedded, instance.dagster, definitions).run_range("alone")
    assert done.success
    found = checks_of(instance, done)
    assert {name for name, _ in found} == {f"{table}.{check}"}
    return {day: evaluation for (_, day), evaluation in found.items()}


def materializations_of(instance: Instance, result: dg.ExecuteInProcessResult, table: str) -> dict[str | None, Any]:
    """The metadata of each materialization of a table, by day."""
    made = [e.materialization for e in events_of(instance, result, dg.DagsterEventType.ASSET_MATERIALIZATION)]
    return {m.partition: m.metadata for m in made if m.asset_key.path == [table]}


def test_a_range_is_one_run_that_materializes_every_table_for_every_day_with_its_own_counts(
    range_run: tuple[Instance, dg.ExecuteInProcessResult],
) -> None:
    instance, result = range_run
    assert result.success
    for table in TABLES:
        assert instance.materialized(table) == {str(DAY), str(NEXT_DAY), str(LAST_DAY)}
    songplays = materializations_of(instance, result, "songplays")
    assert {day: made["dagster/partition_row_count"].value for day, made in songplays.items()} == {
        str(day): 2 for day in (DAY, NEXT_DAY, LAST_DAY)
    }
    assert {made["dagster/row_count"].value for made in songplays.values()} == {6}


def test_a_requested_day_is_always_loaded_again(instance: Instance) -> None:
    instance.embedded.load(DAY)
    assert instance.run(partition_key=str(DAY)).success
    ledger = instance.embedded.values("SELECT run_id FROM ops.load_ledger")
    assert ledger == [(instance.dagster.get_runs(limit=1)[0].run_id,)]


def test_a_run_with_the_tag_loads_only_what_changed(instance: Instance) -> None:
    for day in DAYS:
        instance.embedded.load(day)
    before = instance.embedded.values("SELECT loaded_at FROM ops.load_ledger ORDER BY file")
    instance.run_range(**{ONLY_CHANGED: "true"})
    assert instance.embedded.values("SELECT loaded_at FROM ops.load_ledger ORDER BY file") == before


def test_whichever_table_is_selected_all_tables_of_the_day_are_loaded_and_reported(instance: Instance) -> None:
    result = instance.run(partition_key=str(DAY), asset_selection=[dg.AssetKey("users")])
    assert result.success
    for table in TABLES:
        assert instance.materialized(table) == {str(DAY)}


def test_the_good_days_of_a_range_stay_and_the_run_reports_the_bad_one(instance: Instance) -> None:
    write_day(instance.embedded.lake, NEXT_DAY, FLOOD)
    result = instance.run_range()
    assert not result.success
    for table in TABLES:
        assert instance.materialized(table) == {str(DAY), str(LAST_DAY)}
    (failure,) = result.filter_events(lambda e: e.is_step_failure)
    assert failure.step_failure_data.user_failure_data is not None
    assert failure.step_failure_data.user_failure_data.description == (
        f"{NEXT_DAY} was refused: log_data/2018/11/{NEXT_DAY}-events.json, line 1 (byte 0): 101 of 101 records are "
        "rejected, the first: not an object; expected no more than 100, or 5% (SPARKIFY_MAX_REJECTED): fix the file, "
        "or raise SPARKIFY_MAX_REJECTED to do without these records; then `sparkify load`"
    )
    checks = checks_of(instance, result)
    assert [checks["staging_events.files_loadable", str(day)].passed for day in DAYS] == [True, False, True]
    assert_explains(checks["staging_events.files_loadable", str(NEXT_DAY)], NEXT_DAY)


def assert_explains(check: Any, day: date) -> None:
    """The check says, uncut, which file was refused, where, why and what to do."""
    file, reason = f"log_data/2018/11/{day}-events.json", "101 of 101 records are rejected, the first: not an object"
    assert no_markdown(check.description).startswith(f"{day}: {file}, line 1 (byte 0): {reason}; expected no more than")
    (row,) = check.metadata["offending rows (first 20)"].records
    assert (row.data["file"], row.data["place"]) == (file, "line 1 (byte 0)")
    assert row.data["reason"] == f"{reason}; expected no more than 100, or 5% (SPARKIFY_MAX_REJECTED)"
    assert str(row.data["what to do"]).startswith("fix the file, or raise SPARKIFY_MAX_REJECTED to do")


def test_the_check_of_files_run_alone_explains_what_their_latest_load_has_recorded(instance: Instance) -> None:
    write_day(instance.embedded.lake, NEXT_DAY, FLOOD)
    for day in DAYS:
        instance.embedded.load(day)
    found = check_alone(instance, "staging_events", "files_loadable")
    assert {day: (check.passed, check.metadata["audited"].value) for day, check in found.items()} == {
        str(day): (day != NEXT_DAY, "what the latest load found") for day in DAYS
    }
    assert_explains(found[str(NEXT_DAY)], NEXT_DAY)


def test_a_run_that_refuses_a_day_shows_the_audits_of_the_others_and_leaves_nothing_to_report(
    instance: Instance,
) -> None:
    write_day(instance.embedded.lake, NEXT_DAY, FLOOD)
    checks = checks_of(instance, instance.run_range())
    audited = {day: checks["songplays.unique_key", str(day)].metadata["audited"].value for day in DAYS}
    assert audited == {DAY: "what was loaded", NEXT_DAY: "the rows as they stand", LAST_DAY: "what was loaded"}
    assert checks[f"staging_events.{IS_THERE}", None].passed
    (run,) = instance.dagster.get_runs(limit=1)
    assert run.tags[REPORTED] == "true"


def test_partitions_of_other_days_that_a_load_rebuilt_are_observed(instance: Instance) -> None:
    instance.embedded.load(DAY)
    write_day(instance.embedded.lake, NEXT_DAY, [event(ts=at(DAY, 3))])
    result = instance.run(partition_key=str(NEXT_DAY))
    observations = [e.asset_observation for e in events_of(instance, result, dg.DagsterEventType.ASSET_OBSERVATION)]
    observed = {(o.asset_key.to_user_string(), o.partition) for o in observations}
    rebuilt = {(name, str(DAY)) for name in ("songplays", "page_views", "time")}
    assert observed == {("log_data", str(NEXT_DAY)), *rebuilt}


def test_every_check_of_every_table_finds_something_of_each_day_as_it_was_published(
    range_run: tuple[Instance, dg.ExecuteInProcessResult],
) -> None:
    instance, result = range_run
    checks = checks_of(instance, result)
    specs = [
        key for key in instance.definitions.resolve_asset_graph().asset_check_keys if key.asset_key.path[0] in TABLES
    ]
    of_days = {f"{key.asset_key.to_user_string()}.{key.name}" for key in specs if key.name != IS_THERE}
    assert set(checks) == {(name, str(day)) for name in of_days for day in DAYS} | {
        (f"staging_events.{IS_THERE}", None)
    }
    assert all(check.passed for check in checks.values())
    assert [checks["songplays.match_rate", str(day)].metadata["plays"].value for day in DAYS] == [2, 2, 2]
    # The UI takes a result without its materialization for older than the day.
    made = {
        (table, day): record.storage_id
        for table in TABLES
        for day, record in latest_materializations(instance, table).items()
    }
    for (name, day), check in checks.items():
        if day:
            assert check.target_materialization_data
            assert check.target_materialization_data.storage_id == made[name.partition(".")[0], day]


def latest_materializations(instance: Instance, table: str) -> dict[str | None, dg.EventLogRecord]:
    records = instance.dagster.fetch_materializations(dg.AssetKey(table), limit=100).records
    return {record.partition_key: record for record in reversed(records)}


def test_a_check_run_alone_audits_the_table_as_it_stands_and_shows_the_failing_rows(instance: Instance) -> None:
    from sparkify_assets.queries import Query

    for day in DAYS:
        instance.embedded.load(day)
    with instance.embedded.warehouse.session() as session:
        session.run(Query("a fault", "UPDATE sparkify.songplays SET user_id = 99 WHERE user_id = 8"))
    for check in check_alone(instance, "songplays", "user_id_found").values():
        assert (check.passed, check.metadata["failing_rows"].value) == (False, 1)
        rows = check.metadata["offending rows (first 20)"]
        assert isinstance(rows, dg.TableMetadataValue)
        assert [record.data["user_id"] for record in rows.records] == [99]


def test_checks_that_are_run_without_a_day_look_at_all_days_that_are_loaded(instance: Instance) -> None:
    for day in (DAY, LAST_DAY):
        instance.embedded.load(day)
    result = instance.run("check_days")
    assert result.success
    checks = checks_of(instance, result)
    assert {day for _, day in checks} == {str(DAY), str(LAST_DAY), None}
    assert checks["users.unique_key", str(DAY)].metadata["audited"].value == "the rows as they stand"


def test_checks_of_a_warehouse_without_days_find_nothing(instance: Instance) -> None:
    instance.embedded.load_songs()
    result = instance.run("check_days")
    assert result.success
    assert {day for _, day in checks_of(instance, result)} == {None}


def test_the_song_catalog_is_loaded_with_its_checks(instance: Instance) -> None:
    result = instance.run("load_songs")
    assert result.success
    assert {name.split(".")[0] for name, _ in checks_of(instance, result)} == {"staging_songs", "songs", "artists"}


def test_a_refused_song_catalog_fails_its_run_and_logs_the_failed_check(instance: Instance) -> None:
    write_song(instance.embedded.lake, "\n".join(FLOOD), "TRBAD")
    result = instance.run("load_songs")
    assert not result.success
    assert not checks_of(instance, result)["staging_songs.files_loadable", None].passed


def test_each_day_of_a_range_shows_its_own_rows(range_run: tuple[Instance, dg.ExecuteInProcessResult]) -> None:
    made = materializations_of(*range_run, "songplays")
    shown = {
        day: [record.data["start_time"] for record in metadata["preview"].records] for day, metadata in made.items()
    }
    assert {day: {start[:10] for start in starts} for day, starts in shown.items()} == {
        str(day): {str(day)} for day in (DAY, NEXT_DAY, LAST_DAY)
    }


@pytest.mark.parametrize("day", ["2018-10-31", "2018-12-01", "tomorrow"])
def test_a_day_outside_the_log_days_is_refused_by_name_and_nothing_is_loaded(instance: Instance, day: str) -> None:
    with pytest.raises(dg.DagsterUnknownPartitionError, match=day):
        instance.run(partition_key=day)
    assert not (instance.embedded.folder / "sparkify.duckdb").exists()

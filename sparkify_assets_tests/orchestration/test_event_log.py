"""The embedded instance's event log reads and writes what Dagster's own does, but opens its files less often."""

import queue
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sparkify_assets.orchestration import event_log
from sparkify_assets.orchestration import instance as made
from sparkify_assets.orchestration.event_log import OpenEventLog

OURS = Path(made.__file__).with_name("dagster.yaml").read_text("utf-8")
STOCK = "telemetry: {enabled: false}\n"
# Events arrive at once, or not at all.
PATIENCE = 60
DAYS = dg.DailyPartitionsDefinition("2018-11-01", end_date="2018-11-04")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def plays() -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.asset_check(asset=plays)
def right() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def opened(home: Path, instance: str) -> dg.DagsterInstance:
    (home / "dagster.yaml").write_text(instance, "utf-8")
    return dg.DagsterInstance.get()


def run(instance: dg.DagsterInstance) -> str:
    tags = {"dagster/asset_partition_range_start": "2018-11-01", "dagster/asset_partition_range_end": "2018-11-03"}
    return dg.materialize([plays, right], instance=instance, tags=tags).run_id


def summary_of(instance: dg.DagsterInstance, run_id: str) -> tuple[object, ...]:
    """What an instance knows about a run, without ids and times."""
    key = dg.AssetKey("plays")
    log = [record.event_log_entry.get_dagster_event() for record in instance.get_records_for_run(run_id).records]
    return (
        [(event.event_type_value, event.partition, event.step_key) for event in log],
        sorted(instance.get_materialized_partitions(key)),
        [record.partition_key for record in instance.fetch_materializations(key, limit=10).records],
        [
            record.status
            for record in instance.event_log_storage.get_asset_check_execution_history(
                dg.AssetCheckKey(key, "right"), limit=10
            )
        ],
    )


def test_the_project_s_instance_uses_it_and_keeps_its_files_where_dagster_does(home: Path) -> None:
    with opened(home, OURS) as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        run_id = run(instance)
    assert (home / f"history/runs/{run_id}.db").exists()
    assert (home / "history/runs/index.db").exists()


def test_it_records_of_a_run_what_dagster_s_own_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name, instance in (("ours", OURS), ("stock", STOCK)):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / name))
        with opened(tmp_path / name, instance) as made:
            found.append(summary_of(made, run(made)))
    assert found[0] == found[1]
    assert found[0][1] == ["2018-11-01", "2018-11-02", "2018-11-03"]


def test_each_reads_what_the_other_wrote(home: Path) -> None:
    with opened(home, STOCK) as instance:
        first = run(instance)
        before = summary_of(instance, first)
    with opened(home, OURS) as instance:
        assert summary_of(instance, first) == before
        second = run(instance)
        after = summary_of(instance, second)
    with opened(home, STOCK) as instance:
        assert summary_of(instance, second) == after


def test_what_is_written_is_seen_by_another_process_at_once(home: Path) -> None:
    with opened(home, OURS) as instance:
        run_id = run(instance)
        with closing(sqlite3.connect(home / "history/runs/index.db")) as other:
            (seen,) = other.execute(
                "SELECT COUNT(*) FROM event_logs WHERE run_id = ? AND dagster_event_type = 'ASSET_MATERIALIZATION'",
                [run_id],
            ).fetchone()
    assert seen == 3


def test_few_files_are_kept_open_whatever_the_number_of_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_MOST_OPEN", 3)
    with opened(home, OURS) as instance:
        log = instance.event_log_storage
        assert isinstance(log, OpenEventLog)
        runs = [run(instance) for _ in range(6)]
        assert len(log._opened) <= 3
        assert all(instance.get_records_for_run(run_id).records for run_id in runs)
        assert len(log._opened) <= 3


def test_everything_can_be_wiped_and_recorded_again(home: Path) -> None:
    with opened(home, OURS) as instance:
        run_id = run(instance)
        instance.event_log_storage.wipe()
        assert not instance.get_records_for_run(run_id).records
        assert summary_of(instance, run(instance))[1] == ["2018-11-01", "2018-11-02", "2018-11-03"]


def test_who_watches_a_run_gets_its_events_while_it_goes_on(home: Path) -> None:
    """From another process's connection, as the UI does."""
    seen: queue.Queue[str] = queue.Queue()

    def note(entry: dg.EventLogEntry, _: str) -> None:
        seen.put(entry.dagster_event.message or "" if entry.dagster_event else "")

    with opened(home, OURS) as instance, dg.DagsterInstance.get() as other:
        run_id = instance.create_run_for_job(dg.GraphDefinition("nothing").to_job()).run_id
        assert isinstance(instance.event_log_storage, OpenEventLog)
        instance.report_engine_event("the file is there", run_id=run_id, job_name="nothing")
        other.watch_event_logs(run_id, None, note)
        for message in ("first", "second"):
            instance.report_engine_event(message, run_id=run_id, job_name="nothing")
            while seen.get(timeout=PATIENCE) != message:
                pass
        other.end_watch_event_logs(run_id, note)

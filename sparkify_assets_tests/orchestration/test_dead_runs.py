"""Runs whose process is gone are marked failed, and no others."""

import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from sparkify_assets.orchestration.dead_runs import PROCESS, fail_dead_runs


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def gone() -> int:
    """A process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def add_run(
    instance: dg.DagsterInstance,
    process: int | str | None = None,
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
) -> str:
    tags = {PROCESS: str(process)} if process else {}
    run_id = str(uuid4())
    instance.add_run(dg.DagsterRun(job_name="load_days", run_id=run_id, status=status, tags=tags))
    return run_id


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED])
def test_a_run_whose_process_is_gone_has_failed(
    instance: dg.DagsterInstance, gone: int, status: dg.DagsterRunStatus
) -> None:
    run_id = add_run(instance, gone, status)
    assert fail_dead_runs(instance) == [run_id]
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert f"process {gone}" in str(instance.all_logs(run_id))


def test_a_run_whose_process_is_alive_continues(instance: dg.DagsterInstance) -> None:
    add_run(instance, os.getppid())
    assert fail_dead_runs(instance) == []


def test_a_run_on_another_machine_continues_whatever_its_process_id(instance: dg.DagsterInstance, gone: int) -> None:
    add_run(instance, f"{gone}@elsewhere")
    assert fail_dead_runs(instance) == []


def test_a_run_that_has_ended_is_left_alone(instance: dg.DagsterInstance, gone: int) -> None:
    add_run(instance, gone, dg.DagsterRunStatus.SUCCESS)
    assert fail_dead_runs(instance) == []


def test_an_earlier_run_with_the_id_of_this_process_has_failed(instance: dg.DagsterInstance) -> None:
    assert fail_dead_runs(instance) == []
    run_id = add_run(instance, os.getpid())
    assert fail_dead_runs(instance) == [run_id]


def test_the_process_of_a_run_started_in_the_ui_is_the_one_its_executor_reported(
    instance: dg.DagsterInstance, gone: int
) -> None:
    reported, unreported = add_run(instance), add_run(instance)
    run = instance.get_run_by_id(reported)
    assert run is not None
    instance.report_engine_event("Executing steps in process", run, EngineEventData(metadata={"pid": str(gone)}))
    assert fail_dead_runs(instance) == [reported]
    other = instance.get_run_by_id(unreported)
    assert other is not None
    assert other.status == dg.DagsterRunStatus.STARTED

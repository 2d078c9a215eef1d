"""Marks runs as failed whose process was killed: Dagster would show them as started for ever.

Only for the embedded warehouse, which lives on one machine. Elsewhere Dagster's run monitoring does it.
"""

import os
import platform
from collections.abc import Iterator

import dagster as dg

from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.settings import Settings

_UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
# Runs in this process carry this tag, so that their process is known from the start.
PROCESS = "sparkify/process"


def this_process() -> str:
    return f"{os.getpid()}@{platform.node()}"


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs as failed whose process is gone. Return their ids."""
    dead = [(run, process) for run, process in _processes(instance) if not _lives(process)]
    for run, process in dead:
        instance.report_run_failed(
            run,
            f"The process {process} of this run is gone. Days that it has loaded stay; the next load loads the others.",
        )
    return [run.run_id for run, _ in dead]


def tidy_instance(settings: Settings) -> None:
    """Make the instance, if it is not there yet, and mark its dead runs."""
    with open_instance(settings) as instance:
        if settings.warehouse == "duckdb":
            fail_dead_runs(instance)


def _processes(instance: dg.DagsterInstance) -> Iterator[tuple[dg.DagsterRun, int]]:
    """Yield the unfinished runs, each with its process."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)):
        process, _, machine = (run.tags.get(PROCESS) or _process_of(instance, run.run_id) or "").partition("@")
        # A process number of another machine means nothing here.
        if process and machine in ("", platform.node()):
            yield run, int(process)


def _process_of(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Return the process of a run that the UI has started, as its executor logged it."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        process = event.engine_event_data.metadata.get("pid") if event and event.is_engine_event else None
        if process:
            return str(process.value)
    return None


def _lives(process: int) -> bool:
    """Return whether there is such a process. It cannot be this one: then the number was given out again."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

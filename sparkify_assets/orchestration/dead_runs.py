"""Runs whose process is gone, killed or with its machine: Dagster would show them as started for ever.

For the embedded warehouse only, which lives on one machine; elsewhere Dagster's run monitoring does it.
"""

import os
import platform
from collections.abc import Iterator

import dagster as dg

_UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
# What a run in this process is tagged with, so that it is known from its first moment.
PROCESS = "sparkify/process"


def this_process() -> str:
    return f"{os.getpid()}@{platform.node()}"


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs as failed whose process is no more; which they were."""
    dead = [(run, process) for run, process in _processes(instance) if not _lives(process)]
    for run, process in dead:
        instance.report_run_failed(
            run,
            f"The process {process} that ran it is gone. Days that it had loaded stay; the others are loaded by the "
            "next load.",
        )
    return [run.run_id for run, _ in dead]


def tidy_instance() -> None:
    """Do so on the instance of this process's environment."""
    with dg.DagsterInstance.get() as instance:
        fail_dead_runs(instance)


def _processes(instance: dg.DagsterInstance) -> Iterator[tuple[dg.DagsterRun, int]]:
    """The runs that have not ended, each with the process that it is in."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)):
        process, _, machine = (run.tags.get(PROCESS) or _process_told(instance, run.run_id) or "").partition("@")
        # Of a process elsewhere its number says nothing here.
        if process and machine in ("", platform.node()):
            yield run, int(process)


def _process_told(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """The process of a run that the UI has started, as its executor told it."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event and event.is_engine_event else None
        if told:
            return str(told.value)
    return None


def _lives(process: int) -> bool:
    """Whether there is such a process. It is never this one, which has not begun: a number is given again."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

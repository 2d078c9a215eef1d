"""Loads as Dagster runs: what the command line starts, in process, on the instance that the UI reads.

`load/state.py` decides what is stale, `plan.py` lists it, and `assets/` define what a run does.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dagster as dg

from sparkify_assets.orchestration.dead_runs import PROCESS, fail_dead_runs, this_process
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.interrupted_runs import settle
from sparkify_assets.orchestration.jobs import MAKE_INSIGHTS, ONLY_CHANGED, job_of
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(definitions: dg.Definitions, settings: Settings, plan: Plan, force: bool) -> None:
    """Run what was planned. Results go to the `on_result` that the definitions were built with."""
    runs = list[str | None]()
    tags = {PROCESS: this_process()} | ({} if force else {ONLY_CHANGED: "true"})
    with open_instance(settings) as instance, _imports_kept():
        if settings.warehouse == "duckdb":
            fail_dead_runs(instance)
        for load in plan.loads:
            job, range_tags = job_of(load)
            runs.append(_run(definitions, job, instance, tags | range_tags))
        if plan.insights:
            runs.append(_run(definitions, MAKE_INSIGHTS, instance, tags))
    settle(settings, [run for run in runs if run])
    if all(runs):
        settle(settings, plan.interrupted)


def _run(definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, tags: dict[str, str]) -> str | None:
    """Return the run's id, if it reported and checked everything."""
    # A Failure stands for a refused load, whose result says why.
    try:
        with suppress(dg.Failure):
            ended = definitions.resolve_job_def(job).execute_in_process(instance=instance, tags=tags, run_config=_QUIET)
            return ended.run_id
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    return None


@contextmanager
def _imports_kept() -> Iterator[None]:
    """Keep the garbage collector from looking through what was imported, each time that it runs."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

"""Loads as Dagster runs: what the command line starts, in process, on the instance that the UI reads.

Which days need loading is said in `plan.py`, what a run does in `assets/`.
"""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import dagster as dg

from sparkify_assets.insights import rebuilding as insights
from sparkify_assets.insights.rebuilding import InsightResult
from sparkify_assets.load import publish as load
from sparkify_assets.load.results import LoadResult
from sparkify_assets.orchestration.dead_runs import PROCESS, fail_dead_runs, this_process
from sparkify_assets.orchestration.instance import prepare_instance
from sparkify_assets.orchestration.jobs import LOAD_DAYS, LOAD_SONGS, MAKE_INSIGHTS, ONLY_CHANGED, day_range
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.settings import Settings

Result = LoadResult | InsightResult
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(
    definitions: dg.Definitions, settings: Settings, plan: Plan, force: bool, told: Callable[[Result], None]
) -> None:
    """Run what was planned, telling of each load and insight as it ends."""
    prepare_instance(settings)
    tags = {PROCESS: this_process()} | ({} if force else {ONLY_CHANGED: "true"})
    with dg.DagsterInstance.get() as instance, _listening(told), _imports_kept():
        if settings.warehouse == "duckdb":
            fail_dead_runs(instance)
        if plan.songs:
            _run(definitions, LOAD_SONGS, instance, tags)
        for first, last in plan.ranges:
            _run(definitions, LOAD_DAYS, instance, tags | day_range(first, last))
        if plan.insights:
            _run(definitions, MAKE_INSIGHTS, instance, tags)


def _run(definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, tags: dict[str, str]) -> None:
    # A Failure stands for a refused load, which was told of.
    try:
        with suppress(dg.Failure):
            definitions.resolve_job_def(job).execute_in_process(instance=instance, tags=tags, run_config=_QUIET)
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error


@contextmanager
def _imports_kept() -> Iterator[None]:
    """What was imported stays: it is not to be looked through each time that garbage is collected."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _listening(told: Callable[[Result], None]) -> Iterator[None]:
    """Hear of loads and insights as they end, by what `load.py` and `insights.py` log."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told(record.__dict__["load_result"])

    listener = Listener(logging.INFO)
    listener.addFilter(lambda record: "load_result" in record.__dict__)
    with ExitStack() as afterwards:
        for log in (load.log, insights.log):
            afterwards.callback(log.removeHandler, listener)
            afterwards.callback(log.setLevel, log.level)
            afterwards.callback(setattr, log, "propagate", log.propagate)
            log.addHandler(listener)
            log.setLevel(logging.INFO)
            log.propagate = False
        yield

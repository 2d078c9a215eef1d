"""Loads as Dagster runs: what the command line starts, in process, on the instance that the UI reads.

`load/state.py` decides what is stale, `plan.py` lists it, and `assets/` define what a run does.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import dagster as dg
from dagster._core.utils import make_new_run_id

from sparkify_assets.orchestration.dead_runs import PROCESS, fail_dead_runs, this_process
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.interrupted_runs import settle
from sparkify_assets.orchestration.jobs import LOAD, MAKE_INSIGHTS, ONLY_CHANGED, assets_with_insights, job_of
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.report.terminal.load_summary import CheckResult
from sparkify_assets.report.visible import no_markdown
from sparkify_assets.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(definitions: dg.Definitions, settings: Settings, plan: Plan, force: bool) -> list[CheckResult]:
    """Run what was planned, and return what its checks found. Results go to the `on_result` that the definitions were
    built with."""
    runs = list[dg.ExecuteInProcessResult | None]()
    tags = {PROCESS: this_process()} | ({} if force else {ONLY_CHANGED: "true"})
    with open_instance(settings) as instance, _imports_kept():
        if settings.warehouse == "duckdb":
            fail_dead_runs(instance)
        run_id = ""
        for number, load in enumerate(plan.loads, 1):
            job, range_tags = job_of(load)
            run_id, assets = make_new_run_id(), None
            if plan.insights and number == len(plan.loads):
                job, assets = LOAD, assets_with_insights(load)
            runs.append(_run(definitions, job, instance, run_id, tags | range_tags, assets))
        # They follow in the run of the last load, but for one that is refused.
        if plan.insights and not _has_begun(instance, run_id, "insights"):
            runs.append(_run(definitions, MAKE_INSIGHTS, instance, make_new_run_id(), tags))
    settle(settings, [run.run_id for run in runs if run])
    if all(runs):
        settle(settings, plan.interrupted)
    # Only the last run found everything loaded.
    found = [_result(check) for run in runs if run for check in run.get_asset_check_evaluations()]
    return list({check.name: check for check in found}.values())


def _run(
    definitions: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    run_id: str,
    tags: dict[str, str],
    assets: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult | None:
    """Return what became of the run, if it reported and checked everything."""
    # A Failure stands for a refused load, whose result says why.
    try:
        with suppress(dg.Failure):
            return definitions.resolve_job_def(job).execute_in_process(
                instance=instance, run_id=run_id, tags=tags, run_config=_QUIET, asset_selection=assets
            )
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    return None


def _has_begun(instance: dg.DagsterInstance, run_id: str, step: str) -> bool:
    logged = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START) if run_id else ()
    return any(entry.step_key == step for entry in logged)


def _result(check: dg.AssetCheckEvaluation) -> CheckResult:
    """Return a check's result as the command line shows it: its description, or its figures, and the rows of its
    tables."""
    tables = {name: value for name, value in check.metadata.items() if isinstance(value, dg.TableMetadataValue)}
    figures = [f"{name}: {value.value}" for name, value in check.metadata.items() if name not in tables]
    return CheckResult(
        f"{check.asset_key.to_user_string()}.{check.check_name}",
        check.passed,
        check.severity == dg.AssetCheckSeverity.WARN,
        no_markdown(check.description) if check.description else ", ".join(figures),
        [
            f"{name.partition(' (')[0]}: {', '.join(f'{column}={value}' for column, value in record.data.items())}"
            for name, table in tables.items()
            if "rows" in name
            for record in table.records
        ],
    )


@contextmanager
def _imports_kept() -> Iterator[None]:
    """Keep the garbage collector from looking through what was imported, each time that it runs."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

"""Loads as Dagster runs: what the command line starts, in process, on the instance that the UI reads.

`load/state.py` decides what is stale, `plan.py` lists it, and `assets/` define what a run does.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.utils import make_new_run_id

from sparkify_assets.orchestration.audit_checks import AUDITED
from sparkify_assets.orchestration.dead_runs import PROCESS, fail_dead_runs, this_process
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.interrupted_runs import settle
from sparkify_assets.orchestration.jobs import INSIGHTS, LOAD, MAKE_INSIGHTS, ONLY_CHANGED, assets_with_insights, job_of
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.load_summary import CheckResult
from sparkify_assets.report.visible import no_markdown
from sparkify_assets.settings import Settings

_WARN = dg.AssetCheckSeverity.WARN
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(definitions: dg.Definitions, settings: Settings, plan: Plan, force: bool) -> list[CheckResult]:
    """Run what was planned, and return what its checks found. Results go to the `on_result` that the definitions were
    built with."""
    runs = list[_Run]()
    tags = {PROCESS: this_process()} | ({} if force else {ONLY_CHANGED: "true"})
    with open_instance(settings) as instance:
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
        if plan.insights and not _has_begun(instance, run_id, INSIGHTS):
            runs.append(_run(definitions, MAKE_INSIGHTS, instance, make_new_run_id(), tags))
    settle(settings, [run.run_id for run in runs if run.succeeded])
    if all(run.succeeded for run in runs):
        settle(settings, plan.interrupted)
    # Only the last run found everything loaded.
    latest = {(found.asset_check_key, found.partition): found for run in runs for found in run.found}
    by_check = defaultdict[dg.AssetCheckKey, list[dg.AssetCheckEvaluation]](list)
    for (key, _), found in latest.items():
        by_check[key].append(found)
    return [_result(found) for found in by_check.values()]


@dataclass(frozen=True)
class _Run:
    """What became of a run: whether it reported and checked everything, and what its checks found."""

    run_id: str
    succeeded: bool
    found: Sequence[dg.AssetCheckEvaluation]


def _run(
    definitions: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    run_id: str,
    tags: dict[str, str],
    assets: Sequence[dg.AssetKey] | None = None,
) -> _Run:
    try:
        done = definitions.resolve_job_def(job).execute_in_process(
            instance=instance, run_id=run_id, tags=tags, run_config=_QUIET, asset_selection=assets
        )
    except dg.Failure:
        # It stands for what was refused, whose results say why. Of the rest there may be warnings.
        return _Run(run_id, False, [found for found in _logged(instance, run_id) if found.severity == _WARN])
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    return _Run(run_id, True, done.get_asset_check_evaluations())


def _has_begun(instance: dg.DagsterInstance, run_id: str, step: str) -> bool:
    logged = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START) if run_id else ()
    return any(entry.step_key == step for entry in logged)


def _logged(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.AssetCheckEvaluation]:
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if record.dagster_event:
            yield record.dagster_event.asset_check_evaluation_data


def _result(found: Sequence[dg.AssetCheckEvaluation]) -> CheckResult:
    """Return a check's results as the command line shows them: if days failed, how many, and of the first of these the
    description, or its figures, and the rows of its tables."""
    name, is_warning = f"{found[0].asset_key.to_user_string()}.{found[0].check_name}", found[0].severity == _WARN
    failed = [check for check in found if not check.passed]
    if not failed:
        return CheckResult(name, True, is_warning)
    check = failed[0]
    tables = {name: value for name, value in check.metadata.items() if isinstance(value, dg.TableMetadataValue)}
    figures = [f"{name}: {value.value}" for name, value in check.metadata.items() if name not in (*tables, AUDITED)]
    days = f"{len(failed):,} of {counted(len(found), 'day')} failed, the first " if len(found) > 1 else ""
    # A description names its day itself.
    day = f"{check.partition}: " if check.partition and not check.description else ""
    reason = no_markdown(check.description) if check.description else ", ".join(figures)
    return CheckResult(
        name,
        False,
        is_warning,
        f"{days}{day}{reason}",
        [
            f"{name.partition(' (')[0]}: {', '.join(f'{column}={value}' for column, value in record.data.items())}"
            for name, table in tables.items()
            if "rows" in name
            for record in table.records
        ],
    )

"""The audits as asset checks, to be seen and run in the UI. Which audits there are is decided in `load/audits.py`.

Those of the tables that loads fill are evaluated by every load (`load_checks.py`). Those of the insights are a step of
their own: in a run that rebuilt an insight they show what its audits found, without scanning again; run alone they
audit the insight as it stands.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)

from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights
from sparkify_assets.load.audits import Audit, Finding, audits_of, run_audits
from sparkify_assets.load.explanations import explain_finding
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import Table
from sparkify_assets.orchestration.interrupted_runs import REPORTED
from sparkify_assets.orchestration.lake_checks import build_lake_checks
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.queries import query
from sparkify_assets.report.visible import markdown, visible
from sparkify_assets.settings import Settings

# What a result's audit looked at, by the name that its metadata has.
AUDITED = "audited"
_OF_RUN, _WHOLE_TABLE = "what was rebuilt", "the whole table"
_EXPLAINED = 10


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    return [_build_insight_checks(), *build_lake_checks(settings)]


def _build_insight_checks() -> dg.AssetChecksDefinition:
    audits = {
        check_key(insight.table, audit.name): audit
        for insight in in_order()
        for audit in audits_of(insight.table.full_name)
    }

    @dg.multi_asset_check(
        config_schema={},
        name="insights_audits",
        specs=[audit_spec(audit) for audit in audits.values()],
        can_subset=True,
    )
    def checks(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]
    ) -> Iterator[dg.AssetCheckResult]:
        """Show what the run's audits found, or audit the insights as they stand."""
        with warehouse.open().reader() as session:
            outdated = stale_insights(session)
            of_run = {
                (row["table_name"], row["audit"]): row
                for row in session.fetch(query("read/run_audits"), run_id=context.run.run_id)
            }
            for key in sorted(context.selected_asset_check_keys):
                audit = audits[key]
                row = of_run.get((audit.table.name, audit.name))
                if audit.table.name in outdated:
                    # It was made from another star than the one that it would be compared with.
                    yield _result(audit, True, {AUDITED: "nothing: the star has changed since this was made"})
                elif row:
                    yield check_result(Finding.recorded(audit, row), _OF_RUN, audit.table.name)
                else:
                    yield check_result(run_audits(session, [audit])[0], _WHOLE_TABLE, audit.table.name)

    return checks


def audit_spec(audit: Audit, days: dg.PartitionsDefinition[str] | None = None) -> dg.AssetCheckSpec:
    """Return the check of an audit."""
    return dg.AssetCheckSpec(
        audit.name,
        asset=audit.table.name,
        description=audit.meaning,
        blocking=audit.blocking,
        partitions_def=days,
    )


def check_key(table: Table, name: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey(table.name), name)


def check_result(finding: Finding, audited: str, name: str) -> dg.AssetCheckResult:
    """A check's result, from what its audit found in what has this name. A blocking one that failed says where, why,
    and what to do."""
    audit, rows = finding.audit, json.loads(finding.sample)
    metadata: dict[str, Any] = {AUDITED: audited}
    if audit.kind == "measure":
        metadata |= _figures(audit, rows[0])
    else:
        metadata["failing_rows"] = finding.failing_rows
        if rows:
            columns = list(dict.fromkeys(column for row in rows for column in row))
            metadata["offending rows (first 20)"] = as_table(rows, columns)
    # The UI takes it for Markdown, and it may quote what the lake holds.
    why = markdown(f"{name}: {explain_finding(finding).text}") if finding.blocks else None
    return _result(audit, finding.passed, metadata, why)


def _figures(audit: Audit, figures: Mapping[str, int]) -> dict[str, Any]:
    """A measure's total and part, and the share that the part is of the total."""
    total, part = list(figures)
    return dict(figures) | ({audit.name: figures[part] / figures[total]} if figures[total] else {})


def _result(
    audit: Audit, passed: bool, metadata: Mapping[str, Any], description: str | None = None
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=audit.table.name,
        check_name=audit.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if audit.blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=description,
    )


def evaluation_of(
    check: dg.AssetCheckResult, partition: str | None = None, target: Target | None = None
) -> dg.AssetCheckEvaluation:
    """A check's result as an event to be logged: of a partition, and of the materialization that it is about."""
    assert check.asset_key
    assert check.check_name
    return dg.AssetCheckEvaluation(
        asset_key=check.asset_key,
        check_name=check.check_name,
        passed=check.passed,
        metadata=check.metadata,
        severity=check.severity,
        description=check.description,
        partition=partition,
        target_materialization_data=target,
    )


def log_refused_insights(context: dg.AssetExecutionContext, results: Sequence[InsightResult]) -> None:
    """Log what the audits of insights found, if one was refused: then the step of their checks never starts."""
    if not any(result.state == REFUSED for result in results):
        return
    for result in results:
        for finding in result.findings:
            context.log_event(evaluation_of(check_result(finding, _OF_RUN, result.name)))


def fail_if_refused(context: dg.AssetExecutionContext, results: Sequence[LoadResult | InsightResult]) -> None:
    """Fail the run if anything was refused. Everything was reported before."""
    refused = [result for result in results if result.state == REFUSED]
    if not refused:
        return
    context.instance.add_run_tags(context.run.run_id, {REPORTED: "true"})
    raise dg.Failure(
        visible("; ".join(_refusals(refused))),
        metadata={"loaded": len(results) - len(refused), "refused": ", ".join(result.name for result in refused)},
        allow_retries=False,
    )


def _refusals(refused: Sequence[LoadResult | InsightResult]) -> Iterator[str]:
    """Why loads were refused; of many the first, since each part of a run shows this whole."""
    yield from (f"{result.name} was refused: {result.problem}" for result in refused[:_EXPLAINED])
    if (more := len(refused) - _EXPLAINED) > 0:
        yield f"{more:,} more were refused: `sparkify status` shows why"

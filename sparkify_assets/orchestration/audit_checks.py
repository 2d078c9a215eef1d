"""The audits as asset checks, to be seen and run in the UI. Which audits there are is decided in `load/audits.py`.

In a run that loaded something a check shows what that run's audits found, load by load, published or refused, without
scanning again. Run alone it audits the whole table as it stands.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights
from sparkify_assets.load.audits import FILES_LOADABLE, Audit, Finding, audits_of, run_audits
from sparkify_assets.load.explanations import explain_finding
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.load.state import load_of
from sparkify_assets.orchestration.interrupted_runs import REPORTED
from sparkify_assets.orchestration.lake_checks import build_lake_checks
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.queries import query
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.visible import markdown, visible
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row

# What an audit found, by the name of the load or the table that it looked at.
Found = Mapping[str, Finding]
_WHOLE_TABLE = "the whole table"
_EXPLAINED = 10


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    return [
        _build("log_days_audits", DAY_TABLES),
        _build("song_catalog_audits", CATALOG_TABLES),
        _build("insights_audits", [insight.table.full_name for insight in in_order()]),
        *build_lake_checks(settings),
    ]


def _build(name: str, tables: Sequence[str]) -> dg.AssetChecksDefinition:
    audits = {(audit.table.name, audit.name): audit for table in tables for audit in audits_of(table)}

    @dg.multi_asset_check(
        config_schema={},
        name=name,
        specs=[
            dg.AssetCheckSpec(audit.name, asset=audit.table.name, description=audit.meaning, blocking=audit.blocking)
            for audit in audits.values()
        ],
        can_subset=True,
    )
    def checks(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]
    ) -> Iterator[dg.AssetCheckResult]:
        """Show what the run's audits found, or audit the tables as they stand."""
        with warehouse.open().reader() as session:
            outdated = stale_insights(session)
            of_run = _found(session.fetch(query("read/run_audits"), run_id=context.run.run_id), audits)
            # A file that cannot be loaded leaves no row to audit: what its latest load has recorded stands.
            recorded = _found(session.fetch(query("read/failed_audits")), audits)
            for key in sorted(context.selected_asset_check_keys):
                audit = audits[key.asset_key.path[-1], key.name]
                if audit.table.name in outdated:
                    # It was made from another star than the one that it would be compared with.
                    yield _result(audit, True, {"audited": "nothing: the star has changed since this was made"})
                else:
                    refused = recorded.get(audit) if audit.name == FILES_LOADABLE else None
                    found = of_run.get(audit) or refused or {_WHOLE_TABLE: run_audits(session, [audit])[0]}
                    yield check_result(audit, found, audit in of_run)

    return checks


def _found(rows: Iterable[Row], audits: Mapping[tuple[str, str], Audit]) -> dict[Audit, Found]:
    """What audits have found according to the warehouse, by audit and load."""
    found: dict[Audit, dict[str, Finding]] = {}
    for row in rows:
        audit = audits.get((str(row["table_name"]), str(row["audit"])))
        if audit:
            passed = bool(row.get("passed", False))
            finding = Finding(audit, passed, int(str(row["failing_rows"])), str(row["sample"]))
            found.setdefault(audit, {})[str(load_of(row["log_date"]))] = finding
    return dict(found)


def check_result(audit: Audit, found: Found, is_of_run: bool = True) -> dg.AssetCheckResult:
    """A check's result, from what its audit found. A blocking one that failed says where, why, and what to do."""
    samples = {name: json.loads(finding.sample) for name, finding in found.items()}
    of_loads = _WHOLE_TABLE not in found
    metadata: dict[str, Any] = {"audited": _counted(len(found), is_of_run) if of_loads else _WHOLE_TABLE}
    if audit.kind == "measure":
        metadata |= _figures(audit, [figures for sample in samples.values() for figures in sample])
    else:
        metadata["failing_rows"] = sum(finding.failing_rows for finding in found.values())
        rows = [{"load": name, **row} if of_loads else row for name, sample in samples.items() for row in sample]
        if rows:
            metadata["offending rows (first 20)"] = as_table(
                rows[:20], list(dict.fromkeys(name for row in rows for name in row))
            )
    if refused := [name for name, finding in found.items() if finding.blocks and of_loads]:
        metadata["refused"] = ", ".join(refused)
    if of_loads and audit.table.full_name in DAY_TABLES:
        days = [
            {"day": name, "passed": finding.passed, "failing_rows": finding.failing_rows}
            for name, finding in found.items()
        ]
        metadata["days"] = as_table(days, ["day", "passed", "failing_rows"])
    return _result(audit, all(finding.passed for finding in found.values()), metadata, _explained(found))


def _explained(found: Found) -> str | None:
    """Why a blocking audit failed, in Markdown: a paragraph for each load, the first ones."""
    failed = [(name, explain_finding(finding).text) for name, finding in found.items() if finding.blocks]
    paragraphs = [markdown(f"{name}: {text}") for name, text in failed[:_EXPLAINED]]
    more = len(failed) - len(paragraphs)
    return "\n\n".join([*paragraphs, *([f"{more:,} more"] if more else [])]) or None


def _counted(loads: int, is_of_run: bool) -> str:
    return f"{counted(loads, 'load')} of this run" if is_of_run else f"the latest attempt of {counted(loads, 'load')}"


def _figures(audit: Audit, samples: list[dict[str, int]]) -> dict[str, Any]:
    """A measure's total and part, added up, and the share that the part is of the total."""
    total, part = list(samples[0])
    sums = {name: sum(figures[name] for figures in samples) for name in (total, part)}
    return sums | ({audit.name: sums[part] / sums[total]} if sums[total] else {})


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


def fail_if_refused(context: dg.AssetExecutionContext, results: Sequence[LoadResult | InsightResult]) -> None:
    """Fail the run if anything was refused. Log what the audits found first, since the run's checks never start."""
    refused = [result for result in results if result.state == REFUSED]
    if not refused:
        return
    audited: dict[Audit, dict[str, Finding]] = {}
    for result in results:
        for finding in result.findings:
            audited.setdefault(finding.audit, {})[result.name] = finding
    for audit, found in audited.items():
        check = check_result(audit, found)
        context.log_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(audit.table.name),
                check_name=audit.name,
                passed=check.passed,
                severity=check.severity,
                metadata=check.metadata,
                description=check.description,
            )
        )
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

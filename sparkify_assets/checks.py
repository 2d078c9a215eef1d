"""The asset checks: the audits, as one sees and runs them in the UI.

In a run that loaded days they report what that run's audits found, day by day, without scanning again. Run alone they
audit whole tables as they stand. Which audits there are is said in `audits.py`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sparkify_assets.audits import Audit, Finding, audits_of, run_audits
from sparkify_assets.load_result import LoadResult, blocks
from sparkify_assets.metadata import as_table
from sparkify_assets.queries import query
from sparkify_assets.resources import WarehouseResource
from sparkify_assets.slices import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.warehouse import Row


def build_checks() -> list[dg.AssetChecksDefinition]:
    return [_build("log_days_audits", DAY_TABLES), _build("song_catalog_audits", CATALOG_TABLES)]


def _build(name: str, tables: Sequence[str]) -> dg.AssetChecksDefinition:
    audits = {(audit.table.name, audit.name): audit for table in tables for audit in audits_of(table)}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(audit.name, asset=audit.table.name, description=audit.meaning, blocking=audit.gates)
            for audit in audits.values()
        ],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        """Say what the run's audits found, or audit the tables as they stand."""
        with warehouse.open().reader() as session:
            of_run: dict[tuple[str, str], list[Row]] = {}
            for row in session.fetch(query("read/run_audits"), run_id=context.run.run_id):
                of_run.setdefault((str(row["table_name"]), str(row["audit"])), []).append(row)
            for key in sorted(context.selected_asset_check_keys):
                audit = audits[key.asset_key.path[-1], key.name]
                rows = of_run.get((audit.table.name, audit.name))
                yield _of_days(audit, rows) if rows else _of_table(run_audits(session, [audit])[0])

    return checks


def _of_days(audit: Audit, rows: list[Row]) -> dg.AssetCheckResult:
    """What the audits of a run's loads found, load by load."""
    found = [json.loads(str(row["sample"])) for row in rows]
    metadata: dict[str, Any] = {"audited": f"{len(rows)} loads of this run"}
    if audit.kind == "measure":
        metadata |= _figures(audit, [figures for sample in found for figures in sample])
    else:
        metadata["failing_rows"] = sum(int(str(row["failing_rows"])) for row in rows)
        metadata |= _offending(
            [{"day": str(row["log_date"]), **o} for row, s in zip(rows, found, strict=True) for o in s]
        )
    if rows[0]["log_date"]:
        days = [
            {"day": str(row["log_date"]), "passed": bool(row["passed"]), "failing_rows": row["failing_rows"]}
            for row in rows
        ]
        metadata["days"] = as_table(days, ["day", "passed", "failing_rows"])
    return _result(audit, all(bool(row["passed"]) for row in rows), metadata)


def _of_table(finding: Finding) -> dg.AssetCheckResult:
    """What an audit found in the whole of its table."""
    metadata: dict[str, Any] = {"audited": "the whole table"}
    sample = json.loads(finding.sample)
    if finding.audit.kind == "measure":
        metadata |= _figures(finding.audit, sample)
    else:
        metadata["failing_rows"] = finding.failing_rows
        metadata |= _offending(sample)
    return _result(finding.audit, finding.passed, metadata)


def _figures(audit: Audit, samples: list[dict[str, int]]) -> dict[str, Any]:
    """A measure's total and part, added up, and the share that the part is of the total."""
    total, part = list(samples[0])
    sums = {name: sum(figures[name] for figures in samples) for name in (total, part)}
    return sums | ({audit.name: sums[part] / sums[total]} if sums[total] else {})


def _offending(rows: list[dict[str, object]]) -> dict[str, Any]:
    return {"offending rows (first 20)": as_table(rows[:20], list(rows[0]))} if rows else {}


def _result(audit: Audit, passed: bool, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=audit.table.name,
        check_name=audit.name,
        passed=passed,
        severity=_severity(audit),
        metadata=metadata,
    )


def _severity(audit: Audit) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if audit.gates else dg.AssetCheckSeverity.WARN


def failed_evaluations(refused: Iterable[LoadResult]) -> Iterator[dg.AssetCheckEvaluation]:
    """The failed audits of refused loads, for a run whose own checks will never start."""
    by_audit: dict[Audit, list[tuple[LoadResult, Finding]]] = {}
    for result in refused:
        for finding in result.findings:
            if blocks(finding):
                by_audit.setdefault(finding.audit, []).append((result, finding))
    for audit, found in by_audit.items():
        rows = [{"load": result.name, **row} for result, finding in found for row in json.loads(finding.sample)]
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(audit.table.name),
            check_name=audit.name,
            passed=False,
            severity=_severity(audit),
            metadata={
                "failing_rows": sum(finding.failing_rows for _, finding in found),
                "refused": ", ".join(result.name for result, _ in found),
                **_offending(rows),
            },
        )

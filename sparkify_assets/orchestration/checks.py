"""The asset checks: the audits, as one sees and runs them in the UI, and what one expects of the days beside them.

In a run that loaded days they report what that run's audits found, day by day, without scanning again. Run alone they
audit whole tables as they stand. Which audits there are is said in `audits.py`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from sparkify_assets import model
from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights
from sparkify_assets.lake.drift import Drift, find_drift, first_records
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import KNOWN_KEYS, Audit, Finding, audits_of, run_audits
from sparkify_assets.load.expectations import DUE_HOUR, counts, day_due, loaded_records
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.load.results import LoadResult, blocks
from sparkify_assets.load.state import day_of
from sparkify_assets.model import Table
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.queries import query
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row

_SHOWN_DAYS, _WEEK = 31, 7
_SONG_FILES = 200
IS_THERE, IS_USUAL = "yesterday_is_there", "usual_number_of_records"


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    return [
        _build("log_days_audits", DAY_TABLES),
        _build("song_catalog_audits", CATALOG_TABLES),
        _build("insights_audits", [insight.table.full_name for insight in in_order()]),
        _build_expectations(settings),
        _build_drift(),
    ]


def _build_drift() -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name="keys_of_the_lake",
        specs=[
            dg.AssetCheckSpec(
                KNOWN_KEYS,
                asset=table,
                description="The contract's keys and no other: in a file's first 1,000 records and what the sieve met.",
            )
            for table in ("staging_events", "staging_songs")
        ],
        can_subset=True,
    )
    def keys_of_the_lake(
        context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource, lake: LakeResource
    ) -> Iterator[dg.AssetCheckResult]:
        """Say which keys are new and which are missing: in the days of the run, or in the last week that was loaded."""
        opened = lake.open()
        with warehouse.open().reader() as session:
            of_run = session.fetch(query("read/run_audits"), run_id=context.run.run_id)
            days = sorted({day for row in of_run if (day := day_of(row))}) or sorted(loaded_records(session))[-_WEEK:]
            for key in sorted(context.selected_asset_check_keys):
                table = model.table(f"staging.{key.asset_key.path[-1]}")
                loads: list[date | None] = [None] if table.name == "staging_songs" else [*days]
                files = _files_of(opened, loads)
                met = Counter[str]()
                for row in session.fetch(query("read/unknown_keys")):
                    if row["table_name"] == table.name and day_of(row) in loads:
                        met.update({said["key"]: said["records"] for said in json.loads(str(row["sample"]))})
                yield _of_drift(table, len(files), find_drift(table, first_records(opened, files)), met)

    return keys_of_the_lake


def _files_of(lake: Lake, loads: Sequence[date | None]) -> list[File]:
    """The files of log days; of the thousands of songs as many as one has time for."""
    days = [day for day in loads if day]
    if not days:
        return lake.songs(_SONG_FILES)
    found = lake.days(days)
    return [file for day in days for file in found.get(day, ())]


def _of_drift(table: Table, files: int, drift: Drift, met: Mapping[str, int]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=KNOWN_KEYS,
        passed=drift.is_none and not met,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "looked at": f"{drift.records:,} records of {files:,} files",
            "keys that the contract does not know": _in_words(drift.unknown),
            "of the records that the sieve met": _in_words(met),
            "keys of the contract that no record has": ", ".join(drift.unseen) or "none",
        },
    )


def _in_words(keys: Mapping[str, int]) -> str:
    return ", ".join(f"{key} (in {number:,})" for key, number in sorted(keys.items())) or "none"


def _build_expectations(settings: Settings) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name="log_days_expectations",
        specs=[
            dg.AssetCheckSpec(
                IS_THERE,
                asset="staging_events",
                description=f"Yesterday's log day is loaded by {DUE_HOUR}:00 UTC, whatever else was loaded since.",
            ),
            dg.AssetCheckSpec(
                IS_USUAL,
                asset="staging_events",
                description="A day has about as many records as the same weekday had in the eight weeks before.",
            ),
        ],
        can_subset=True,
    )
    def expectations(
        context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
    ) -> Iterator[dg.AssetCheckResult]:
        """Say what of the days is not as one expects; of the days of the run, or of all that were loaded."""
        with warehouse.open().reader() as session:
            records = loaded_records(session)
            of_run = session.fetch(query("read/run_audits"), run_id=context.run.run_id)
        days = sorted({day for row in of_run if (day := day_of(row))}) or sorted(records)
        results = {IS_THERE: _is_there(settings, records), IS_USUAL: _is_usual(days, records)}
        yield from (results[key.name] for key in sorted(context.selected_asset_check_keys))

    return expectations


def _is_there(settings: Settings, records: Mapping[date, int]) -> dg.AssetCheckResult:
    due = day_due(settings.days(), datetime.now(UTC))
    return dg.AssetCheckResult(
        asset_key="staging_events",
        check_name=IS_THERE,
        passed=due is None or due in records,
        metadata={
            "due": str(due) if due else f"nothing: the log days are {settings.start_date} to {settings.last_day}",
            "latest loaded": str(max(records, default="none")),
        },
    )


def _is_usual(days: Sequence[date], records: Mapping[date, int]) -> dg.AssetCheckResult:
    found = counts(days, records)
    strange = [count for count in found if not count.is_usual]
    rows = [
        {
            "day": str(count.day),
            "records": count.records,
            "usual": f"{count.band.low:,} to {count.band.high:,}" if count.band else "too few weeks to tell",
        }
        for count in (strange or found)[-_SHOWN_DAYS:]
    ]
    return dg.AssetCheckResult(
        asset_key="staging_events",
        check_name=IS_USUAL,
        passed=not strange,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "days looked at": len(found),
            "unusual days": len(strange),
            **({"days": as_table(rows, list(rows[0]))} if rows else {}),
        },
    )


def _build(name: str, tables: Sequence[str]) -> dg.AssetChecksDefinition:
    audits = {(audit.table.name, audit.name): audit for table in tables for audit in audits_of(table)}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(audit.name, asset=audit.table.name, description=audit.meaning, blocking=audit.blocking)
            for audit in audits.values()
        ],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        """Say what the run's audits found, or audit the tables as they stand."""
        with warehouse.open().reader() as session:
            # What the star has left behind cannot be held against it.
            stale = stale_insights(session)
            of_run: dict[tuple[str, str], list[Row]] = {}
            for row in session.fetch(query("read/run_audits"), run_id=context.run.run_id):
                of_run.setdefault((str(row["table_name"]), str(row["audit"])), []).append(row)
            for key in sorted(context.selected_asset_check_keys):
                audit = audits[key.asset_key.path[-1], key.name]
                if audit.table.name in stale:
                    yield _result(audit, True, {"audited": "nothing: the star has changed since this was made"})
                    continue
                rows = of_run.get((audit.table.name, audit.name))
                yield _of_days(audit, rows) if rows else _of_table(run_audits(session, [audit])[0])

    return checks


def _of_days(audit: Audit, rows: list[Row]) -> dg.AssetCheckResult:
    """What the audits of a run's loads found, load by load."""
    found = [json.loads(str(row["sample"])) for row in rows]
    metadata: dict[str, Any] = {"audited": f"{len(rows)} {'load' if len(rows) == 1 else 'loads'} of this run"}
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
    return dg.AssetCheckSeverity.ERROR if audit.blocking else dg.AssetCheckSeverity.WARN


def failed_evaluations(refused: Iterable[LoadResult | InsightResult]) -> Iterator[dg.AssetCheckEvaluation]:
    """The failed audits of what was refused, for a run whose own checks will never start."""
    by_audit: dict[Audit, list[tuple[LoadResult | InsightResult, Finding]]] = {}
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

"""Checks beside the audits, which never keep a load from being published: keys of the lake's records that the contract
does not know, days with an unusual number of records, and whether yesterday's log day is there.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import dagster as dg

from sparkify_assets import model
from sparkify_assets.lake.drift import Drift, find_drift, first_records
from sparkify_assets.load.audits import KNOWN_KEYS
from sparkify_assets.load.expectations import DUE_HOUR, counts, day_due, loaded_records
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import load_of
from sparkify_assets.model import Table
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.queries import query
from sparkify_assets.report.visible import visible
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session

_SHOWN_DAYS, _WEEK = 31, 7
_SONG_FILES = 200
IS_THERE, IS_USUAL = "yesterday_is_there", "usual_number_of_records"


def build_lake_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    return [_build_expectations(settings), _build_drift()]


def _build_drift() -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        config_schema={},
        name="keys_of_the_lake",
        specs=[
            dg.AssetCheckSpec(
                KNOWN_KEYS,
                asset=table,
                description="The contract's keys and no others: in a file's first 1,000 records, and in those that the "
                "validator read.",
            )
            for table in ("staging_events", "staging_songs")
        ],
        can_subset=True,
    )
    def keys_of_the_lake(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.AssetCheckResult]:
        """Show which keys are new and which are missing: in the days of the run, or in the last loaded week."""
        opened = lake.open()
        with warehouse.open().reader() as session:
            days = _days_of_run(session, context.run.run_id) or sorted(loaded_records(session))[-_WEEK:]
            for key in sorted(context.selected_asset_check_keys):
                table = model.table(f"staging.{key.asset_key.path[-1]}")
                loads: list[Load] = [LogDays.of(day) for day in days]
                if table == SONG_CATALOG.staging:
                    # Of the thousands of songs the first ones.
                    loads, files = [SONG_CATALOG], opened.songs(_SONG_FILES)
                else:
                    in_lake = opened.days(days)
                    files = [file for day in days for file in in_lake.get(day, ())]
                met = Counter[str]()
                for row in session.fetch(query("read/unknown_keys")):
                    if row["table_name"] == table.name and load_of(row["log_date"]) in loads:
                        met.update({found["key"]: found["records"] for found in json.loads(str(row["sample"]))})
                yield _of_drift(table, len(files), find_drift(table, first_records(opened, files)), met)

    return keys_of_the_lake


def _days_of_run(session: Session, run_id: str) -> list[date]:
    """The log days that a run loaded or refused."""
    rows = session.fetch(query("read/run_audits"), run_id=run_id)
    return sorted({day for row in rows if (day := load_of(row["log_date"]).log_date)})


def _of_drift(table: Table, files: int, drift: Drift, met: Mapping[str, int]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=KNOWN_KEYS,
        passed=drift.is_none and not met,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "looked at": f"{drift.records:,} records of {files:,} files",
            "keys that the contract does not know": _listed(drift.unknown),
            "of the records that the validator read": _listed(met),
            "keys of the contract that no record has": ", ".join(drift.unseen) or "none",
        },
    )


def _listed(keys: Mapping[str, int]) -> str:
    return visible(", ".join(f"{key} (in {number:,})" for key, number in sorted(keys.items())) or "none")


def _build_expectations(settings: Settings) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        config_schema={},
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
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]
    ) -> Iterator[dg.AssetCheckResult]:
        """Show which days are not as expected: of the days of the run, or of all that were loaded."""
        with warehouse.open().reader() as session:
            records = loaded_records(session)
            days = _days_of_run(session, context.run.run_id) or sorted(records)
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

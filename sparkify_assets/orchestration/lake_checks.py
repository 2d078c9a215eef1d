"""Checks beside the audits, which never keep a load from being published: keys of the lake's records that the contract
does not know, days with an unusual number of records, and whether yesterday's log day is there.

Those of a log day are evaluated with its audits, in `load_checks.py`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

import dagster as dg

from sparkify_assets.lake.drift import Drift, find_drift, first_records_by_file
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import KNOWN_KEYS
from sparkify_assets.load.expectations import DUE_HOUR, Count, day_due, loaded_records
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.state import load_of
from sparkify_assets.model import Table
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.queries import query
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.visible import visible
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session

_SONG_FILES = 200
IS_THERE, IS_USUAL = "yesterday_is_there", "usual_number_of_records"


def known_keys_spec(staging: Table, days: dg.PartitionsDefinition[str] | None) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        KNOWN_KEYS,
        asset=staging.name,
        partitions_def=days,
        description="The contract's keys and no others: in a file's first 1,000 records, and in those that the "
        "validator read.",
    )


def usual_spec(staging: Table, days: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        IS_USUAL,
        asset=staging.name,
        partitions_def=days,
        description="A day has about as many records as the same weekday had in the eight weeks before.",
    )


def files_of(lake: Lake, loads: Sequence[Load]) -> Mapping[Load, Sequence[File]]:
    """The files whose keys are looked at: those of the days, and of the thousands of songs the first ones."""
    days = [day for load in loads if (day := load.log_date)]
    in_lake = lake.days(days) if days else {}
    return {load: in_lake.get(load.log_date, ()) if load.log_date else lake.songs(_SONG_FILES) for load in loads}


def known_keys(
    session: Session, lake: Lake, files: Mapping[Load, Sequence[File]]
) -> Iterator[tuple[Load, dg.AssetCheckResult]]:
    """Yield which keys are new and which are missing in each load."""
    met: dict[Load, Counter[str]] = {load: Counter() for load in files}
    for row in session.fetch(query("read/unknown_keys")):
        if (load := load_of(row["log_date"])) in met:
            met[load].update({found["key"]: found["records"] for found in json.loads(str(row["sample"]))})
    every = first_records_by_file(lake, [file for some in files.values() for file in some])
    drifts: dict[Load, Drift] = {}
    for load, some in groupby(every, key=lambda found: load_of(found[0].day)):
        drifts[load] = find_drift(load.staging, (record for _, records in some for record in records))
    for load, some_files in files.items():
        drift = drifts.get(load) or find_drift(load.staging, ())
        yield load, _of_drift(load.staging, len(some_files), drift, met[load])


def _of_drift(table: Table, files: int, drift: Drift, met: Mapping[str, int]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=KNOWN_KEYS,
        passed=drift.is_none and not met,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "looked at": f"{counted(drift.records, 'record')} of {counted(files, 'file')}",
            "keys that the contract does not know": _listed(drift.unknown),
            "of the records that the validator read": _listed(met),
            "keys of the contract that no record has": ", ".join(drift.unseen) or "none",
        },
    )


def _listed(keys: Mapping[str, int]) -> str:
    return visible(", ".join(f"{key} (in {number:,})" for key, number in sorted(keys.items())) or "none")


def usual_number(count: Count, staging: Table) -> dg.AssetCheckResult:
    """Show whether a day has an unusual number of records."""
    band = count.band
    return dg.AssetCheckResult(
        asset_key=staging.name,
        check_name=IS_USUAL,
        passed=count.is_usual,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "records": count.records,
            "usual": f"{band.low:,} to {band.high:,}" if band else "too few weeks to tell",
        },
    )


def build_lake_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    # What is due is no day of a run's: the check has no partitions.
    @dg.multi_asset_check(
        config_schema={},
        name="log_days_expectations",
        specs=[
            dg.AssetCheckSpec(
                IS_THERE,
                asset="staging_events",
                description=f"Yesterday's log day is loaded by {DUE_HOUR}:00 UTC, whatever else was loaded since.",
            )
        ],
    )
    def expectations(warehouse: dg.ResourceParam[WarehouseResource]) -> Iterable[dg.AssetCheckResult]:
        with warehouse.open().reader() as session:
            yield is_there(settings, session)

    return [expectations]


def is_there(settings: Settings, session: Session) -> dg.AssetCheckResult:
    """Show whether the day that is due is there."""
    records = loaded_records(session)
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

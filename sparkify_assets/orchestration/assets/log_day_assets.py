"""The daily tables: staging_events, songplays, users and time, loaded together, a log day at a time."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from sparkify_assets.load.loading import OnResult, load_days
from sparkify_assets.load.partitions import DAY_TABLES, count_rows
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import tables_named
from sparkify_assets.orchestration.audit_checks import log_failed_checks
from sparkify_assets.orchestration.jobs import is_forced
from sparkify_assets.orchestration.metadata import load_metadata, preview, table_spec
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings

# Of a longer range only the last days get a preview, which is a query for each day and table.
_PREVIEWED_DAYS = 7


def build_log_days(days: dg.DailyPartitionsDefinition, settings: Settings, on_result: OnResult) -> dg.AssetsDefinition:
    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables_named(DAY_TABLES)],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def log_days(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Load each log day of the run: staging, plays, users and time, whole or not at all."""
        results = load_days(
            warehouse.open(),
            lake.open(),
            [date.fromisoformat(key) for key in context.partition_keys],
            is_forced(context.run),
            context.run.run_id,
            settings.max_rejected,
            settings.loads_at_once,
            settings.bytes_together,
            on_result,
        )
        yield from _report(context, warehouse, results)

    return log_days


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, results: list[LoadResult]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Report every day and table, whichever table the run was asked for; fail the run if a day was refused."""
    refused = [result for result in results if result.state == REFUSED]
    loaded = [result for result in results if result.state != REFUSED]
    _log_rebuilt_days(context, loaded)
    for table in tables_named(DAY_TABLES):
        key = dg.AssetKey(table.name)
        if refused or key not in context.selected_asset_keys:
            for result in loaded:
                metadata = load_metadata(result, table)
                context.log_event(dg.AssetMaterialization(key, partition=result.name, metadata=metadata))
        else:
            for result in loaded:
                context.add_asset_metadata(load_metadata(result, table), key, partition_key=result.name)
    if refused:
        log_failed_checks(context, refused)
        raise dg.Failure(
            "; ".join(f"{result.name} was refused: {result.problem}" for result in refused),
            metadata={"loaded days": len(loaded), "refused days": ", ".join(result.name for result in refused)},
            allow_retries=False,
        )
    with warehouse.open().reader() as session:
        for table in tables_named(DAY_TABLES):
            key = dg.AssetKey(table.name)
            if key in context.selected_asset_keys:
                for result in loaded[-_PREVIEWED_DAYS:]:
                    shown = {"preview": preview(session, table, result.load.log_date)}
                    context.add_asset_metadata(shown, key, partition_key=result.name)
                yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": count_rows(session, table)})


def _log_rebuilt_days(context: dg.AssetExecutionContext, loaded: list[LoadResult]) -> None:
    """A late event lands on the day when it happened: record which other days' partitions were rebuilt."""
    in_run = {result.name for result in loaded}
    for result in loaded:
        for day in (str(day) for day in result.rebuilt if str(day) not in in_run):
            for table in ("songplays", "time"):
                metadata = {"rebuilt by the log day": result.name}
                context.log_event(dg.AssetObservation(table, partition=day, metadata=metadata))

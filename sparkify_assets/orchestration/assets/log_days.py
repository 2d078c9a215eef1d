"""The daily tables: staging_events, songplays, users and time, loaded together, a log day at a time."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from sparkify_assets.load.partitions import DAY_TABLES
from sparkify_assets.load.publish import load_days
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.load.state import count_rows
from sparkify_assets.model import tables_named
from sparkify_assets.orchestration.checks import failed_evaluations
from sparkify_assets.orchestration.jobs import ONLY_CHANGED
from sparkify_assets.orchestration.metadata import load_metadata, preview, table_spec
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings

# Of a longer range the days before are shown without rows of theirs: a query each and table.
_PREVIEWED_DAYS = 7


def build_log_days(days: dg.DailyPartitionsDefinition, settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables_named(DAY_TABLES)],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def log_days(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, lake: LakeResource
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Load each log day of the run: staging, plays, users and time, whole or not at all."""
        opened, files, force = warehouse.open(), lake.open(), is_forced(context)
        days = [date.fromisoformat(key) for key in context.partition_keys]
        results = load_days(
            opened,
            files,
            days,
            force,
            context.run.run_id,
            settings.max_rejected,
            settings.loads_at_once,
            settings.bytes_together,
        )
        yield from _report(context, warehouse, results)

    return log_days


def is_forced(context: dg.AssetExecutionContext) -> bool:
    return ONLY_CHANGED not in context.run.tags


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, results: list[LoadResult]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Tell Dagster of every day and table, whichever table the run was asked for; fail the run if a day was refused."""
    refused = [result for result in results if result.state == REFUSED]
    loaded = [result for result in results if result.state != REFUSED]
    _log_refreshed(context, loaded)
    for table in tables_named(DAY_TABLES):
        key = dg.AssetKey(table.name)
        if refused or key not in context.selected_asset_keys:
            for result in loaded:
                metadata = load_metadata(result, table)
                context.log_event(dg.AssetMaterialization(key, partition=str(result.day), metadata=metadata))
        else:
            for result in loaded:
                context.add_asset_metadata(load_metadata(result, table), key, partition_key=str(result.day))
    if refused:
        for evaluation in failed_evaluations(refused):
            context.log_event(evaluation)
        raise dg.Failure(
            "; ".join(f"{result.day} was refused: {result.problem}" for result in refused),
            metadata={"loaded days": len(loaded), "refused days": ", ".join(result.name for result in refused)},
            allow_retries=False,
        )
    with warehouse.open().reader() as session:
        for table in tables_named(DAY_TABLES):
            key = dg.AssetKey(table.name)
            if key in context.selected_asset_keys:
                for result in loaded[-_PREVIEWED_DAYS:]:
                    shown = {"preview": preview(session, table, result.day)}
                    context.add_asset_metadata(shown, key, partition_key=str(result.day))
                yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": count_rows(session, table)})


def _log_refreshed(context: dg.AssetExecutionContext, loaded: list[LoadResult]) -> None:
    """A late event lands on the day when it happened: say which other days' slices were made again."""
    in_run = {result.day for result in loaded}
    for result in loaded:
        for day in result.refreshed:
            if day not in in_run:
                for table in ("songplays", "time"):
                    context.log_event(
                        dg.AssetObservation(
                            table, partition=str(day), metadata={"made again by the log day": str(result.day)}
                        )
                    )

"""The tables that loads fill: a log day's tables are loaded together, and so are the song catalog's."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from sparkify_assets.load.loading import OnResult, load_days, load_songs
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES, count_rows
from sparkify_assets.load.progress import OnProgress, Progress
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import Table, tables_named
from sparkify_assets.orchestration.audit_checks import fail_if_refused
from sparkify_assets.orchestration.jobs import is_forced
from sparkify_assets.orchestration.metadata import load_metadata, preview, table_spec
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings

# Of a longer range only the last days get a preview, which is a query for each day and table.
_PREVIEWED_DAYS = 7


def build_log_days(
    days: dg.DailyPartitionsDefinition, settings: Settings, on_result: OnResult, on_progress: OnProgress | None = None
) -> dg.AssetsDefinition:
    tables = tables_named(DAY_TABLES)

    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        config_schema={},
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
            on_progress,
        )
        notify_recording(on_progress)
        yield from _report(context, warehouse, tables, results)

    return log_days


def build_song_catalog(
    settings: Settings, on_result: OnResult, on_progress: OnProgress | None = None
) -> dg.AssetsDefinition:
    tables = tables_named(CATALOG_TABLES)

    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables], can_subset=True, config_schema={}
    )
    def song_catalog(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Load the song catalog, and re-link the plays whose match changed."""
        forced, run_id = is_forced(context.run), context.run.run_id
        opened, most = warehouse.open(), settings.max_rejected
        result = load_songs(opened, lake.open(), forced, run_id, most, on_result, on_progress)
        notify_recording(on_progress)
        yield from _report(context, warehouse, tables, [result])

    return song_catalog


def notify_recording(on_progress: OnProgress | None) -> None:
    """Report what a run does after its loads."""
    if on_progress:
        on_progress(Progress("recording and checking"))


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tables: Sequence[Table], results: list[LoadResult]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Report every load and table, whichever table the run was asked for; fail the run if a load was refused."""
    loaded = [result for result in results if result.state != REFUSED]
    _log_rebuilt_days(context, loaded)
    # A run that fails materializes nothing by itself: what was loaded is logged for it.
    selected = context.selected_asset_keys if len(loaded) == len(results) else set()
    with warehouse.open().reader() as session:
        for table in tables:
            key = dg.AssetKey(table.name)
            for result in loaded:
                metadata = load_metadata(result, table)
                if result in loaded[-_PREVIEWED_DAYS:]:
                    metadata["preview"] = preview(session, table, result.load.log_date)
                partition = result.name if result.load.log_date else None
                if key in selected:
                    context.add_asset_metadata(metadata, key, partition_key=partition)
                else:
                    context.log_event(dg.AssetMaterialization(key, partition=partition, metadata=metadata))
        fail_if_refused(context, results)
        for table in tables:
            if dg.AssetKey(table.name) in selected:
                yield dg.MaterializeResult(
                    asset_key=table.name, metadata={"dagster/row_count": count_rows(session, table)}
                )


def _log_rebuilt_days(context: dg.AssetExecutionContext, loaded: list[LoadResult]) -> None:
    """A late event lands on the day when it happened: record which other days' partitions were rebuilt."""
    in_run = {result.name for result in loaded}
    for result in loaded:
        for day in (str(day) for day in result.rebuilt if str(day) not in in_run):
            for table in ("songplays", "time"):
                metadata = {"rebuilt by the log day": result.name}
                context.log_event(dg.AssetObservation(table, partition=day, metadata=metadata))

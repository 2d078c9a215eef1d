"""The song catalog: staging_songs, songs and artists, loaded together and whole."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from sparkify_assets.load.loading import OnResult, load_songs
from sparkify_assets.load.partitions import CATALOG_TABLES
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import tables_named
from sparkify_assets.orchestration.audit_checks import log_failed_checks
from sparkify_assets.orchestration.jobs import is_forced
from sparkify_assets.orchestration.metadata import load_metadata, preview, table_spec
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings


def build_song_catalog(settings: Settings, on_result: OnResult) -> dg.AssetsDefinition:
    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables_named(CATALOG_TABLES)],
        can_subset=True,
    )
    def song_catalog(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Load the song catalog, and re-link the plays whose match changed."""
        result = load_songs(
            warehouse.open(),
            lake.open(),
            is_forced(context.run),
            context.run.run_id,
            settings.max_rejected,
            on_result,
        )
        yield from _report(context, warehouse, result)

    return song_catalog


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, result: LoadResult
) -> Iterator[dg.MaterializeResult[Any]]:
    if result.state == REFUSED:
        log_failed_checks(context, [result])
        raise dg.Failure(f"{result.name} was refused: {result.problem}", allow_retries=False)
    with warehouse.open().reader() as session:
        for table in tables_named(CATALOG_TABLES):
            metadata = load_metadata(result, table) | {"preview": preview(session, table, None)}
            if dg.AssetKey(table.name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=table.name, metadata=metadata)
            else:
                context.log_event(dg.AssetMaterialization(table.name, metadata=metadata))

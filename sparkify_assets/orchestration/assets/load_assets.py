"""The tables that loads fill, with their checks: a log day's are loaded together, and so are the song catalog's."""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.expectations import loaded_records
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.loading import OnResult, load_days, load_songs
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.load.progress import OnProgress, Progress
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.model import Table, tables_named
from sparkify_assets.orchestration.acceptance_checks import accept
from sparkify_assets.orchestration.audit_checks import evaluation_of, fail_if_refused
from sparkify_assets.orchestration.data_versions import DataVersions
from sparkify_assets.orchestration.jobs import INSIGHTS, is_forced
from sparkify_assets.orchestration.lake_checks import is_there
from sparkify_assets.orchestration.load_checks import LoadChecks, check_specs
from sparkify_assets.orchestration.load_events import LoadEvents
from sparkify_assets.orchestration.metadata import table_spec
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Warehouse


def build_log_days(
    days: dg.DailyPartitionsDefinition, settings: Settings, on_result: OnResult, on_progress: OnProgress | None = None
) -> dg.AssetsDefinition:
    tables, checks = tables_named(DAY_TABLES), check_specs(DAY_TABLES, days)

    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables],
        check_specs=checks,
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        config_schema={},
    )
    def log_days(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.Output[None]]:
        """Load each log day of the run: staging, plays, page views, users and time, whole or not at all. Asked
        for checks alone, only evaluate these."""
        opened, in_lake = warehouse.open(), lake.open()
        wanted = _days_of_run(context, opened)
        events = _events(context, tables, in_lake, [LogDays.of(day) for day in wanted], checks)
        if context.selected_asset_keys:
            events.plan()
            results = load_days(
                opened,
                in_lake,
                wanted,
                is_forced(context.run),
                context.run.run_id,
                settings.max_rejected,
                settings.loads_at_once,
                settings.bytes_together,
                on_result,
                on_progress,
                events.log_results,
            )
            _publish_and_check(context, settings, opened, tables, results, on_progress)
            fail_if_refused(context, results)
        else:
            with opened.reader() as session:
                events.log_standing(session)
        yield from events.outputs()

    return log_days


def build_song_catalog(
    settings: Settings, on_result: OnResult, on_progress: OnProgress | None = None
) -> dg.AssetsDefinition:
    tables, checks = tables_named(CATALOG_TABLES), check_specs(CATALOG_TABLES)

    @dg.multi_asset(
        specs=[table_spec(table, {"sql", settings.warehouse}) for table in tables],
        check_specs=checks,
        can_subset=True,
        config_schema={},
    )
    def song_catalog(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> Iterator[dg.Output[None]]:
        """Load the song catalog, and re-link the plays whose match changed. Asked for checks alone, only
        evaluate these."""
        opened, in_lake = warehouse.open(), lake.open()
        events = _events(context, tables, in_lake, [SONG_CATALOG], checks)
        if context.selected_asset_keys:
            events.plan()
            result = load_songs(
                opened,
                in_lake,
                is_forced(context.run),
                context.run.run_id,
                settings.max_rejected,
                on_result,
                on_progress,
                events.log_results,
            )
            _publish_and_check(context, settings, opened, tables, [result], on_progress)
            fail_if_refused(context, [result])
        else:
            with opened.reader() as session:
                events.log_standing(session)
        yield from events.outputs()

    return song_catalog


def _days_of_run(context: dg.AssetExecutionContext, warehouse: Warehouse) -> list[date]:
    """The days that the run was asked for. Checks may be asked for without any: of all days that are loaded."""
    if context.selected_asset_keys or context.has_partition_key or context.has_partition_key_range:
        return [date.fromisoformat(key) for key in context.partition_keys]
    with warehouse.reader() as session:
        return sorted(loaded_records(session))


def publish(warehouse: Warehouse, on_progress: OnProgress | None) -> None:
    """Publish what is committed, for people to read."""
    if on_progress:
        on_progress(Progress("publishing for readers"))
    warehouse.publish()


def notify_recording(on_progress: OnProgress | None) -> None:
    """Report what a run does after its loads."""
    if on_progress:
        on_progress(Progress("recording and checking"))


def _publish_and_check(
    context: dg.AssetExecutionContext,
    settings: Settings,
    warehouse: Warehouse,
    tables: Sequence[Table],
    results: Sequence[LoadResult],
    on_progress: OnProgress | None,
) -> None:
    """Publish what was loaded, unless the run's insights do so once they have followed. Log the checks of the loaded
    tables that have steps of their own, as far as these do not run: those of tables that were not selected, and all if
    something was refused. What they showed before is overtaken."""
    refused = any(result.state == REFUSED for result in results)
    left = {table.name for table in tables if refused or dg.AssetKey(table.name) not in context.selected_asset_keys}
    # What is published is what the checks look at; after a refusal the step of the insights does not begin.
    if left or not context.op_execution_context.job_def.has_node_named(INSIGHTS):
        publish(warehouse, on_progress)
    notify_recording(on_progress)
    if "staging_events" in left:
        with warehouse.reader() as session:
            context.log_event(evaluation_of(is_there(settings, session)))
    for found in accept(settings, warehouse, left) if left else ():
        context.log_event(evaluation_of(found))


def _events(
    context: dg.AssetExecutionContext,
    tables: Sequence[Table],
    lake: Lake,
    loads: Sequence[Load],
    specs: Sequence[dg.AssetCheckSpec],
) -> LoadEvents:
    """What is logged of loads: with all of their checks, or with those that are run alone."""
    every = {spec.key for spec in specs}
    keys = every if context.selected_asset_keys else context.selected_asset_check_keys
    return LoadEvents(context, tables, loads, LoadChecks(lake, loads, keys), DataVersions(context))

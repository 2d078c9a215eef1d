"""The code location: every definition, put together. Assembly only: no network, no secret, no work."""

from datetime import timedelta

import dagster as dg

from sparkify_assets.orchestration.acceptance_checks import build_acceptance_checks
from sparkify_assets.orchestration.assets.insight_assets import build_dashboard, build_insights
from sparkify_assets.orchestration.assets.lake_files import build_lake
from sparkify_assets.orchestration.assets.log_days import build_log_days
from sparkify_assets.orchestration.assets.song_catalog import build_song_catalog
from sparkify_assets.orchestration.checks import build_checks
from sparkify_assets.orchestration.jobs import build_jobs
from sparkify_assets.orchestration.resources import build_resources
from sparkify_assets.orchestration.schedules import build_schedules
from sparkify_assets.orchestration.sensors import build_sensors
from sparkify_assets.settings import Settings, read_settings


def build_definitions(settings: Settings | None = None, resources: dict[str, object] | None = None) -> dg.Definitions:
    settings = settings or read_settings()
    days = build_days(settings)
    return dg.Definitions(
        assets=[
            *build_lake(days),
            build_log_days(days, settings),
            build_song_catalog(settings),
            build_insights(settings),
            build_dashboard(settings),
        ],
        asset_checks=[*build_checks(settings), *build_acceptance_checks(settings)],
        jobs=build_jobs(),
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources=resources or build_resources(settings),
        executor=dg.in_process_executor if settings.warehouse == "duckdb" else dg.multiprocess_executor,
    )


def build_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """The log days as partitions; a live range ends with today."""
    if settings.end_date is None:
        return dg.DailyPartitionsDefinition(str(settings.start_date), end_offset=1)
    return dg.DailyPartitionsDefinition(str(settings.start_date), end_date=str(settings.end_date + timedelta(days=1)))


defs = build_definitions()

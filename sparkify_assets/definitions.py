"""The code location: every definition, assembled. No network, no secret and no work here."""

from collections.abc import Callable
from datetime import date, timedelta

import dagster as dg

from sparkify_assets.insights.rebuilding import InsightResult
from sparkify_assets.load.loading import ignore
from sparkify_assets.load.progress import OnProgress
from sparkify_assets.load.results import LoadResult
from sparkify_assets.orchestration.acceptance_checks import build_acceptance_checks
from sparkify_assets.orchestration.assets.insight_assets import build_dashboard, build_insights
from sparkify_assets.orchestration.assets.lake_assets import build_lake
from sparkify_assets.orchestration.assets.load_assets import build_log_days, build_song_catalog
from sparkify_assets.orchestration.audit_checks import build_checks
from sparkify_assets.orchestration.executors import build_executor
from sparkify_assets.orchestration.jobs import build_jobs
from sparkify_assets.orchestration.resources import build_resources
from sparkify_assets.orchestration.schedules import build_schedules
from sparkify_assets.orchestration.sensors import build_sensors
from sparkify_assets.settings import Settings, read_settings


def build_definitions(
    settings: Settings | None = None,
    resources: dict[str, object] | None = None,
    on_result: Callable[[LoadResult | InsightResult], object] = ignore,
    on_progress: OnProgress | None = None,
) -> dg.Definitions:
    """Every definition. If the run is in this process, `on_result` hears of each load and insight as it ends, and
    `on_progress` of what is being done."""
    settings = settings or read_settings()
    days = build_days(settings)
    return dg.Definitions(
        assets=[
            *build_lake(days, settings),
            build_log_days(days, settings, on_result, on_progress),
            build_song_catalog(settings, on_result, on_progress),
            build_insights(settings, on_result, on_progress),
            build_dashboard(settings),
        ],
        asset_checks=[*build_checks(settings), *build_acceptance_checks(settings)],
        jobs=build_jobs(),
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources=resources or build_resources(settings),
        executor=build_executor(settings),
    )


def build_days(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the log days as partitions, up to today: Dagster itself would end with yesterday."""
    last = settings.end_date or date.max
    end = str(last + timedelta(days=1)) if last < date.max else None
    return dg.DailyPartitionsDefinition(str(settings.start_date), end_date=end, end_offset=1)


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's own processes load. Whoever assembles definitions of their own does not pay for these."""
    return build_definitions()

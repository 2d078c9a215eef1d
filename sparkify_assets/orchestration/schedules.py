"""The schedules, all in UTC."""

from typing import Any

import dagster as dg

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.load.expectations import DUE_HOUR
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.orchestration.jobs import (
    ONLY_CHANGED,
    check_yesterday,
    job_of,
    load_days,
    pause_warehouse,
    why_busy,
)
from sparkify_assets.orchestration.resources import AwsResource
from sparkify_assets.settings import Settings

IDLE_MINUTES = 60
_RECENT_DAYS = 7


def build_schedules(settings: Settings) -> list[Any]:  # Dagster does not export the type
    @dg.schedule(
        job=load_days,
        cron_schedule="0 6 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Load what changed in the last {_RECENT_DAYS} log days, if the range is live.",
    )
    def load_recent_days(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if settings.end_date:
            return _ended(settings)
        days = settings.days()[-_RECENT_DAYS:]
        _, range_tags = job_of(LogDays(days[0], days[-1]))
        return dg.RunRequest(str(days[-1]), tags={ONLY_CHANGED: "true", **range_tags})

    @dg.schedule(
        job=check_yesterday,
        cron_schedule=f"0 {DUE_HOUR} * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Check that yesterday's log day is loaded, if the range is live.",
    )
    def check_at_noon(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return _ended(settings) if settings.end_date else dg.RunRequest(str(settings.last_day))

    return [load_recent_days, check_at_noon, pause_when_idle]


def _ended(settings: Settings) -> dg.SkipReason:
    return dg.SkipReason(f"the log days end on {settings.end_date}: nothing new is expected")


@dg.schedule(
    job=pause_warehouse,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=f"Pause a cluster that nobody has used for {IDLE_MINUTES} minutes, unless a run is queued.",
)
def pause_when_idle(
    context: dg.ScheduleEvaluationContext, aws: dg.ResourceParam[AwsResource]
) -> dg.RunRequest | dg.SkipReason:
    try:
        return if_idle(context.instance, aws)
    except InfrastructureError as error:
        return dg.SkipReason(str(error))


def if_idle(instance: dg.DagsterInstance, aws: AwsResource) -> dg.RunRequest | dg.SkipReason:
    """Return a run that pauses the cluster, or why there is none."""
    from sparkify_assets.infrastructure.power import is_running

    environment = aws.open()
    if not is_running(environment):
        return dg.SkipReason("no cluster is running")
    busy = why_busy(instance, environment, IDLE_MINUTES)
    if busy:
        return dg.SkipReason(busy)
    # The run checks once more: something may have started meanwhile.
    idle = {"only_if_idle_for_minutes": IDLE_MINUTES}
    return dg.RunRequest(run_config={"ops": {"pause": {"config": idle}}})

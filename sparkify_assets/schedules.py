"""The schedules: what starts by the clock. All are off until somebody switches them on."""

from typing import Any

import dagster as dg

from sparkify_assets.cluster import InfrastructureError
from sparkify_assets.jobs import pause_warehouse, why_busy
from sparkify_assets.resources import AwsResource

IDLE_MINUTES = 60


def build_schedules() -> list[Any]:  # Dagster does not export the type
    return [pause_when_idle]


@dg.schedule(
    job=pause_warehouse,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=f"Pause a cluster that nobody was connected to for {IDLE_MINUTES} minutes, if no run is queued.",
)
def pause_when_idle(context: dg.ScheduleEvaluationContext, aws: AwsResource) -> dg.RunRequest | dg.SkipReason:
    try:
        return if_idle(context.instance, aws)
    except InfrastructureError as error:
        return dg.SkipReason(str(error))


def if_idle(instance: dg.DagsterInstance, aws: AwsResource) -> dg.RunRequest | dg.SkipReason:
    """A run that pauses the cluster, or why there is to be none."""
    from sparkify_assets.cluster.power import is_running

    environment = aws.open()
    if not is_running(environment):
        return dg.SkipReason("there is no cluster that runs")
    busy = why_busy(instance, environment, IDLE_MINUTES)
    if busy:
        return dg.SkipReason(busy)
    # Looked at once more by the run: something may have begun meanwhile.
    idle = {"only_if_idle_for_minutes": IDLE_MINUTES}
    return dg.RunRequest(run_config={"ops": {"pause": {"config": idle}}})

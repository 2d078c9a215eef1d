"""The sensors: they start runs when the lake changes, and send alerts when runs or checks fail.

What is new in the lake is decided in `load/watch.py`.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from sparkify_assets.errors import LakeError, WarehouseError
from sparkify_assets.load.watch import Memory, News, look
from sparkify_assets.orchestration.alerts import alert
from sparkify_assets.orchestration.assets.lake_assets import sightings
from sparkify_assets.orchestration.jobs import ONLY_CHANGED, job_of, load_days, load_songs
from sparkify_assets.orchestration.resources import LakeResource, WarehouseResource
from sparkify_assets.report.visible import on_one_line
from sparkify_assets.settings import Settings, is_webhook_set

# How often the queue is asked, which costs next to nothing.
_QUEUE_SECONDS = 5
# Dagster's own default for automation sensors.
_FOLLOWING_SECONDS = 30


def build_sensors(settings: Settings) -> list[Any]:  # Dagster does not export the type
    @dg.sensor(
        jobs=[load_days, load_songs],
        minimum_interval_seconds=_QUEUE_SECONDS if settings.sqs_queue else settings.look_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Load log days whose files are new, changed or gone, and the song catalog, once for each change.",
    )
    def lake_changes(
        context: dg.SensorEvaluationContext,
        warehouse: dg.ResourceParam[WarehouseResource],
        lake: dg.ResourceParam[LakeResource],
    ) -> dg.SensorResult | dg.SkipReason:
        memory, today = Memory.read(context.cursor), datetime.now(UTC).date()
        try:
            queue = lake.queue()
            notifications = queue.receive() if queue else None
            paths = notifications.paths if notifications else None
            news = look(warehouse.open(only_reads=True), lake.open(), settings.days(), memory, today, paths)
            if queue and notifications:
                # If this tick fails after all, the next complete look finds the same changes.
                queue.acknowledge(notifications)
        except (LakeError, WarehouseError) as error:
            # Without a result the cursor stays, so the next look finds the same changes.
            return dg.SkipReason(on_one_line(str(error)))
        return _result(news)

    insights_follow = dg.AutomationConditionSensorDefinition(
        "insights_follow",
        target=dg.AssetSelection.groups("insights"),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=min(_FOLLOWING_SECONDS, settings.look_seconds),
        run_tags={ONLY_CHANGED: "true"},
        description="Rebuild outdated insights, and the dashboard, after each load.",
    )
    # A tick costs the same whether there is something to post or not.
    alerting = dg.DefaultSensorStatus.RUNNING if is_webhook_set() else dg.DefaultSensorStatus.STOPPED
    return [
        lake_changes,
        dg.run_failure_sensor("failed_runs", description=post_failed_run.__doc__, default_status=alerting)(
            post_failed_run
        ),
        dg.run_status_sensor(
            dg.DagsterRunStatus.SUCCESS,
            "failed_checks",
            description=post_failed_checks.__doc__,
            default_status=alerting,
        )(post_failed_checks),
        insights_follow,
    ]


def post_failed_run(context: dg.RunFailureSensorContext) -> None:
    """Post failed runs that are not retried to SPARKIFY_ALERT_WEBHOOK; off if that is not set."""
    run = context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return
    reasons = [reason for event in context.get_step_failure_events() if (reason := _reason(event))]
    reason = "; ".join(reasons) or context.failure_event.message
    alert(f"sparkify: the run {run.run_id} of {run.job_name} failed: {reason}")


def post_failed_checks(context: dg.RunStatusSensorContext) -> None:
    """Post failed checks of runs that succeed to SPARKIFY_ALERT_WEBHOOK; off if that is not set."""
    run = context.dagster_run
    failed = [
        f"{found.check_name} of {found.asset_key.to_user_string()} ({found.severity.value})"
        for entry in context.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if (found := entry.asset_check_evaluation) and not found.passed
    ]
    if failed:
        alert(f"sparkify: checks failed in the run {run.run_id} of {run.job_name}: {', '.join(sorted(failed))}")


def _reason(event: dg.DagsterEvent) -> str | None:
    """Return why a step failed: its own description, or the message of an unexpected error without its traceback."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return failure.error.cause.message if failure.error and failure.error.cause else None


def _result(news: News) -> dg.SensorResult:
    """The runs that a look asks for, and the versions of the lake's files now."""
    requests = []
    for load in news.loads:
        job, tags = job_of(load)
        # Numbered by the finds: a file that is again as it once was is asked for again.
        run_key = f"{news.memory.finds}-{load.log_date or 'songs'}"
        requests.append(dg.RunRequest(run_key, job_name=job, tags={ONLY_CHANGED: "true", **tags}))
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else dg.SkipReason("nothing is new in the lake"),
        cursor=news.memory.text,
        asset_events=[event for load, version in news.versions.items() for event in sightings(load, version)],
    )

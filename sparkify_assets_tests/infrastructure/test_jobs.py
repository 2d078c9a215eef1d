"""The infrastructure in Dagster: jobs that a person starts, a schedule that is off, and never an asset."""

from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from sparkify_assets.definitions import build_definitions
from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.orchestration.resources import AwsResource
from sparkify_assets.orchestration.schedules import if_idle, pause_when_idle
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import Refused

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Jobs:
    """The jobs, and an instance to run them on."""

    instance: dg.DagsterInstance
    definitions: dg.Definitions

    def run(self, job: str, **config: object) -> dg.ExecuteInProcessResult:
        op = job.removesuffix("_warehouse")
        ops = {"ops": {op: {"config": config}}} if config else {}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, run_config={**QUIET, **ops}, raise_on_error=False
        )

    def look(self) -> Any:
        """What the schedule would do now."""
        return if_idle(self.instance, AwsResource(SETTINGS))


@pytest.fixture
def jobs(account: Account) -> Iterator[Jobs]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Jobs(instance, build_definitions(SETTINGS))


@pytest.fixture
def made(account: Account) -> Environment:
    """An environment whose cluster runs."""
    create(wanting(), ignore)
    return wanting()


def connections(number: int) -> None:
    """What AWS has counted an hour ago and just now."""
    now = datetime.now(UTC)
    boto3.client("cloudwatch", region_name="us-west-2").put_metric_data(
        Namespace="AWS/Redshift",
        MetricData=[
            {
                "MetricName": "DatabaseConnections",
                "Dimensions": [{"Name": "ClusterIdentifier", "Value": "sparkify-dev"}],
                "Timestamp": moment,
                "Value": number,
            }
            for moment in (now - timedelta(minutes=58), now)
        ],
    )


def why(result: dg.ExecuteInProcessResult) -> str:
    """What a failed run says."""
    failed = result.get_step_failure_events()[0].step_failure_data
    assert failed.user_failure_data is not None
    return str(failed.user_failure_data.description)


def test_no_asset_and_no_check_is_given_aws() -> None:
    definitions = build_definitions(SETTINGS)
    found: list[Any] = [*(definitions.assets or ()), *(definitions.asset_checks or ())]
    given: set[str] = set().union(*(getattr(each, "required_resource_keys", ()) for each in found))
    assert {"warehouse", "lake"} <= given
    assert "aws" not in given


def test_destroying_wants_the_name_of_the_environment(jobs: Jobs, made: Environment, account: Account) -> None:
    result = jobs.run("destroy_warehouse", name="prod")
    assert not result.success
    assert "the environment is dev, and 'prod' was confirmed" in why(result)
    assert "cloudformation.DeleteStack" not in account.changes()
    with pytest.raises(dg.DagsterInvalidConfigError, match="name"):
        jobs.definitions.resolve_job_def("destroy_warehouse").execute_in_process(instance=jobs.instance)


def test_destroying_says_which_snapshot_is_kept(jobs: Jobs, made: Environment, account: Account) -> None:
    result = jobs.run("destroy_warehouse", name="dev")
    assert result.success
    assert account.stack is None
    (made_of,) = [event for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_OUTPUT]
    assert "sparkify-dev-snapshot-" in str(made_of.step_output_data.metadata["snapshots kept"].value)


def test_pausing_and_resuming_are_told_line_by_line(jobs: Jobs, made: Environment) -> None:
    for job, said in (("pause_warehouse", "sparkify-dev is paused"), ("resume_warehouse", "sparkify-dev runs")):
        result = jobs.run(job)
        assert result.success
        logged = jobs.instance.all_logs(result.run_id)
        assert [entry for entry in logged if said in entry.user_message]


def test_what_cannot_be_done_is_said_without_a_trace_of_the_code(jobs: Jobs) -> None:
    result = jobs.run("pause_warehouse")
    assert why(result).startswith("there is no warehouse sparkify-dev in us-west-2: create it")


def test_the_schedule_is_off() -> None:
    assert pause_when_idle.default_status is dg.DefaultScheduleStatus.STOPPED


def test_the_schedule_pauses_a_cluster_that_nobody_uses(jobs: Jobs, made: Environment) -> None:
    connections(0)
    request = jobs.look()
    assert isinstance(request, dg.RunRequest)
    job = jobs.definitions.resolve_job_def("pause_warehouse")
    assert job.execute_in_process(instance=jobs.instance, run_config={**request.run_config, **QUIET}).success
    assert jobs.look().skip_message == "no cluster is running"


@pytest.mark.parametrize("counted", [3, None])
def test_a_cluster_that_is_used_or_of_which_nothing_is_known_is_not_paused(
    jobs: Jobs, made: Environment, counted: int | None
) -> None:
    if counted:
        connections(counted)
    assert jobs.look().skip_message == "somebody was connected in the last 60 minutes"


@pytest.mark.parametrize("event", ["PIPELINE_ENQUEUED", "PIPELINE_STARTING", "PIPELINE_START", "PIPELINE_CANCELING"])
def test_a_cluster_is_never_paused_while_a_run_waits_or_goes_on(
    jobs: Jobs, made: Environment, account: Account, event: str
) -> None:
    connections(0)
    job = jobs.definitions.resolve_job_def("load_days")
    # Where a run comes from, without which none is queued.
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("sparkify_assets"), "all")
    waiting = jobs.instance.create_run_for_job(job, remote_job_origin=RemoteJobOrigin(place, "load_days"))
    jobs.instance.report_dagster_event(dg.DagsterEvent(event, "load_days"), waiting.run_id)
    assert f"the run {waiting.run_id} of load_days is " in jobs.look().skip_message
    # A run may have come after the schedule has looked.
    result = jobs.run("pause_warehouse", only_if_idle_for_minutes=60)
    assert result.success
    assert any(
        f"not paused: the run {waiting.run_id}" in entry.user_message for entry in jobs.instance.all_logs(result.run_id)
    )
    assert "redshift.PauseCluster" not in [call.name for call in account.calls]


def test_a_schedule_that_cannot_look_says_why(jobs: Jobs, account: Account) -> None:
    def tick() -> Any:
        account.refuses["cloudformation.DescribeStacks"] = Refused("AccessDenied", "no")
        with dg.instance_for_test() as instance:
            return pause_when_idle(dg.build_schedule_context(instance, resources={"aws": AwsResource(SETTINGS)}))

    # Dagster keeps something of this instance in the context that it was opened in.
    assert "AWS says AccessDenied" in copy_context().run(tick).skip_message

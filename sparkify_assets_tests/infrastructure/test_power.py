"""Pausing and resuming a cluster, taking a snapshot, and whether anybody is connected."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import KEEP, plan
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.power import idle_for, is_running, pause, resume, snapshot
from sparkify_assets_tests.infrastructure.account import Account, snapshots

NAME = "sparkify-dev"
PAUSED = f"the cluster {NAME} is paused: its nodes cost nothing until `sparkify cluster resume`"


def powers(account: Account) -> list[str]:
    return [call.name.split(".")[1] for call in account.changes()]


def test_pausing_waits_until_the_cluster_is_paused(made: Environment, account: Account, told: list[str]) -> None:
    account.calls.clear()
    # Looked at twice before it is asked for.
    account.statuses = ["available"] * 3 + ["pausing"] * 2
    pause(made, told.append)
    assert account.changes()[0].asked == {"ClusterIdentifier": NAME}
    assert powers(account) == ["PauseCluster"]
    assert told == [f"cluster {NAME}: pausing, after 0:00", PAUSED]


def test_resuming_waits_until_the_cluster_runs(made: Environment, account: Account, told: list[str]) -> None:
    pause(made, told.append)
    account.calls.clear()
    told.clear()
    account.statuses = ["paused"] * 2 + ["resuming"] * 2
    resume(made, told.append)
    assert powers(account) == ["ResumeCluster"]
    assert told == [
        f"cluster {NAME}: resuming it",
        f"cluster {NAME}: resuming, after 0:00",
        f"the cluster {NAME} runs",
    ]
    assert {step.action for step in plan(made)} == {KEEP}


def test_what_is_paused_or_runs_already_is_left(made: Environment, account: Account, told: list[str]) -> None:
    resume(made, told.append)
    pause(made, told.append)
    account.calls.clear()
    pause(made, told.append)
    assert powers(account) == []
    assert told == [f"the cluster {NAME} runs already", PAUSED, f"the cluster {NAME} is paused already"]


def test_a_cluster_that_is_being_resumed_is_paused_afterwards(
    made: Environment, account: Account, told: list[str]
) -> None:
    account.calls.clear()
    account.statuses = ["resuming"] * 4
    pause(made, told.append)
    assert told == [f"cluster {NAME}: resuming, after 0:00", PAUSED]
    assert powers(account) == ["PauseCluster"]


def test_a_cluster_that_is_being_paused_is_resumed_afterwards(
    made: Environment, account: Account, told: list[str]
) -> None:
    pause(made, told.append)
    account.calls.clear()
    told.clear()
    account.statuses = ["pausing"] * 4
    resume(made, told.append)
    assert told[:2] == [f"cluster {NAME}: pausing, after 0:00", f"cluster {NAME}: resuming it"]
    assert powers(account) == ["ResumeCluster"]


def test_pausing_that_was_stopped_is_waited_for(made: Environment, account: Account, told: list[str]) -> None:
    pause(made, told.append)
    account.calls.clear()
    account.statuses = ["pausing"] * 3
    pause(made, told.append)
    assert powers(account) == []
    assert told[-1] == PAUSED


@pytest.mark.parametrize("command", [pause, resume, snapshot])
def test_without_a_warehouse_it_says_how_to_make_one(environment: Environment, account: Account, command: Any) -> None:
    with pytest.raises(InfrastructureError, match=f"there is no warehouse {NAME} in us-west-2: make it with `sparkify"):
        command(environment, lambda line: None)
    assert account.changes() == []


@pytest.mark.parametrize("command", [pause, resume])
def test_a_workgroup_pauses_by_itself(made_serverless: Environment, account: Account, command: Any) -> None:
    account.calls.clear()
    with pytest.raises(InfrastructureError, match="a serverless workgroup pauses by itself when nobody uses it"):
        command(made_serverless, lambda line: None)
    assert account.calls == []


@pytest.mark.parametrize("command", [pause, snapshot])
def test_without_the_bucket_nobody_knows_who_may_change_it(made: Environment, account: Account, command: Any) -> None:
    boto3.client("s3", region_name="us-west-2").delete_bucket(Bucket=made.bucket.name)
    account.calls.clear()
    with pytest.raises(InfrastructureError, match=f"{made.bucket.name} is gone, .* `sparkify cluster create`"):
        command(made, lambda line: None)
    assert account.changes() == []


def test_what_aws_refuses_is_said(made: Environment, account: Account) -> None:
    account.refuses["redshift.PauseCluster"] = ("UnsupportedOperation", "its automated snapshots are off")
    with pytest.raises(
        InfrastructureError, match=f"the cluster {NAME} cannot be paused: AWS says .* snapshots are off"
    ):
        pause(made, lambda line: None)


def test_a_snapshot_is_waited_for_and_stays(made: Environment, account: Account, told: list[str]) -> None:
    account.calls.clear()
    name = snapshot(made, told.append)
    assert re.fullmatch(rf"{NAME}-\d{{8}}-\d{{6}}", name)
    (asked,) = account.sent("redshift.CreateClusterSnapshot")
    assert (asked["ClusterIdentifier"], asked["SnapshotIdentifier"]) == (NAME, name)
    assert {"Key": "owner", "Value": "data@example.com"} in asked["Tags"]
    assert snapshots() == [name]
    assert told[-1] == f"the snapshot {name} is there"


def test_so_is_one_of_a_namespace(made_serverless: Environment, account: Account) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        for each in account.serverless.snapshots.values():
            each["status"] = "AVAILABLE"

    account.serverless.snapshots_begin = "CREATING"
    name = snapshot(made_serverless, tell)
    assert told == [f"snapshot {name}: creating, after 0:00", f"the snapshot {name} is there"]
    (asked,) = account.sent("redshift-serverless.CreateSnapshot")
    assert (asked["namespaceName"], asked["snapshotName"]) == (NAME, name)
    assert {"key": "owner", "value": "data@example.com"} in asked["tags"]


def test_a_paused_cluster_has_no_snapshot_taken(made: Environment, account: Account, told: list[str]) -> None:
    pause(made, told.append)
    account.calls.clear()
    with pytest.raises(InfrastructureError, match=f"{NAME} is paused: have it run with `sparkify cluster resume`"):
        snapshot(made, told.append)
    assert account.changes() == []


def test_whether_it_runs_is_asked_of_a_cluster_alone(
    made: Environment, serverless: Environment, account: Account
) -> None:
    assert is_running(made)
    assert not is_running(serverless)
    account.statuses = ["paused"]
    assert not is_running(made)


def counted(*connections: float, oldest: timedelta = timedelta(minutes=60), cluster: str = NAME) -> None:
    """Have AWS's metric say how many were connected, from the oldest figure on, evenly."""
    now, step = datetime.now(UTC), (oldest - timedelta(seconds=30)) / max(1, len(connections) - 1)
    boto3.client("cloudwatch", region_name="us-west-2").put_metric_data(
        Namespace="AWS/Redshift",
        MetricData=[
            {
                "MetricName": "DatabaseConnections",
                "Dimensions": [{"Name": "ClusterIdentifier", "Value": cluster}],
                "Timestamp": now - oldest + timedelta(seconds=15) + number * step,
                "Value": value,
            }
            for number, value in enumerate(connections)
        ],
    )


def test_nobody_has_been_connected(environment: Environment) -> None:
    counted(0, 0, 0, 0)
    assert idle_for(environment, 60)


@pytest.mark.parametrize("connections", [(1, 0, 0), (0, 0, 1), (0, 2, 0)])
def test_somebody_has_been_connected(environment: Environment, connections: tuple[float, ...]) -> None:
    counted(*connections)
    assert not idle_for(environment, 60)


def test_who_was_connected_before_is_not_asked_for(environment: Environment) -> None:
    counted(5, oldest=timedelta(minutes=90))
    counted(0, 0, 0)
    assert idle_for(environment, 60)


def test_without_figures_nobody_knows(environment: Environment) -> None:
    assert not idle_for(environment, 60)
    counted(0, 0, cluster="another")
    assert not idle_for(environment, 60)


def test_a_cluster_that_was_resumed_a_while_ago_has_not_been_idle_for_longer(environment: Environment) -> None:
    counted(0, 0, 0, oldest=timedelta(minutes=20))
    assert not idle_for(environment, 60)
    assert idle_for(environment, 20)


def test_figures_that_come_late_are_waited_for_by_nobody(environment: Environment) -> None:
    counted(0, 0, 0, oldest=timedelta(minutes=57))
    assert idle_for(environment, 60)


def test_no_more_figures_are_asked_for_than_aws_gives(environment: Environment, account: Account) -> None:
    for minutes in (60, 1440, 7 * 24 * 60):
        idle_for(environment, minutes)
        asked = account.sent("cloudwatch.GetMetricStatistics")[-1]
        figures = (asked["EndTime"] - asked["StartTime"]).total_seconds() / asked["Period"]
        assert (asked["Period"] % 60, figures <= 1440) == (0, True)


def test_that_the_figures_cannot_be_had_is_said(environment: Environment, account: Account) -> None:
    account.refuses["cloudwatch.GetMetricStatistics"] = ("AccessDenied", "no")
    with pytest.raises(InfrastructureError, match=f"the connections of the cluster {NAME} cannot be counted: AWS says"):
        idle_for(environment, 60)

"""Pausing and resuming a cluster, taking a snapshot, whether anybody is connected; the status; and what it costs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import wait
from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets.infrastructure.power import idle_for, is_running, pause, resume, snapshot
from sparkify_assets.infrastructure.prices import cost_of_nodes, cost_of_rpus
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import SERVERLESS

NAME = "sparkify-dev"


@pytest.fixture
def made(account: Account) -> Environment:
    """A cluster that runs."""
    create(wanting(), ignore)
    account.calls.clear()
    return wanting()


def test_a_cluster_is_paused_and_resumed_once(made: Environment, account: Account, notes: list[str]) -> None:
    for command in (pause, pause, resume, resume):
        command(made, notes.append)
    assert account.changes() == ["redshift.PauseCluster", "redshift.ResumeCluster"]
    assert notes == [
        f"the cluster {NAME} is paused: its nodes cost nothing until `sparkify cluster resume`",
        f"the cluster {NAME} is paused already",
        f"cluster {NAME}: resuming it",
        f"the cluster {NAME} runs",
        f"the cluster {NAME} runs already",
    ]


@pytest.mark.parametrize(
    ("command", "statuses", "changes"),
    [
        (pause, ["modifying", "modifying", "available", "pausing", "paused"], ["redshift.PauseCluster"]),
        (pause, ["pausing", "pausing", "paused"], []),
        (resume, ["pausing", "pausing", "paused", "resuming", "available"], ["redshift.ResumeCluster"]),
        (resume, ["resuming", "available"], []),
    ],
)
def test_what_aws_is_doing_is_waited_for(
    made: Environment, account: Account, command: Any, statuses: list[str], changes: list[str]
) -> None:
    account.cluster_statuses = statuses
    command(made, ignore)
    assert account.changes() == changes


@pytest.mark.parametrize("state", ["incompatible-network", "hardware-failure", "storage-full"])
def test_a_broken_cluster_is_not_waited_for(made: Environment, account: Account, state: str) -> None:
    account.cluster_statuses = [state] * 3
    with pytest.raises(InfrastructureError, match=f"the cluster {NAME} is {state}: AWS's console says why"):
        pause(made, ignore)


@pytest.mark.parametrize("command", [pause, resume, snapshot])
def test_without_a_warehouse_it_says_how_to_create_one(either: Environment, account: Account, command: Any) -> None:
    words = "create it with `sparkify cluster create`"
    if either.is_serverless and command is not snapshot:
        words = "a serverless workgroup pauses by itself"
    with pytest.raises(InfrastructureError, match=words):
        command(either, ignore)
    assert account.changes() == []


def test_a_snapshot_is_waited_for_tagged_and_stays(either: Environment, account: Account, notes: list[str]) -> None:
    create(either, ignore)
    name = snapshot(either, notes.append)
    assert re.fullmatch(rf"{NAME}-\d{{8}}-\d{{6}}", name)
    assert notes[-1] == f"the snapshot {name} is there"
    if either.is_serverless:
        (asked,) = account.sent("redshift-serverless.CreateSnapshot")
        assert {"key": "owner", "value": "data@example.com"} in asked["tags"]
    else:
        (asked,) = account.sent("redshift.CreateClusterSnapshot")
        assert {"Key": "owner", "Value": "data@example.com"} in asked["Tags"]
    assert read_status(either, ignore).snapshots == [name]


def test_no_snapshot_is_taken_of_a_paused_cluster(made: Environment, account: Account) -> None:
    pause(made, ignore)
    with pytest.raises(InfrastructureError, match=f"{NAME} is paused: start it with `sparkify cluster resume`"):
        snapshot(made, ignore)


def test_waiting_notifies_of_changes_and_every_minute_and_ends(account: Account, notes: list[str]) -> None:
    states = ["creating"] * 6
    wait(notes.append, "cluster", lambda: states.pop() if states else None)
    assert notes == ["cluster: creating, after 0:00", "cluster: creating, after 1:00"]
    with pytest.raises(InfrastructureError, match="cluster: creating, after 60 minutes, which is longer than it takes"):
        wait(ignore, "cluster", lambda: "creating")


def connect(*connections: float, oldest: timedelta = timedelta(minutes=60), cluster: str = NAME) -> None:
    """Have AWS's metric count so many connections, from the oldest figure on, evenly."""
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


@pytest.mark.parametrize(
    ("connections", "oldest", "is_idle"),
    [
        ((0, 0, 0), 60, True),
        ((0, 0, 0), 57, True),
        ((1, 0, 0), 60, False),
        ((0, 0, 1), 60, False),
        # It was resumed only then.
        ((0, 0, 0), 20, False),
        ((), 60, False),
    ],
)
def test_idle_is_who_had_no_connection_for_an_hour(
    account: Account, connections: tuple[float, ...], oldest: int, is_idle: bool
) -> None:
    connect(0, 0, cluster="another")
    connect(5, oldest=timedelta(minutes=90))
    connect(*connections, oldest=timedelta(minutes=oldest))
    assert idle_for(wanting(), 60) is is_idle
    idle_for(wanting(), 7 * 24 * 60)
    asked = account.sent("cloudwatch.GetMetricStatistics")[-1]
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() / asked["Period"] <= 1440


def test_whether_it_runs_is_asked_of_a_cluster_alone(made: Environment, account: Account) -> None:
    assert is_running(made)
    assert not is_running(wanting(rpus=8))
    account.cluster_statuses = ["paused"]
    assert not is_running(made)


def test_the_status_shows_states_drift_cost_and_what_nobody_planned(made: Environment, account: Account) -> None:
    account.shows = {"ClusterCreateTime": datetime.now(UTC) - timedelta(hours=10)}
    arns = [f"arn:aws:s3:::{account.names['WorkBucket']}", f"arn:aws:redshift:us-west-2:1:cluster:{NAME}"]
    account.tagged = [*arns, "arn:aws:s3:::somebody-elses"]
    difference = {"PropertyPath": "/CidrIp", "ExpectedValue": "10.0.0.0/16", "ActualValue": "0.0.0.0/0"}
    account.drifted = {"SecurityGroup": [{**difference, "DifferenceType": "NOT_EQUAL"}], "SubnetGroup": []}
    pause(made, ignore)
    status = read_status(made, ignore)
    by_name = {each.logical: (each.state, each.drift) for each in status.standings}
    assert by_name["Cluster"] == ("paused", "")
    assert by_name["SecurityGroup"] == ("ready", "CidrIp: 0.0.0.0/0, not 10.0.0.0/16")
    assert by_name["SubnetGroup"] == ("ready", "it is gone")
    assert (status.state, status.size, status.endpoint) == ("CREATE_COMPLETE", "2 x ra3.large", f"{account.host}:5439")
    assert status.cost == pytest.approx(10 * 2 * 0.543, abs=0.01)
    assert status.orphans == ["arn:aws:s3:::somebody-elses"]


def test_the_status_of_a_workgroup_has_no_cost_and_that_of_nothing_has_nothing(account: Account) -> None:
    environment = wanting(rpus=8)
    assert (read_status(environment, ignore).state, read_status(environment, ignore).standings) == ("missing", [])
    create(environment, ignore)
    account.tagged = [f"{SERVERLESS}:workgroup/1", f"{SERVERLESS}:namespace/1"]
    status = read_status(environment, ignore)
    assert (status.size, status.cost, status.orphans) == ("8 RPUs", None, [])


def test_the_price_is_by_the_hour_and_at_most_what_the_limit_lets_through() -> None:
    assert cost_of_nodes("us-west-2", "ra3.large", 2).month == pytest.approx(792.78)
    assert [cost_of_rpus("us-west-2", 8, hours).month for hours in (24, 1000)] == [3.0 * 730 / 8, 3.0 * 730]
    assert cost_of_nodes("eu-west-1", "ra3.large", 2).month is None

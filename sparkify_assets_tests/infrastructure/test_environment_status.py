"""How an environment stands: its parts, where it is reached, how long it is there, what it has cost."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import MISSING, read_status
from sparkify_assets.infrastructure.power import pause, snapshot
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import opened, wanting

NAME = "sparkify-dev"


def test_of_what_was_never_made_everything_is_missing(either: Environment, account: Account) -> None:
    status = read_status(either)
    assert {standing.state for standing in status.standings} == {MISSING}
    assert (status.size, status.endpoint, status.hours, status.cost) == ("", "", None, None)
    assert (status.orphans, status.snapshots) == ([], [])
    assert account.changes() == []


def test_each_part_is_said_to_be_ready(either_made: Environment) -> None:
    assert [(each.kind, each.name, each.state, each.drift) for each in read_status(either_made).standings] == [
        (resource.kind, resource.name, "ready", {}) for resource in either_made.resources
    ]


def test_a_cluster_is_so_many_nodes_at_an_endpoint(made: Environment, account: Account) -> None:
    account.shows = {"Endpoint": {"Address": f"{NAME}.abc.us-west-2.redshift.amazonaws.com", "Port": 5439}}
    status = read_status(made)
    assert status.size == "2 x ra3.large"
    assert status.endpoint == f"{NAME}.abc.us-west-2.redshift.amazonaws.com:5439"


def test_a_cluster_that_is_being_made_has_no_endpoint_yet(made: Environment, account: Account) -> None:
    account.shows = {"Endpoint": {}, "ClusterStatus": "creating"}
    status = read_status(made)
    assert status.endpoint == ""
    assert [each.state for each in status.standings if each.kind == "cluster"] == ["creating"]


def test_a_workgroup_is_so_many_rpus_at_an_endpoint(made_serverless: Environment, account: Account) -> None:
    status = read_status(made_serverless)
    assert (status.size, status.endpoint) == ("8 RPUs", f"{account.serverless.host}:5439")


def test_what_a_cluster_has_cost_is_its_hours_by_the_table(made: Environment, account: Account) -> None:
    account.shows = {"ClusterCreateTime": datetime.now(UTC) - timedelta(hours=10)}
    status = read_status(made)
    assert status.hours == pytest.approx(10, abs=0.01)
    assert status.cost == pytest.approx(10 * 2 * 0.543, abs=0.01)


def test_what_has_no_price_in_the_table_has_none_here(account: Account) -> None:
    environment = opened(wanting(node_type="rg.xlarge"))
    create(environment, lambda line: None)
    status = read_status(environment)
    assert status.cost is None
    assert status.hours is not None


def test_what_a_workgroup_has_used_is_not_told_by_its_hours(made_serverless: Environment, account: Account) -> None:
    account.serverless.workgroups[NAME]["creationDate"] = datetime.now(UTC) - timedelta(hours=3)
    status = read_status(made_serverless)
    assert status.hours == pytest.approx(3, abs=0.01)
    assert status.cost is None


def test_a_paused_cluster_is_said_to_be(made: Environment, told: list[str]) -> None:
    pause(made, told.append)
    assert [each.state for each in read_status(made).standings if each.kind == "cluster"] == ["paused"]


def test_what_is_missing_of_it_is_said(made: Environment) -> None:
    boto3.client("redshift", region_name="us-west-2").delete_cluster(
        ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True
    )
    states = {standing.kind: standing.state for standing in read_status(made).standings}
    assert states.pop("cluster") == MISSING
    assert set(states.values()) == {"ready"}


def test_snapshots_are_listed_also_when_all_else_is_gone(either_made: Environment, told: list[str]) -> None:
    name = snapshot(either_made, told.append)
    assert read_status(either_made).snapshots == [name]
    kept = destroy(either_made, "dev", told.append)
    assert (name in kept, len(kept)) == (True, 2)
    assert read_status(either_made).snapshots == kept


def test_snapshots_that_aws_takes_by_itself_are_none_of_them(made: Environment) -> None:
    assert read_status(made).snapshots == []

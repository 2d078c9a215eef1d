"""Destroying: what goes and what is kept, kills, states, and the proof that nothing is left."""

from contextlib import suppress
from dataclasses import replace

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment, open_environment
from sparkify_assets.infrastructure.power import pause, snapshots
from sparkify_assets_tests.infrastructure.account import KILLED, THROTTLED, TIMED_OUT, Account, Killed
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import SERVERLESS

NAME = "sparkify-dev"


@pytest.fixture
def made(either: Environment, account: Account) -> Environment:
    """A warehouse whose work bucket holds several versions of an object."""
    create(either, ignore)
    client = boto3.client("s3", region_name="us-west-2")
    for body in (b"1", b"2"):
        client.put_object(Bucket=account.names["WorkBucket"], Key="work/object", Body=body)
    client.delete_object(Bucket=account.names["WorkBucket"], Key="work/object")
    client.put_object(Bucket=account.names["WorkBucket"], Key="work/other")
    account.calls.clear()
    return either


def left(account: Account) -> list[object]:
    """What is still in the account, apart from snapshots."""
    s3, redshift, iam = (boto3.client(service, region_name="us-west-2") for service in ("s3", "redshift", "iam"))
    return [
        *s3.list_buckets()["Buckets"],
        *redshift.describe_clusters()["Clusters"],
        *iam.list_roles()["Roles"],
        *account.serverless,
        *account.limits,
        *filter(None, [account.stack]),
    ]


def test_all_goes_but_a_tagged_snapshot(made: Environment, account: Account, notes: list[str]) -> None:
    (kept,) = destroy(made, "dev", notes.append)
    assert left(account) == []
    assert notes[-1] == f"nothing with the tags of dev is left but 1 snapshots: {kept}"
    tagging = "redshift-serverless.TagResource" if made.is_serverless else "redshift.CreateTags"
    assert len(account.sent(tagging)) == 1
    assert list(snapshots(made)) == [kept]


def test_without_a_snapshot_nothing_is_kept(made: Environment, account: Account) -> None:
    assert destroy(made, "dev", ignore, snapshot=False) == []
    assert left(account) == []
    if not made.is_serverless:
        assert account.sent("redshift.DeleteCluster") == [{"ClusterIdentifier": NAME, "SkipFinalClusterSnapshot": True}]


@pytest.mark.exhaustive(8)
@pytest.mark.parametrize("snapshot", [True, False])
@pytest.mark.parametrize("how", [KILLED, TIMED_OUT, THROTTLED])
@pytest.mark.parametrize("number", range(20))
def test_whichever_call_fails_destroy_again_removes_what_is_left(
    made: Environment, account: Account, number: int, how: str, snapshot: bool
) -> None:
    with account.failing(number, how), suppress(Killed, InfrastructureError):
        destroy(made, "dev", ignore, snapshot=snapshot)
    assert len(destroy(made, "dev", ignore, snapshot=snapshot)) == snapshot
    assert left(account) == []


@pytest.mark.parametrize("name", ["", "prod", "Dev", NAME])
def test_another_name_is_no_confirmation(made: Environment, account: Account, name: str) -> None:
    with pytest.raises(InfrastructureError, match="confirm its name: sparkify cluster destroy --yes dev"):
        destroy(made, name, ignore)
    assert account.calls == []


@pytest.mark.parametrize(
    "status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"]
)
def test_a_stack_that_failed_is_destroyed(made: Environment, account: Account, status: str) -> None:
    assert account.stack is not None
    account.stack["StackStatus"] = status
    destroy(made, "dev", ignore)
    assert left(account) == []


def test_a_stack_that_is_going_already_is_waited_for(made: Environment, account: Account, notes: list[str]) -> None:
    account.statuses = ["DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "gone"]
    destroy(made, "dev", notes.append)
    assert "cloudformation.DeleteStack" not in account.changes()
    assert notes[0].startswith(f"stack {NAME}: DELETE_IN_PROGRESS, after 0:00")


def test_a_stack_that_cannot_be_deleted_says_why(made: Environment, account: Account) -> None:
    account.events = [("SecurityGroup", "DELETE_FAILED", "DependencyViolation: a network interface is left")]
    account.ends["DELETE_COMPLETE"] = "DELETE_FAILED"
    with pytest.raises(InfrastructureError, match="is DELETE_FAILED: SecurityGroup: DependencyViolation"):
        destroy(made, "dev", ignore)


@pytest.mark.parametrize("statuses", [["paused"], ["pausing", "pausing", "paused"]])
def test_a_paused_cluster_is_resumed_first(account: Account, statuses: list[str]) -> None:
    create(wanting(), ignore)
    boto3.client("redshift", region_name="us-west-2").pause_cluster(ClusterIdentifier=NAME)
    account.calls.clear()
    account.cluster_statuses = statuses
    destroy(wanting(), "dev", ignore)
    assert account.changes()[0] == "redshift.ResumeCluster"
    assert left(account) == []


@pytest.mark.parametrize("snapshot", [True, False])
def test_somebody_elses_cluster_of_our_name_stays(account: Account, snapshot: bool) -> None:
    """It made our creation fail."""
    client = boto3.client("redshift", region_name="us-west-2")
    client.create_cluster(
        ClusterIdentifier=NAME, NodeType="ra3.large", MasterUsername="theirs", ClusterType="single-node"
    )
    account.ends["CREATE_COMPLETE"] = "ROLLBACK_COMPLETE"
    with pytest.raises(InfrastructureError, match="is ROLLBACK_COMPLETE"):
        create(wanting(), ignore)
    for command in (pause, lambda environment, notify: destroy(environment, "dev", notify, snapshot=snapshot)):
        with suppress(InfrastructureError):
            command(wanting(), ignore)
    (theirs,) = client.describe_clusters()["Clusters"]
    assert theirs["ClusterStatus"] == "available"
    assert account.stack is None


def test_what_changed_its_kind_in_the_settings_goes_all_the_same(made: Environment, account: Account) -> None:
    destroy(wanting(rpus=0 if made.is_serverless else 8), "dev", ignore)
    assert left(account) == []


def test_a_lake_in_the_work_bucket_keeps_it_from_going(made: Environment, account: Account) -> None:
    lake = f"s3://{account.names['WorkBucket']}/lake"
    with pytest.raises(InfrastructureError, match="that is in the work bucket"):
        destroy(open_environment(replace(SETTINGS, lake=lake)), "dev", ignore)
    assert account.changes() == []


def test_what_is_left_with_the_tags_fails_the_proof_unless_it_is_a_snapshot(
    made: Environment, account: Account, notes: list[str]
) -> None:
    account.tagged = [f"{SERVERLESS}:snapshot/1", f"arn:aws:redshift:us-west-2:1:snapshot:{NAME}/{NAME}-final"]
    destroy(made, "dev", ignore)
    account.tagged.append("arn:aws:s3:::somebody-elses")
    with pytest.raises(
        InfrastructureError, match="1 things are still there: arn:aws:s3:::somebody-elses, after 10 min"
    ):
        destroy(made, "dev", notes.append)
    account.tagged.pop()
    tags = {"project": "sparkify", "environment": "dev", "region": "us-west-2"}
    for region in ("us-west-2", "eu-west-1"):
        boto3.client("iam").create_role(
            RoleName=region,
            Path="/sparkify/",
            AssumeRolePolicyDocument="{}",
            Tags=[{"Key": key, "Value": value} for key, value in (tags | {"region": region}).items()],
        )
    with pytest.raises(InfrastructureError, match=r"1 things are still there: arn:aws:iam::.*role/sparkify/us-west-2"):
        destroy(made, "dev", ignore)

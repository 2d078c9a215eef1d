"""Removing an environment: what is asked for, in which order, what is kept, and the proof at the end."""

import re
from dataclasses import replace

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets_tests.infrastructure.account import Account, everything, snapshots
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, opened, wanting

NAME = "sparkify-dev"
BUCKET = f"{NAME}-123456789012-us-west-2"


@pytest.fixture
def empty(account: Account) -> object:
    """The account before anything was made; asked for first."""
    return everything()


def test_all_that_was_made_is_removed(empty: object, either_made: Environment, told: list[str]) -> None:
    destroy(either_made, "dev", told.append)
    assert everything() == empty


def test_what_was_made_last_goes_first(either_made: Environment, account: Account, told: list[str]) -> None:
    account.calls.clear()
    destroy(either_made, "dev", told.append)
    removed = [call.name.split(".")[1].removeprefix("Delete") for call in account.changes()]
    warehouse = (
        ["UsageLimit", "Workgroup", "Namespace"]
        if either_made.is_serverless
        else ["Cluster", "ClusterParameterGroup", "ClusterSubnetGroup"]
    )
    assert removed == [*warehouse, "SecurityGroup", "RolePolicy", "Role", "Objects", "Bucket"]


def test_the_data_is_kept_in_a_final_snapshot(made: Environment, account: Account, told: list[str]) -> None:
    (kept,) = destroy(made, "dev", told.append)
    assert account.sent("redshift.DeleteCluster") == [
        {"ClusterIdentifier": NAME, "SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": kept}
    ]
    assert re.fullmatch(rf"{NAME}-final-\d{{8}}-\d{{6}}", kept)
    assert snapshots() == [kept]
    assert f"cluster {NAME}: removing it, after a snapshot {kept}" in told


def test_so_is_that_of_a_namespace(made_serverless: Environment, account: Account, told: list[str]) -> None:
    (kept,) = destroy(made_serverless, "dev", told.append)
    assert account.sent("redshift-serverless.DeleteNamespace") == [
        {"namespaceName": NAME, "finalSnapshotName": kept, "finalSnapshotRetentionPeriod": 90}
    ]
    assert list(account.serverless.snapshots) == [kept]


def test_without_a_snapshot_nothing_is_kept(either_made: Environment, account: Account, told: list[str]) -> None:
    assert destroy(either_made, "dev", told.append, snapshot=False) == []
    if either_made.is_serverless:
        assert account.sent("redshift-serverless.DeleteNamespace") == [{"namespaceName": NAME}]
    else:
        assert account.sent("redshift.DeleteCluster") == [{"ClusterIdentifier": NAME, "SkipFinalClusterSnapshot": True}]
    assert told[-1] == "nothing with the tags of dev is left but 0 snapshots: none"


@pytest.mark.parametrize("name", ["", "prod", "Dev", NAME])
def test_another_name_is_no_confirmation(made: Environment, account: Account, name: str) -> None:
    account.calls.clear()
    with pytest.raises(InfrastructureError, match="confirm its name: sparkify cluster destroy --yes dev"):
        destroy(made, name, lambda line: None)
    assert account.calls == []


def test_a_paused_cluster_is_resumed_first(empty: object, made: Environment, account: Account, told: list[str]) -> None:
    boto3.client("redshift", region_name="us-west-2").pause_cluster(ClusterIdentifier=NAME)
    account.calls.clear()
    destroy(made, "dev", told.append)
    changes = [call.name for call in account.changes()]
    assert changes[:2] == ["redshift.ResumeCluster", "redshift.DeleteCluster"]
    assert told[0] == f"cluster {NAME}: resuming it"
    assert everything() == empty


def test_a_cluster_that_is_being_paused_is_waited_for_and_resumed(
    made: Environment, account: Account, told: list[str]
) -> None:
    boto3.client("redshift", region_name="us-west-2").pause_cluster(ClusterIdentifier=NAME)
    account.statuses = ["pausing", "pausing", "paused", "resuming", "available"]
    account.calls.clear()
    destroy(made, "dev", told.append)
    assert [call.name for call in account.changes()][:2] == ["redshift.ResumeCluster", "redshift.DeleteCluster"]


@pytest.mark.parametrize("state", ["creating", "modifying", "resuming", "rebooting"])
def test_a_cluster_that_is_being_changed_is_waited_for(
    made: Environment, account: Account, told: list[str], state: str
) -> None:
    account.statuses = [state] * 3
    destroy(made, "dev", told.append)
    assert told[0] == f"cluster {NAME}: {state}, after 0:00"
    assert len(account.sent("redshift.DeleteCluster")) == 1


@pytest.mark.parametrize("state", ["incompatible-network", "hardware-failure", "storage-full"])
def test_a_cluster_that_is_broken_is_removed(made: Environment, account: Account, told: list[str], state: str) -> None:
    account.statuses = [state] * 3
    destroy(made, "dev", told.append, snapshot=False)
    assert len(account.sent("redshift.DeleteCluster")) == 1


def test_a_cluster_that_is_going_already_is_not_asked_to_go_again(
    made: Environment, account: Account, told: list[str]
) -> None:
    def tell(line: str) -> None:
        told.append(line)
        if "deleting" in line:
            boto3.client("redshift", region_name="us-west-2").delete_cluster(
                ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True
            )

    account.statuses = ["final-snapshot", "final-snapshot", "deleting"]
    destroy(made, "dev", tell)
    assert told[:2] == [f"cluster {NAME}: final-snapshot, after 0:00", f"cluster {NAME}: deleting, after 0:15"]
    assert len(account.sent("redshift.DeleteCluster")) == 1


def test_what_is_in_use_is_asked_to_go_until_it_may(made: Environment, account: Account, told: list[str]) -> None:
    def tell(line: str) -> None:
        told.append(line)
        if line.endswith("after 1:00"):
            account.refuses.clear()

    account.refuses["ec2.DeleteSecurityGroup"] = ("DependencyViolation", "a network interface is left")
    destroy(made, "dev", tell)
    waited = [line for line in told if "in use" in line]
    assert waited == [
        f"security group {NAME}: in use (DependencyViolation), after {after}" for after in ("0:00", "1:00")
    ]


def test_what_aws_refuses_otherwise_is_said_and_destroy_again_goes_on(
    empty: object, made: Environment, account: Account, told: list[str]
) -> None:
    account.refuses["redshift.DeleteClusterSubnetGroup"] = ("AccessDenied", "As AWS says it")
    with pytest.raises(InfrastructureError, match=f"the subnet group {NAME} cannot be removed: AWS says AccessDenied"):
        destroy(made, "dev", told.append)
    account.refuses.clear()
    destroy(made, "dev", told.append)
    assert everything() == empty


def test_the_bucket_is_emptied_of_every_version(empty: object, made: Environment, told: list[str]) -> None:
    s3 = boto3.client("s3", region_name="us-west-2")
    s3.put_object(Bucket=BUCKET, Key="work/before", Body=b"1")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=BUCKET, Key="work/object", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="work/object")
    destroy(made, "dev", told.append)
    assert everything() == empty


def test_other_buckets_stay_as_they_are(made: Environment, account: Account, told: list[str]) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    for bucket in ("music", f"{NAME}-old", f"{NAME}-123456789012-us-east-1"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="work/theirs")
    account.calls.clear()
    destroy(made, "dev", told.append)
    assert {call.asked["Bucket"] for call in account.changes() if call.name.startswith("s3.")} == {BUCKET}


def test_objects_that_cannot_be_removed_are_said(
    made: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"Errors": [{"Key": "work/held", "Code": "AccessDenied", "Message": "it is held"}]}
    monkeypatch.setattr(made.aws.client("s3"), "delete_objects", lambda **asked: held)
    with pytest.raises(
        InfrastructureError, match=f"1 objects of the bucket {BUCKET} cannot be removed, work/held because"
    ):
        destroy(made, "dev", lambda line: None)


def test_a_bucket_that_is_written_to_meanwhile_is_emptied_again(
    empty: object, made: Environment, account: Account
) -> None:
    s3 = boto3.client("s3", region_name="us-west-2")

    def tell(line: str) -> None:
        told.append(line)
        if line.endswith("after 0:00"):
            account.refuses.clear()
            s3.put_object(Bucket=BUCKET, Key="work/late")

    told: list[str] = []
    account.refuses["s3.DeleteBucket"] = ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    destroy(made, "dev", tell)
    assert f"bucket {BUCKET}: in use (BucketNotEmpty), after 0:00" in told
    assert everything() == empty


def test_a_lake_in_the_work_bucket_keeps_it_from_going(made: Environment, account: Account) -> None:
    environment = opened(replace(SETTINGS, lake=f"s3://{BUCKET}/lake"))
    account.calls.clear()
    with pytest.raises(InfrastructureError, match="that is in the work bucket"):
        destroy(environment, "dev", lambda line: None)
    assert account.changes() == []


def test_where_nothing_is_there_is_nothing_to_remove(
    environment: Environment, account: Account, told: list[str]
) -> None:
    assert destroy(environment, "dev", told.append) == []
    assert account.changes() == []
    assert told == ["nothing with the tags of dev is left but 0 snapshots: none"]


def test_after_another_create_the_earlier_snapshots_are_told_too(made: Environment, told: list[str]) -> None:
    (first,) = destroy(made, "dev", told.append)
    create(made, told.append)
    assert destroy(made, "dev", told.append, snapshot=False) == [first]
    assert told[-1] == f"nothing with the tags of dev is left but 1 snapshots: {first}"


@pytest.mark.parametrize("paused", [False, True])
def test_a_cluster_that_is_not_wanted_any_more_is_an_orphan_and_goes_too(
    empty: object, made: Environment, account: Account, told: list[str], paused: bool
) -> None:
    serverless = opened(wanting(rpus=8))
    create(serverless, told.append)
    if paused:
        boto3.client("redshift", region_name="us-west-2").pause_cluster(ClusterIdentifier=NAME)
    orphans = read_status(serverless).orphans
    assert [orphan.split(":")[5] for orphan in orphans] == ["subnetgroup", "parametergroup", "cluster"]
    (kept, *_) = destroy(serverless, "dev", told.append)
    assert everything() == empty
    assert snapshots() == [kept]
    assert list(account.serverless.snapshots) == [kept]


def test_a_workgroup_that_is_not_wanted_any_more_goes_too(
    empty: object, made_serverless: Environment, told: list[str]
) -> None:
    provisioned = opened(SETTINGS)
    create(provisioned, told.append)
    assert len(read_status(provisioned).orphans) == 2
    assert {step.action for step in plan(provisioned)} == {"keep"}
    destroy(provisioned, "dev", told.append)
    assert everything() == empty


def test_the_network_need_not_be_there_any_more(made: Environment, account: Account, told: list[str]) -> None:
    for operation in ("ec2.DescribeSubnets", "ec2.DescribeVpcs"):
        account.refuses[operation] = ("InvalidSubnetID.NotFound", "there is no such subnet")
    destroy(opened(wanting(subnets=("subnet-1",), cidr="", owner="")), "dev", told.append)

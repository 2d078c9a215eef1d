"""What has one of our names and not our tags, or our tags and another name: seen, said, and never touched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets.infrastructure.policies import reading, written
from sparkify_assets.infrastructure.power import pause, resume, snapshot
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import opened, wanting

NAME = "sparkify-dev"
BUCKET = f"{NAME}-123456789012-us-west-2"
OTHERS = {"project": "sparkify", "environment": "prod", "owner": "somebody else"}
OURS = {"project": "sparkify", "environment": "dev"}
Tags = dict[str, str]


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-west-2")


def listed(tags: Tags, key: str = "Key", value: str = "Value") -> list[Tags]:
    return [{key: name, value: said} for name, said in tags.items()]


def make_bucket(name: str, tags: Tags) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket=name, Key="theirs", Body=b"of worth")
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed(tags)})


def make_role(name: str, tags: Tags) -> None:
    client("iam").create_role(Path="/sparkify/", RoleName=name, AssumeRolePolicyDocument="{}", Tags=listed(tags))


def make_group(name: str, tags: Tags) -> None:
    tagged = [{"ResourceType": "security-group", "Tags": listed(tags)}] if tags else []
    client("ec2").create_security_group(GroupName=name, Description="theirs", TagSpecifications=tagged)


def make_subnet_group(name: str, tags: Tags) -> None:
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    client("redshift").create_cluster_subnet_group(
        ClusterSubnetGroupName=name, Description="theirs", SubnetIds=[subnet], Tags=listed(tags)
    )


def make_parameter_group(name: str, tags: Tags) -> None:
    client("redshift").create_cluster_parameter_group(
        ParameterGroupName=name, ParameterGroupFamily="redshift-2.0", Description="theirs", Tags=listed(tags)
    )


def make_cluster(name: str, tags: Tags) -> None:
    client("redshift").create_cluster(
        ClusterIdentifier=name,
        NodeType="ra3.4xlarge",
        NumberOfNodes=4,
        MasterUsername="them",
        ManageMasterPassword=True,
        Tags=listed(tags),
    )


def make_namespace(name: str, tags: Tags) -> None:
    client("redshift-serverless").create_namespace(
        namespaceName=name, dbName="theirs", adminUsername="them", iamRoles=["a"], tags=listed(tags, "key", "value")
    )


def make_workgroup(name: str, tags: Tags) -> None:
    make_namespace("theirs", {})
    serverless = client("redshift-serverless")
    made = serverless.create_workgroup(
        workgroupName=name, namespaceName="theirs", port=5439, tags=listed(tags, "key", "value")
    )
    arn = made["workgroup"]["workgroupArn"]
    serverless.create_usage_limit(resourceArn=arn, usageType="serverless-compute", amount=9, period="daily")


Maker = Callable[[str, Tags], None]
# By kind: who makes one, and what ours is called.
MAKERS: dict[str, tuple[Maker, str]] = {
    "bucket": (make_bucket, BUCKET),
    "role": (make_role, f"{NAME}-copy-us-west-2"),
    "security group": (make_group, NAME),
    "subnet group": (make_subnet_group, NAME),
    "parameter group": (make_parameter_group, NAME),
    "cluster": (make_cluster, NAME),
    "namespace": (make_namespace, NAME),
    "workgroup": (make_workgroup, NAME),
}
SERVERLESS = ("namespace", "workgroup")


def environment_with(kind: str) -> Environment:
    return opened(wanting(rpus=8 if kind in SERVERLESS else 0))


def test_there_is_one_of_every_kind(account: Account) -> None:
    kinds = {resource.kind for rpus in (0, 8) for resource in opened(wanting(rpus=rpus)).all_resources}
    # A limit has no tags: it is its workgroup's.
    assert kinds - {"usage limit"} == set(MAKERS)


@pytest.mark.parametrize("tags", [{}, OTHERS], ids=["no tags", "other tags"])
@pytest.mark.parametrize("kind", MAKERS)
def test_what_has_our_name_is_refused_before_anything_is_made(account: Account, kind: str, tags: Tags) -> None:
    make, name = MAKERS[kind]
    make(name, tags)
    environment = environment_with(kind)
    account.calls.clear()
    for command in (plan, lambda each: create(each, lambda line: None)):
        with pytest.raises(InfrastructureError) as error:
            command(environment)
        assert f"there is a {kind} {name} already, which was not made here: it lacks the tags" in str(error.value)
        assert "Choose another SPARKIFY_CLUSTER_ENVIRONMENT" in str(error.value)
    assert account.changes() == []


@pytest.mark.parametrize("tags", [{}, OTHERS], ids=["no tags", "other tags"])
@pytest.mark.parametrize("kind", MAKERS)
def test_what_has_our_name_is_left_by_destroy_and_shown_by_status(
    account: Account, told: list[str], kind: str, tags: Tags
) -> None:
    make, name = MAKERS[kind]
    make(name, tags)
    environment = environment_with(kind)
    account.calls.clear()
    (standing,) = [each for each in read_status(environment).standings if each.kind == kind]
    assert (standing.state, standing.drift) == ("not made here", {})
    destroy(environment, "dev", told.append)
    assert f"{kind} {name}: not made here, and left" in told
    # Not even a lease.
    assert [call for call in account.calls if call.changes or call.name.startswith("s3.Put")] == []


def test_the_size_and_the_cost_of_somebody_elses_cluster_are_not_ours(account: Account) -> None:
    make_cluster(NAME, OTHERS)
    status = read_status(environment_with("cluster"))
    assert (status.size, status.endpoint, status.hours, status.cost) == ("", "", None, None)


@pytest.mark.parametrize("command", [pause, resume, snapshot])
@pytest.mark.parametrize("kind", ["cluster", "bucket"])
def test_somebody_elses_cluster_is_not_paused_and_nothing_is_written_to_their_bucket(
    made: Environment, account: Account, command: Callable[[Environment, Any], object], kind: str
) -> None:
    if command is resume:
        client("redshift").pause_cluster(ClusterIdentifier=NAME)
    if kind == "cluster":
        arn = f"arn:aws:redshift:us-west-2:123456789012:cluster:{NAME}"
        client("redshift").delete_tags(ResourceName=arn, TagKeys=["environment"])
    else:
        client("s3").put_object(Bucket=BUCKET, Key="theirs")
        client("s3").delete_bucket_tagging(Bucket=BUCKET)
    account.calls.clear()
    with pytest.raises(InfrastructureError, match=f"there is a {kind} .* already, which was not made here"):
        command(made, lambda line: None)
    assert [call for call in account.calls if call.changes or call.name.startswith("s3.Put")] == []


def test_somebody_elses_policies_of_our_role_are_shown_and_left(made: Environment, account: Account) -> None:
    arn = client("iam").create_policy(PolicyName="more", PolicyDocument=written(reading("aws", [("a", "b")])))[
        "Policy"
    ]["Arn"]
    client("iam").attach_role_policy(RoleName=made.role.name, PolicyArn=arn)
    (role,) = [step for step in plan(made) if step.kind == "role"]
    assert (role.action, role.settings) == ("left to you", {"other policies": f"{arn} -> none"})


@pytest.mark.parametrize("kind", MAKERS)
def test_an_orphan_is_shown_by_status_and_fails_the_proof(account: Account, told: list[str], kind: str) -> None:
    make, _ = MAKERS[kind]
    make(f"{NAME}-old", OURS)
    environment = environment_with(kind)
    (orphan,) = read_status(environment).orphans
    assert "old" in orphan or kind in ("security group", *SERVERLESS)
    account.calls.clear()
    with pytest.raises(InfrastructureError) as error:
        destroy(environment, "dev", told.append)
    assert f"removed, but 1 things with the tags of dev are still there: {orphan}" in str(error.value)
    assert account.changes() == []


def test_what_is_in_the_plan_is_no_orphan(either_made: Environment) -> None:
    status = read_status(replace(either_made))
    assert (status.orphans, {standing.state for standing in status.standings}) == ([], {"ready"})


def test_the_same_environment_in_another_region_is_another(made: Environment, told: list[str]) -> None:
    # What is not a region's alone is named by it.
    there = opened(wanting(region="eu-west-1"))
    there.bucket.make()
    there.role.make()
    assert read_status(made).orphans == []
    destroy(made, "dev", told.append)
    assert (there.bucket.look(), there.role.look()) != (None, None)


def test_another_environment_of_a_longer_name_is_another(account: Account, told: list[str]) -> None:
    here, there = opened(wanting(environment="dev")), opened(wanting(environment="dev-2"))
    for environment in (here, there):
        create(environment, told.append)
        assert read_status(environment).orphans == []
    destroy(here, "dev", told.append)
    assert {step.action for step in plan(there)} == {"keep"}

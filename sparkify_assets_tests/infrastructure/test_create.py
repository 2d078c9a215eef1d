"""What making an environment asks AWS for, in which order, and what it makes of what it finds."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import CHANGE, KEEP, MAKE, create, plan
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import opened, wanting

BUCKET = "sparkify-dev-123456789012-us-west-2"
ROLE = "arn:aws:iam::123456789012:role/sparkify/sparkify-dev-copy-us-west-2"
TAGS = {"project": "sparkify", "environment": "dev", "owner": "data@example.com"}


def tags_in(asked: Any) -> list[Mapping[str, str]]:
    """The tags that a call gives, however its service spells them."""
    if isinstance(asked, Mapping):
        if asked.keys() in ({"Key", "Value"}, {"key", "value"}):
            return [{str(key).lower(): str(value) for key, value in asked.items()}]
        return [tag for each in asked.values() for tag in tags_in(each)]
    return [tag for each in asked for tag in tags_in(each)] if isinstance(asked, list) else []


def without_tags(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name not in ("Tags", "tags", "TagSpecifications")}


def group_of() -> str:
    client = boto3.client("ec2", region_name="us-west-2")
    found = client.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["sparkify-dev"]}])
    return str(found["SecurityGroups"][0]["GroupId"])


def test_a_new_environment_is_complete(either: Environment, told: list[str]) -> None:
    create(either, told.append)
    assert {step.action for step in plan(either)} == {KEEP}


def test_each_resource_is_made_after_what_it_needs(either: Environment, account: Account, told: list[str]) -> None:
    create(either, told.append)
    made = [call.name.split(".")[1].removeprefix("Create") for call in account.calls if ".Create" in call.name]
    needed = ["Bucket", "Role", "SecurityGroup"]
    assert made == needed + (
        ["Namespace", "Workgroup", "UsageLimit"]
        if either.is_serverless
        else ["ClusterSubnetGroup", "ClusterParameterGroup", "Cluster"]
    )
    assert [line for line in told if line.endswith("making it")] == [
        f"{resource.kind} {resource.name}: making it" for resource in either.resources
    ]


def test_what_is_there_is_not_made_again(either_made: Environment, account: Account, told: list[str]) -> None:
    account.calls.clear()
    create(either_made, told.append)
    assert (account.changes(), told) == ([], [])


def test_only_what_is_missing_is_made(made: Environment, account: Account, told: list[str]) -> None:
    boto3.client("redshift", region_name="us-west-2").delete_cluster(
        ClusterIdentifier="sparkify-dev", SkipFinalClusterSnapshot=True
    )
    account.calls.clear()
    create(made, told.append)
    assert [call.name for call in account.changes()] == ["redshift.CreateCluster"]


def test_everything_is_tagged(either_made: Environment, account: Account) -> None:
    # A limit has no tags; a bucket is given its own right after.
    making = [c for c in account.calls if ".Create" in c.name and not c.name.endswith(("CreateBucket", "UsageLimit"))]
    assert len(making) == (4 if either_made.is_serverless else 5)
    for call in [*making, *(c for c in account.calls if c.name == "s3.PutBucketTagging")]:
        assert {tag["key"]: tag["value"] for tag in tags_in(call.asked)} == TAGS, call.name


def test_no_password_is_ever_sent(either_made: Environment, account: Account) -> None:
    assert not [
        name for call in account.calls for name in call.asked if re.search("Password$", name) and "anage" not in name
    ]
    (asked,) = account.sent("redshift.CreateCluster") or account.sent("redshift-serverless.CreateNamespace")
    assert asked.get("ManageMasterPassword") or asked.get("manageAdminPassword")


def test_the_cluster_is_encrypted_private_and_kept_by_secrets_manager(made: Environment, account: Account) -> None:
    (asked,) = account.sent("redshift.CreateCluster")
    assert without_tags(asked) == {
        "ClusterIdentifier": "sparkify-dev",
        "NodeType": "ra3.large",
        "ClusterType": "multi-node",
        "NumberOfNodes": 2,
        "DBName": "sparkify",
        "MasterUsername": "sparkify_admin",
        "ManageMasterPassword": True,
        "Port": 5439,
        "Encrypted": True,
        "PubliclyAccessible": False,
        "EnhancedVpcRouting": True,
        "ClusterSubnetGroupName": "sparkify-dev",
        "ClusterParameterGroupName": "sparkify-dev",
        "VpcSecurityGroupIds": [group_of()],
        "IamRoles": [ROLE],
        "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
        "AllowVersionUpgrade": True,
        "AutomatedSnapshotRetentionPeriod": 7,
    }


def test_one_node_is_a_cluster_of_another_type(account: Account, told: list[str]) -> None:
    create(opened(wanting(nodes=1, node_type="ra3.xlplus")), told.append)
    (asked,) = account.sent("redshift.CreateCluster")
    assert (asked["ClusterType"], asked["NodeType"], "NumberOfNodes" in asked) == ("single-node", "ra3.xlplus", False)


def test_what_a_cluster_stands_on_is_asked_for_exactly(made: Environment, account: Account) -> None:
    (group,) = account.sent("redshift.CreateClusterSubnetGroup")
    assert group["SubnetIds"] == made.network.subnets
    (parameters,) = account.sent("redshift.ModifyClusterParameterGroup")
    assert parameters == {
        "ParameterGroupName": "sparkify-dev",
        "Parameters": [{"ParameterName": "require_ssl", "ParameterValue": "true"}],
    }


def test_a_workgroup_is_private_requires_tls_and_has_a_limit(made_serverless: Environment, account: Account) -> None:
    (namespace,) = account.sent("redshift-serverless.CreateNamespace")
    assert without_tags(namespace) == {
        "namespaceName": "sparkify-dev",
        "dbName": "sparkify",
        "adminUsername": "sparkify_admin",
        "manageAdminPassword": True,
        "iamRoles": [ROLE],
        "defaultIamRoleArn": ROLE,
    }
    (workgroup,) = account.sent("redshift-serverless.CreateWorkgroup")
    assert without_tags(workgroup) == {
        "workgroupName": "sparkify-dev",
        "namespaceName": "sparkify-dev",
        "baseCapacity": 8,
        "enhancedVpcRouting": True,
        "publiclyAccessible": False,
        "subnetIds": made_serverless.network.subnets,
        "securityGroupIds": [group_of()],
        "configParameters": [{"parameterKey": "require_ssl", "parameterValue": "true"}],
        "port": 5439,
    }
    (limit,) = account.sent("redshift-serverless.CreateUsageLimit")
    assert limit == {
        "resourceArn": account.serverless.workgroups["sparkify-dev"]["workgroupArn"],
        "usageType": "serverless-compute",
        "amount": 24,
        "period": "daily",
        "breachAction": "deactivate",
    }


def test_only_the_given_addresses_are_let_in_on_redshifts_port(made: Environment, account: Account) -> None:
    (group,) = account.sent("ec2.CreateSecurityGroup")
    assert (group["GroupName"], group["VpcId"]) == ("sparkify-dev", made.network.vpc)
    (ingress,) = account.sent("ec2.AuthorizeSecurityGroupIngress")
    assert ingress == {
        "GroupId": group_of(),
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 5439,
                "ToPort": 5439,
                "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "who may use the warehouse"}],
            }
        ],
    }


def test_the_bucket_is_private_encrypted_and_what_is_in_it_expires(made: Environment, account: Account) -> None:
    (block,) = account.sent("s3.PutPublicAccessBlock")
    assert block["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    (encryption,) = account.sent("s3.PutBucketEncryption")
    (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule == {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (lifecycle,) = account.sent("s3.PutBucketLifecycleConfiguration")
    (expiring,) = lifecycle["LifecycleConfiguration"]["Rules"]
    assert (expiring["Status"], expiring["Filter"], expiring["Expiration"]) == (
        "Enabled",
        {"Prefix": "work/"},
        {"Days": 30},
    )
    assert {block["Bucket"], encryption["Bucket"], lifecycle["Bucket"]} == {BUCKET}


@pytest.mark.parametrize(
    ("region", "constraint"),
    [("us-east-1", None), ("eu-central-1", {"LocationConstraint": "eu-central-1"})],
)
def test_the_bucket_is_in_the_region(
    account: Account, told: list[str], region: str, constraint: Mapping[str, str] | None
) -> None:
    environment = opened(wanting(region=region))
    create(environment, told.append)
    (asked,) = account.sent("s3.CreateBucket")
    assert asked.get("CreateBucketConfiguration") == constraint
    assert asked["Bucket"] == f"sparkify-dev-123456789012-{region}"
    assert {step.action for step in plan(environment)} == {KEEP}


def test_subnets_of_ones_own_are_used(account: Account, told: list[str]) -> None:
    client = boto3.client("ec2", region_name="us-west-2")
    vpc = client.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    create(opened(wanting(subnets=(subnet,))), told.append)
    assert account.sent("ec2.CreateSecurityGroup")[0]["VpcId"] == vpc
    assert account.sent("redshift.CreateClusterSubnetGroup")[0]["SubnetIds"] == [subnet]


def test_a_plan_shows_what_would_be_made_and_makes_nothing(either: Environment, account: Account) -> None:
    steps = plan(either)
    assert [(step.kind, step.name, step.action) for step in steps] == [
        (resource.kind, resource.name, MAKE) for resource in either.resources
    ]
    said = {step.kind: dict(step.settings) for step in steps}
    assert said["bucket"]["public access"] == "blocked"
    assert said["role"]["reads"] == f"s3://music/lake/ and s3://{BUCKET}/work/"
    assert said["security group"]["lets in"] == "tcp 5439 from 10.0.0.0/16"
    if either.is_serverless:
        assert said["workgroup"]["base capacity"] == "8 RPUs"
        assert said["usage limit"]["a day"] == "24 RPU hours, then queries are refused"
    else:
        assert said["parameter group"]["require_ssl"] == "true"
        assert said["cluster"]["nodes"] == "2 x ra3.large"
    assert account.changes() == []


def test_a_bucket_whose_making_was_stopped_is_gone_on_with(
    environment: Environment, account: Account, told: list[str]
) -> None:
    boto3.client("s3", region_name="us-west-2").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    (bucket,) = [step for step in plan(environment) if step.kind == "bucket"]
    assert (bucket.action, bucket.settings["tags"]) == (CHANGE, "not set -> set")
    create(environment, told.append)
    assert {step.action for step in plan(environment)} == {KEEP}


def test_waiting_for_the_cluster_says_what_aws_is_doing(
    environment: Environment, account: Account, told: list[str]
) -> None:
    account.statuses = ["creating", "creating", "modifying"]
    create(environment, told.append)
    assert [line for line in told if ", after" in line] == [
        "cluster sparkify-dev: creating, after 0:00",
        "cluster sparkify-dev: modifying, after 0:30",
    ]


def test_a_cluster_that_is_going_is_waited_for_and_made_anew(made: Environment, account: Account) -> None:
    # A destroy was stopped after it had asked for that.
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if "deleting" in line:
            boto3.client("redshift", region_name="us-west-2").delete_cluster(
                ClusterIdentifier="sparkify-dev", SkipFinalClusterSnapshot=True
            )

    account.statuses = ["deleting"]
    assert [step.action for step in plan(made) if step.kind == "cluster"] == [MAKE]
    account.statuses = ["deleting"] * 3
    account.calls.clear()
    create(made, tell)
    assert "cluster sparkify-dev: deleting, after 0:00" in told
    assert len(account.sent("redshift.CreateCluster")) == 1
    assert {step.action for step in plan(made)} == {KEEP}


@pytest.mark.parametrize("state", ["paused", "pausing"])
def test_a_cluster_that_is_paused_is_not_waited_for(made: Environment, account: Account, state: str) -> None:
    account.shows["ClusterStatus"] = state
    account.calls.clear()
    with pytest.raises(
        InfrastructureError, match=rf"sparkify-dev is {state}: have it run with `sparkify cluster resume`"
    ):
        create(made, lambda line: None)
    assert account.changes() == []


def test_what_makes_it_ready_has_the_environment_to_itself(
    environment: Environment, account: Account, told: list[str]
) -> None:
    def finish(lease: object) -> None:
        with pytest.raises(InfrastructureError, match="somebody is changing this environment: create dev, by"):
            create(replace(environment), told.append)
        told.append("ready")

    create(environment, told.append, finish)
    assert told[-1] == "ready"
    create(environment, told.append)


def test_another_environment_is_of_other_names(account: Account, told: list[str]) -> None:
    for name in ("dev", "dev-2"):
        create(opened(wanting(environment=name)), told.append)
    names = [account.sent("redshift.CreateCluster")[n]["ClusterIdentifier"] for n in range(2)]
    assert names == ["sparkify-dev", "sparkify-dev-2"]
    assert {step.action for name in ("dev", "dev-2") for step in plan(opened(wanting(environment=name)))} == {KEEP}

"""Creating: the template's resources as AWS gets them, every state of a stack, kills, and what is refused."""

import ast
from contextlib import suppress
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import READY, REMAINS, STOPPED, create, plan
from sparkify_assets.infrastructure.environment import Environment, open_environment
from sparkify_assets.infrastructure.stack import IN_REVIEW
from sparkify_assets_tests.infrastructure.account import KILLED, THROTTLED, TIMED_OUT, Account, Killed
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import Refused, change

STATUSES = Loader().load_service_model("cloudformation", "service-2")["shapes"]["StackStatus"]["enum"]


def test_a_plan_creates_nothing_and_leaves_nothing(either: Environment, account: Account) -> None:
    changes, kept = plan(either)
    assert {change.action for change in changes} == {"Add"}
    assert len(changes) == (10 if not either.is_serverless else 9)
    assert (kept, account.stack, account.change_sets) == ([], None, {})


def test_create_ends_with_everything_tagged_and_named_as_planned(either: Environment, account: Account) -> None:
    done = []
    create(either, ignore, lambda: done.append(1))
    assert done
    state = either.stack.look()
    assert state is not None
    assert state.status == "CREATE_COMPLETE"
    (asked,) = account.sent("cloudformation.CreateChangeSet")
    assert asked["Tags"] == [
        {"Key": "project", "Value": "sparkify"},
        {"Key": "environment", "Value": "dev"},
        {"Key": "owner", "Value": "data@example.com"},
    ]
    assert plan(either)[0] == ()
    assert {each.status for each in either.stack.resources()} == {"CREATE_COMPLETE"}


def test_a_workgroup_has_a_daily_limit_that_follows_the_settings(account: Account) -> None:
    for hours in (24, 24, 10):
        create(wanting(rpus=8, rpu_hours=hours), ignore)
        (limit,) = account.limits.values()
        assert (limit["amount"], limit["period"], limit["breachAction"]) == (hours, "daily", "deactivate")
    assert [name for name in account.changes() if "UsageLimit" in name] == [
        "redshift-serverless.CreateUsageLimit",
        "redshift-serverless.UpdateUsageLimit",
    ]


@pytest.mark.exhaustive(8)
@pytest.mark.parametrize("how", [KILLED, TIMED_OUT, THROTTLED])
@pytest.mark.parametrize("number", range(22))
def test_whichever_call_fails_create_again_goes_on(
    either: Environment, account: Account, number: int, how: str
) -> None:
    with account.failing(number, how), suppress(Killed, InfrastructureError):
        create(either, ignore)
    create(either, ignore)
    assert account.stack is not None
    assert account.stack["StackStatus"] == "CREATE_COMPLETE"
    assert len(account.sent("cloudformation.ExecuteChangeSet")) <= 2
    assert len(account.limits) == either.is_serverless
    assert plan(either)[0] == ()


@pytest.mark.parametrize("status", STATUSES)
def test_every_state_of_a_stack_is_met_or_reported(account: Account, status: str, notes: list[str]) -> None:
    environment = wanting()
    create(environment, ignore)
    assert account.stack is not None
    account.stack["StackStatus"] = "UPDATE_COMPLETE" if status.endswith("_PROGRESS") else status
    if status.endswith("_PROGRESS") and status != IN_REVIEW:
        account.statuses = [status, status]
    elif status in (IN_REVIEW, "DELETE_COMPLETE"):
        environment.stack.delete()
    if status == IN_REVIEW:
        environment.stack.propose(environment.parameters(), None)
    account.calls.clear()
    if status in ("DELETE_FAILED", "IMPORT_ROLLBACK_FAILED"):
        with pytest.raises(InfrastructureError, match=f"is {status}: .*sparkify cluster destroy --yes dev` removes it"):
            create(environment, notes.append)
        assert account.changes() == []
        return
    create(environment, notes.append)
    assert account.stack is not None
    assert account.stack["StackStatus"].endswith("_COMPLETE")
    assert ("cloudformation.DeleteStack" in account.changes()) == (status in REMAINS)
    assert any("Rollback" in name for name in account.changes()) == (status in STOPPED)
    if account.statuses or (status.endswith("_PROGRESS") and status != IN_REVIEW):
        assert notes[0].startswith(f"stack sparkify-dev: {status}")
    assert status in (*READY, *REMAINS, *STOPPED) or status.endswith("_PROGRESS") or status == "DELETE_COMPLETE"


def test_a_creation_that_fails_reports_the_first_reason(account: Account) -> None:
    account.ends["CREATE_COMPLETE"] = "ROLLBACK_COMPLETE"
    account.events = [
        ("SubnetGroup", "CREATE_FAILED", "Resource creation cancelled"),
        ("Cluster", "CREATE_FAILED", "NumberOfNodesQuotaExceeded"),
    ]
    with pytest.raises(InfrastructureError, match="is ROLLBACK_COMPLETE: Cluster: NumberOfNodesQuotaExceeded: fix"):
        create(wanting(), ignore)
    create(wanting(), ignore)


def test_an_update_reverts_drift_and_keeps_what_only_the_template_sets(account: Account) -> None:
    create(wanting(), ignore)
    account.updates = [change()]
    changes, kept = plan(wanting(nodes=4))
    assert [each.properties for each in changes] == [("NumberOfNodes: 2 -> 4",)]
    assert len(kept) == 9
    account.updates = [change()]
    create(wanting(nodes=4), ignore)
    asked = account.sent("cloudformation.CreateChangeSet")[-1]
    assert asked["DeploymentMode"] == "REVERT_DRIFT"
    assert {"ParameterKey": "MultiZone", "UsePreviousValue": True} in asked["Parameters"]
    assert {"ParameterKey": "Nodes", "ParameterValue": "4"} in asked["Parameters"]


@pytest.mark.parametrize(
    ("action", "replacement"), [("Remove", "False"), ("Modify", "True"), ("Modify", "Conditional")]
)
def test_an_update_that_would_lose_data_is_refused(account: Account, action: str, replacement: str) -> None:
    create(wanting(), ignore)
    account.updates = [change(action, replacement)]
    account.calls.clear()
    with pytest.raises(InfrastructureError, match="would remove or replace AWS::Redshift::Cluster sparkify-dev"):
        create(wanting(), ignore)
    assert "cloudformation.ExecuteChangeSet" not in account.changes()
    assert account.change_sets == {}


def test_a_stack_that_somebody_else_created_is_left_alone(either: Environment, account: Account) -> None:
    create(either, ignore)
    assert account.stack is not None
    account.stack["Tags"] = account.stack["Tags"][:1]
    account.calls.clear()
    for command in (plan, lambda each: create(each, ignore)):
        with pytest.raises(InfrastructureError, match="there is a stack sparkify-dev already, which was not"):
            command(either)
    assert account.changes() == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"node_type": "dc2.large"}, "AWS makes no more clusters of dc and ds nodes"),
        ({"cidr": "0.0.0.0/0"}, "expected the addresses that may reach the warehouse"),
        ({"cidr": "8.0.0.0/8"}, "expected the addresses that may reach the warehouse"),
        ({"cidr": "everywhere"}, "such as 10.0.0.0/16"),
        ({"rpus": 7}, "expected 4 RPUs, a multiple of 8 up to 512, or of 32 up to 1024"),
        ({"owner": ""}, "SPARKIFY_CLUSTER_OWNER is ''"),
        ({"subnets": ("subnet-12345678",)}, "InvalidSubnetID.NotFound.*see SPARKIFY_CLUSTER_SUBNETS"),
        ({"environment": "dev--1"}, "SPARKIFY_CLUSTER_ENVIRONMENT is 'dev--1': expected"),
        ({"environment": "a" * 16}, "at most 15"),
    ],
)
def test_what_one_would_regret_is_refused(account: Account, wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(InfrastructureError, match=words):
        create(wanting(**wanted), ignore)
    assert account.stack is None


@pytest.mark.parametrize(
    ("lake", "words"),
    [
        ("data/lake", "SPARKIFY_LAKE is 'data/lake': expected s3://bucket/prefix"),
        ("s3://music/la*e", "which in a policy stand for more"),
        ("s3://music/${aws:userid}/", "which in a policy stand for more"),
        ("s3://{}/lake", "that is in the work bucket, which `sparkify cluster destroy` empties and deletes"),
    ],
)
def test_a_lake_that_the_role_cannot_read_exactly_is_refused(account: Account, lake: str, words: str) -> None:
    create(wanting(), ignore)
    work = account.names["WorkBucket"]
    if "music" in lake:
        account.stack = None
    with pytest.raises(InfrastructureError, match=words):
        create(open_environment(replace(SETTINGS, lake=lake.replace("{}", work))), ignore)
    assert len(account.sent("cloudformation.ExecuteChangeSet")) == 1


def test_subnets_in_too_few_zones_are_refused(account: Account) -> None:
    subnets = boto3.client("ec2", region_name="us-west-2").describe_subnets()["Subnets"]
    zones = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in subnets}
    for few, rpus in ((1, 0), (2, 8)):
        with pytest.raises(InfrastructureError, match=f"expected subnets in {few + 1} Availability Zones"):
            plan(wanting(subnets=tuple(zones.values())[:few], rpus=rpus))


def test_a_paused_cluster_has_to_be_started_first(account: Account) -> None:
    create(wanting(), ignore)
    account.cluster_statuses = ["paused"]
    with pytest.raises(InfrastructureError, match="is paused: start it with `sparkify cluster resume`"):
        create(wanting(), ignore)


def test_what_aws_refuses_is_reported_with_what_to_do(account: Account) -> None:
    for code, words in {"AccessDenied": "ask for the right that AWS names", "ExpiredToken": "log in again"}.items():
        account.refuses["cloudformation.CreateChangeSet"] = Refused(code, "as AWS says it")
        with pytest.raises(InfrastructureError, match=f"create-change-set .*: AWS says {code}: .*{words}"):
            create(wanting(), ignore)


def test_what_is_created_is_private_encrypted_and_reads_exactly_the_lake_and_the_work_prefix(account: Account) -> None:
    create(wanting(), ignore)
    (cluster,) = boto3.client("redshift", region_name="us-west-2").describe_clusters()["Clusters"]
    assert (cluster["Encrypted"], cluster["PubliclyAccessible"], cluster["EnhancedVpcRouting"]) == (True, False, True)
    iam, work = boto3.client("iam"), f"arn:aws:s3:::{account.names['WorkBucket']}"
    asked = {"RoleName": account.names["CopyRole"], "PolicyName": "read-lake-and-work"}
    policy = iam.get_role_policy(**asked)["PolicyDocument"]
    # moto keeps it as Python, with what `AWS::NoValue` leaves out.
    statements = [each for each in ast.literal_eval(policy)["Statement"] if each]
    assert [(each["Action"], each["Resource"], each.get("Condition")) for each in statements] == [
        ("s3:GetBucketLocation", ["arn:aws:s3:::music", work], None),
        ("s3:ListBucket", "arn:aws:s3:::music", {"StringLike": {"s3:prefix": "lake/*"}}),
        ("s3:ListBucket", work, {"StringLike": {"s3:prefix": "work/*"}}),
        ("s3:GetObject", ["arn:aws:s3:::music/lake/*", f"{work}/work/*"], None),
    ]
    trust = iam.get_role(RoleName=asked["RoleName"])["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": ["redshift.amazonaws.com", None]}
    assert trust["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:redshift:us-west-2:123456789012:cluster:sparkify-dev"},
    }

"""What is refused: by us before anything is made, and by AWS, in words that say of what, why, and how to go on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.create import KEEP, create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment, open_environment
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets_tests.infrastructure.account import EXPIRED, THROTTLED, Account
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, opened, wanting

BUCKET = "sparkify-dev-123456789012-us-west-2"
AGAIN = "run the same command again: it goes on where it stopped"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"node_type": "dc2.large"}, "AWS makes no more clusters of these nodes, though its API still lists them"),
        ({"node_type": "ds2.xlarge"}, "expected ra3.large, another ra3 or rg type, or SPARKIFY_CLUSTER_RPUS"),
        ({"node_type": "large"}, "SPARKIFY_CLUSTER_NODE_TYPE is 'large': expected a type such as ra3.large"),
        ({"node_type": ""}, "SPARKIFY_CLUSTER_NODE_TYPE is ''"),
        ({"cidr": "0.0.0.0/0"}, "lets in 4,294,967,296 addresses: expected the addresses that may reach"),
        ({"cidr": "0.0.0.0/1"}, "lets in 2,147,483,648 addresses"),
        ({"cidr": "::/0"}, "SPARKIFY_CLUSTER_CIDR is '::/0': expected"),
        ({"cidr": "10.0.0.7/16"}, "has host bits set: expected"),
        ({"cidr": "10.0.0.7"}, "SPARKIFY_CLUSTER_CIDR is '10.0.0.7': expected"),
        ({"cidr": "10.0.0.0/255.255.0.0"}, "such as 10.0.0.0/16"),
        ({"cidr": "everywhere"}, "SPARKIFY_CLUSTER_CIDR is 'everywhere'"),
        ({"cidr": ""}, "SPARKIFY_CLUSTER_CIDR is ''"),
        ({"owner": ""}, "SPARKIFY_CLUSTER_OWNER is '': expected who pays and is asked"),
        ({"owner": "data;team"}, "letters, digits, spaces and"),
        ({"owner": "a" * 257}, "SPARKIFY_CLUSTER_OWNER is"),
        ({"rpus": 7}, "SPARKIFY_CLUSTER_RPUS is 7: expected 4, or a multiple of 8"),
    ],
)
def test_what_one_would_regret_is_refused_before_anything_is_made(
    account: Account, wanted: dict[str, Any], said: str
) -> None:
    environment = opened(wanting(**wanted))
    for command in (plan, lambda each: create(each, lambda line: None)):
        with pytest.raises(InfrastructureError) as error:
            command(environment)
        assert said in str(error.value)
    assert account.changes() == []


@pytest.mark.parametrize("wanted", [{"rpus": 4}, {"rpus": 128}, {"cidr": "192.0.2.1/32"}, {"node_type": "rg.xlarge"}])
def test_what_aws_has_can_be_planned(account: Account, wanted: dict[str, Any]) -> None:
    assert plan(opened(wanting(**wanted)))


@pytest.mark.parametrize(
    ("lake", "said"),
    [
        ("data/lake", "SPARKIFY_LAKE is 'data/lake': expected s3://bucket/prefix"),
        ("s3://music/*", "expected a prefix without * ? and $"),
        ("s3://music/la?e", "the role would read what is not the lake"),
        ("s3://music/${aws:userid}/", "stand for more than themselves"),
        (f"s3://{BUCKET}/lake", "that is in the work bucket, which `sparkify cluster destroy` empties and removes"),
    ],
)
def test_a_lake_that_the_role_cannot_read_exactly_is_refused(account: Account, lake: str, said: str) -> None:
    environment = opened(replace(SETTINGS, lake=lake))
    with pytest.raises(InfrastructureError) as error:
        create(environment, lambda line: None)
    assert said in str(error.value)
    assert account.changes() == []


@pytest.mark.parametrize("name", ["", "Dev", "1dev", "dev_1", "dev--1", "dev-", "a" * 16, "dév", "dev\n", "-dev"])
def test_a_name_that_aws_cannot_use_is_refused(account: Account, name: str) -> None:
    with pytest.raises(InfrastructureError, match=r"SPARKIFY_CLUSTER_ENVIRONMENT is .*expected what all names in AWS"):
        open_environment(wanting(environment=name))


@pytest.mark.parametrize("name", ["d", "dev-2", "a" * 15])
def test_any_other_name_is_one_that_aws_takes(account: Account, name: str) -> None:
    environment = opened(wanting(environment=name, region="ap-southeast-1"))
    assert all(len(resource.name) <= 63 for resource in environment.all_resources)


def test_without_a_region_it_says_where_to_set_one(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(InfrastructureError, match="no region is set: set AWS_REGION, or SPARKIFY_REDSHIFT_REGION"):
        open_environment(wanting(region=""))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert open_environment(wanting(region="")).aws.region == "eu-west-1"


def test_a_profile_or_region_that_is_none_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InfrastructureError, match=r"Provided region_name 'us west' .*see AWS_PROFILE, AWS_REGION"):
        plan(open_environment(wanting(region="us west")))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(InfrastructureError, match=r"profile \(nobody\) could not be found: see AWS_PROFILE"):
        open_environment(SETTINGS)


def test_without_credentials_it_says_where_to_look(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InfrastructureError, match=r"who these AWS credentials are: Unable to locate .*see AWS_PROFILE"):
        plan(open_environment(SETTINGS))


def remove_subnets(client: Any) -> None:
    for subnet in client.describe_subnets()["Subnets"]:
        client.delete_subnet(SubnetId=subnet["SubnetId"])


def remove_vpc(client: Any) -> None:
    remove_subnets(client)
    client.delete_vpc(VpcId=client.describe_vpcs()["Vpcs"][0]["VpcId"])


@pytest.mark.parametrize(
    ("remove", "said"),
    [
        (remove_subnets, "has no subnets: make some in it, or set SPARKIFY_CLUSTER_SUBNETS to others"),
        (remove_vpc, "there is no default VPC in us-west-2: set SPARKIFY_CLUSTER_SUBNETS to subnets of yours"),
    ],
)
def test_a_network_without_subnets_is_said_before_anything_is_made(
    environment: Environment, account: Account, remove: Callable[[Any], None], said: str
) -> None:
    remove(boto3.client("ec2", region_name="us-west-2"))
    account.calls.clear()
    with pytest.raises(InfrastructureError, match=said):
        create(environment, lambda line: None)
    assert account.changes() == []


def test_subnets_of_two_networks_are_refused(account: Account) -> None:
    client = boto3.client("ec2", region_name="us-west-2")
    vpc = client.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = client.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    ours = opened(SETTINGS).network
    account.calls.clear()
    with pytest.raises(
        InfrastructureError, match=r"SPARKIFY_CLUSTER_SUBNETS are in the VPCs .* expected subnets of one"
    ) as e:
        create(opened(wanting(subnets=(other, ours.subnets[0]))), lambda line: None)
    assert vpc in str(e.value)
    assert ours.vpc in str(e.value)
    assert account.changes() == []


def test_subnets_that_are_not_there_are_said(account: Account) -> None:
    with pytest.raises(
        InfrastructureError, match=r"InvalidSubnetID.NotFound.*subnet-12345678.*see SPARKIFY_CLUSTER_SUBNETS"
    ):
        plan(opened(wanting(subnets=("subnet-12345678",))))


@pytest.mark.parametrize(
    ("operation", "code", "what", "remedy"),
    [
        (
            "s3.CreateBucket",
            "BucketAlreadyExists",
            f"the bucket {BUCKET} cannot be made",
            "choose another SPARKIFY_CLUSTER",
        ),
        (
            "s3.CreateBucket",
            "TooManyBuckets",
            f"the bucket {BUCKET}",
            "ask AWS for more in Service Quotas, or remove one",
        ),
        (
            "s3.PutObject",
            "AccessDenied",
            f"the lease in s3://{BUCKET} cannot be taken",
            "ask for the right that AWS names",
        ),
        (
            "iam.CreateRole",
            "LimitExceeded",
            "the role sparkify-dev-copy-us-west-2",
            "ask AWS for more in Service Quotas",
        ),
        ("iam.PutRolePolicy", "AccessDenied", "reads of the role sparkify-dev-copy-us-west-2 cannot be changed", AGAIN),
        ("ec2.CreateSecurityGroup", "SecurityGroupLimitExceeded", "the security group sparkify-dev", "Service Quotas"),
        ("ec2.AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "lets in of the security group", AGAIN),
        (
            "redshift.CreateClusterSubnetGroup",
            "InvalidSubnet",
            "the subnet group sparkify-dev",
            "SPARKIFY_CLUSTER_SUBNETS",
        ),
        ("redshift.CreateClusterParameterGroup", "ClusterParameterGroupQuotaExceeded", "the parameter group", "Quotas"),
        ("redshift.CreateCluster", "ClusterQuotaExceeded", "the cluster sparkify-dev cannot be made", "Service Quotas"),
        (
            "redshift.CreateCluster",
            "NumberOfNodesQuotaExceeded",
            "the cluster sparkify-dev",
            "SPARKIFY_CLUSTER_NODES lower",
        ),
        ("redshift.CreateCluster", "InsufficientClusterCapacity", "the cluster sparkify-dev", "another region"),
        (
            "redshift.CreateCluster",
            "InvalidParameterValue",
            "the cluster sparkify-dev",
            "not every region has every type",
        ),
        (
            "redshift.CreateCluster",
            "InvalidParameterCombination",
            "the cluster sparkify-dev",
            "SPARKIFY_CLUSTER_NODE_TYPE",
        ),
        (
            "redshift.CreateCluster",
            "UnsupportedOptionFault",
            "the cluster sparkify-dev",
            "this region does not have it",
        ),
        ("redshift.CreateCluster", "Something", "the cluster sparkify-dev cannot be made", f"see that, then {AGAIN}"),
    ],
)
def test_what_aws_refuses_is_said_of_what_and_how_to_go_on(
    environment: Environment, account: Account, operation: str, code: str, what: str, remedy: str
) -> None:
    account.refuses[operation] = (code, "As AWS says it")
    with pytest.raises(InfrastructureError) as error:
        create(environment, lambda line: None)
    said = str(error.value)
    assert what in said
    assert f"AWS says {code.removesuffix('Fault')}: As AWS says it" in said
    assert remedy in said


def test_after_a_refusal_create_again_completes(either: Environment, account: Account) -> None:
    made = "redshift-serverless.CreateWorkgroup" if either.is_serverless else "redshift.CreateCluster"
    account.refuses[made] = ("ServiceQuotaExceededException", "no more")
    with pytest.raises(InfrastructureError, match="Service Quotas"):
        create(either, lambda line: None)
    account.refuses.clear()
    create(either, lambda line: None)
    assert {step.action for step in plan(either)} == {KEEP}


@pytest.mark.parametrize("operation", ["CreateNamespace", "CreateWorkgroup", "CreateUsageLimit"])
def test_what_serverless_refuses_is_said_too(serverless: Environment, account: Account, operation: str) -> None:
    account.refuses[f"redshift-serverless.{operation}"] = ("ServiceQuotaExceededException", "As AWS says it")
    with pytest.raises(
        InfrastructureError, match=r"the \w.* sparkify-dev cannot be made.*ask AWS for more in Service Quotas"
    ):
        create(serverless, lambda line: None)


def test_a_bucket_that_may_not_be_looked_at_is_another_accounts(environment: Environment, account: Account) -> None:
    account.refuses["s3.HeadBucket"] = ("403", "Forbidden")
    with pytest.raises(
        InfrastructureError, match=f"{BUCKET} is there, and these credentials may not look at it: it is another"
    ):
        create(environment, lambda line: None)
    assert account.changes() == []


def test_only_a_bucket_of_the_own_account_is_looked_at(environment: Environment, account: Account) -> None:
    plan(environment)
    assert account.sent("s3.HeadBucket") == [{"Bucket": BUCKET, "ExpectedBucketOwner": "123456789012"}]


@pytest.mark.parametrize("number", [20, 40])
def test_credentials_that_expire_half_way_are_said_and_the_command_again_completes(
    environment: Environment, account: Account, number: int
) -> None:
    with (
        account.failing(number, EXPIRED),
        pytest.raises(InfrastructureError, match=f"the AWS credentials have expired: log in again, then {AGAIN}"),
    ):
        create(environment, lambda line: None)
    assert account.has_failed
    create(environment, lambda line: None)
    assert {step.action for step in plan(environment)} == {KEEP}
    with account.failing(number, EXPIRED), pytest.raises(InfrastructureError, match="log in again"):
        destroy(environment, "dev", lambda line: None)
    destroy(environment, "dev", lambda line: None)


@pytest.mark.parametrize("question", [plan, read_status])
def test_whatever_may_not_be_asked_is_said_in_words(
    either_made: Environment, account: Account, question: Callable[[Environment], object]
) -> None:
    account.calls.clear()
    question(either_made)
    for name in {call.name for call in account.calls}:
        account.refuses = {name: ("Throttling", "Rate exceeded")}
        with pytest.raises(InfrastructureError, match="AWS says Throttling: Rate exceeded: AWS asks to slow down"):
            question(replace(either_made))


def test_the_first_question_of_all_is_answered_in_words_too(account: Account) -> None:
    with (
        account.failing(0, THROTTLED),
        pytest.raises(InfrastructureError, match="who these AWS credentials are: AWS says"),
    ):
        plan(open_environment(SETTINGS))

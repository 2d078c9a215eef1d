"""What has been changed by hand: a plan shows it, create mends what can be mended and leaves the rest to its owner."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from sparkify_assets.infrastructure.create import CHANGE, KEEP, LEAVE, create, plan
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets.infrastructure.policies import reading, trust, written
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import opened, wanting

NAME = "sparkify-dev"
BUCKET = f"{NAME}-123456789012-us-west-2"
ROLE = f"{NAME}-copy-us-west-2"
OTHER_ROLE = "arn:aws:iam::123456789012:role/other"
ByHand = Callable[[Environment], object]
# A kind and its setting, what changes it, and how a plan says so.
Drift = tuple[str, str, ByHand, str]


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-west-2")


def of_bucket(operation: str, **changed: object) -> ByHand:
    return lambda environment: getattr(client("s3"), operation)(Bucket=BUCKET, **changed)


def of_cluster(**changed: object) -> ByHand:
    return lambda environment: client("redshift").modify_cluster(ClusterIdentifier=NAME, **changed)


def of_workgroup(**changed: object) -> ByHand:
    return lambda environment: client("redshift-serverless").update_workgroup(workgroupName=NAME, **changed)


def let_in_another(environment: Environment, **source: Any) -> None:
    group = environment.group.look()
    assert group
    rule = {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439, **source}
    client("ec2").authorize_security_group_ingress(GroupId=group.id, IpPermissions=[rule])


def let_in_nobody(environment: Environment) -> None:
    group = environment.group.look()
    assert group
    rule = {"IpProtocol": "tcp", "FromPort": 5439, "ToPort": 5439, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    client("ec2").revoke_security_group_ingress(GroupId=group.id, IpPermissions=[rule])


def give_cluster_another_role(environment: Environment) -> None:
    client("redshift").modify_cluster_iam_roles(ClusterIdentifier=NAME, AddIamRoles=[OTHER_ROLE])


def give_namespace_another_role(environment: Environment) -> None:
    client("redshift-serverless").update_namespace(namespaceName=NAME, iamRoles=[environment.role.arn, OTHER_ROLE])


def let_more_read(environment: Environment) -> None:
    policy = written(reading("aws", [("music", "")]))
    client("iam").put_role_policy(RoleName=ROLE, PolicyName="read-lake-and-work", PolicyDocument=policy)


def raise_limit(environment: Environment) -> None:
    serverless = client("redshift-serverless")
    (limit,) = serverless.list_usage_limits()["usageLimits"]
    serverless.update_usage_limit(usageLimitId=limit["usageLimitId"], amount=100, breachAction="log")


def one_subnet(environment: Environment) -> None:
    subnets = environment.network.subnets[:1]
    client("redshift").modify_cluster_subnet_group(ClusterSubnetGroupName=NAME, SubnetIds=subnets)


def one_subnet_for_workgroup(environment: Environment) -> None:
    of_workgroup(subnetIds=environment.network.subnets[:1])(environment)


def use_another_parameter_group(environment: Environment) -> None:
    client("redshift").create_cluster_parameter_group(
        ParameterGroupName="other", ParameterGroupFamily="redshift-2.0", Description="other"
    )
    of_cluster(ClusterParameterGroupName="other")(environment)


def use_another_security_group(environment: Environment) -> None:
    group = client("ec2").create_security_group(GroupName="other", Description="other")
    of_cluster(VpcSecurityGroupIds=[group["GroupId"]])(environment)


def not_require_tls(environment: Environment) -> None:
    off = {"ParameterName": "require_ssl", "ParameterValue": "false"}
    client("redshift").modify_cluster_parameter_group(ParameterGroupName=NAME, Parameters=[off])


DRIFT: list[Drift] = [
    ("bucket", "tags", of_bucket("delete_bucket_tagging"), "not set -> set"),
    ("bucket", "public access", of_bucket("delete_public_access_block"), "not blocked -> blocked"),
    ("bucket", "encryption", of_bucket("delete_bucket_encryption"), "not set -> AES256"),
    ("bucket", "connections", of_bucket("put_bucket_policy", Policy="{}"), "by another policy -> over TLS only"),
    (
        "bucket",
        "objects under work/",
        of_bucket("delete_bucket_lifecycle"),
        "stay -> expire after 30 days",
    ),
    (
        "role",
        "taken on by",
        lambda environment: client("iam").update_assume_role_policy(
            RoleName=ROLE, PolicyDocument=written(trust(("ec2.amazonaws.com",)))
        ),
        "others -> Redshift alone",
    ),
    ("role", "reads", let_more_read, f"by another policy -> s3://music/lake/ and s3://{BUCKET}/work/"),
    (
        "role",
        "reads",
        lambda environment: client("iam").delete_role_policy(RoleName=ROLE, PolicyName="read-lake-and-work"),
        f"nothing -> s3://music/lake/ and s3://{BUCKET}/work/",
    ),
    ("security group", "lets in", let_in_nobody, "nothing -> tcp 5439 from 10.0.0.0/16"),
    (
        "security group",
        "lets in",
        lambda environment: let_in_another(environment, IpRanges=[{"CidrIp": "0.0.0.0/0"}]),
        "tcp 5439 from 0.0.0.0/0, tcp 5439 from 10.0.0.0/16 -> tcp 5439 from 10.0.0.0/16",
    ),
    (
        "security group",
        "lets in",
        lambda environment: let_in_another(environment, Ipv6Ranges=[{"CidrIpv6": "::/0"}]),
        "tcp 5439 from 10.0.0.0/16, tcp 5439 from ::/0 -> tcp 5439 from 10.0.0.0/16",
    ),
    (
        "security group",
        "lets in",
        lambda environment: let_in_another(environment, ToPort=5440, IpRanges=[{"CidrIp": "10.0.0.0/16"}]),
        "tcp 5439 from 10.0.0.0/16, tcp 5439-5440 from 10.0.0.0/16 -> tcp 5439 from 10.0.0.0/16",
    ),
    ("subnet group", "subnets", one_subnet, " -> "),
    ("parameter group", "require_ssl", not_require_tls, "false -> true"),
    ("cluster", "encrypted", of_cluster(Encrypted=False), "no -> yes"),
    ("cluster", "public", of_cluster(PubliclyAccessible=True), "yes -> no"),
    ("cluster", "enhanced VPC routing", of_cluster(EnhancedVpcRouting=False), "no -> yes"),
    (
        "cluster",
        "administrator's password",
        of_cluster(ManageMasterPassword=False, MasterUserPassword="Tr0ub4dor"),
        "elsewhere -> in Secrets Manager",
    ),
    ("cluster", "parameter group", use_another_parameter_group, f"other -> {NAME}"),
    ("cluster", "security group", use_another_security_group, f" -> {NAME}"),
    ("cluster", "role", give_cluster_another_role, f"{OTHER_ROLE} -> {ROLE}"),
    (
        "cluster",
        "role",
        lambda environment: client("redshift").modify_cluster_iam_roles(
            ClusterIdentifier=NAME, RemoveIamRoles=[environment.role.arn]
        ),
        f"none -> {ROLE}",
    ),
    (
        "cluster",
        "maintenance",
        of_cluster(PreferredMaintenanceWindow="mon:12:00-mon:12:30"),
        "mon:12:00-mon:12:30 -> sun:03:00-sun:03:30",
    ),
    (
        "cluster",
        "snapshots",
        of_cluster(AutomatedSnapshotRetentionPeriod=1),
        "each day, for 1 days -> each day, for 7 days",
    ),
]
SERVERLESS_DRIFT: list[Drift] = [
    ("namespace", "role", give_namespace_another_role, f"{OTHER_ROLE} -> {ROLE}"),
    ("workgroup", "base capacity", of_workgroup(baseCapacity=512), "512 RPUs -> 8 RPUs"),
    ("workgroup", "public", of_workgroup(publiclyAccessible=True), "yes -> no"),
    ("workgroup", "enhanced VPC routing", of_workgroup(enhancedVpcRouting=False), "no -> yes"),
    ("workgroup", "subnets", one_subnet_for_workgroup, " -> "),
    ("workgroup", "security group", of_workgroup(securityGroupIds=["sg-1"]), f"sg-1 -> {NAME}"),
    ("workgroup", "security group", of_workgroup(securityGroupIds=[]), f"none -> {NAME}"),
    (
        "workgroup",
        "require_ssl",
        of_workgroup(configParameters=[{"parameterKey": "require_ssl", "parameterValue": "false"}]),
        "false -> true",
    ),
    (
        "usage limit",
        "a day",
        raise_limit,
        "100 RPU hours, then a log entry is written -> 24 RPU hours, then queries are refused",
    ),
]


def rounds(drift: list[Drift]) -> list[list[Drift]]:
    """What can be changed at once: each setting once in a round."""
    nth: dict[int, list[Drift]] = {}
    for number, each in enumerate(drift):
        earlier = [(kind, setting) for kind, setting, _, _ in drift[:number]]
        nth.setdefault(earlier.count(each[:2]), []).append(each)
    return list(nth.values())


def shown(environment: Environment) -> dict[tuple[str, str], str]:
    """What a plan says that create would change."""
    steps = [step for step in plan(environment) if step.action != KEEP]
    assert {step.action for step in steps} <= {CHANGE}
    return {(step.kind, setting): words for step in steps for setting, words in step.settings.items()}


def assert_mended(environment: Environment, drift: list[Drift]) -> None:
    """A plan says how it is and how it is to be, status too; after a create nothing is left to say."""
    differing = shown(environment)
    for kind, setting, _, words in drift:
        assert words in differing[kind, setting]
    assert len(differing) == len(drift)
    assert differing == {
        (standing.kind, setting): " -> ".join(both)
        for standing in read_status(environment).standings
        for setting, both in standing.drift.items()
    }
    told: list[str] = []
    create(environment, told.append)
    assert not [line for line in told if "left to you" in line]
    assert {step.action for step in plan(environment)} == {KEEP}


@pytest.mark.parametrize("drift", rounds(DRIFT))
def test_what_was_changed_by_hand_is_shown_and_mended(made: Environment, drift: list[Drift]) -> None:
    for _, _, by_hand, _ in drift:
        by_hand(made)
    assert_mended(made, drift)


@pytest.mark.parametrize("drift", rounds(SERVERLESS_DRIFT))
def test_so_is_what_was_changed_of_a_serverless_environment(made_serverless: Environment, drift: list[Drift]) -> None:
    for _, _, by_hand, _ in drift:
        by_hand(made_serverless)
    assert_mended(made_serverless, drift)


@pytest.mark.parametrize(("kind", "setting", "by_hand", "words"), rounds(DRIFT)[0][1::5])
def test_one_change_alone_is_all_that_is_mended(
    made: Environment, account: Account, kind: str, setting: str, by_hand: ByHand, words: str
) -> None:
    by_hand(made)
    assert list(shown(made)) == [(kind, setting)]
    account.calls.clear()
    create(made, lambda line: None)
    assert len(account.changes()) == 1


def test_a_namespaces_password_that_is_elsewhere_is_given_to_secrets_manager(
    made_serverless: Environment, account: Account
) -> None:
    del account.serverless.namespaces[NAME]["adminPasswordSecretArn"]
    words = "elsewhere -> in Secrets Manager"
    assert_mended(made_serverless, [("namespace", "administrator's password", lambda environment: None, words)])


def test_every_setting_that_can_be_mended_is_tried_above(environment: Environment, serverless: Environment) -> None:
    mendable = {
        (resource.kind, name)
        for each in (environment, serverless)
        for resource in each.resources
        for name, setting in resource.settings().items()
        if setting.mend
    }
    tried = {(kind, setting) for kind, setting, _, _ in (*DRIFT, *SERVERLESS_DRIFT)}
    assert mendable == tried | {("namespace", "administrator's password")}


def test_other_addresses_take_the_place_of_those_that_were_let_in(made: Environment) -> None:
    moved = opened(wanting(cidr="192.0.2.0/24"))
    words = "tcp 5439 from 10.0.0.0/16 -> tcp 5439 from 192.0.2.0/24"
    assert_mended(moved, [("security group", "lets in", lambda environment: None, words)])


@pytest.mark.parametrize(
    ("said", "setting", "words"),
    [
        ({"NodeType": "dc2.large"}, "nodes", "2 x dc2.large -> 2 x ra3.large"),
        ({"NumberOfNodes": 3}, "nodes", "3 x ra3.large -> 2 x ra3.large"),
        ({"DBName": "dev"}, "database", "dev -> sparkify"),
        (
            {"ClusterParameterGroups": [{"ParameterGroupName": NAME, "ParameterApplyStatus": "pending-reboot"}]},
            "parameters",
            "pending-reboot -> applied",
        ),
    ],
)
def test_what_cannot_be_mended_is_shown_and_left(
    made: Environment, account: Account, told: list[str], said: dict[str, Any], setting: str, words: str
) -> None:
    account.shows = said
    (step,) = [step for step in plan(made) if step.action != KEEP]
    assert (step.kind, step.action, step.settings) == ("cluster", LEAVE, {setting: words})
    account.calls.clear()
    create(made, told.append)
    assert account.changes() == []
    found, meant = words.split(" -> ")
    assert told == [f"cluster {NAME}: {setting} is {found}, not {meant}: that is left to you"]


def test_what_can_and_what_cannot_be_mended_are_two_steps(made: Environment, account: Account) -> None:
    of_cluster(PubliclyAccessible=True)(made)
    account.shows = {"NumberOfNodes": 3}
    steps = [(step.action, dict(step.settings)) for step in plan(made) if step.action != KEEP]
    assert steps == [(CHANGE, {"public": "yes -> no"}), (LEAVE, {"nodes": "3 x ra3.large -> 2 x ra3.large"})]


def test_a_namespace_of_another_database_and_a_workgroup_of_another_namespace_are_left(
    made_serverless: Environment, account: Account, told: list[str]
) -> None:
    account.serverless.namespaces[NAME]["dbName"] = "dev"
    account.serverless.workgroups[NAME]["namespaceName"] = "other"
    steps = [(step.kind, step.action, dict(step.settings)) for step in plan(made_serverless) if step.action != KEEP]
    assert steps == [
        ("namespace", LEAVE, {"database": "dev -> sparkify"}),
        ("workgroup", LEAVE, {"namespace": f"other -> {NAME}"}),
    ]
    account.calls.clear()
    create(made_serverless, told.append)
    assert account.changes() == []


def test_a_group_in_another_network_is_left(made: Environment, account: Account, told: list[str]) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    moved = opened(wanting(subnets=(subnet,)))
    left = [(step.kind, dict(step.settings)) for step in plan(moved) if step.action == LEAVE]
    assert left == [("security group", {"VPC": f"{made.network.vpc} -> {vpc}"})]


@pytest.mark.parametrize("written_as", ["IamRole(iamRoleArn={arn}, applyStatus=in-sync)", "{arn}"])
def test_a_namespaces_role_is_known_however_aws_writes_it(
    made_serverless: Environment, account: Account, written_as: str
) -> None:
    account.serverless.namespaces[NAME]["iamRoles"] = [written_as.format(arn=made_serverless.role.arn)]
    assert {step.action for step in plan(made_serverless)} == {KEEP}


def test_a_change_waits_until_the_one_before_it_is_done(made: Environment, account: Account, told: list[str]) -> None:
    of_cluster(PubliclyAccessible=True, EnhancedVpcRouting=False)(made)
    account.statuses = ["available", "available", "available", "modifying", "available"]
    account.calls.clear()
    create(made, told.append)
    modified = [list(asked) for asked in account.sent("redshift.ModifyCluster")]
    assert modified == [["ClusterIdentifier", "PubliclyAccessible"], ["ClusterIdentifier", "EnhancedVpcRouting"]]
    assert f"cluster {NAME}: modifying, after 0:00" in told

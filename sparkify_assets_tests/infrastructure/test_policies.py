"""What the policies let whom do: read as AWS reads them, and not one right more than COPY needs."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import pytest

from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.policies import (
    CLUSTERS,
    WORKGROUPS,
    Policy,
    reading,
    same,
    tls_only,
    trust,
    written,
)
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, opened, wanting

WORK_BUCKET = "sparkify-dev-123456789012-us-west-2"
PARTITIONS = ["aws", "aws-cn", "aws-us-gov"]
LAKE, WORK = ("music", "lake/"), (WORK_BUCKET, "work/")
ROOT = ("music", "")
# What somebody may try: on buckets, and on objects near those that may be read.
BUCKETS = ["music", "music2", "musi", "music-private", WORK_BUCKET, f"{WORK_BUCKET}2"]
KEYS = [
    "lake/log_data/1.json",
    "lake/",
    "lake",
    "lakes/1.json",
    "private/lake/1.json",
    "work/1.json",
    "worker/1.json",
    "changing",
]
LISTED = ["", "l", "lake", "lake/", "lake/log_data/", "lakes/", "work/", "worker/"]
OPERATIONS = boto3.client("s3", region_name="us-east-1").meta.service_model.operation_names
ACTIONS = sorted(
    {f"s3:{name}" for name in OPERATIONS} | {"s3:ListBucket", "s3:GetObjectVersion", "iam:PassRole", "sts:AssumeRole"}
)

Right = tuple[str, str, str]


@cache
def matches(pattern: str, text: str) -> bool:
    """Whether a text is meant by what AWS lets stand for more than itself."""
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL))


def several(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def speaks_of(statement: Mapping[str, Any], action: str) -> bool:
    """Whether a statement is about an action. One that says what is not understood here is none of ours."""
    assert statement.keys() <= {"Effect", "Action", "Resource", "Condition", "Principal"}
    assert statement.get("Condition", {}).keys() <= {"StringLike", "Bool"}
    return any(matches(each.lower(), action.lower()) for each in several(statement["Action"]))


def is_meant(statement: Mapping[str, Any], action: str, resource: str, asked: Mapping[str, str]) -> bool:
    """Whether a statement speaks of a request."""
    conditions = [item for keys in statement.get("Condition", {}).values() for item in keys.items()]
    return (
        speaks_of(statement, action)
        and any(matches(each, resource) for each in several(statement["Resource"]))
        and all(any(matches(each, asked.get(key, "")) for each in several(value)) for key, value in conditions)
    )


def lets(policy: Policy, action: str, resource: str, **asked: str) -> bool:
    """Whether AWS would let somebody do it, to whom nothing else is said."""
    meant = [each for each in policy["Statement"] if is_meant(each, action, resource, asked)]
    return any(each["Effect"] == "Allow" for each in meant) and not any(each["Effect"] == "Deny" for each in meant)


def rights(policy: Policy, partition: str = "aws") -> set[Right]:
    """All that a policy lets somebody do, of what is tried."""
    objects = [f"{bucket}/{key}" for bucket, key in itertools.product(BUCKETS, KEYS)]
    arns = {each: f"arn:{partition}:s3:::{each}" for each in (*BUCKETS, *objects)}
    listing = {
        ("s3:ListBucket", bucket, prefix)
        for bucket, prefix in itertools.product(BUCKETS, LISTED)
        if lets(policy, "s3:ListBucket", arns[bucket], **{"s3:prefix": prefix})
    }
    of_actions = {
        action: {**policy, "Statement": [each for each in policy["Statement"] if speaks_of(each, action)]}
        for action in ACTIONS
        if action != "s3:ListBucket"
    }
    return listing | {
        (action, each, "")
        for (action, spoken), each in itertools.product(of_actions.items(), arns)
        if lets(spoken, action, arns[each])
    }


def needed(*places: tuple[str, str]) -> set[Right]:
    """What COPY needs."""
    return {
        right
        for bucket, prefix in places
        for right in (
            ("s3:GetBucketLocation", bucket, ""),
            *(("s3:GetObject", f"{bucket}/{key}", "") for key in KEYS if key.startswith(prefix)),
            *(("s3:ListBucket", bucket, listed) for listed in LISTED if listed.startswith(prefix)),
        )
    }


def broken(change: Mapping[str, Any], number: int = 2) -> Policy:
    """The policy with one of its statements changed."""
    policy = json.loads(written(reading("aws", [LAKE, WORK])))
    policy["Statement"][number] |= change
    return {**policy, "Statement": [{k: v for k, v in each.items() if v} for each in policy["Statement"]]}


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("lake", [LAKE, ROOT])
def test_the_role_reads_the_lake_and_the_work_prefix_and_does_nothing_else(
    lake: tuple[str, str], partition: str
) -> None:
    policy = reading(partition, [lake, WORK])
    assert rights(policy, partition) == needed(lake, WORK)
    others = [each for each in PARTITIONS if each != partition]
    assert not any(rights(policy, other) for other in others)


@pytest.mark.parametrize(
    "policy",
    [
        broken({"Action": ["s3:GetObject", "s3:PutObject"]}),
        broken({"Action": ["s3:GetObject", "s3:DeleteObject"]}, 5),
        broken({"Action": "s3:Get*"}),
        broken({"Action": "*"}),
        broken({"Resource": "arn:aws:s3:::music/lake*"}),
        broken({"Resource": "arn:aws:s3:::music*/lake/*"}),
        broken({"Resource": "*"}),
        broken({"Condition": None}, 1),
        broken({"Resource": ["arn:aws:s3:::music", "arn:aws:s3:::music-private"]}, 1),
        broken({"Action": "s3:ListBucket"}, 0),
        broken({"Effect": "Deny"}),
    ],
)
def test_a_policy_that_lets_it_do_more_or_less_would_be_noticed(policy: Policy) -> None:
    assert rights(policy) != needed(LAKE, WORK)


@pytest.mark.parametrize(
    ("lake", "place"), [("s3://music/lake", LAKE), ("s3://music/lake/", LAKE), ("s3://music", ROOT)]
)
def test_the_role_that_is_made_has_that_policy_and_no_other(
    account: Account, told: list[str], lake: str, place: tuple[str, str]
) -> None:
    create(opened(replace(SETTINGS, lake=lake)), told.append)
    (asked,) = account.sent("iam.PutRolePolicy")
    assert rights(json.loads(asked["PolicyDocument"])) == needed(place, WORK)
    assert account.sent("iam.AttachRolePolicy") == []


def test_the_policy_is_written_like_this() -> None:
    assert reading("aws", [LAKE, ROOT]) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::music"},
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::music",
                "Condition": {"StringLike": {"s3:prefix": "lake/*"}},
            },
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::music/lake/*"},
            {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::music"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::music"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::music/*"},
        ],
    }


def test_redshift_alone_takes_the_role_on(either_made: Environment, account: Account) -> None:
    (asked,) = account.sent("iam.CreateRole")
    services = ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]
    (statement,) = json.loads(asked["AssumeRolePolicyDocument"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": services if either_made.is_serverless else services[1]},
        "Action": "sts:AssumeRole",
    }


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("resource", [WORK_BUCKET, f"{WORK_BUCKET}/work/1.json"])
def test_nobody_uses_the_bucket_without_tls(partition: str, resource: str) -> None:
    (statement,) = tls_only(partition, WORK_BUCKET)["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    arn = f"arn:{partition}:s3:::{resource}"
    for action in ACTIONS:
        if action.startswith("s3:"):
            assert is_meant(statement, action, arn, {"aws:SecureTransport": "false"})
            assert not is_meant(statement, action, arn, {"aws:SecureTransport": "true"})


def test_the_bucket_that_is_made_has_that_policy(made: Environment, account: Account) -> None:
    (asked,) = account.sent("s3.PutBucketPolicy")
    assert asked["Bucket"] == WORK_BUCKET
    assert json.loads(asked["Policy"]) == tls_only("aws", WORK_BUCKET)


def test_arns_are_of_the_partition_that_the_account_is_in(account: Account, told: list[str]) -> None:
    environment = opened(wanting(region="cn-north-1"))
    create(environment, told.append)
    assert environment.role.arn.startswith("arn:aws-cn:iam::123456789012:role/sparkify/")
    for asked in (
        account.sent("iam.PutRolePolicy")[0]["PolicyDocument"],
        account.sent("s3.PutBucketPolicy")[0]["Policy"],
    ):
        assert set(re.findall(r"arn:[\w-]+", asked)) == {"arn:aws-cn"}


def test_a_policy_is_the_same_however_aws_writes_it() -> None:
    meant = trust(WORKGROUPS)
    turned = {
        **meant,
        "Statement": {
            **meant["Statement"][0],
            "Principal": {"Service": sorted(WORKGROUPS)},
            "Action": ["sts:AssumeRole"],
        },
    }
    assert same(json.dumps(turned, indent=2), meant)
    assert same(turned, meant)


@pytest.mark.parametrize(
    "found",
    [
        "no JSON",
        trust(CLUSTERS),
        {**trust(WORKGROUPS), "Version": "2008-10-17"},
        {**trust(WORKGROUPS), "Statement": [*trust(WORKGROUPS)["Statement"], *trust(CLUSTERS)["Statement"]]},
        {"Statement": trust(WORKGROUPS)["Statement"]},
    ],
)
def test_another_policy_is_another(found: str | Policy) -> None:
    assert not same(found, trust(WORKGROUPS))

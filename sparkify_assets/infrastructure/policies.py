"""The policies that are attached to what is made, and whether one that is found is the one that is meant."""

import json
from collections.abc import Mapping
from typing import Any

Policy = Mapping[str, Any]

CLUSTERS = ("redshift.amazonaws.com",)
WORKGROUPS = ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com")


def trust(services: tuple[str, ...]) -> Policy:
    """Who may take a role on: Redshift, and nobody else."""
    principal = services[0] if len(services) == 1 else list(services)
    return _policy({"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"})


def reading(partition: str, places: list[tuple[str, str]]) -> Policy:
    """What COPY needs to read what lies under these prefixes, each a bucket and the beginning of its keys."""
    statements: list[dict[str, Any]] = []
    for bucket, prefix in places:
        of_bucket = f"arn:{partition}:s3:::{bucket}"
        listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": of_bucket}
        statements += [
            {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": of_bucket},
            {**listing, "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}}} if prefix else listing,
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{of_bucket}/{prefix}*"},
        ]
    return _policy(*statements)


def tls_only(partition: str, bucket: str) -> Policy:
    """Nobody reads or writes a bucket over a connection that is not encrypted."""
    of_bucket = f"arn:{partition}:s3:::{bucket}"
    return _policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [of_bucket, f"{of_bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def written(policy: Policy) -> str:
    """A policy as AWS takes it."""
    return json.dumps(policy)


def same(found: str | Policy, meant: Policy) -> bool:
    """Whether a policy that was found is the one that is meant, however it is written."""
    try:
        return bool(_plain(json.loads(found) if isinstance(found, str) else found) == _plain(meant))
    except ValueError:
        return False


def _plain(part: Any) -> Any:
    """A policy, or a part of one, without what AWS may write in another way: the order of a list, a list of one."""
    if isinstance(part, Mapping):
        return {key: _plain(each) for key, each in part.items()}
    if isinstance(part, list):
        return _plain(part[0]) if len(part) == 1 else sorted(map(_plain, part), key=repr)
    return part

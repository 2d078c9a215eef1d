"""AWS as the resources use it: clients, tags, and its errors in words that say how to go on."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import PROJECT

_FEWER = "ask AWS for more in Service Quotas, or remove one"
_AGAIN = "run the same command again: it goes on where it stopped"
# By AWS's code, or the beginning of it: what a person can do.
_REMEDIES = {
    "AccessDenied": "these credentials may not do that: ask for the right that AWS names, then {again}",
    "UnauthorizedOperation": "these credentials may not do that: ask for the right that AWS names, then {again}",
    "ExpiredToken": "the AWS credentials have expired: log in again, then {again}",
    "RequestExpired": "the AWS credentials have expired: log in again, then {again}",
    "InvalidClientTokenId": "there is no such access key: see AWS_PROFILE and AWS_ACCESS_KEY_ID",
    "UnrecognizedClient": "there is no such access key: see AWS_PROFILE and AWS_ACCESS_KEY_ID",
    "InvalidAccessKeyId": "there is no such access key: see AWS_PROFILE and AWS_ACCESS_KEY_ID",
    "AuthFailure": "AWS does not know these credentials in this region: see AWS_PROFILE and AWS_REGION",
    "OptInRequired": "this account does not have the service: enable it in AWS's console",
    "Throttl": "AWS asks to slow down: {again}",
    "RequestLimitExceeded": "AWS asks to slow down: {again}",
    "SlowDown": "AWS asks to slow down: {again}",
    "ClusterQuotaExceeded": f"the account has as many clusters as it may: {_FEWER}",
    # AWS says so too where it gives the account no such nodes at all.
    "NumberOfNodesQuotaExceeded": "the account has as many nodes as it may: ask AWS for more in Service Quotas, set "
    "SPARKIFY_CLUSTER_NODES lower, or choose another SPARKIFY_CLUSTER_NODE_TYPE",
    "NumberOfNodesPerClusterLimitExceeded": "no cluster may have so many nodes: set SPARKIFY_CLUSTER_NODES lower",
    "ServiceQuotaExceeded": f"the account has as many as it may: {_FEWER}",
    "LimitExceeded": f"the account has as many as it may: {_FEWER}",
    "SecurityGroupLimitExceeded": f"the VPC has as many security groups as it may: {_FEWER}",
    "TooManyBuckets": f"the account has as many buckets as it may: {_FEWER}",
    "ClusterSubnetGroupQuotaExceeded": f"the account has as many subnet groups as it may: {_FEWER}",
    "ClusterParameterGroupQuotaExceeded": f"the account has as many parameter groups as it may: {_FEWER}",
    "InsufficientClusterCapacity": "AWS has no such nodes free here: try later, another SPARKIFY_CLUSTER_NODE_TYPE, or "
    "another region",
    "UnsupportedOption": "this region does not have it: see SPARKIFY_CLUSTER_NODE_TYPE and the region",
    "InvalidParameter": "see that; if it is the nodes, SPARKIFY_CLUSTER_NODE_TYPE and NODES: not every region has "
    "every type, and a type has its least and greatest number",
    "BucketAlreadyExists": "another account has a bucket of this name: choose another SPARKIFY_CLUSTER_ENVIRONMENT",
    "InvalidSubnet": "see SPARKIFY_CLUSTER_SUBNETS",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SignatureDoesNotMatch": "the secret key is not that of the access key: see AWS_SECRET_ACCESS_KEY",
}


class Aws:
    """An account's services in a region, as one environment of the project uses them."""

    def __init__(self, region: str, environment: str, owner: str = "") -> None:
        with explained("AWS cannot be asked"):
            self._session = boto3.Session(region_name=region or None)
        self.environment, self.owner = environment, owner
        if not self._session.region_name:
            raise InfrastructureError("no region is set: set AWS_REGION, or SPARKIFY_REDSHIFT_REGION")
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            # Throttled requests are tried again, each time later.
            config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=60)
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    @cached_property
    def _identity(self) -> Mapping[str, str]:
        with explained("who these AWS credentials are"):
            identity: Mapping[str, str] = self.client("sts").get_caller_identity()
            return identity

    @property
    def account(self) -> str:
        return self._identity["Account"]

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of a government."""
        return self._identity["Arn"].split(":")[1]

    @property
    def name(self) -> str:
        """What whatever has one name is called."""
        return f"{PROJECT}-{self.environment}"

    @property
    def tags(self) -> list[dict[str, str]]:
        """What everything that is made is tagged with, as most services take it."""
        return [{"Key": key, "Value": value} for key, value in {**self.mark, "owner": self.owner}.items()]

    @property
    def mark(self) -> dict[str, str]:
        """The tags by which what was made is known."""
        return {"project": PROJECT, "environment": self.environment}

    def made(self, tags: Mapping[str, str]) -> bool:
        """Whether these are the tags of what was made here."""
        return self.mark.items() <= tags.items()

    def pages(self, service: str, call: str, field: str, **asked: object) -> Iterator[Any]:
        """Everything that a listing gives, page by page."""
        for page in self.client(service).get_paginator(call).paginate(**asked):
            yield from page.get(field, ())


class OfService:
    """What the resources have in common: the environment's account, the service that they are of, and a name, which is
    the environment's unless they need another."""

    service: str

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @property
    def name(self) -> str:
        return self._aws.name

    @property
    def _client(self) -> Any:
        return self._aws.client(self.service)


def read_tags(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags as AWS gives them, of which each service has its own spelling."""
    return {tag.get("Key") or tag["key"]: str(tag.get("Value", tag.get("value", ""))) for tag in tags or ()}


def tagged_in_redshift(aws: Aws, kind: str) -> list[str]:
    """What Redshift has of a kind, as its ARNs name it, with the environment's tags."""
    tags: dict[str, dict[str, str]] = {}
    asked = {"TagKeys": list(aws.mark), "TagValues": list(aws.mark.values())}
    for found in aws.pages("redshift", "describe_tags", "TaggedResources", **asked):
        tags.setdefault(str(found["ResourceName"]), {}).update(read_tags([found["Tag"]]))
    return [arn for arn, on_it in tags.items() if arn.split(":")[5] == kind and aws.made(on_it)]


def code_of(error: ClientError) -> str:
    """AWS's code for what went wrong, without the `Fault` that some services end it with."""
    return str(error.response.get("Error", {}).get("Code", "")).removesuffix("Fault").removesuffix("Exception")


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Let it be if AWS says that it is so already."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Say what could not be done, what AWS says of it, and how to go on."""
    try:
        yield
    except ClientError as error:
        code, said = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
        remedy = next((words for known, words in _REMEDIES.items() if code.startswith(known)), "see that, then {again}")
        raise InfrastructureError(f"{what}: AWS says {code}: {said}: {remedy.format(again=_AGAIN)}") from error
    except BotoCoreError as error:
        said = " ".join(str(error).split())
        raise InfrastructureError(
            f"{what}: {said}: see AWS_PROFILE, AWS_REGION and the connection; it may have taken effect: {_AGAIN}"
        ) from error

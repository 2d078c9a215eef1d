"""An environment: all resources of one, in the order in which they are made, from the settings.

What AWS would take and one would regret is refused here: dc2 nodes, an open ingress, names that AWS cannot use.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import Resource
from sparkify_assets.infrastructure.aws import Aws
from sparkify_assets.infrastructure.bucket import WORK, WorkBucket
from sparkify_assets.infrastructure.network import Network, SecurityGroup, SubnetGroup
from sparkify_assets.infrastructure.policies import CLUSTERS, WORKGROUPS
from sparkify_assets.infrastructure.prices import Cost, cost_of_nodes, cost_of_rpus
from sparkify_assets.infrastructure.provisioned import Cluster, ParameterGroup
from sparkify_assets.infrastructure.role import CopyRole
from sparkify_assets.infrastructure.serverless import Namespace, UsageLimit, Workgroup
from sparkify_assets.lake.s3 import S3Place
from sparkify_assets.settings import Infrastructure, Settings

# So that the longest name made of it, the bucket's, is one that S3 takes.
_NAME = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,14}(?<!-)")
_TAG = re.compile(r"[\w .:/=+@-]{1,256}")
_LEAST_RPUS = 4


@dataclass(frozen=True)
class Environment:
    """What is to be there; and what may be there from an earlier wish: a cluster or a workgroup, whichever is not now
    wanted."""

    wanted: Infrastructure
    lake: str
    aws: Aws

    @property
    def name(self) -> str:
        return self.wanted.environment

    @property
    def is_serverless(self) -> bool:
        return self.wanted.rpus > 0

    @cached_property
    def network(self) -> Network:
        return Network(self.aws, self.wanted.subnets)

    @cached_property
    def bucket(self) -> WorkBucket:
        return WorkBucket(self.aws)

    @cached_property
    def role(self) -> CopyRole:
        lake = S3Place.parse(self.lake)
        places = [(lake.bucket, lake.prefix), (self.bucket.name, WORK)]
        return CopyRole(self.aws, WORKGROUPS if self.is_serverless else CLUSTERS, places)

    @cached_property
    def group(self) -> SecurityGroup:
        return SecurityGroup(self.aws, self.network, self.wanted.cidr)

    @cached_property
    def cluster(self) -> Cluster:
        return Cluster(self.aws, self.wanted.node_type, self.wanted.nodes, self.group, self.role)

    @cached_property
    def namespace(self) -> Namespace:
        return Namespace(self.aws, self.role)

    @cached_property
    def workgroup(self) -> Workgroup:
        return Workgroup(self.aws, self.wanted.rpus, self.network, self.group)

    @property
    def resources(self) -> Sequence[Resource]:
        """What is to be there, each after what it needs."""
        return (self.bucket, self.role, self.group, *(self._serverless if self.is_serverless else self._provisioned))

    @property
    def all_resources(self) -> Sequence[Resource]:
        """What may be there under our names."""
        return (self.bucket, self.role, self.group, *self._serverless, *self._provisioned)

    @property
    def _provisioned(self) -> tuple[Resource, ...]:
        return (SubnetGroup(self.aws, self.network), ParameterGroup(self.aws), self.cluster)

    @property
    def _serverless(self) -> tuple[Resource, ...]:
        return (self.namespace, self.workgroup, UsageLimit(self.aws, self.wanted.rpu_hours, self.workgroup))

    @property
    def cost(self) -> Cost:
        if self.is_serverless:
            return cost_of_rpus(self.aws.region, self.wanted.rpus, self.wanted.rpu_hours)
        return cost_of_nodes(self.aws.region, self.wanted.node_type, self.wanted.nodes)


def open_environment(settings: Settings) -> Environment:
    """The environment that the settings name, as it is to be looked at or removed."""
    wanted = settings.cluster
    if not _NAME.fullmatch(wanted.environment):
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_ENVIRONMENT is {wanted.environment!r}: expected what all names in AWS can be made of, "
            "such as dev: a letter, then letters, digits and single hyphens, lower-case, at most 15"
        )
    return Environment(wanted, settings.lake, Aws(wanted.region, wanted.environment, wanted.owner))


def check(environment: Environment) -> None:
    """Refuse what is not to be made, before anything is."""
    wanted, lake = environment.wanted, S3Place.parse(environment.lake)
    if not _TAG.fullmatch(wanted.owner):
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_OWNER is {wanted.owner!r}: expected who pays and is asked, such as data@example.com: "
            "every resource is tagged with it (letters, digits, spaces and . : / = + - @)"
        )
    if not environment.lake.startswith("s3://"):
        raise InfrastructureError(
            f"SPARKIFY_LAKE is {environment.lake!r}: expected s3://bucket/prefix: the role is made to read exactly that"
        )
    if set("*?$") & set(lake.prefix):
        raise InfrastructureError(
            f"SPARKIFY_LAKE is {environment.lake!r}: expected a prefix without * ? and $, which in a policy stand for "
            "more than themselves: the role would read what is not the lake"
        )
    check_lake(environment)
    _check_cidr(wanted.cidr)
    if not environment.is_serverless:
        _check_nodes(wanted)
    elif wanted.rpus % 8 and wanted.rpus != _LEAST_RPUS:
        raise InfrastructureError(f"SPARKIFY_CLUSTER_RPUS is {wanted.rpus}: expected 4, or a multiple of 8 up to 1024")


def check_lake(environment: Environment) -> None:
    """Refuse a lake in the work bucket, which goes with all that is in it."""
    if S3Place.parse(environment.lake).bucket == environment.bucket.name:
        raise InfrastructureError(
            f"SPARKIFY_LAKE is {environment.lake!r}: that is in the work bucket, which `sparkify cluster destroy` "
            "empties and removes: move the lake to a bucket of its own"
        )


def _check_cidr(cidr: str) -> None:
    expected = "expected the addresses that may reach the warehouse, such as 10.0.0.0/16"
    try:
        network = ip_network(cidr)
    except ValueError as error:
        raise InfrastructureError(f"SPARKIFY_CLUSTER_CIDR is {cidr!r}: {error}: {expected}") from error
    if network.version != 4 or str(network) != cidr:
        raise InfrastructureError(f"SPARKIFY_CLUSTER_CIDR is {cidr!r}: {expected}")
    if network.prefixlen < 8:
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_CIDR is {cidr}: that lets in {network.num_addresses:,} addresses: {expected}"
        )


def _check_nodes(wanted: Infrastructure) -> None:
    if wanted.node_type.startswith(("dc", "ds")):
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_NODE_TYPE is {wanted.node_type}: AWS makes no more clusters of these nodes, though its "
            "API still lists them: expected ra3.large, another ra3 or rg type, or SPARKIFY_CLUSTER_RPUS for serverless"
        )
    if not re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+", wanted.node_type):
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_NODE_TYPE is {wanted.node_type!r}: expected a type such as ra3.large"
        )

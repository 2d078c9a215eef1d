"""An environment: what the settings ask for, as the template's parameters, and what of it is there.

The template's own constraints refuse most of what one would regret. Here is what only this side knows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import Aws
from sparkify_assets.infrastructure.prices import Cost, cost_of_nodes, cost_of_rpus
from sparkify_assets.infrastructure.stack import Stack
from sparkify_assets.lake.s3 import S3Place
from sparkify_assets.settings import Infrastructure, Settings

_NAME = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,14}(?<!-)")


@dataclass(frozen=True)
class Environment:
    """What is wanted, and the account in which it is wanted."""

    wanted: Infrastructure
    lake: str
    aws: Aws

    @property
    def name(self) -> str:
        return self.wanted.environment

    @property
    def is_serverless(self) -> bool:
        return self.wanted.rpus > 0

    @property
    def stack(self) -> Stack:
        return Stack(self.aws)

    @property
    def cost(self) -> Cost:
        if self.is_serverless:
            return cost_of_rpus(self.aws.region, self.wanted.rpus, self.wanted.rpu_hours)
        return cost_of_nodes(self.aws.region, self.wanted.node_type, self.wanted.nodes)

    @property
    def reaches_s3(self) -> bool:
        """Whether the VPC has an endpoint of S3. All that the warehouse reads goes through the VPC."""
        names = {"vpc-id": self.vpc, "service-name": f"com.amazonaws.{self.aws.region}.s3"}
        return bool(self._ec2("describe_vpc_endpoints", "VpcEndpoints", names))

    def cluster(self) -> Mapping[str, Any] | None:
        """Return what AWS knows of the stack's cluster, or None."""
        asked = {"ClusterIdentifier": self.aws.name}
        found = self._look("AWS::Redshift::Cluster", "redshift", "describe_clusters", **asked)
        return found["Clusters"][0] if found else None

    def workgroup(self) -> Mapping[str, Any] | None:
        """Return what AWS knows of the stack's workgroup, or None."""
        asked = {"workgroupName": self.aws.name}
        found = self._look("AWS::RedshiftServerless::Workgroup", "redshift-serverless", "get_workgroup", **asked)
        return found["workgroup"] if found else None

    def namespace(self) -> Mapping[str, Any] | None:
        """Return what AWS knows of the stack's namespace, or None."""
        asked = {"namespaceName": self.aws.name}
        found = self._look("AWS::RedshiftServerless::Namespace", "redshift-serverless", "get_namespace", **asked)
        return found["namespace"] if found else None

    def _look(self, kind: str, service: str, call: str, **asked: str) -> Any:
        if not self.stack.has(kind):
            return None
        return self.aws.ask(service, call, ("ClusterNotFound", "ResourceNotFound"), **asked)

    def parameters(self) -> dict[str, str]:
        """Return the template's parameters that the settings decide, or refuse what should not be created."""
        wanted, lake = self.wanted, S3Place.parse(self.lake)
        if not wanted.owner:
            raise InfrastructureError(
                "SPARKIFY_CLUSTER_OWNER is '': expected who pays and is asked, such as data@example.com: every "
                "resource is tagged with it"
            )
        if not self.lake.startswith("s3://"):
            raise InfrastructureError(
                f"SPARKIFY_LAKE is {self.lake!r}: expected s3://bucket/prefix: the role may read exactly that"
            )
        zones = {subnet["AvailabilityZone"] for subnet in self._subnets}
        if len(zones) < (least := 3 if self.is_serverless else 2):
            raise InfrastructureError(
                f"the subnets are in {', '.join(sorted(zones))}: expected subnets in {least} Availability Zones: see "
                "SPARKIFY_CLUSTER_SUBNETS"
            )
        return {
            "LakeBucket": lake.bucket,
            "LakePrefix": lake.prefix,
            "Vpc": self.vpc,
            "Subnets": ",".join(sorted(subnet["SubnetId"] for subnet in self._subnets)),
            "Cidr": wanted.cidr,
            "S3PrefixList": self._s3_prefix_list,
            "NodeType": wanted.node_type,
            "Nodes": str(wanted.nodes),
            "Rpus": str(wanted.rpus),
            "KmsKey": wanted.kms_key,
            "LakeKmsKey": wanted.lake_kms_key,
            "PermissionsBoundary": wanted.permissions_boundary,
        }

    @property
    def vpc(self) -> str:
        vpcs = {str(subnet["VpcId"]) for subnet in self._subnets}
        if len(vpcs) > 1:
            raise InfrastructureError(
                f"SPARKIFY_CLUSTER_SUBNETS are in the VPCs {' and '.join(sorted(vpcs))}: expected subnets of one"
            )
        return vpcs.pop()

    @cached_property
    def _subnets(self) -> list[Any]:
        """The subnets that the settings name, or those of the default VPC."""
        if self.wanted.subnets:
            asked = {"SubnetIds": list(self.wanted.subnets)}
            return list(self.aws.ask("ec2", "describe_subnets", **asked)["Subnets"])
        found = self._ec2("describe_subnets", "Subnets", {"default-for-az": "true"})
        if not found:
            raise InfrastructureError(
                f"there is no default VPC with subnets in {self.aws.region}: set SPARKIFY_CLUSTER_SUBNETS to subnets "
                "of yours"
            )
        return found

    @property
    def _s3_prefix_list(self) -> str:
        names = {"prefix-list-name": f"com.amazonaws.{self.aws.region}.s3"}
        found = self._ec2("describe_managed_prefix_lists", "PrefixLists", names)
        if not found:
            raise InfrastructureError(f"{self.aws.region} has no prefix list of S3: choose another region")
        return str(found[0]["PrefixListId"])

    def _ec2(self, call: str, field: str, names: Mapping[str, str]) -> list[Any]:
        return self.aws.pages("ec2", call, field, Filters=[{"Name": n, "Values": [v]} for n, v in names.items()])


def open_environment(settings: Settings) -> Environment:
    """Return the environment that the settings name, as it is to be looked at or removed."""
    wanted = settings.cluster
    if not _NAME.fullmatch(wanted.environment):
        raise InfrastructureError(
            f"SPARKIFY_CLUSTER_ENVIRONMENT is {wanted.environment!r}: expected what all names in AWS can begin with, "
            "such as dev: a letter, then letters, digits and single hyphens, lower-case, at most 15"
        )
    return Environment(wanted, settings.lake, Aws(wanted.region, wanted.environment, wanted.owner))


def refuse_lake_in(work: str, lake: str) -> None:
    """Refuse a lake in the work bucket, which is deleted with all that is in it."""
    if work and S3Place.parse(lake).bucket == S3Place.parse(work).bucket:
        raise InfrastructureError(
            f"SPARKIFY_LAKE is {lake!r}: that is in the work bucket, which `sparkify cluster destroy` empties and "
            "deletes: move the lake to a bucket of its own"
        )

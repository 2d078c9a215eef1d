"""Where a warehouse is in the network, and who reaches it: its subnets, and a security group with one rule."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import Seen, Setting
from sparkify_assets.infrastructure.aws import Aws, OfService, explained, read_tags, tagged_in_redshift, unless

PORT = 5439


class Network:
    """The subnets that were asked for, or those of the default VPC. Made by nobody here."""

    def __init__(self, aws: Aws, subnets: Sequence[str]) -> None:
        self._aws, self._asked = aws, subnets

    @cached_property
    def subnets(self) -> list[str]:
        return sorted(str(subnet["SubnetId"]) for subnet in self._found)

    @cached_property
    def vpc(self) -> str:
        vpcs = {str(subnet["VpcId"]) for subnet in self._found}
        if len(vpcs) > 1:
            raise InfrastructureError(
                f"SPARKIFY_CLUSTER_SUBNETS are in the VPCs {' and '.join(sorted(vpcs))}: expected subnets of one"
            )
        return vpcs.pop()

    @cached_property
    def reaches_s3(self) -> bool:
        """Whether the VPC has an endpoint of S3. All that the warehouse reads goes through the VPC."""
        with explained(f"the endpoints of {self.vpc} cannot be listed"):
            found = self._aws.client("ec2").describe_vpc_endpoints(
                Filters=[
                    {"Name": "vpc-id", "Values": [self.vpc]},
                    {"Name": "service-name", "Values": [f"com.amazonaws.{self._aws.region}.s3"]},
                ]
            )["VpcEndpoints"]
        return bool(found)

    @cached_property
    def _found(self) -> list[Any]:
        client = self._aws.client("ec2")
        with explained("the subnets cannot be listed"):
            if self._asked:
                return list(client.describe_subnets(SubnetIds=list(self._asked))["Subnets"])
            vpcs = client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
            if not vpcs:
                raise InfrastructureError(
                    f"there is no default VPC in {self._aws.region}: set SPARKIFY_CLUSTER_SUBNETS to subnets of yours"
                )
            vpc = vpcs[0]["VpcId"]
            found = list(client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"])
        if not found:
            raise InfrastructureError(
                f"the default VPC {vpc} has no subnets: make some in it, or set SPARKIFY_CLUSTER_SUBNETS to others"
            )
        return found


class SecurityGroup(OfService):
    """Lets one range of addresses in, on Redshift's port; nothing else."""

    kind, slow, service = "security group", False, "ec2"

    def __init__(self, aws: Aws, network: Network, cidr: str) -> None:
        super().__init__(aws)
        self._network, self._cidr = network, cidr

    def settings(self) -> Mapping[str, Setting]:
        return {
            "VPC": Setting(self._network.vpc),
            "lets in": Setting(f"tcp {PORT} from {self._cidr}", self._let_in),
        }

    def look(self) -> Seen | None:
        found = self._client.describe_security_groups(Filters=[{"Name": "group-name", "Values": [self.name]}])
        groups = found["SecurityGroups"]
        # Another VPC may have a group of this name, which is none of ours.
        group = next((each for each in groups if self._aws.made(read_tags(each.get("Tags")))), None) or next(
            iter(groups), None
        )
        if not group:
            return None
        rules = [*_in_words(group["IpPermissions"])]
        return Seen(
            str(group["GroupId"]),
            read_tags(group.get("Tags")),
            {"VPC": str(group["VpcId"]), "lets in": ", ".join(sorted(rules)) or "nothing"},
        )

    def make(self) -> None:
        with unless("InvalidGroup.Duplicate"):
            self._client.create_security_group(
                GroupName=self.name,
                Description=f"Who reaches the Sparkify warehouse {self._aws.environment}",
                VpcId=self._network.vpc,
                TagSpecifications=[{"ResourceType": "security-group", "Tags": self._aws.tags}],
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("InvalidGroup.NotFound"):
            self._client.delete_security_group(GroupId=seen.id)

    def id(self) -> str:
        """By which others are put into it."""
        seen = self.look()
        if not seen:
            raise InfrastructureError(f"the security group {self.name} is not there: create it first")
        return seen.id

    def in_words(self, groups: Sequence[str]) -> str:
        """The groups that something is in: our name, if it is in ours alone."""
        seen = self.look()
        return self.name if seen and list(groups) == [seen.id] else ", ".join(groups) or "none"

    def search(self) -> list[str]:
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in self._aws.mark.items()]
        found = self._aws.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return [str(group["GroupId"]) for group in found]

    def _let_in(self, seen: Seen) -> None:
        """Add the rule, and take away every other: who may come in is said in one place."""
        rule = {
            "IpProtocol": "tcp",
            "FromPort": PORT,
            "ToPort": PORT,
            "IpRanges": [{"CidrIp": self._cidr, "Description": "who may use the warehouse"}],
        }
        with unless("InvalidPermission.Duplicate"):
            self._client.authorize_security_group_ingress(GroupId=seen.id, IpPermissions=[rule])
        group = self._client.describe_security_groups(GroupIds=[seen.id])["SecurityGroups"][0]
        for permission in group["IpPermissions"]:
            others = {
                **permission,
                "IpRanges": [each for each in permission["IpRanges"] if not self._is_ours(permission, each)],
            }
            if any(others.get(kind) for kind in _WHO):
                with unless("InvalidPermission.NotFound"):
                    self._client.revoke_security_group_ingress(GroupId=seen.id, IpPermissions=[others])

    def _is_ours(self, permission: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
        ports = permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort")
        return ports == ("tcp", PORT, PORT) and source["CidrIp"] == self._cidr


# What a rule may name as a source, and the field that says which.
_WHO = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId", "UserIdGroupPairs": "GroupId"}


def _in_words(permissions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rules, one for each source."""
    words = []
    for permission in permissions:
        first, last = permission.get("FromPort"), permission.get("ToPort")
        ports = "" if first is None else f" {first}" if first == last else f" {first}-{last}"
        for kind, field in _WHO.items():
            words += [f"{permission['IpProtocol']}{ports} from {source[field]}" for source in permission.get(kind, ())]
    return words


class SubnetGroup(OfService):
    """The subnets that a cluster may be put into."""

    kind, slow, service = "subnet group", False, "redshift"

    def __init__(self, aws: Aws, network: Network) -> None:
        super().__init__(aws)
        self._network = network

    def settings(self) -> Mapping[str, Setting]:
        return {"subnets": Setting(", ".join(self._network.subnets), self._move)}

    def look(self) -> Seen | None:
        with unless("ClusterSubnetGroupNotFound"):
            group = self._client.describe_cluster_subnet_groups(ClusterSubnetGroupName=self.name)[
                "ClusterSubnetGroups"
            ][0]
            subnets = sorted(str(subnet["SubnetIdentifier"]) for subnet in group["Subnets"])
            return Seen(self.name, read_tags(group.get("Tags")), {"subnets": ", ".join(subnets)})
        return None

    def make(self) -> None:
        with unless("ClusterSubnetGroupAlreadyExists"):
            self._client.create_cluster_subnet_group(
                ClusterSubnetGroupName=self.name,
                Description=f"The Sparkify warehouse {self._aws.environment}",
                SubnetIds=self._network.subnets,
                Tags=self._aws.tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("ClusterSubnetGroupNotFound"):
            self._client.delete_cluster_subnet_group(ClusterSubnetGroupName=self.name)

    def search(self) -> list[str]:
        return tagged_in_redshift(self._aws, "subnetgroup")

    def _move(self, seen: Seen) -> None:
        self._client.modify_cluster_subnet_group(ClusterSubnetGroupName=self.name, SubnetIds=self._network.subnets)

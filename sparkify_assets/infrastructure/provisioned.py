"""A provisioned cluster and its parameter group."""

from collections.abc import Callable, Mapping
from typing import Any

from sparkify_assets.infrastructure import READY, Seen, Setting
from sparkify_assets.infrastructure.aws import Aws, OfService, read_tags, tagged_in_redshift, unless
from sparkify_assets.infrastructure.network import PORT, SecurityGroup
from sparkify_assets.infrastructure.role import CopyRole

DATABASE, ADMINISTRATOR = "sparkify", "sparkify_admin"
_SNAPSHOT_DAYS = 7
_MAINTENANCE = "sun:03:00-sun:03:30"
_YES_NO = {True: "yes", False: "no"}


class ParameterGroup(OfService):
    """What holds for every session: TLS."""

    kind, slow, service = "parameter group", False, "redshift"

    def settings(self) -> Mapping[str, Setting]:
        return {"require_ssl": Setting("true", self._require_tls)}

    def look(self) -> Seen | None:
        with unless("ClusterParameterGroupNotFound"):
            group = self._client.describe_cluster_parameter_groups(ParameterGroupName=self.name)["ParameterGroups"][0]
            found = self._aws.pages(
                "redshift", "describe_cluster_parameters", "Parameters", ParameterGroupName=self.name
            )
            values = {str(each["ParameterName"]): str(each.get("ParameterValue")) for each in found}
            return Seen(self.name, read_tags(group.get("Tags")), {"require_ssl": values.get("require_ssl", "not set")})
        return None

    def make(self) -> None:
        with unless("ClusterParameterGroupAlreadyExists"):
            self._client.create_cluster_parameter_group(
                ParameterGroupName=self.name,
                # `redshift-1.0` is the family of the clusters before 2025; both are there.
                ParameterGroupFamily="redshift-2.0",
                Description=f"The Sparkify warehouse {self._aws.environment}",
                Tags=self._aws.tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("ClusterParameterGroupNotFound"):
            self._client.delete_cluster_parameter_group(ParameterGroupName=self.name)

    def search(self) -> list[str]:
        return tagged_in_redshift(self._aws, "parametergroup")

    def _require_tls(self, seen: Seen) -> None:
        self._client.modify_cluster_parameter_group(
            ParameterGroupName=self.name, Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}]
        )


class Cluster(OfService):
    """The cluster: encrypted, not public, its administrator's password kept and changed by Secrets Manager."""

    kind, slow, service = "cluster", True, "redshift"

    def __init__(self, aws: Aws, node_type: str, nodes: int, group: SecurityGroup, role: CopyRole) -> None:
        super().__init__(aws)
        self._node_type, self._nodes = node_type, nodes
        self._group, self._role = group, role

    def settings(self) -> Mapping[str, Setting]:
        return {
            "nodes": Setting(f"{self._nodes} x {self._node_type}"),
            "database": Setting(DATABASE),
            "encrypted": Setting("yes", self._changing(Encrypted=True)),
            "public": Setting("no", self._changing(PubliclyAccessible=False)),
            "enhanced VPC routing": Setting("yes", self._changing(EnhancedVpcRouting=True)),
            "administrator's password": Setting("in Secrets Manager", self._changing(ManageMasterPassword=True)),
            "parameter group": Setting(self.name, self._changing(ClusterParameterGroupName=self.name)),
            "parameters": Setting("applied"),
            "security group": Setting(self._group.name, self._protect),
            "role": Setting(self._role.name, self._give_role),
            "maintenance": Setting(_MAINTENANCE, self._changing(PreferredMaintenanceWindow=_MAINTENANCE)),
            "snapshots": Setting(
                f"each day, for {_SNAPSHOT_DAYS} days", self._changing(AutomatedSnapshotRetentionPeriod=_SNAPSHOT_DAYS)
            ),
        }

    def look(self) -> Seen | None:
        found = self.describe()
        if not found:
            return None
        roles = _roles(found)
        groups = [str(group["VpcSecurityGroupId"]) for group in found.get("VpcSecurityGroups", ())]
        parameters = found["ClusterParameterGroups"]
        # Those that have changed are used from the next reboot on.
        waiting = {str(group["ParameterApplyStatus"]) for group in parameters} - {"in-sync"}
        return Seen(
            self.name,
            read_tags(found.get("Tags")),
            {
                "nodes": f"{found['NumberOfNodes']} x {found['NodeType']}",
                "database": str(found["DBName"]),
                "encrypted": _YES_NO[bool(found["Encrypted"])],
                "public": _YES_NO[bool(found["PubliclyAccessible"])],
                "enhanced VPC routing": _YES_NO[bool(found["EnhancedVpcRouting"])],
                "administrator's password": "in Secrets Manager"
                if found.get("MasterPasswordSecretArn")
                else "elsewhere",
                "parameter group": ", ".join(group["ParameterGroupName"] for group in parameters),
                "parameters": ", ".join(sorted(waiting)) or "applied",
                "security group": self._group.in_words(groups),
                "role": self._role.name if roles == [self._role.arn] else ", ".join(roles) or "none",
                "maintenance": str(found["PreferredMaintenanceWindow"]),
                "snapshots": f"each day, for {found['AutomatedSnapshotRetentionPeriod']} days",
            },
            _state(found),
        )

    def describe(self) -> Mapping[str, Any] | None:
        """What AWS knows of it."""
        with unless("ClusterNotFound"):
            found: Mapping[str, Any] = self._client.describe_clusters(ClusterIdentifier=self.name)["Clusters"][0]
            return found
        return None

    def make(self) -> None:
        with unless("ClusterAlreadyExists"):
            self._client.create_cluster(
                ClusterIdentifier=self.name,
                NodeType=self._node_type,
                **({"ClusterType": "single-node"} if self._nodes == 1 else {}),
                **({"ClusterType": "multi-node", "NumberOfNodes": self._nodes} if self._nodes > 1 else {}),
                DBName=DATABASE,
                MasterUsername=ADMINISTRATOR,
                ManageMasterPassword=True,
                Port=PORT,
                Encrypted=True,
                PubliclyAccessible=False,
                EnhancedVpcRouting=True,
                ClusterSubnetGroupName=self.name,
                ClusterParameterGroupName=self.name,
                VpcSecurityGroupIds=[self._group.id()],
                IamRoles=[self._role.arn],
                PreferredMaintenanceWindow=_MAINTENANCE,
                AllowVersionUpgrade=True,
                AutomatedSnapshotRetentionPeriod=_SNAPSHOT_DAYS,
                Tags=self._aws.tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        final = {"FinalClusterSnapshotIdentifier": snapshot} if snapshot else {}
        with unless("ClusterNotFound"):
            self._client.delete_cluster(ClusterIdentifier=self.name, SkipFinalClusterSnapshot=not snapshot, **final)

    def search(self) -> list[str]:
        return tagged_in_redshift(self._aws, "cluster")

    def pause(self) -> None:
        self._client.pause_cluster(ClusterIdentifier=self.name)

    def resume(self) -> None:
        self._client.resume_cluster(ClusterIdentifier=self.name)

    def take_snapshot(self, name: str) -> None:
        with unless("ClusterSnapshotAlreadyExists"):
            self._client.create_cluster_snapshot(
                ClusterIdentifier=self.name, SnapshotIdentifier=name, Tags=self._aws.tags
            )

    def snapshots(self) -> dict[str, str]:
        """The snapshots that stay when the cluster goes, and how far each is."""
        found = self._aws.pages(
            "redshift", "describe_cluster_snapshots", "Snapshots", ClusterIdentifier=self.name, SnapshotType="manual"
        )
        with unless("ClusterNotFound", "ClusterSnapshotNotFound"):
            return {str(each["SnapshotIdentifier"]): str(each["Status"]) for each in found}
        return {}

    def _changing(self, **settings: object) -> Callable[[Seen], None]:
        def change(seen: Seen) -> None:
            self._client.modify_cluster(ClusterIdentifier=self.name, **settings)

        return change

    def _protect(self, seen: Seen) -> None:
        self._client.modify_cluster(ClusterIdentifier=self.name, VpcSecurityGroupIds=[self._group.id()])

    def _give_role(self, seen: Seen) -> None:
        others = [role for role in _roles(self.describe() or {}) if role != self._role.arn]
        self._client.modify_cluster_iam_roles(
            ClusterIdentifier=self.name, AddIamRoles=[self._role.arn], RemoveIamRoles=others
        )


def _roles(found: Mapping[str, Any]) -> list[str]:
    return [str(role["IamRoleArn"]) for role in found.get("IamRoles", ())]


def _state(found: Mapping[str, Any]) -> str:
    """READY once it is, and nothing that was asked for is still under way."""
    status = str(found["ClusterStatus"])
    if status != "available":
        return status
    return "being changed" if found.get("PendingModifiedValues") else READY

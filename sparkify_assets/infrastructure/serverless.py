"""A serverless warehouse: a namespace that holds the data, a workgroup that computes, and a limit to its use."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import READY, Seen, Setting
from sparkify_assets.infrastructure.aws import Aws, OfService, read_tags, unless
from sparkify_assets.infrastructure.network import PORT, Network, SecurityGroup
from sparkify_assets.infrastructure.provisioned import ADMINISTRATOR, DATABASE
from sparkify_assets.infrastructure.role import CopyRole

SERVICE = "redshift-serverless"
# How many days a final snapshot is kept; -1 would be for ever.
_SNAPSHOT_DAYS = 90


class _Serverless(OfService):
    """What namespaces and workgroups have in common: their service, and its spelling of tags."""

    service = SERVICE

    @property
    def _tags(self) -> list[dict[str, str]]:
        return [{"key": tag["Key"], "value": tag["Value"]} for tag in self._aws.tags]

    def _tags_of(self, arn: str) -> dict[str, str]:
        return read_tags(self._client.list_tags_for_resource(resourceArn=arn)["tags"])

    def _made(self, listing: str, field: str, arn: str) -> list[str]:
        found = [str(each[arn]) for each in self._aws.pages(SERVICE, listing, field)]
        return [each for each in found if self._aws.made(self._tags_of(each))]


class Namespace(_Serverless):
    """The data: databases, users, the role, the administrator's password in Secrets Manager."""

    kind, slow = "namespace", True

    def __init__(self, aws: Aws, role: CopyRole) -> None:
        super().__init__(aws)
        self._role = role

    def settings(self) -> Mapping[str, Setting]:
        return {
            "database": Setting(DATABASE),
            "administrator's password": Setting("in Secrets Manager", self._changing(manageAdminPassword=True)),
            "role": Setting(self._role.name, self._give_role),
        }

    def look(self) -> Seen | None:
        found = self.describe()
        if not found:
            return None
        # AWS writes each as `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`, in either order.
        roles = [arn for role in found.get("iamRoles", ()) for arn in re.findall(r"arn:[^,)\s]+", role)]
        return Seen(
            str(found["namespaceArn"]),
            self._tags_of(found["namespaceArn"]),
            {
                "database": str(found["dbName"]),
                "administrator's password": "in Secrets Manager"
                if found.get("adminPasswordSecretArn")
                else "elsewhere",
                "role": self._role.name if roles == [self._role.arn] else ", ".join(roles) or "none",
            },
            READY if found["status"] == "AVAILABLE" else str(found["status"]).lower(),
        )

    def describe(self) -> Mapping[str, Any] | None:
        """What AWS knows of it."""
        with unless("ResourceNotFound"):
            found: Mapping[str, Any] = self._client.get_namespace(namespaceName=self.name)["namespace"]
            return found
        return None

    def make(self) -> None:
        with unless("Conflict"):
            self._client.create_namespace(
                namespaceName=self.name,
                dbName=DATABASE,
                adminUsername=ADMINISTRATOR,
                manageAdminPassword=True,
                iamRoles=[self._role.arn],
                defaultIamRoleArn=self._role.arn,
                tags=self._tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        final = {"finalSnapshotName": snapshot, "finalSnapshotRetentionPeriod": _SNAPSHOT_DAYS} if snapshot else {}
        with unless("ResourceNotFound"):
            self._client.delete_namespace(namespaceName=self.name, **final)

    def search(self) -> list[str]:
        return self._made("list_namespaces", "namespaces", "namespaceArn")

    def take_snapshot(self, name: str) -> None:
        with unless("Conflict"):
            self._client.create_snapshot(namespaceName=self.name, snapshotName=name, tags=self._tags)

    def snapshots(self) -> dict[str, str]:
        """The snapshots that stay when the namespace goes, and how far each is."""
        found = self._aws.pages(SERVICE, "list_snapshots", "snapshots", namespaceName=self.name)
        with unless("ResourceNotFound"):
            return {str(each["snapshotName"]): str(each["status"]).lower() for each in found}
        return {}

    def _changing(self, **settings: object) -> Callable[[Seen], None]:
        def change(seen: Seen) -> None:
            self._client.update_namespace(namespaceName=self.name, **settings)

        return change

    def _give_role(self, seen: Seen) -> None:
        self._client.update_namespace(
            namespaceName=self.name, iamRoles=[self._role.arn], defaultIamRoleArn=self._role.arn
        )


class Workgroup(_Serverless):
    """What computes, and is paid for while it does."""

    kind, slow = "workgroup", True

    def __init__(self, aws: Aws, rpus: int, network: Network, group: SecurityGroup) -> None:
        super().__init__(aws)
        self._rpus, self._network, self._group = rpus, network, group

    def settings(self) -> Mapping[str, Setting]:
        return {
            "base capacity": Setting(f"{self._rpus} RPUs", self._changing(baseCapacity=self._rpus)),
            "namespace": Setting(self.name),
            "public": Setting("no", self._changing(publiclyAccessible=False)),
            "enhanced VPC routing": Setting("yes", self._changing(enhancedVpcRouting=True)),
            "subnets": Setting(", ".join(self._network.subnets), self._move),
            "security group": Setting(self._group.name, self._protect),
            "require_ssl": Setting("true", self._changing(configParameters=_PARAMETERS)),
        }

    def look(self) -> Seen | None:
        found = self.describe()
        if not found:
            return None
        groups = list(found.get("securityGroupIds", ()))
        parameters = {each["parameterKey"]: each["parameterValue"] for each in found.get("configParameters", ())}
        return Seen(
            str(found["workgroupArn"]),
            self._tags_of(found["workgroupArn"]),
            {
                "base capacity": f"{found.get('baseCapacity')} RPUs",
                "namespace": str(found["namespaceName"]),
                "public": "yes" if found.get("publiclyAccessible") else "no",
                "enhanced VPC routing": "yes" if found.get("enhancedVpcRouting") else "no",
                "subnets": ", ".join(sorted(found.get("subnetIds", ()))),
                "security group": self._group.in_words(groups),
                "require_ssl": str(parameters.get("require_ssl", "not set")),
            },
            READY if found["status"] == "AVAILABLE" else str(found["status"]).lower(),
        )

    def describe(self) -> Mapping[str, Any] | None:
        """What AWS knows of it."""
        with unless("ResourceNotFound"):
            found: Mapping[str, Any] = self._client.get_workgroup(workgroupName=self.name)["workgroup"]
            return found
        return None

    def make(self) -> None:
        with unless("Conflict"):
            self._client.create_workgroup(
                workgroupName=self.name,
                namespaceName=self.name,
                baseCapacity=self._rpus,
                enhancedVpcRouting=True,
                publiclyAccessible=False,
                subnetIds=self._network.subnets,
                securityGroupIds=[self._group.id()],
                configParameters=_PARAMETERS,
                port=PORT,
                tags=self._tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("ResourceNotFound"):
            self._client.delete_workgroup(workgroupName=self.name)

    def search(self) -> list[str]:
        return self._made("list_workgroups", "workgroups", "workgroupArn")

    def _changing(self, **settings: object) -> Callable[[Seen], None]:
        def change(seen: Seen) -> None:
            self._client.update_workgroup(workgroupName=self.name, **settings)

        return change

    def _move(self, seen: Seen) -> None:
        self._client.update_workgroup(workgroupName=self.name, subnetIds=self._network.subnets)

    def _protect(self, seen: Seen) -> None:
        self._client.update_workgroup(workgroupName=self.name, securityGroupIds=[self._group.id()])


_PARAMETERS = [{"parameterKey": "require_ssl", "parameterValue": "true"}]


class UsageLimit(_Serverless):
    """How much a workgroup may compute in a day; then it refuses queries until the next."""

    kind, slow = "usage limit", False

    def __init__(self, aws: Aws, rpu_hours: int, workgroup: Workgroup) -> None:
        super().__init__(aws)
        self._rpu_hours, self._workgroup = rpu_hours, workgroup

    def settings(self) -> Mapping[str, Setting]:
        return {"a day": Setting(f"{self._rpu_hours} RPU hours, then queries are refused", self._change)}

    def look(self) -> Seen | None:
        workgroup = self._workgroup.describe()
        found = self._find(workgroup) if workgroup else None
        if not workgroup or not found:
            return None
        then = "queries are refused" if found.get("breachAction") == "deactivate" else "a log entry is written"
        # It has no tags: it is its workgroup's.
        tags = self._tags_of(workgroup["workgroupArn"])
        return Seen(str(found["usageLimitId"]), tags, {"a day": f"{found['amount']} RPU hours, then {then}"})

    def make(self) -> None:
        workgroup = self._workgroup.describe()
        if not workgroup:
            raise InfrastructureError(f"the workgroup {self.name} is not there: create it first")
        with unless("Conflict"):
            self._client.create_usage_limit(
                resourceArn=workgroup["workgroupArn"],
                usageType="serverless-compute",
                amount=self._rpu_hours,
                period="daily",
                breachAction="deactivate",
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("ResourceNotFound"):
            self._client.delete_usage_limit(usageLimitId=seen.id)

    def search(self) -> list[str]:
        """Nothing: it goes with its workgroup."""
        return []

    def _find(self, workgroup: Mapping[str, Any]) -> Mapping[str, Any] | None:
        asked = {"resourceArn": workgroup["workgroupArn"], "usageType": "serverless-compute"}
        limits = self._aws.pages(SERVICE, "list_usage_limits", "usageLimits", **asked)
        return next((limit for limit in limits if limit.get("period", "monthly") == "daily"), None)

    def _change(self, seen: Seen) -> None:
        self._client.update_usage_limit(usageLimitId=seen.id, amount=self._rpu_hours, breachAction="deactivate")

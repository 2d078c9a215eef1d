"""Redshift Serverless as far as it is asked for: moto does not have it. Botocore has checked what is asked."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkify_assets_tests.infrastructure.account import Call

_ARN = "arn:aws:redshift-serverless:us-west-2:123456789012"


class Refused(Exception):
    """AWS says no, with this code."""

    def __init__(self, code: str, said: str = "that is so") -> None:
        super().__init__(said)
        self.code = code


class Serverless:
    """Namespaces, workgroups and limits, by name, and the snapshots that outlive them."""

    def __init__(self) -> None:
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.workgroups: dict[str, dict[str, Any]] = {}
        self.limits: dict[str, dict[str, Any]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.host = "sparkify-dev.123456789012.us-west-2.redshift-serverless.amazonaws.com"
        self.port, self.secret = (
            5439,
            "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!sparkify-dev-admin",
        )
        self.snapshots_begin = "AVAILABLE"
        self._tags: dict[str, list[dict[str, str]]] = {}
        self._made = 0

    def answer(self, call: "Call") -> dict[str, Any]:
        """What AWS answers."""
        asked = dict(call.asked)
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "CreateNamespace": lambda: self._create_namespace(asked),
            "GetNamespace": lambda: {"namespace": self._one(self.namespaces, asked["namespaceName"])},
            "UpdateNamespace": lambda: {"namespace": self._update(self.namespaces, asked, "namespaceName")},
            "DeleteNamespace": lambda: self._delete_namespace(asked),
            "ListNamespaces": lambda: {"namespaces": list(self.namespaces.values())},
            "CreateWorkgroup": lambda: self._create_workgroup(asked),
            "GetWorkgroup": lambda: {"workgroup": self._one(self.workgroups, asked["workgroupName"])},
            "UpdateWorkgroup": lambda: {"workgroup": self._update(self.workgroups, asked, "workgroupName")},
            "DeleteWorkgroup": lambda: self._delete_workgroup(asked["workgroupName"]),
            "ListWorkgroups": lambda: {"workgroups": list(self.workgroups.values())},
            "CreateUsageLimit": lambda: self._create_limit(asked),
            "UpdateUsageLimit": lambda: {"usageLimit": self._update(self.limits, asked, "usageLimitId")},
            "DeleteUsageLimit": lambda: {"usageLimit": self._remove(self.limits, asked["usageLimitId"])},
            # AWS's model does not let the list be empty.
            "ListUsageLimits": lambda: {"usageLimits": list(self.limits.values())} if self.limits else {},
            "ListTagsForResource": lambda: {"tags": self._tags[asked["resourceArn"]]},
            "UntagResource": lambda: self._untag(asked["resourceArn"], asked["tagKeys"]),
            "CreateSnapshot": lambda: {"snapshot": self._snapshot(asked["namespaceName"], asked["snapshotName"])},
            "ListSnapshots": lambda: {"snapshots": list(self.snapshots.values())},
        }
        return answers[call.name.split(".")[1]]()

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _create_namespace(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["namespaceName"]
        if name in self.namespaces:
            raise Refused("ConflictException")
        return {"namespace": self._add(self.namespaces, "namespace", name, {
            "namespaceName": name,
            "dbName": asked["dbName"],
            "adminUsername": asked["adminUsername"],
            **({"adminPasswordSecretArn": self.secret} if asked.get("manageAdminPassword") else {}),
            # As AWS shows them.
            "iamRoles": [f"IamRole(applyStatus=in-sync, iamRoleArn={role})" for role in asked["iamRoles"]],
        }, asked["tags"])}  # fmt: skip

    def _create_workgroup(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["workgroupName"]
        self._one(self.namespaces, asked["namespaceName"])
        if name in self.workgroups:
            raise Refused("ConflictException")
        kept = {key: value for key, value in asked.items() if key != "tags"}
        endpoint = {"address": self.host, "port": self.port}
        made = {**kept, "endpoint": endpoint}
        return {"workgroup": self._add(self.workgroups, "workgroup", name, made, asked["tags"])}

    def _create_limit(self, asked: dict[str, Any]) -> dict[str, Any]:
        if any(limit["period"] == asked["period"] for limit in self.limits.values()):
            raise Refused("ConflictException")
        limit = self.limits[f"limit-{self._number()}"] = dict(asked)
        limit["usageLimitId"] = next(reversed(self.limits))
        return {"usageLimit": limit}

    def _delete_namespace(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["namespaceName"]
        if any(workgroup["namespaceName"] == name for workgroup in self.workgroups.values()):
            raise Refused("ConflictException", "the namespace has a workgroup")
        namespace = self._one(self.namespaces, name)
        if asked.get("finalSnapshotName"):
            self._snapshot(name, asked["finalSnapshotName"])
        del self.namespaces[name]
        return {"namespace": namespace}

    def _delete_workgroup(self, name: str) -> dict[str, Any]:
        gone = self._remove(self.workgroups, name)
        self.limits = {key: each for key, each in self.limits.items() if each["resourceArn"] != gone["workgroupArn"]}
        return {"workgroup": gone}

    def _untag(self, arn: str, keys: list[str]) -> dict[str, Any]:
        self._tags[arn] = [tag for tag in self._tags[arn] if tag["key"] not in keys]
        return {}

    def _snapshot(self, namespace: str, name: str) -> dict[str, Any]:
        if name in self.snapshots:
            raise Refused("ConflictException")
        self.snapshots[name] = {"snapshotName": name, "namespaceName": namespace, "status": self.snapshots_begin}
        return self.snapshots[name]

    def _add(
        self, to: dict[str, dict[str, Any]], kind: str, name: str, made: dict[str, Any], tags: list[dict[str, str]]
    ) -> dict[str, Any]:
        arn = f"{_ARN}:{kind}/{self._number():08}"
        self._tags[arn] = tags
        to[name] = {**made, f"{kind}Arn": arn, "status": "AVAILABLE", "creationDate": datetime.now(UTC)}
        return to[name]

    def _update(self, among: dict[str, dict[str, Any]], asked: dict[str, Any], key: str) -> dict[str, Any]:
        found = self._one(among, asked.pop(key))
        if asked.pop("manageAdminPassword", False):
            asked["adminPasswordSecretArn"] = self.secret
        if "iamRoles" in asked:
            asked["iamRoles"] = [f"IamRole(applyStatus=in-sync, iamRoleArn={role})" for role in asked["iamRoles"]]
        found.update(asked)
        return found

    def _one(self, among: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in among:
            raise Refused("ResourceNotFoundException", f"there is no {name}")
        return among[name]

    def _remove(self, among: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        self._one(among, name)
        return among.pop(name)

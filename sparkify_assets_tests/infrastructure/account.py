"""An account of AWS: moto's, with what moto lacks, and as strict as AWS where moto is not. It can be told to fail.

What is answered here and not by moto is held against botocore's model of the service, as its Stubber does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formatdate
from functools import cache
from typing import Any, Literal

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.loaders import create_loader
from botocore.validate import ParamValidator

from sparkify_assets.infrastructure import lock
from sparkify_assets_tests.infrastructure.clients import CLIENTS
from sparkify_assets_tests.infrastructure.serverless import Refused, Serverless

SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!sparkify-dev-admin"  # noqa: S105
THROTTLED, DENIED, EXPIRED, TIMED_OUT, KILLED = "throttled", "denied", "expired", "timed out", "killed"
Kind = Literal["throttled", "denied", "expired", "timed out", "killed"]
_ERRORS = {
    THROTTLED: ("Throttling", "Rate exceeded"),
    DENIED: ("AccessDenied", "User is not authorized to perform this"),
    EXPIRED: ("ExpiredToken", "The security token included in the request is expired"),
}
# AWS's models of its services are large: they are read once, and not by each client.
_read_models = cache(create_loader)
# Calls that change nothing begin like this.
_READING = ("Describe", "Get", "List", "Head")


class Killed(BaseException):
    """The process was killed here: nothing after it is done."""


@dataclass(frozen=True)
class Call:
    """What AWS was asked: `service.Operation`, and with which parameters."""

    name: str
    asked: dict[str, Any]

    @property
    def changes(self) -> bool:
        """Whether the account is another one after it; the lease, which ends by itself, left out."""
        return not self.name.split(".")[1].startswith(_READING) and self.asked.get("Key") != lock.KEY


class Account:
    """What tests see of an account: the calls that were made, and the ways to disturb them."""

    def __init__(
        self, forget: Callable[[], None], monkeypatch: pytest.MonkeyPatch, *, in_process: bool = False
    ) -> None:
        self._forget, self.in_process = forget, in_process
        self.secret = SECRET
        self._begin()
        CLIENTS.listener = self
        monkeypatch.setattr(boto3.Session, "client", lambda *asked, **said: CLIENTS.get(*asked, **said))
        monkeypatch.setattr("botocore.session.create_loader", _read_models)

    def _begin(self) -> None:
        self.calls: list[Call] = []
        # What the cluster is shown with next, time after time; and what it is shown with instead of what it has.
        self.statuses: list[str] = []
        self.shows: dict[str, Any] = {}
        # Operations that AWS refuses: with which code, and what it says.
        self.refuses: dict[str, tuple[str, str]] = {}
        # How long ago it is that the lease was written.
        self.age = timedelta()
        self.serverless = Serverless()
        self._fault: tuple[int, str] | None = None
        self.has_failed = self._dead = False
        self._policies: dict[str, str] = {}
        self._parameters: dict[str, dict[str, str]] = {}
        self._subnets: dict[str, list[str]] = {}
        self._paused: set[str] = set()
        # Of each cluster what moto does not keep.
        self._clusters: dict[str, dict[str, Any]] = {}

    @property
    def state(self) -> dict[str, Any]:
        """All that is kept here; the rest is moto's."""
        return {name: value for name, value in vars(self).items() if name not in ("_forget", "in_process")}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def forget(self) -> None:
        """Have the account be empty again."""
        self._forget()
        self._begin()

    def changes(self) -> list[Call]:
        """The calls that changed something, or would have."""
        return [call for call in self.calls if call.changes]

    def sent(self, name: str) -> list[dict[str, Any]]:
        """With which parameters an operation was asked for, each time."""
        return [call.asked for call in self.calls if call.name == name]

    @contextmanager
    def failing(self, number: int, how: str) -> Iterator[None]:
        """While the context lasts, this call of it fails, and whatever comes after a kill is not done."""
        self._fault, self.has_failed = (len(self.calls) + number, how), False
        try:
            yield
        finally:
            self._fault, self._dead = None, False

    def note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def before(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        """The answer of ours, where there is one."""
        if self._dead:
            raise Killed
        call = Call(f"{model.service_model.service_name}.{model.name}", context.get("asked", {}))
        context["call"], context["number"] = call, len(self.calls)
        self.calls.append(call)
        if (how := self._fails(context)) in _ERRORS:
            return _refusal(*_ERRORS[how])
        if call.name in self.refuses:
            return _refusal(*self.refuses[call.name])
        answer = self._answers().get(call.name)
        try:
            parsed = (
                self.serverless.answer(call) if "serverless" in call.name else answer(call.asked) if answer else None
            )
        except Refused as refused:
            return _refusal(refused.code, str(refused))
        if parsed is None:
            return None
        if model.output_shape:
            report = ParamValidator().validate(parsed, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return AWSResponse("https://amazonaws.com", 200, {}, None), {**parsed, "ResponseMetadata": {}}

    def after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        call = context["call"]
        if "Error" not in parsed:
            self._learn(call, parsed)
        if how := self._fails(context):
            if how == TIMED_OUT:
                raise ReadTimeoutError(endpoint_url="https://amazonaws.com")
            if how == KILLED:
                self._dead = True
                raise Killed

    def _fails(self, context: dict[str, Any]) -> str | None:
        """How this call is to fail, if it is."""
        if not self._fault or self._fault[0] != context["number"]:
            return None
        self.has_failed = True
        return self._fault[1]

    def _answers(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]]:
        """What AWS answers where moto does not, or answers something else; None leaves it to moto."""
        return {
            "s3.PutBucketPolicy": self._put_policy,
            "s3.GetBucketPolicy": self._get_policy,
            "redshift.ModifyClusterSubnetGroup": self._move,
            "redshift.ModifyClusterParameterGroup": self._set_parameter,
            "redshift.DescribeClusterParameters": self._show_parameters,
            "redshift.CreateCluster": self._check_cluster,
            "redshift.DeleteCluster": self._refuse_paused,
            "redshift.ModifyCluster": self._refuse_paused,
            "redshift.CreateClusterSnapshot": self._refuse_paused,
            "redshift.DeleteClusterSubnetGroup": lambda asked: self._refuse_used(
                asked["ClusterSubnetGroupName"], "InvalidClusterSubnetGroupStateFault"
            ),
            "redshift.DeleteClusterParameterGroup": lambda asked: self._refuse_used(
                asked["ParameterGroupName"], "InvalidClusterParameterGroupState"
            ),
            "redshift.ModifyClusterIamRoles": self._add_roles,
            "ec2.DeleteSecurityGroup": lambda asked: self._refuse_used(asked["GroupId"], "DependencyViolation"),
        }

    def _put_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        # moto leaves its conditions out of account, and refuses everything from then on.
        self._policies[asked["Bucket"]] = asked["Policy"]
        return {}

    def _get_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Bucket"] not in self._policies:
            raise Refused("NoSuchBucketPolicy")
        return {"Policy": self._policies[asked["Bucket"]]}

    def _move(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._subnets[asked["ClusterSubnetGroupName"]] = asked["SubnetIds"]
        return {"ClusterSubnetGroup": {}}

    def _set_parameter(self, asked: dict[str, Any]) -> dict[str, Any]:
        of_group = self._parameters.setdefault(asked["ParameterGroupName"], {})
        of_group |= {each["ParameterName"]: each["ParameterValue"] for each in asked["Parameters"]}
        return {"ParameterGroupName": asked["ParameterGroupName"]}

    def _show_parameters(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = {"require_ssl": "false", **self._parameters.get(asked["ParameterGroupName"], {})}
        return {"Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]}

    def _check_cluster(self, asked: dict[str, Any]) -> None:
        if asked["NodeType"].startswith("dc"):
            raise Refused("InvalidParameterValue", "dc2 clusters can no longer be created")

    def _refuse_paused(self, asked: dict[str, Any]) -> None:
        if asked["ClusterIdentifier"] in self._paused:
            raise Refused("InvalidClusterState", "the cluster is paused")

    def _refuse_used(self, what: str, code: str) -> None:
        groups = [workgroup.get("securityGroupIds", []) for workgroup in self.serverless.workgroups.values()]
        if any(what in used for used in (*groups, *(cluster["uses"] for cluster in self._clusters.values()))):
            raise Refused(code, "it is in use")

    def _add_roles(self, asked: dict[str, Any]) -> dict[str, Any]:
        cluster = self._clusters[asked["ClusterIdentifier"]]
        kept = [role for role in cluster["roles"] if role not in asked.get("RemoveIamRoles", ())]
        cluster["roles"] = [*kept, *(role for role in asked.get("AddIamRoles", ()) if role not in kept)]
        return {"Cluster": {}}

    def _learn(self, call: Call, parsed: dict[str, Any]) -> None:
        """Keep what moto does not, and show it."""
        asked = call.asked
        if call.name == "s3.GetObject" and asked["Key"] == lock.KEY:
            parsed["LastModified"] -= self.age
            # moto does not say it where it is in this process.
            parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = formatdate(usegmt=True)
        elif call.name == "s3.DeleteBucket":
            self._policies.pop(asked["Bucket"], None)
        elif call.name == "redshift.DeleteClusterSubnetGroup":
            self._subnets.pop(asked["ClusterSubnetGroupName"], None)
        elif call.name == "redshift.DeleteClusterParameterGroup":
            self._parameters.pop(asked["ParameterGroupName"], None)
        elif call.name.startswith("redshift.Describe"):
            for cluster in parsed.get("Clusters", ()):
                self._complete(cluster)
            for group in parsed.get("ClusterSubnetGroups", ()):
                self._place(group)
            if "SnapshotType" in asked:
                # AWS's own are named `rs:...`; moto gives all alike.
                parsed["Snapshots"] = [s for s in parsed["Snapshots"] if not s["SnapshotIdentifier"].startswith("rs:")]
        elif call.name.endswith("Cluster"):
            self._learn_of_cluster(call.name.removeprefix("redshift."), asked["ClusterIdentifier"], asked)

    def _learn_of_cluster(self, changed: str, name: str, asked: dict[str, Any]) -> None:
        if changed == "CreateCluster":
            groups = [asked.get("ClusterSubnetGroupName"), asked.get("ClusterParameterGroupName")]
            self._clusters[name] = {
                "managed": asked.get("ManageMasterPassword"),
                "roles": asked.get("IamRoles", []),
                "uses": [*groups, *asked.get("VpcSecurityGroupIds", ())],
            }
        elif changed == "DeleteCluster":
            del self._clusters[name]
        elif changed == "PauseCluster":
            self._paused.add(name)
        elif changed == "ResumeCluster":
            self._paused.discard(name)
        elif "ManageMasterPassword" in asked:
            self._clusters[name]["managed"] = asked["ManageMasterPassword"]

    def _complete(self, cluster: dict[str, Any]) -> None:
        kept = self._clusters[cluster["ClusterIdentifier"]]
        if kept["managed"]:
            cluster["MasterPasswordSecretArn"] = self.secret
        cluster["IamRoles"] = [{"IamRoleArn": role} for role in kept["roles"]]
        cluster.update(self.shows)
        if self.statuses:
            cluster["ClusterStatus"] = self.statuses.pop(0)

    def _place(self, group: dict[str, Any]) -> None:
        if moved := self._subnets.get(group["ClusterSubnetGroupName"]):
            group["Subnets"] = [{"SubnetIdentifier": subnet} for subnet in moved]


def _refusal(code: str, said: str) -> tuple[AWSResponse, dict[str, Any]]:
    parsed = {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return AWSResponse("https://amazonaws.com", 400, {}, None), parsed


def everything() -> dict[str, Any]:
    """All that there is in the account, in words that are the same for the same: ids left out."""
    s3, iam, ec2, redshift = (
        boto3.client(service, region_name="us-west-2") for service in ("s3", "iam", "ec2", "redshift")
    )
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    serverless = boto3.client("redshift-serverless", region_name="us-west-2")
    return {
        "buckets": {
            bucket["Name"]: sorted(
                entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ())
            )
            for bucket in s3.list_buckets()["Buckets"]
        },
        "roles": {name: iam.list_role_policies(RoleName=name)["PolicyNames"] for name in roles},
        "security groups": [
            (group["GroupName"], [rule["IpRanges"] for rule in group["IpPermissions"]])
            for group in groups
            if group["GroupName"] != "default"
        ],
        "subnet groups": _names(
            redshift.describe_cluster_subnet_groups(), "ClusterSubnetGroups", "ClusterSubnetGroupName"
        ),
        "parameter groups": _names(
            redshift.describe_cluster_parameter_groups(), "ParameterGroups", "ParameterGroupName"
        ),
        "clusters": _names(redshift.describe_clusters(), "Clusters", "ClusterIdentifier"),
        "namespaces": _names(serverless.list_namespaces(), "namespaces", "namespaceName"),
        "workgroups": _names(serverless.list_workgroups(), "workgroups", "workgroupName"),
        "usage limits": _names(serverless.list_usage_limits(), "usageLimits", "amount"),
    }


def snapshots() -> list[str]:
    """The snapshots that were not taken by AWS itself."""
    redshift = boto3.client("redshift", region_name="us-west-2")
    return _names(redshift.describe_cluster_snapshots(SnapshotType="manual"), "Snapshots", "SnapshotIdentifier")


def _names(answer: dict[str, Any], field: str, name: str) -> list[str]:
    return sorted(str(each[name]) for each in answer.get(field, ()))

"""An account of AWS: moto's, with what moto lacks, and as strict as AWS where moto is not. It can be told to fail.

What is answered here and not by moto is held against botocore's model of the service, as its Stubber does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.validate import ParamValidator

from sparkify_assets.cluster import lock
from sparkify_assets_tests.aws import forget_all
from sparkify_assets_tests.cluster.serverless import Refused, Serverless

SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!sparkify-dev-admin"  # noqa: S105
THROTTLED, DENIED, TIMED_OUT, KILLED = "throttled", "denied", "timed out", "killed"
Kind = Literal["throttled", "denied", "timed out", "killed"]
_ERRORS = {
    THROTTLED: ("Throttling", "Rate exceeded"),
    DENIED: ("AccessDenied", "User is not authorized to perform this"),
    "expired": ("ExpiredToken", "The security token included in the request is expired"),
}
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

    def __init__(self, moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._moto = moto
        self.secret = SECRET
        self._begin()
        make = boto3.Session.client

        def client(session: boto3.Session, *asked: Any, **said: Any) -> Any:
            made = make(session, *asked, **said)
            made.meta.events.register_first("before-parameter-build", self._note)
            made.meta.events.register_first("before-call", self._before)
            made.meta.events.register_last("after-call", self._after)
            return made

        monkeypatch.setattr(boto3.Session, "client", client)

    def _begin(self) -> None:
        self.calls: list[Call] = []
        self.statuses: list[str] = []
        self.serverless = Serverless()
        self._fault: tuple[int, str] | None = None
        self.has_failed = self._dead = False
        self._policies: dict[str, str] = {}
        self._parameters: dict[str, str] = {}
        self._paused = False
        self._cluster: dict[str, Any] = {}

    def forget(self) -> None:
        """Have the account be empty again."""
        forget_all(self._moto)
        self._begin()

    def changes(self) -> list[Call]:
        """The calls that changed something, or would have."""
        return [call for call in self.calls if call.changes]

    @contextmanager
    def failing(self, number: int, how: str) -> Iterator[None]:
        """While the context lasts, this call of it fails, and whatever comes after a kill is not done."""
        self._fault, self.has_failed = (len(self.calls) + number, how), False
        try:
            yield
        finally:
            self._fault, self._dead = None, False

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _before(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        """The answer of ours, where there is one."""
        if self._dead:
            raise Killed
        call = Call(f"{model.service_model.service_name}.{model.name}", context.get("asked", {}))
        context["call"], context["number"] = call, len(self.calls)
        self.calls.append(call)
        if (how := self._fails(context)) in _ERRORS:
            return _refusal(*_ERRORS[how])
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

    def _after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
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
            "redshift.ModifyClusterParameterGroup": self._set_parameter,
            "redshift.DescribeClusterParameters": self._show_parameters,
            "redshift.CreateCluster": self._check_cluster,
            "redshift.DeleteCluster": self._refuse_paused,
            "redshift.DeleteClusterSubnetGroup": lambda asked: self._refuse_used("InvalidClusterSubnetGroupStateFault"),
            "redshift.DeleteClusterParameterGroup": lambda asked: self._refuse_used(
                "InvalidClusterParameterGroupState"
            ),
            "redshift.ModifyClusterIamRoles": self._add_roles,
            "ec2.DeleteSecurityGroup": lambda asked: self._refuse_used("DependencyViolation"),
        }

    def _put_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        # moto leaves its conditions out of account, and refuses everything from then on.
        self._policies[asked["Bucket"]] = asked["Policy"]
        return {}

    def _get_policy(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Bucket"] not in self._policies:
            raise Refused("NoSuchBucketPolicy")
        return {"Policy": self._policies[asked["Bucket"]]}

    def _set_parameter(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._parameters |= {each["ParameterName"]: each["ParameterValue"] for each in asked["Parameters"]}
        return {"ParameterGroupName": asked["ParameterGroupName"]}

    def _show_parameters(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = {"require_ssl": "false", **self._parameters}
        return {"Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]}

    def _check_cluster(self, asked: dict[str, Any]) -> None:
        if asked["NodeType"].startswith("dc"):
            raise Refused("InvalidParameterValue", "dc2 clusters can no longer be created")

    def _refuse_paused(self, asked: dict[str, Any]) -> None:
        if self._paused:
            raise Refused("InvalidClusterState", "the cluster is paused")

    def _refuse_used(self, code: str) -> None:
        if self._cluster or self.serverless.workgroups:
            raise Refused(code, "it is in use")

    def _add_roles(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._cluster["roles"] = asked["AddIamRoles"]
        return {"Cluster": {}}

    def _learn(self, call: Call, parsed: dict[str, Any]) -> None:
        """What moto does not keep."""
        if call.name == "redshift.CreateCluster":
            self._cluster = {"managed": call.asked.get("ManageMasterPassword")}
        elif call.name == "redshift.DeleteCluster":
            self._cluster = {}
        elif call.name in ("redshift.PauseCluster", "redshift.ResumeCluster"):
            self._paused = call.name == "redshift.PauseCluster"
        elif call.name == "redshift.ModifyCluster" and call.asked.get("ManageMasterPassword"):
            self._cluster["managed"] = True
        elif call.name == "redshift.DeleteClusterParameterGroup":
            self._parameters = {}
        elif call.name == "s3.DeleteBucket":
            self._policies.pop(call.asked["Bucket"], None)
        elif call.name == "redshift.DescribeClusters":
            for cluster in parsed["Clusters"]:
                self._complete(cluster)

    def _complete(self, cluster: dict[str, Any]) -> None:
        if self._cluster.get("managed"):
            cluster["MasterPasswordSecretArn"] = self.secret
        if "roles" in self._cluster:
            cluster["IamRoles"] = [{"IamRoleArn": role} for role in self._cluster["roles"]]
        if self.statuses:
            cluster["ClusterStatus"] = self.statuses.pop(0)


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

"""What moto lacks of AWS: the states of stacks, change sets, drift, Redshift Serverless, the search for tags.

A stack that is created is created by moto, so that its resources are there.
"""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from warnings import catch_warnings

import boto3
from cfnlint.decode import decode_str
from moto.backends import get_backend

from sparkify_assets.infrastructure.stack import IN_REVIEW, TEMPLATE

NAME, REGION, ACCOUNT = "sparkify-dev", "us-west-2", "123456789012"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/0a1b2c3d-0000-4000-8000-000000000000"
SERVERLESS = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}"


class Refused(Exception):
    """What AWS answers: its code, and its message."""


@cache
def template() -> Any:
    """The template, with its short forms written out."""
    return decode_str(TEMPLATE.read_text("utf-8"))[0]


def change(action: str = "Modify", replacement: str = "False") -> dict[str, Any]:
    """What AWS says of a change of the cluster: each property once for each reason."""
    targets = [{"Attribute": "Properties", "Path": "/Properties/NumberOfNodes", "BeforeValue": "2", "AfterValue": "4"}]
    return {
        "Action": action,
        "LogicalResourceId": "Cluster",
        "PhysicalResourceId": "sparkify-dev",
        "ResourceType": "AWS::Redshift::Cluster",
        "Replacement": replacement,
        "Details": [{"Target": target, "Evaluation": "Static"} for target in targets * 2],
    }


class ControlPlane:
    """The answers to the calls that moto does not know; each method is named for its operation."""

    def __init__(self) -> None:
        self.host, self.port, self.secret = (
            "warehouse.example",
            5439,
            "arn:aws:secretsmanager:us-west-2:1:secret:redshift!dev",
        )
        # The stack, and the statuses that it is shown with before its own.
        self.stack: dict[str, Any] | None = None
        self.statuses: list[str] = []
        self._detecting = False
        # The stack as it was before it was to be changed: AWS may show it so for a moment.
        self._stale: dict[str, Any] | None = None
        self.change_sets: dict[str, dict[str, Any]] = {}
        # What the next update changes; what execution ends with; events, newest first; drift; resources with our tags.
        self.updates: list[dict[str, Any]] = []
        self.ends: dict[str, str] = {}
        self.events: list[tuple[str, str, str]] = []
        self.drifted: dict[str, list[dict[str, str]]] = {}
        self.tagged: list[str] = []
        # Redshift Serverless, by name.
        self.serverless: dict[str, dict[str, Any]] = {}
        self.limits: dict[str, dict[str, Any]] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}

    def pass_time(self, seconds: float) -> None:
        """What takes the place of waiting."""
        self._stale = None

    # CloudFormation

    def _DescribeStacks(self, StackName: str) -> dict[str, Any]:  # noqa: N802, N803
        stack = self._stale or self._stack(StackName)
        status = self.statuses.pop(0) if self.statuses else stack["StackStatus"]
        if status == "gone":
            self.stack = None
            raise Refused("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": [{**stack, "StackStatus": status}]}

    def _stack(self, name: str) -> dict[str, Any]:
        if self.stack is None:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return self.stack

    def _CreateChangeSet(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        is_new = asked["ChangeSetType"] == "CREATE"
        status = (self.stack or {}).get("StackStatus", IN_REVIEW)
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
        if is_new != (status == IN_REVIEW) or status.startswith("ROLLBACK") or status.endswith("_FAILED"):
            raise Refused("ValidationError", f"Stack is in {status}")
        given = {each["ParameterKey"]: each.get("ParameterValue") for each in asked["Parameters"]}
        for key, declared in template()["Parameters"].items():
            value = given.get(key) or declared.get("Default", "")
            if not re.fullmatch(str(declared.get("AllowedPattern", ".*")), str(value)) or (
                "AllowedValues" in declared and str(value) not in map(str, declared["AllowedValues"])
            ):
                raise Refused("ValidationError", f"Parameter '{key}': {declared.get('ConstraintDescription')}")
        if is_new and self.stack is None:
            self.stack = {"StackName": NAME, "StackId": STACK, "CreationTime": datetime.now(UTC), "Tags": []}
            self.stack["StackStatus"] = IN_REVIEW
        resources, context = template()["Resources"], '{"Properties": {"Encrypted": "true"}}'
        new = [
            {
                "Action": "Add",
                "LogicalResourceId": each,
                "ResourceType": resources[each]["Type"],
                "AfterContext": context,
            }
            for each in self._wanted(given)
        ]
        changes = new if is_new else self.updates
        reason = {} if changes else {"StatusReason": "The submitted information didn't contain changes."}
        self.change_sets[asked["ChangeSetName"]] = {
            "Status": "CREATE_COMPLETE" if changes else "FAILED",
            **reason,
            "Changes": [{"Type": "Resource", "ResourceChange": change} for change in changes],
            "asked": asked,
        }
        return {}

    def _wanted(self, given: dict[str, str]) -> list[str]:
        other = "Provisioned" if given["Rpus"] != "0" else "Serverless"
        return [name for name, each in template()["Resources"].items() if each.get("Condition") != other]

    def _DescribeChangeSet(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        if asked["ChangeSetName"] not in self.change_sets:
            raise Refused("ChangeSetNotFound", "there is no such change set")
        return {key: value for key, value in self.change_sets[asked["ChangeSetName"]].items() if key != "asked"}

    def _DeleteChangeSet(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self.change_sets.pop(asked["ChangeSetName"], None)
        return {}

    def _ExecuteChangeSet(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self._DescribeChangeSet(**asked)
        done, stack = self.change_sets[asked["ChangeSetName"]], self._stack(NAME)
        self._stale = dict(stack)
        is_new, given = stack["StackStatus"] == IN_REVIEW, done["asked"]["Parameters"]
        status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
        stack |= {"Tags": done["asked"]["Tags"], "StackStatus": self.ends.pop(status, status)}
        self.change_sets, self.updates, self.drifted = {}, [], {}
        if stack["StackStatus"] == "CREATE_COMPLETE":
            self.given = parameters = {each["ParameterKey"]: each["ParameterValue"] for each in given}
            # moto does not know all attributes that the outputs name.
            text = done["asked"]["TemplateBody"].partition("\nOutputs:\n")[0]
            tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
            with catch_warnings(action="ignore", category=UserWarning):  # of what it does not know
                made = self._moto.create_stack(name=NAME, template=text, parameters=parameters, tags=tags)
                made = [(each, made.resource_map[each]) for each in self._wanted(parameters)]
            self.names = {each: getattr(resource, "physical_resource_id", None) or NAME for each, resource in made}
            if parameters["Rpus"] != "0":
                created = {"status": "AVAILABLE", "creationDate": datetime.now(UTC)}
                self.serverless["namespace"] = {
                    "namespaceName": NAME, "adminPasswordSecretArn": self.secret, **created
                }  # fmt: skip
                self.serverless["workgroup"] = {
                    "workgroupName": NAME, "workgroupArn": f"{SERVERLESS}:workgroup/1", "baseCapacity": 8, **created
                }  # fmt: skip
            stack["Parameters"] = [{"ParameterKey": key} for key in template()["Parameters"]]
            stack["Outputs"] = self._outputs()
        return {}

    def _outputs(self) -> list[dict[str, str]]:
        kind = "Provisioned" if self.given["Rpus"] == "0" else "Serverless"
        known = {
            "SPARKIFY_WORK": f"s3://{self.names['WorkBucket']}/work/",
            "SPARKIFY_REDSHIFT_HOST": self.host,
            "SPARKIFY_REDSHIFT_PORT": str(self.port),
            "SPARKIFY_REDSHIFT_SECRET_ARN": self.secret,
            "SPARKIFY_REDSHIFT_REGION": REGION,
            "SPARKIFY_REDSHIFT_IAM_ROLE": f"arn:aws:iam::{ACCOUNT}:role/sparkify/{self.names['CopyRole']}",
        }
        return [
            {
                "OutputKey": key,
                "Description": each["Description"],
                "OutputValue": known.get(
                    each["Description"], each["Value"] if isinstance(each["Value"], str) else NAME
                ),
            }
            for key, each in template()["Outputs"].items()
            if each.get("Condition", kind) == kind
        ]

    @property
    def _moto(self) -> Any:
        return get_backend("cloudformation")[ACCOUNT][REGION]

    def _ListStackResources(self, StackName: str) -> dict[str, Any]:  # noqa: N802, N803
        stack = self._stack(StackName)
        found = {each: self.names[each] for each in self._wanted(self.given)} if stack.get("Parameters") else {}
        return {
            "StackResourceSummaries": [
                {"LogicalResourceId": each, "PhysicalResourceId": name, "ResourceStatus": "CREATE_COMPLETE",
                 "ResourceType": template()["Resources"][each]["Type"], "LastUpdatedTimestamp": datetime.now(UTC)}
                for each, name in found.items()
            ]
        }  # fmt: skip

    def _DeleteStack(self, StackName: str) -> dict[str, Any]:  # noqa: N802, N803
        stack = self.stack
        if stack is None:
            return {}
        self._stale = dict(stack)
        if end := self.ends.get("DELETE_COMPLETE"):
            stack["StackStatus"] = end
            return {}
        if stack.get("Parameters"):
            if (
                boto3.client("s3", region_name=REGION)
                .list_object_versions(Bucket=self.names["WorkBucket"])
                .get("Versions")
            ):
                stack["StackStatus"] = "DELETE_FAILED"
                self.events.insert(0, ("WorkBucket", "DELETE_FAILED", "The bucket you tried to delete is not empty"))
                return {}
            self._delete_warehouse()
            self._moto.delete_stack(NAME)
        self.stack = None
        return {}

    def _delete_warehouse(self) -> None:
        """As the template has it: with a snapshot."""
        backend = get_backend("redshift")[ACCOUNT][REGION]
        if NAME in backend.clusters:
            if backend.clusters[NAME].status == "paused":
                raise Refused("InvalidClusterState", "the cluster is paused")
            backend.delete_cluster(
                cluster_identifier=NAME,
                skip_final_snapshot=False,
                final_cluster_snapshot_identifier=f"{NAME}-snapshot-cluster-1",
            )
        if self.serverless.pop("namespace", None):
            self._CreateSnapshot(namespaceName=NAME, snapshotName=f"{NAME}-final-1")
        self.serverless.clear()
        self.limits.clear()

    def _DescribeStackEvents(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        events = [*self.events, (NAME, "CREATE_IN_PROGRESS", "User Initiated"), ("Role", "CREATE_FAILED", "long ago")]
        return {
            "StackEvents": [
                {"StackId": STACK, "EventId": str(number), "StackName": NAME, "Timestamp": datetime.now(UTC),
                 "LogicalResourceId": name, "PhysicalResourceId": STACK if name == NAME else name,
                 "ResourceStatus": status, "ResourceStatusReason": reason}
                for number, (name, status, reason) in enumerate(events)
            ]
        }  # fmt: skip

    def _ContinueUpdateRollback(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self._stack(NAME)["StackStatus"] = self.ends.pop("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
        return {}

    def _RollbackStack(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self._ContinueUpdateRollback()
        return {"StackId": STACK}

    def _DetectStackDrift(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {"StackDriftDetectionId": "1"}

    def _DescribeStackDriftDetectionStatus(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self._detecting = not self._detecting
        status = "DETECTION_IN_PROGRESS" if self._detecting else "DETECTION_COMPLETE"
        return {
            "StackId": STACK,
            "StackDriftDetectionId": "1",
            "DetectionStatus": status,
            "Timestamp": datetime.now(UTC),
        }

    def _DescribeStackResourceDrifts(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {
            "StackResourceDrifts": [
                {"StackId": STACK, "LogicalResourceId": name, "ResourceType": "AWS::S3::Bucket",
                 "Timestamp": datetime.now(UTC), "PropertyDifferences": differences,
                 "StackResourceDriftStatus": "MODIFIED" if differences else "DELETED"}
                for name, differences in self.drifted.items()
            ]
        }  # fmt: skip

    # Redshift Serverless, and the search for tags

    def _of(self, kind: str) -> dict[str, Any]:
        if kind not in self.serverless:
            raise Refused("ResourceNotFoundException", f"there is no {kind}")
        return {kind: self.serverless[kind]}

    def _GetWorkgroup(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return self._of("workgroup")

    def _GetNamespace(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return self._of("namespace")

    def _DeleteWorkgroup(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {"workgroup": self._of("workgroup") and self.serverless.pop("workgroup")}

    def _DeleteNamespace(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        if "workgroup" in self.serverless:
            raise Refused("ConflictException", "it has a workgroup")
        return {"namespace": self._of("namespace") and self.serverless.pop("namespace")}

    def _ListUsageLimits(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {"usageLimits": list(self.limits.values())} if self.limits else {}

    def _CreateUsageLimit(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        self.limits["1"] = {"usageLimitId": "1", **asked}
        return {"usageLimit": self.limits["1"]}

    def _UpdateUsageLimit(self, usageLimitId: str, **asked: Any) -> dict[str, Any]:  # noqa: N802, N803
        self.limits[usageLimitId] |= asked
        return {"usageLimit": self.limits[usageLimitId]}

    def _DeleteUsageLimit(self, usageLimitId: str) -> dict[str, Any]:  # noqa: N802, N803
        return {"usageLimit": self.limits.pop(usageLimitId)}

    def _CreateSnapshot(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        arn = f"{SERVERLESS}:snapshot/{asked['snapshotName']}"
        kept = {key: asked[key] for key in ("namespaceName", "snapshotName")}
        self.snapshots[arn] = {**kept, "snapshotArn": arn, "status": "AVAILABLE"}
        return {"snapshot": self.snapshots[arn]}

    def _ListSnapshots(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {"snapshots": list(self.snapshots.values())}

    def _TagResource(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {}

    def _GetResources(self, **asked: Any) -> dict[str, Any]:  # noqa: N802
        return {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in self.tagged]}

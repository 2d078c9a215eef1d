"""The environment's CloudFormation stack: its state, its change sets, its drift, and what went wrong in it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from uuid import uuid4

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import Aws, Notify, read_tags, wait, write_tags
from sparkify_assets.warehouse import retries

TEMPLATE = files(__package__) / "warehouse.yaml"
IN_REVIEW = "REVIEW_IN_PROGRESS"
_BEGINNING_SECONDS = 5
# What AWS says of a change set in which nothing is to be changed.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_HOLDING_DATA = ("AWS::Redshift::Cluster", "AWS::RedshiftServerless::Namespace", "AWS::S3::Bucket")


@dataclass(frozen=True)
class StackState:
    """A stack as AWS shows it. The outputs are named by their descriptions, which are the platform's settings."""

    id: str
    status: str
    reason: str
    parameters: frozenset[str]
    outputs: Mapping[str, str]

    @property
    def is_changing(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != IN_REVIEW

    @property
    def is_complete(self) -> bool:
        """Whether everything is there: as the template has it, or as it was before an update that failed."""
        return self.status.endswith("_COMPLETE") and self.status not in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")


@dataclass(frozen=True)
class StackResource:
    """A resource of a stack: its name in the template, its type, its name in AWS, and its status."""

    logical: str
    kind: str
    name: str
    status: str


@dataclass(frozen=True)
class ResourceChange:
    """What AWS would do about a resource, property by property, and whether it would replace it."""

    action: str
    logical: str
    kind: str
    name: str
    is_replaced: bool
    properties: tuple[str, ...]

    @property
    def loses_data(self) -> bool:
        return self.kind in _HOLDING_DATA and (self.is_replaced or self.action == "Remove")


@dataclass(frozen=True)
class Stack:
    """The stack of an environment, whether it is there or not."""

    aws: Aws

    def look(self) -> StackState | None:
        """Return the stack as it is now, or None. A stack that somebody else created is an error."""
        answer = self._ask("describe_stacks", ("ValidationError",))
        if answer is None:
            return None
        (found,) = answer["Stacks"]
        # A stack that is only there for a change set holds nothing, and has no tags yet.
        if found["StackStatus"] != IN_REVIEW and not self.aws.own_tags.items() <= read_tags(found["Tags"]).items():
            raise InfrastructureError(
                f"there is a stack {self.aws.name} already, which was not created here: it lacks the tags "
                f"{self.aws.own_tags}. Choose another SPARKIFY_CLUSTER_ENVIRONMENT, or delete it yourself if nobody "
                "needs it"
            )
        return StackState(
            found["StackId"],
            found["StackStatus"],
            found.get("StackStatusReason", ""),
            frozenset(each["ParameterKey"] for each in found.get("Parameters", ())),
            {each.get("Description", ""): each["OutputValue"] for each in found.get("Outputs", ())},
        )

    def settled(self, notify: Notify) -> StackState | None:
        """Return the stack once AWS is no longer changing it, or None once it is gone."""

        def question() -> str | None:
            state = self.look()
            if state is None or not state.is_changing:
                return None
            changing = [each.logical for each in self.resources() if each.status.endswith("_IN_PROGRESS")]
            return f"{state.status} {', '.join(changing)}".strip()

        wait(notify, f"stack {self.aws.name}", question)
        return self.look()

    def resources(self) -> list[StackResource]:
        found = self._pages("list_stack_resources", "StackResourceSummaries", ("ValidationError",))
        fields = ("LogicalResourceId", "ResourceType", "PhysicalResourceId", "ResourceStatus")
        resources = [StackResource(*(str(each.get(field, "")) for field in fields)) for each in found]
        return [each for each in resources if each.status != "DELETE_COMPLETE"]

    def has(self, kind: str) -> bool:
        """Whether the stack has created a resource of a type. One of its name may be somebody else's."""
        return any(each.kind == kind and each.name and each.status != "CREATE_FAILED" for each in self.resources())

    def propose(self, parameters: Mapping[str, str], seen: StackState | None) -> tuple[str, tuple[ResourceChange, ...]]:
        """Return the name of a change set, and what it changes so that the stack is as the template and the parameters
        have it. It also reverts drift."""
        is_new = seen is None or seen.status == IN_REVIEW
        # A parameter that only users of the template set stays as they set it.
        kept = [] if is_new or seen is None else sorted(seen.parameters - set(parameters))
        name = f"{self.aws.name}-{uuid4().hex[:12]}"
        self._ask(
            "create_change_set",
            ChangeSetName=name,
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateBody=TEMPLATE.read_text("utf-8"),
            Parameters=[
                *({"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()),
                *({"ParameterKey": key, "UsePreviousValue": True} for key in kept),
            ],
            Capabilities=["CAPABILITY_IAM"],
            Tags=write_tags(self.aws.tags),
            **({} if is_new else {"DeploymentMode": "REVERT_DRIFT"}),
        )
        asked = {"ChangeSetName": name, "IncludePropertyValues": True}

        def question() -> str | None:
            status = str(self._ask("describe_change_set", **asked)["Status"])
            return status if status.endswith(("PENDING", "_IN_PROGRESS")) else None

        wait(lambda line: None, f"change set {name}", question)
        found = self._ask("describe_change_set", **asked)
        if found["Status"] == "FAILED":
            self.discard(name)
            reason = found.get("StatusReason", "")
            if any(known in reason for known in _NO_CHANGES):
                return name, ()
            raise InfrastructureError(
                f"AWS cannot change the stack {self.aws.name}: {reason}: fix that, then try again"
            )
        return name, tuple(
            _change(each["ResourceChange"]) for each in self._pages("describe_change_set", "Changes", **asked)
        )

    def discard(self, name: str) -> None:
        """Delete a change set, and the stack too if it is only there for change sets."""
        self._ask("delete_change_set", ChangeSetName=name)
        if (seen := self.look()) and seen.status == IN_REVIEW:
            self.delete()

    def execute(self, name: str) -> None:
        self._begin("execute_change_set", ChangeSetName=name)

    def delete(self) -> None:
        self._begin("delete_stack")

    def roll_back(self, seen: StackState) -> None:
        """Have AWS go on with a roll-back that stopped, or begin one after an update that failed."""
        self._begin("rollback_stack" if seen.status == "UPDATE_FAILED" else "continue_update_rollback")

    def failure(self, seen: StackState) -> InfrastructureError:
        """Return why the last operation failed: the resources that failed first, with AWS's reasons."""
        failed: list[str] = []
        for event in self.aws.pages("cloudformation", "describe_stack_events", "StackEvents", StackName=seen.id):
            status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
            if event["PhysicalResourceId"] == seen.id:
                if status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"):
                    break
            elif status.endswith("_FAILED") and "cancelled" not in reason:
                failed.insert(0, f"{event['LogicalResourceId']}: {reason}")
        why = "; ".join(failed[:3]) or seen.reason or "AWS does not say why"
        return InfrastructureError(
            f"the stack {self.aws.name} is {seen.status}: {why}: fix that, then run the same command again"
        )

    def drift(self, notify: Notify) -> dict[str, str]:
        """Return the resources that differ from the template by AWS's own detection, and how."""
        detection = {"StackDriftDetectionId": self._ask("detect_stack_drift")["StackDriftDetectionId"]}

        def question() -> str | None:
            found = self.aws.ask("cloudformation", "describe_stack_drift_detection_status", **detection)
            if found["DetectionStatus"] == "DETECTION_FAILED":
                notify(f"drift: AWS could not examine everything: {found.get('DetectionStatusReason', '')}")
            return "being detected" if found["DetectionStatus"] == "DETECTION_IN_PROGRESS" else None

        wait(notify, "drift", question)
        wanted = {"StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
        return {
            each["LogicalResourceId"]: "; ".join(
                f"{one['PropertyPath'][1:]}: {one['ActualValue']}, not {one['ExpectedValue']}"
                for one in each.get("PropertyDifferences", ())
            )
            or "it is gone"
            for each in self._pages("describe_stack_resource_drifts", "StackResourceDrifts", **wanted)
        }

    def _begin(self, call: str, **asked: object) -> None:
        """Have AWS begin to change the stack. For a moment it may still show the state before."""
        self._ask(call, **asked)
        retries.pause(_BEGINNING_SECONDS)

    def _ask(self, call: str, unless: Sequence[str] = (), /, **asked: object) -> Any:
        return self.aws.ask("cloudformation", call, unless, StackName=self.aws.name, **asked)

    def _pages(self, call: str, field: str, unless: Sequence[str] = (), /, **asked: object) -> list[Any]:
        return self.aws.pages("cloudformation", call, field, unless, StackName=self.aws.name, **asked)


def _change(change: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        change["Action"],
        change["LogicalResourceId"],
        change["ResourceType"],
        change.get("PhysicalResourceId", ""),
        change.get("Replacement") in ("True", "Conditional"),
        tuple(_properties(change)),
    )


def _properties(change: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a new resource is to be, or what becomes of the properties of one that is there."""
    after = json.loads(change.get("AfterContext") or "{}") if change["Action"] == "Add" else {}
    for name, value in after.get("Properties", {}).items():
        yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
    # AWS names a property once for each reason to change it.
    targets = {
        each["Target"].get("Path") or each["Target"].get("Name"): each["Target"] for each in change.get("Details", ())
    }
    for name, target in targets.items():
        before, after = target.get("BeforeValue", "?"), target.get("AfterValue", "?")
        yield f"{str(name or target['Attribute']).removeprefix('/Properties/')}: {before} -> {after}"

"""An account of AWS: moto's, and what moto lacks. It records the calls, and can be made to fail.

What is answered here is held against botocore's model of the service, as its Stubber does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.validate import ParamValidator
from moto.redshift.models import Cluster

from sparkify_assets_tests import moto_here
from sparkify_assets_tests.infrastructure.clients import CLIENTS
from sparkify_assets_tests.infrastructure.control_plane import ControlPlane, Refused

THROTTLED, TIMED_OUT, KILLED = "throttled", "timed out", "killed"
# Calls that change nothing begin like this.
_READING = ("Describe", "Get", "List", "Head", "Detect")


class Killed(BaseException):
    """The process was killed here: nothing after it is done."""


@dataclass(frozen=True)
class Call:
    """What AWS was asked: `service.Operation`, and with which parameters."""

    name: str
    asked: dict[str, Any]

    @property
    def changes(self) -> bool:
        return not self.name.split(".")[1].startswith(_READING)


class Account(ControlPlane):
    """What tests see of an account: the calls that were made, what is in it, and the ways to disturb it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moto_here.forget()
        monkeypatch.setattr(boto3.Session, "client", lambda *asked, **said: CLIENTS.get(*asked, **said))
        monkeypatch.setattr(Cluster, "cloudformation_name_type", staticmethod(lambda: "ClusterIdentifier"))
        CLIENTS.listener = self
        self.calls: list[Call] = []
        super().__init__()
        # The statuses that the cluster is shown with before its own; and what else it is shown with.
        self.cluster_statuses: list[str] = []
        self.shows: dict[str, Any] = {}
        # Operations that AWS refuses.
        self.refuses: dict[str, Refused] = {}
        self._fault: tuple[int, str] | None = None
        self._dead = False

    def changes(self) -> list[str]:
        """The calls that changed something, or would have."""
        return [call.name for call in self.calls if call.changes]

    def sent(self, name: str) -> list[dict[str, Any]]:
        """With which parameters an operation was asked for, each time."""
        return [call.asked for call in self.calls if call.name == name]

    @contextmanager
    def failing(self, number: int, how: str) -> Iterator[None]:
        """While the context lasts, this call of it fails, and whatever comes after a kill is not done."""
        self._fault = (len(self.calls) + number, how)
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
        if self._fails(context) == THROTTLED:
            return _refusal(Refused("Throttling", "Rate exceeded"))
        answer: Callable[..., dict[str, Any] | None] | None = getattr(self, f"_{model.name}", None)
        try:
            if call.name in self.refuses:
                raise self.refuses[call.name]
            parsed = answer(**call.asked) if answer else None
        except Refused as refused:
            return _refusal(refused)
        if parsed is None:
            assert not call.name.startswith(("redshift-serverless.", "cloudformation.")), call
            return None
        if model.output_shape:
            report = ParamValidator().validate(parsed, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return AWSResponse("https://amazonaws.com", 200, {}, None), {**parsed, "ResponseMetadata": {}}

    def after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        for cluster in parsed.get("Clusters", ()) if context["call"].name == "redshift.DescribeClusters" else ():
            cluster |= self.shows
            if self.cluster_statuses:
                cluster["ClusterStatus"] = self.cluster_statuses.pop(0)
        if context["call"].name == "redshift.DescribeClusterSnapshots":
            # AWS's own are named `rs:...`; moto returns all alike.
            found = parsed.get("Snapshots", ())
            parsed["Snapshots"] = [each for each in found if each["SnapshotIdentifier"][:3] != "rs:"]
        if how := self._fails(context):
            if how == TIMED_OUT:
                raise ReadTimeoutError(endpoint_url="https://amazonaws.com")
            self._dead = True
            raise Killed

    def _fails(self, context: dict[str, Any]) -> str | None:
        return self._fault[1] if self._fault and self._fault[0] == context["number"] else None


def _refusal(refused: Refused) -> tuple[AWSResponse, dict[str, Any]]:
    code, message = refused.args
    parsed = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return AWSResponse("https://amazonaws.com", 400, {}, None), parsed

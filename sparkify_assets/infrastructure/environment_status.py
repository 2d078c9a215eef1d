"""How an environment is: its resources, what differs from the template, what it has cost, and what is left over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sparkify_assets.infrastructure.aws import Notify
from sparkify_assets.infrastructure.destroy import leftovers
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.power import AVAILABLE, snapshots, state_of
from sparkify_assets.infrastructure.stack import StackResource


@dataclass(frozen=True)
class Standing:
    """A resource of the stack, its state, and what differs from the template."""

    logical: str
    name: str
    state: str
    drift: str


@dataclass(frozen=True)
class EnvironmentStatus:
    """All of an environment. `hours` since it was created; `orphans` have its tags and are not in its stack."""

    state: str
    is_complete: bool
    standings: list[Standing]
    endpoint: str
    size: str
    hours: float | None
    cost: float | None
    orphans: list[str]
    snapshots: list[str]


def read_status(environment: Environment, notify: Notify) -> EnvironmentStatus:
    seen = environment.stack.look()
    resources = environment.stack.resources() if seen else []
    drift = environment.stack.drift(notify) if seen and seen.is_complete else {}
    warehouse = (environment.workgroup() if environment.is_serverless else environment.cluster()) if seen else None
    created = warehouse and warehouse.get("ClusterCreateTime", warehouse.get("creationDate"))
    hours = (datetime.now(UTC) - created).total_seconds() / 3600 if created else None
    price = environment.cost.hour
    host = seen.outputs.get("SPARKIFY_REDSHIFT_HOST") if seen else None
    return EnvironmentStatus(
        seen.status if seen else "missing",
        bool(seen and seen.is_complete),
        [Standing(each.logical, each.name, _state(each, warehouse), drift.get(each.logical, "")) for each in resources],
        f"{host}:{seen.outputs['SPARKIFY_REDSHIFT_PORT']}" if seen and host else "",
        _size(warehouse) if warehouse else "",
        hours,
        # How much of the time a workgroup computed is not known here.
        None if hours is None or price is None or environment.is_serverless else hours * price,
        [arn for arn in leftovers(environment) if not _is_in_stack(arn, environment, resources)],
        list(snapshots(environment)),
    )


def _size(warehouse: Mapping[str, Any]) -> str:
    if "baseCapacity" in warehouse:
        return f"{warehouse['baseCapacity']} RPUs"
    return f"{warehouse['NumberOfNodes']} x {warehouse['NodeType']}"


def _state(resource: StackResource, warehouse: Mapping[str, Any] | None) -> str:
    if resource.kind == "AWS::Redshift::Cluster" and state_of(warehouse) != AVAILABLE:
        return state_of(warehouse)
    return "ready" if resource.status.endswith("_COMPLETE") else resource.status


def _is_in_stack(arn: str, environment: Environment, resources: list[StackResource]) -> bool:
    """Whether an ARN is that of the stack, which has the tags too, or of one of its resources. An ARN of a workgroup or
    namespace ends with an id that the stack does not know: there is one of each."""
    if arn.split(":")[2] in ("cloudformation", "redshift-serverless"):
        return bool(resources)
    return any(arn == each.name or arn.endswith((f":{each.name}", f"/{each.name}")) for each in resources if each.name)

"""How an environment stands: what is there, what it has cost, what differs from the plan, and what nobody planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sparkify_assets.infrastructure import Resource, Seen, differences
from sparkify_assets.infrastructure.aws import explained
from sparkify_assets.infrastructure.destroy import find, kept_snapshots
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.waiting import look

MISSING = "missing"


@dataclass(frozen=True)
class Standing:
    """A resource of the plan: MISSING or its state, and the settings that differ: as they are, and are to be."""

    kind: str
    name: str
    state: str
    drift: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class EnvironmentStatus:
    """All of an environment. `hours` since it was made; `orphans` have its tags and are not in its plan."""

    standings: list[Standing]
    endpoint: str
    size: str
    hours: float | None
    cost: float | None
    orphans: list[str]
    snapshots: list[str]


def read_status(environment: Environment) -> EnvironmentStatus:
    seen = {resource.kind: look(resource) for resource in environment.resources}
    standings = [_standing(environment, resource, seen[resource.kind]) for resource in environment.resources]
    warehouse = seen["workgroup" if environment.is_serverless else "cluster"]
    is_ours = warehouse is not None and environment.aws.made(warehouse.tags)
    with explained(f"the warehouse {environment.aws.name} cannot be looked at"):
        size, endpoint, made_at = _warehouse(environment) if is_ours else ("", "", None)
    hours = (datetime.now(UTC) - made_at).total_seconds() / 3600 if made_at else None
    price = environment.cost.hour
    return EnvironmentStatus(
        standings,
        endpoint,
        size,
        hours,
        # What serverless has used is not told by what it is.
        None if hours is None or price is None or environment.is_serverless else hours * price,
        _orphans(environment, seen),
        kept_snapshots(environment),
    )


def _orphans(environment: Environment, seen: Mapping[str, Seen | None]) -> list[str]:
    """What has the environment's tags and is not in its plan."""
    orphans = []
    for resource in environment.all_resources:
        planned = seen.get(resource.kind)
        orphans += [one for one in find(resource) if not planned or _last_part(one) != _last_part(planned.id)]
    return orphans


def _standing(environment: Environment, resource: Resource, seen: Seen | None) -> Standing:
    if seen is None:
        return Standing(resource.kind, resource.name, MISSING, {})
    if not environment.aws.made(seen.tags):
        return Standing(resource.kind, resource.name, "not made here", {})
    return Standing(resource.kind, resource.name, seen.state, differences(resource, seen))


def _warehouse(environment: Environment) -> tuple[str, str, datetime | None]:
    """Its size, where it is reached, and when it was made."""
    if environment.is_serverless:
        workgroup = environment.workgroup.describe()
        if not workgroup:
            return "", "", None
        endpoint = workgroup.get("endpoint") or {}
        return (
            f"{workgroup.get('baseCapacity')} RPUs",
            _place(endpoint, "address", "port"),
            workgroup.get("creationDate"),
        )
    cluster = environment.cluster.describe()
    if not cluster:
        return "", "", None
    size = f"{cluster['NumberOfNodes']} x {cluster['NodeType']}"
    return size, _place(cluster.get("Endpoint") or {}, "Address", "Port"), cluster.get("ClusterCreateTime")


def _place(endpoint: Mapping[str, object], address: str, port: str) -> str:
    return f"{endpoint[address]}:{endpoint[port]}" if endpoint.get(address) else ""


def _last_part(identifier: str) -> str:
    """What tells one ARN, URL or id from another of the same environment."""
    return identifier.rsplit("/", 1)[-1].rsplit(":", 1)[-1]

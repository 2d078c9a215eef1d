"""Pausing and resuming a cluster, snapshots, and whether anybody is connected. A serverless workgroup pauses by
itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import Notify, wait, write_tags
from sparkify_assets.infrastructure.environment import Environment

AVAILABLE, PAUSED = "available", "paused"
# From these a cluster does not come back by itself.
_BROKEN = ("incompatible", "hardware-failure", "storage-full")
# AWS counts the connections of the last minutes late.
_LATE = timedelta(minutes=5)
_MOST_FIGURES = 1440


def pause(environment: Environment, notify: Notify) -> None:
    """Stop the nodes and their cost. Storage is still paid for."""
    name, state = environment.aws.name, _state(environment)
    if state == PAUSED:
        notify(f"the cluster {name} is paused already")
        return
    if state != "pausing":
        until(environment, AVAILABLE, notify)
        environment.aws.ask("redshift", "pause_cluster", ClusterIdentifier=name)
    until(environment, PAUSED, notify)
    notify(f"the cluster {name} is paused: its nodes cost nothing until `sparkify cluster resume`")


def resume(environment: Environment, notify: Notify) -> None:
    """Start the nodes again."""
    name, state = environment.aws.name, _state(environment)
    if state == AVAILABLE:
        notify(f"the cluster {name} runs already")
        return
    if state in (PAUSED, "pausing"):
        until(environment, PAUSED, notify)
        notify(f"cluster {name}: resuming it")
        environment.aws.ask("redshift", "resume_cluster", ClusterIdentifier=name)
    until(environment, AVAILABLE, notify)
    notify(f"the cluster {name} runs")


def snapshot(environment: Environment, notify: Notify) -> str:
    """Take a snapshot that stays until somebody deletes it, and return its name."""
    aws = environment.aws
    taken, tags = f"{aws.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}", write_tags(aws.tags)
    if environment.is_serverless:
        if environment.stack.look() is None:
            raise _nothing(environment)
        asked = {"namespaceName": aws.name, "snapshotName": taken, "tags": _lower(tags)}
        aws.ask("redshift-serverless", "create_snapshot", **asked)
    else:
        _state(environment)
        refuse_paused(environment)
        until(environment, AVAILABLE, notify)
        asked = {"ClusterIdentifier": aws.name, "SnapshotIdentifier": taken, "Tags": tags}
        aws.ask("redshift", "create_cluster_snapshot", **asked)

    def question() -> str | None:
        state = snapshots(environment).get(taken, "not there yet")
        return None if state == AVAILABLE else state

    wait(notify, f"snapshot {taken}", question)
    notify(f"the snapshot {taken} is there")
    return taken


def snapshots(environment: Environment, *, tag: bool = False) -> dict[str, str]:
    """Return the snapshots that stay when the warehouse goes, and their states. Tag them, too: AWS does not tag the
    final one."""
    aws, found = environment.aws, dict[str, str]()
    asked = {"ClusterIdentifier": aws.name, "SnapshotType": "manual"}
    for each in aws.pages("redshift", "describe_cluster_snapshots", "Snapshots", ("ClusterNotFound",), **asked):
        found[each["SnapshotIdentifier"]] = each["Status"]
        if tag:
            aws.ask("redshift", "create_tags", ResourceName=each["SnapshotArn"], Tags=write_tags(aws.tags))
    # All of the account's: AWS may not list those of a namespace that is gone by its name.
    for each in aws.pages("redshift-serverless", "list_snapshots", "snapshots"):
        if each.get("namespaceName") == aws.name:
            found[each["snapshotName"]] = each["status"].lower()
            if tag:
                tags = _lower(write_tags(aws.tags))
                aws.ask("redshift-serverless", "tag_resource", resourceArn=each["snapshotArn"], tags=tags)
    return dict(sorted(found.items()))


def state_of(cluster: Mapping[str, Any] | None) -> str:
    """Return the state of a cluster. It is not available while anything is still to be applied."""
    if cluster is None:
        return "not there"
    if cluster["ClusterStatus"] == AVAILABLE and cluster.get("PendingModifiedValues"):
        return "modifying"
    return str(cluster["ClusterStatus"])


def is_broken(state: str) -> bool:
    return state.startswith(_BROKEN)


def until(environment: Environment, wanted: str, notify: Notify) -> None:
    """Wait until the cluster is in a state."""

    def question() -> str | None:
        state = state_of(environment.cluster())
        if is_broken(state):
            raise InfrastructureError(
                f"the cluster {environment.aws.name} is {state}: AWS's console says why; what to do is yours to decide"
            )
        return None if state == wanted else state

    wait(notify, f"cluster {environment.aws.name}", question)


def refuse_paused(environment: Environment) -> None:
    """Refuse a cluster that is paused: AWS changes nothing of it, and it does not wake by itself."""
    state = state_of(environment.cluster())
    if state in (PAUSED, "pausing"):
        raise InfrastructureError(
            f"the cluster {environment.aws.name} is {state}: start it with `sparkify cluster resume`, then run the "
            "same command again"
        )


def is_running(environment: Environment) -> bool:
    """Whether there is a cluster that could be paused."""
    is_there = not environment.is_serverless and environment.stack.look()
    return bool(is_there) and state_of(environment.cluster()) == AVAILABLE


def idle_for(environment: Environment, minutes: int) -> bool:
    """Whether nobody has been connected to the cluster for so long, by AWS's own metric."""
    now = datetime.now(UTC)
    start = now - timedelta(minutes=minutes)
    counted = environment.aws.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/Redshift",
        MetricName="DatabaseConnections",
        Dimensions=[{"Name": "ClusterIdentifier", "Value": environment.aws.name}],
        StartTime=start,
        EndTime=now,
        Period=60 * (1 + minutes // _MOST_FIGURES),
        Statistics=["Maximum"],
    )["Datapoints"]
    # No figures do not prove that nobody was connected; nor do those of a cluster that was resumed only just now.
    return (
        bool(counted)
        and min(point["Timestamp"] for point in counted) <= start + _LATE
        and max(point["Maximum"] for point in counted) == 0
    )


def _state(environment: Environment) -> str:
    """The state of the cluster that is to be changed, which has to be there and ours."""
    if environment.is_serverless:
        raise InfrastructureError(
            "a serverless workgroup pauses by itself when nobody uses it, and costs nothing then: nothing is to be done"
        )
    cluster = environment.cluster() if environment.stack.look() else None
    if cluster is None:
        raise _nothing(environment)
    return state_of(cluster)


def _nothing(environment: Environment) -> InfrastructureError:
    return InfrastructureError(
        f"there is no warehouse {environment.aws.name} in {environment.aws.region}: create it with "
        "`sparkify cluster create`"
    )


def _lower(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return tags as Redshift Serverless spells them."""
    return [{key.lower(): value for key, value in tag.items()} for tag in tags]

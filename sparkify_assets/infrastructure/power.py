"""Pausing and resuming a cluster, and taking a snapshot. A serverless workgroup pauses by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import PAUSED, READY, Seen, Tell
from sparkify_assets.infrastructure.aws import explained
from sparkify_assets.infrastructure.create import refuse_foreign, refuse_paused
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.lock import Lease, changing
from sparkify_assets.infrastructure.waiting import look, until, wait

# AWS tells the figures of the last minutes late.
_LATE = timedelta(minutes=5)
_MOST_FIGURES = 1440


def pause(environment: Environment, tell: Tell) -> None:
    """Have nodes cost nothing until they are resumed; what is stored is still paid for."""
    if _cluster(environment).state == PAUSED:
        tell(f"the cluster {environment.cluster.name} is paused already")
        return
    with _alone(environment, "pause") as lease:
        seen = _cluster(environment)
        if seen.state not in (PAUSED, "pausing"):
            until(environment.cluster, READY, lease, tell)
            with explained(f"the cluster {environment.cluster.name} cannot be paused"):
                environment.cluster.pause()
        until(environment.cluster, PAUSED, lease, tell)
    tell(f"the cluster {environment.cluster.name} is paused: its nodes cost nothing until `sparkify cluster resume`")


def resume(environment: Environment, tell: Tell) -> None:
    if _cluster(environment).state == READY:
        tell(f"the cluster {environment.cluster.name} runs already")
        return
    with _alone(environment, "resume") as lease:
        resume_here(environment, lease, tell)
    tell(f"the cluster {environment.cluster.name} runs")


def resume_here(environment: Environment, lease: Lease | None, tell: Tell) -> None:
    """Have the cluster run, by whoever has the environment to themselves."""
    cluster = environment.cluster
    seen = look(cluster)
    if seen and seen.state == "pausing":
        seen = until(cluster, PAUSED, lease, tell)
    if seen and seen.state == PAUSED:
        tell(f"cluster {cluster.name}: resuming it")
        with explained(f"the cluster {cluster.name} cannot be resumed"):
            cluster.resume()
    until(cluster, READY, lease, tell)


def snapshot(environment: Environment, tell: Tell) -> str:
    """Take a snapshot that stays until somebody deletes it; its name."""
    holder = environment.namespace if environment.is_serverless else environment.cluster
    name = f"{environment.aws.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    seen = look(holder)
    if seen is None:
        raise _nothing(environment)
    refuse_foreign(environment, holder, seen)
    refuse_paused(holder, seen)
    with _alone(environment, "snapshot") as lease:
        until(holder, READY, lease, tell)
        with explained(f"a snapshot of the {holder.kind} {holder.name} cannot be taken"):
            holder.take_snapshot(name)

        def question() -> str | None:
            with explained("the snapshots cannot be listed"):
                state = holder.snapshots().get(name, "not there yet")
            return None if state == "available" else state

        wait(lease, tell, f"snapshot {name}", question)
    tell(f"the snapshot {name} is there")
    return name


def is_running(environment: Environment) -> bool:
    """Whether there is a cluster that could be paused."""
    seen = None if environment.is_serverless else look(environment.cluster)
    return seen is not None and seen.state == READY


def idle_for(environment: Environment, minutes: int) -> bool:
    """Whether nobody has been connected to the cluster for as long as that, as AWS's own metric has it."""
    now = datetime.now(UTC)
    start = now - timedelta(minutes=minutes)
    with explained(f"the connections of the cluster {environment.cluster.name} cannot be counted"):
        counted = environment.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Redshift",
            MetricName="DatabaseConnections",
            Dimensions=[{"Name": "ClusterIdentifier", "Value": environment.cluster.name}],
            StartTime=start,
            EndTime=now,
            Period=60 * (1 + minutes // _MOST_FIGURES),
            Statistics=["Maximum"],
        )["Datapoints"]
    # No figures is no proof of nobody; nor are those of a cluster that has only just been resumed.
    return (
        bool(counted)
        and min(point["Timestamp"] for point in counted) <= start + _LATE
        and max(point["Maximum"] for point in counted) == 0
    )


@contextmanager
def _alone(environment: Environment, doing: str) -> Iterator[Lease]:
    """The right to change the environment; nothing is written to a bucket that was not made here."""
    bucket = look(environment.bucket)
    if bucket is None:
        raise InfrastructureError(
            f"the bucket {environment.bucket.name} is gone, which says who may change the environment: make it again "
            "with `sparkify cluster create`"
        )
    refuse_foreign(environment, environment.bucket, bucket)
    with changing(environment.aws, environment.bucket.name, f"{doing} {environment.name}") as lease:
        yield lease


def _cluster(environment: Environment) -> Seen:
    if environment.is_serverless:
        raise InfrastructureError(
            "a serverless workgroup pauses by itself when nobody uses it, and costs nothing then: nothing is to be done"
        )
    seen = look(environment.cluster)
    if seen is None:
        raise _nothing(environment)
    refuse_foreign(environment, environment.cluster, seen)
    return seen


def _nothing(environment: Environment) -> InfrastructureError:
    return InfrastructureError(
        f"there is no warehouse {environment.aws.name} in {environment.aws.region}: make it with "
        "`sparkify cluster create`"
    )

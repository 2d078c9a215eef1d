"""Pausing and resuming a cluster, and taking a snapshot. A serverless workgroup pauses by itself."""

from datetime import UTC, datetime, timedelta

from sparkify_assets.cluster import READY, InfrastructureError, Seen, Tell
from sparkify_assets.cluster.aws import explained
from sparkify_assets.cluster.create import refuse_foreign
from sparkify_assets.cluster.environment import Environment
from sparkify_assets.cluster.lock import Lease, changing
from sparkify_assets.cluster.waiting import look, until, wait

PAUSED = "paused"


def pause(environment: Environment, tell: Tell) -> None:
    """Have nodes cost nothing until they are resumed; what is stored is still paid for."""
    if _cluster(environment).state == PAUSED:
        tell(f"the cluster {environment.cluster.name} is paused already")
        return
    with changing(environment.aws, environment.bucket.name, f"pause {environment.name}") as lease:
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
    with changing(environment.aws, environment.bucket.name, f"resume {environment.name}") as lease:
        resume_here(environment, lease, tell)
    tell(f"the cluster {environment.cluster.name} runs")


def resume_here(environment: Environment, lease: Lease | None, tell: Tell) -> None:
    """Have the cluster run, by whoever has the environment to themselves."""
    cluster = environment.cluster
    if _cluster(environment).state == "pausing":
        until(cluster, PAUSED, lease, tell)
    if _cluster(environment).state == PAUSED:
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
    with changing(environment.aws, environment.bucket.name, f"snapshot {environment.name}") as lease:
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


def idle_for(environment: Environment, minutes: int) -> bool:
    """Whether nobody has been connected to the cluster, as AWS's own metric has it."""
    now = datetime.now(UTC)
    with explained(f"the connections of the cluster {environment.cluster.name} cannot be counted"):
        counted = environment.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Redshift",
            MetricName="DatabaseConnections",
            Dimensions=[{"Name": "ClusterIdentifier", "Value": environment.cluster.name}],
            StartTime=now - timedelta(minutes=minutes),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
    # No figures is no proof of nobody.
    return bool(counted) and max(point["Maximum"] for point in counted) == 0


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

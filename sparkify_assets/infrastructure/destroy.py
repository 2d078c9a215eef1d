"""Removing an environment, last made first, and proving that nothing is left. What was not made here is not touched."""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import PAUSED, READY, Resource, Seen, Tell, differences
from sparkify_assets.infrastructure.aws import code_of, explained
from sparkify_assets.infrastructure.environment import Environment, check_lake
from sparkify_assets.infrastructure.lock import Lease, changing
from sparkify_assets.infrastructure.power import resume_here
from sparkify_assets.infrastructure.waiting import GOING, is_broken, look, until_gone, until_ready, wait

# What AWS says where something else has yet to go before.
_IN_USE = (
    "DependencyViolation",
    "InvalidClusterSubnetGroupState",
    "InvalidClusterParameterGroupState",
    "InvalidClusterState",
    "Conflict",
    "DeleteConflict",
    "OperationAborted",
    "BucketNotEmpty",
)


def destroy(environment: Environment, name: str, tell: Tell, *, snapshot: bool = True) -> list[str]:
    """Remove what was made; the snapshots that stay."""
    if name != environment.name:
        raise InfrastructureError(
            f"the environment is {environment.name}, and {name or 'nothing'!r} was confirmed: to remove all of it, "
            f"confirm its name: sparkify cluster destroy --yes {environment.name}"
        )
    check_lake(environment)
    bucket = look(environment.bucket)
    if bucket and environment.aws.made(bucket.tags):
        if "tags" in differences(environment.bucket, bucket):
            # Its making was stopped before it had any; with the lease in it, it would not be known for ours.
            with explained(f"the bucket {environment.bucket.name} cannot be tagged"):
                environment.bucket.make()
        with changing(environment.aws, environment.bucket.name, f"destroy {name}") as lease:
            _remove_all(environment, lease, tell, snapshot)
    else:
        _remove_all(environment, None, tell, snapshot)
    left = search(environment)
    if left:
        raise InfrastructureError(
            f"removed, but {len(left)} things with the tags of {name} are still there: {', '.join(left)}: run the same "
            "command again; what stays then was made by somebody else, under another name"
        )
    kept = kept_snapshots(environment)
    tell(f"nothing with the tags of {name} is left but {len(kept)} snapshots: {', '.join(kept) or 'none'}")
    return kept


def search(environment: Environment) -> list[str]:
    """Everything that has the environment's tags, whatever it is called; snapshots apart, which are kept."""
    return [one for resource in environment.all_resources for one in find(resource)]


def find(resource: Resource) -> list[str]:
    """Everything of a resource's kind that has the environment's tags."""
    with explained(f"what there is of the kind {resource.kind} cannot be listed"):
        return resource.search()


def kept_snapshots(environment: Environment) -> list[str]:
    with explained("the snapshots cannot be listed"):
        return sorted([*environment.cluster.snapshots(), *environment.namespace.snapshots()])


def _remove_all(environment: Environment, lease: Lease | None, tell: Tell, snapshot: bool) -> None:
    final = f"{environment.aws.name}-final-{datetime.now(UTC):%Y%m%d-%H%M%S}" if snapshot else None
    for resource in reversed(environment.all_resources):
        if lease:
            lease.renew()
        seen = look(resource)
        if seen and not environment.aws.made(seen.tags):
            tell(f"{resource.kind} {resource.name}: not made here, and left")
        elif seen:
            _remove(environment, resource, seen, lease, tell, final)


def _remove(
    environment: Environment, resource: Resource, seen: Seen, lease: Lease | None, tell: Tell, final: str | None
) -> None:
    """Have a resource gone, whatever it is in the middle of."""
    if resource is environment.bucket:
        # The lease lies in it, and goes first.
        lease = None
    if seen.state in (PAUSED, "pausing"):
        # AWS does not delete a cluster that is paused.
        resume_here(environment, lease, tell)
    elif seen.state not in (READY, *GOING) and not is_broken(seen):
        seen = until_ready(resource, lease, tell)
    if seen.state not in GOING:
        keeping = f", after a snapshot {final}" if final and resource.kind in ("cluster", "namespace") else ""
        tell(f"{resource.kind} {resource.name}: removing it{keeping}")
        wait(lease, tell, f"{resource.kind} {resource.name}", lambda: _ask_to_go(resource, seen, final))
    until_gone(resource, lease, tell)


def _ask_to_go(resource: Resource, seen: Seen, final: str | None) -> str | None:
    """Ask AWS to remove it; what is in the way, if something is that goes by itself."""
    with explained(f"the {resource.kind} {resource.name} cannot be removed"):
        try:
            resource.remove(seen, final)
        except ClientError as error:
            if code_of(error) not in _IN_USE:
                raise
            return f"in use ({code_of(error)})"
    return None

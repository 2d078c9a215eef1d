"""Making an environment: what is missing, in order, and what differs from the plan. It can be stopped anywhere and run
again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import PAUSED, READY, Resource, Seen, Tell, differences
from sparkify_assets.infrastructure.aws import explained
from sparkify_assets.infrastructure.environment import Environment, check
from sparkify_assets.infrastructure.lock import Lease, changing
from sparkify_assets.infrastructure.waiting import GOING, look, until_gone, until_ready

MAKE, CHANGE, KEEP, LEAVE = "make", "change", "keep", "left to you"


@dataclass(frozen=True)
class Step:
    """What is to be done about a resource; and its settings in words, or what differs: as it is, and as it is to be."""

    kind: str
    name: str
    action: str
    settings: Mapping[str, str]


def plan(environment: Environment) -> list[Step]:
    """What `create` would do; nothing is changed."""
    check(environment)
    return [step for resource in environment.resources for step in _steps(environment, resource)]


def _steps(environment: Environment, resource: Resource) -> list[Step]:
    seen = look(resource)
    wanted = {name: setting.wanted for name, setting in resource.settings().items()}
    if seen:
        refuse_foreign(environment, resource, seen)
    if seen is None or seen.state in GOING:
        return [Step(resource.kind, resource.name, MAKE, wanted)]
    differing = differences(resource, seen)
    if not differing:
        return [Step(resource.kind, resource.name, KEEP, wanted)]
    steps = []
    for action, mends in ((CHANGE, True), (LEAVE, False)):
        some = {
            name: f"{found} -> {meant}"
            for name, (found, meant) in differing.items()
            if bool(resource.settings()[name].mend) == mends
        }
        if some:
            steps.append(Step(resource.kind, resource.name, action, some))
    return steps


def create(environment: Environment, tell: Tell, finish: Callable[[Lease], None] = lambda lease: None) -> None:
    """Make what is missing, change what differs; then finish, which still has the environment to itself."""
    # What is refused is refused before anything is made.
    plan(environment)
    bucket = environment.bucket
    # It holds the lease, so it is there before all else; that two make it at once is one making it.
    seen = look(bucket)
    if seen is None or "tags" in differences(bucket, seen):
        _ask_for(bucket, tell)
    with changing(environment.aws, bucket.name, f"create {environment.name}") as lease:
        for resource in environment.resources:
            _bring(environment, resource, lease, tell)
        finish(lease)


def _ask_for(resource: Resource, tell: Tell) -> None:
    tell(f"{resource.kind} {resource.name}: making it")
    with explained(f"the {resource.kind} {resource.name} cannot be made"):
        resource.make()


def _bring(environment: Environment, resource: Resource, lease: Lease, tell: Tell) -> None:
    """Have a resource be there, and be as it is to be."""
    lease.renew()
    seen = look(resource)
    if seen:
        refuse_foreign(environment, resource, seen)
        refuse_paused(resource, seen)
    if seen and seen.state in GOING:
        # A destroy was stopped meanwhile.
        until_gone(resource, lease, tell)
        seen = None
    if seen is None:
        _ask_for(resource, tell)
    if seen is None or seen.state != READY:
        seen = until_ready(resource, lease, tell)
    refuse_foreign(environment, resource, seen)
    mends = {name: resource.settings()[name].mend for name in differences(resource, seen)}
    for name, mend in mends.items():
        if mend:
            tell(f"{resource.kind} {resource.name}: {name}: {resource.settings()[name].wanted}")
            with explained(f"{name} of the {resource.kind} {resource.name} cannot be changed"):
                mend(seen)
            if resource.slow:
                seen = until_ready(resource, lease, tell)
    if any(mends.values()):
        seen = until_ready(resource, lease, tell)
    for name, (found, meant) in differences(resource, seen).items():
        tell(f"{resource.kind} {resource.name}: {name} is {found}, not {meant}: that is left to you")


def refuse_foreign(environment: Environment, resource: Resource, seen: Seen) -> None:
    """What was not made here is not touched."""
    if not environment.aws.made(seen.tags):
        raise InfrastructureError(
            f"there is a {resource.kind} {resource.name} already, which was not made here: it lacks the tags "
            f"{environment.aws.mark}. Choose another SPARKIFY_CLUSTER_ENVIRONMENT, or remove it yourself if nobody "
            "needs it"
        )


def refuse_paused(resource: Resource, seen: Seen) -> None:
    """Nothing can be changed of what is paused, and it does not wake by itself."""
    if seen.state in (PAUSED, "pausing"):
        raise InfrastructureError(
            f"the {resource.kind} {resource.name} is {seen.state}: have it run with `sparkify cluster resume`, "
            "then run the same command again"
        )

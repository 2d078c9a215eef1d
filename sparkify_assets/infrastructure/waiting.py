"""Waiting for AWS: looking again until something is as it was asked to be, and telling meanwhile how it is."""

from collections.abc import Callable

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import READY, Resource, Seen, Tell
from sparkify_assets.infrastructure.aws import explained
from sparkify_assets.infrastructure.lock import Lease
from sparkify_assets.warehouse import retries

EVERY_SECONDS = 15
# How long the longest of all takes, with a snapshot of a large warehouse.
_MINUTES = 60
# From these a cluster does not come back by itself.
_BROKEN = ("incompatible", "hardware-failure", "storage-full")
# These end with it gone.
GOING = ("deleting", "final-snapshot")


def wait(
    lease: Lease | None, tell: Tell, doing: str, question: Callable[[], str | None], minutes: int = _MINUTES
) -> None:
    """Ask until nothing is in the way; what is, is told when it changes, and every minute."""
    told, rounds = "", minutes * 60 // EVERY_SECONDS
    for round_ in range(rounds):
        in_the_way = question()
        if in_the_way is None:
            return
        if in_the_way != told or not round_ % (60 // EVERY_SECONDS):
            seconds = round_ * EVERY_SECONDS
            tell(f"{doing}: {in_the_way}, after {seconds // 60}:{seconds % 60:02}")
            told = in_the_way
        if lease:
            lease.renew()
        retries.pause(EVERY_SECONDS)
    raise InfrastructureError(
        f"{doing}: {told}, after {minutes} minutes, which is longer than it takes: see what AWS's console says of it, "
        "then run the same command again"
    )


def is_broken(seen: Seen) -> bool:
    return seen.state.startswith(_BROKEN)


def look(resource: Resource) -> Seen | None:
    with explained(f"the {resource.kind} {resource.name} cannot be looked at"):
        return resource.look()


def until(resource: Resource, state: str, lease: Lease | None, tell: Tell) -> Seen:
    """The resource, once it is in a state."""
    found: list[Seen] = []

    def question() -> str | None:
        seen = look(resource)
        if seen and seen.state == state:
            found.append(seen)
            return None
        if seen and is_broken(seen):
            raise InfrastructureError(
                f"the {resource.kind} {resource.name} is {seen.state}: AWS's console says why; what to do about it "
                "is yours to decide"
            )
        return seen.state if seen else "not there yet"

    wait(lease, tell, f"{resource.kind} {resource.name}", question)
    return found[0]


def until_ready(resource: Resource, lease: Lease | None, tell: Tell) -> Seen:
    return until(resource, READY, lease, tell)


def until_gone(resource: Resource, lease: Lease | None, tell: Tell) -> None:
    def question() -> str | None:
        seen = look(resource)
        if seen is None:
            return None
        return "still there" if seen.state == READY else seen.state

    wait(lease, tell, f"{resource.kind} {resource.name}", question)

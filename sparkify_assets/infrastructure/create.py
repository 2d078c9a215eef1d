"""Creating an environment, or changing it to what the settings ask for; and the plan of that."""

from collections.abc import Callable

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import Notify
from sparkify_assets.infrastructure.environment import Environment, refuse_lake_in
from sparkify_assets.infrastructure.power import refuse_paused
from sparkify_assets.infrastructure.stack import IN_REVIEW, ResourceChange, StackResource, StackState

# AWS changes a stack in these states. Those in which it is changing one end by themselves.
READY = (IN_REVIEW, "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
         "IMPORT_ROLLBACK_COMPLETE")  # fmt: skip
# The first creation failed: what remains can only be deleted.
REMAINS = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
# An update failed, and its roll-back has to go on first.
STOPPED = ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED")


def plan(environment: Environment) -> tuple[tuple[ResourceChange, ...], list[StackResource]]:
    """Return what `create` would change, and the resources that would stay as they are. Nothing is changed."""
    parameters, seen = environment.parameters(), environment.stack.look()
    if seen and seen.status not in READY:
        raise InfrastructureError(
            f"the stack {environment.aws.name} is {seen.status}, and AWS plans no change of it: `sparkify cluster "
            "create` goes on from there, `sparkify cluster destroy` removes it"
        )
    name, changes = environment.stack.propose(parameters, seen)
    if changes:
        environment.stack.discard(name)
    changing = {change.logical for change in changes}
    return changes, [each for each in environment.stack.resources() if each.logical not in changing]


def create(environment: Environment, notify: Notify, finish: Callable[[], None] = lambda: None) -> None:
    """Have AWS create what is missing and change what differs; then finish."""
    stack, parameters = environment.stack, environment.parameters()
    seen = _ready(environment, notify)
    refuse_lake_in(seen.outputs.get("SPARKIFY_WORK", "") if seen else "", environment.lake)
    name, changes = stack.propose(parameters, seen)
    losing = [f"{change.kind} {change.name}" for change in changes if change.loses_data]
    if losing:
        stack.discard(name)
        raise InfrastructureError(
            f"AWS would remove or replace {', '.join(losing)}, with the data: nothing was changed. If you want that, "
            f"run `sparkify cluster destroy --yes {environment.name}`, which takes a snapshot, then create again"
        )
    if changes:
        notify(f"stack {environment.aws.name}: AWS changes {len(changes)} resources")
        stack.execute(name)
        seen = stack.settled(notify)
        if seen is None:
            raise InfrastructureError(f"somebody deleted the stack {environment.aws.name} meanwhile: create it again")
        if seen.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise stack.failure(seen)
    if environment.is_serverless:
        _limit_use(environment, notify)
    finish()


def _ready(environment: Environment, notify: Notify) -> StackState | None:
    """Return the stack once AWS takes changes of it, or None if it has to be created."""
    stack = environment.stack
    seen = stack.settled(notify)
    if seen and seen.status in REMAINS:
        notify(f"stack {environment.aws.name}: {seen.status}: deleting what remains of the creation that failed")
        stack.delete()
        seen = stack.settled(notify)
    elif seen and seen.status in STOPPED:
        notify(f"stack {environment.aws.name}: {seen.status}: going on with its roll-back")
        stack.roll_back(seen)
        seen = stack.settled(notify)
    if seen and seen.status not in READY:
        raise InfrastructureError(
            f"{stack.failure(seen)}. If it stays so, `sparkify cluster destroy --yes {environment.name}` removes it"
        )
    if seen and not environment.is_serverless:
        refuse_paused(environment)
    return seen


def _limit_use(environment: Environment, notify: Notify) -> None:
    """Set how many RPU hours a day the workgroup may use before it refuses queries. No template can."""
    aws, workgroup = environment.aws, environment.workgroup() or {}
    asked = {"resourceArn": workgroup.get("workgroupArn"), "usageType": "serverless-compute"}
    wanted = {"amount": environment.wanted.rpu_hours, "breachAction": "deactivate"}
    limits = aws.pages("redshift-serverless", "list_usage_limits", "usageLimits", **asked)
    daily = next((limit for limit in limits if limit.get("period") == "daily"), None)
    if daily is None:
        aws.ask("redshift-serverless", "create_usage_limit", **asked, **wanted, period="daily")
    elif wanted.items() <= daily.items():
        return
    else:
        aws.ask("redshift-serverless", "update_usage_limit", usageLimitId=daily["usageLimitId"], **wanted)
    notify(f"workgroup {aws.name}: {wanted['amount']} RPU hours a day, then queries are refused")

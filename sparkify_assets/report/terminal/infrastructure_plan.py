"""`sparkify cluster` on a terminal: the plan and its cost, the state of the environment, the settings for `.env`."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dotenv import set_key

from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import EnvironmentStatus
from sparkify_assets.infrastructure.prices import PRICED_ON, STORAGE
from sparkify_assets.infrastructure.stack import ResourceChange, StackResource
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.console import PlainConsole, plain_table, styled

# What AWS calls it, what we call it, and how it is shown; any other action of AWS is shown by its name.
_ACTIONS = {"Add": ("create", "+", "green"), "Modify": ("change", "~", "yellow"), "Remove": ("remove", "-", "red")}
_STATES = {"ready": "green", "paused": "cyan"}


def print_step(line: str) -> None:
    """Print a step of something long on stderr."""
    print(line, file=sys.stderr, flush=True)


def print_plan(environment: Environment, changes: Sequence[ResourceChange], kept: Sequence[StackResource]) -> None:
    """Print what AWS would do about each resource, property by property, and what stays; then the cost."""
    console = PlainConsole(soft_wrap=True)
    aws = environment.aws
    console.print(styled((aws.name, "bold"), f" in {aws.region}, account {aws.account}\n"))
    counts = Counter[str]()
    for change in changes:
        action, sign, colour = _ACTIONS.get(change.action, (change.action, "~", "yellow"))
        if change.is_replaced:
            action, colour = "replace", "red"
        counts[action] += 1
        console.print(
            styled(
                (f"{sign} {action} ", colour),
                f"{change.logical} ",
                (change.kind, "bold"),
                f" {change.name}" if change.name else "".rstrip(),
            )
        )
        for line in change.properties:
            console.print(styled((f"      {line}", "dim" if change.action == "Add" else "")))
    for resource in kept:
        counts["keep"] += 1
        console.print(styled(("= keep ", "dim"), f"{resource.logical} ", (resource.kind, "bold"), f" {resource.name}"))
    console.print("\n" + ", ".join(f"{count} to {action}" for action, count in counts.items()))
    lost = [change.logical for change in changes if change.loses_data]
    if lost:
        console.print(f"{', '.join(lost)}: `create` refuses that: it would lose data.", style="red")
    console.print(describe_cost(environment))
    if not environment.reaches_s3:
        console.print(
            f"{environment.vpc} has no S3 endpoint. COPY reads through the VPC: it cannot reach S3 without an "
            "S3 endpoint, which is free, or a NAT gateway.",
            style="yellow",
        )


def describe_cost(environment: Environment) -> str:
    """Return the cost per hour and month, and which price list it is from."""
    cost, wanted = environment.cost, environment.wanted
    what = f"{wanted.rpus} RPUs" if environment.is_serverless else f"{wanted.nodes} x {wanted.node_type}"
    if cost.hour is None or cost.month is None:
        where = environment.aws.region
        return f"Cost: the table of {PRICED_ON} has no price of {what} in {where}: see AWS's pricing page."
    when = "while it computes, at most" if environment.is_serverless else "while it is not paused,"
    return (
        f"Cost: {what}: ${cost.hour:,.2f} an hour {when} ${cost.month:,.0f} a month, by the list prices of "
        f"{PRICED_ON}; plus ${STORAGE} per GB and month for storage."
    )


def print_environment(status: EnvironmentStatus) -> bool:
    """Print the state of an environment; return whether it is complete, as planned, and all that has its tags."""
    console = PlainConsole(soft_wrap=True)
    console.print(styled("stack: ", (status.state, "green" if status.is_complete else "yellow")))
    table = plain_table()
    for heading in ("resource", "name", "state", "differs from the template"):
        table.add_column(heading, no_wrap=heading != "differs from the template")
    for each in status.standings:
        state = styled((each.state, _STATES.get(each.state, "yellow")))
        table.add_row(each.logical, each.name, state, styled((each.drift, "yellow")))
    if status.standings:
        console.print(table)
    if status.endpoint:
        console.print(f"{status.size} at {status.endpoint}")
    if status.hours is not None:
        cost = "" if status.cost is None else f", at most ${status.cost:,.2f} so far by the list prices of {PRICED_ON}"
        console.print(f"created {status.hours:,.1f} hours ago{cost}")
    if status.snapshots:
        console.print(f"{counted(len(status.snapshots), 'snapshot')} kept: {', '.join(status.snapshots)}")
    for orphan in status.orphans:
        console.print(f"not in the stack, but has its tags: {orphan}", style="yellow")
    as_planned = all(each.state == "ready" and not each.drift for each in status.standings)
    return status.is_complete and as_planned and not status.orphans


def offer_settings(variables: Mapping[str, str], file: Path, *, write: bool) -> None:
    """Print the settings, and write them into a file if that is wanted; its other lines stay."""
    for name, value in variables.items():
        print(f"{name}={value}")
    if not write and sys.stdin.isatty() and sys.stdout.isatty():
        with suppress(EOFError):
            write = input(f"Write these into {file}? [y/N] ").strip().lower() in ("y", "yes")
    if write:
        file.touch(mode=0o600)
        for name, value in variables.items():
            set_key(file, name, value, quote_mode="never")
        print_step(f"written into {file}")

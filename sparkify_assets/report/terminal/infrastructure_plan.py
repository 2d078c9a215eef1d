"""`sparkify cluster` on a terminal: the plan and its cost, the state of the environment, the settings for `.env`."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dotenv import set_key

from sparkify_assets.infrastructure.create import CHANGE, KEEP, LEAVE, MAKE, Step
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import EnvironmentStatus
from sparkify_assets.infrastructure.prices import PRICED_ON, STORAGE
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.console import PlainConsole, plain_table, styled

_SIGNS = {MAKE: ("+", "green"), CHANGE: ("~", "yellow"), KEEP: ("=", "dim"), LEAVE: ("!", "magenta")}
_STATES = {"ready": "green", "missing": "dim", "not made here": "red", "paused": "cyan"}


def print_step(line: str) -> None:
    """Print a step of something long on stderr."""
    print(line, file=sys.stderr, flush=True)


def print_plan(environment: Environment, steps: Sequence[Step]) -> None:
    """Print what would be done about each resource, with its settings; then the cost."""
    console = PlainConsole(soft_wrap=True)
    aws = environment.aws
    console.print(styled((aws.name, "bold"), f" in {aws.region}, account {aws.account}\n"))
    for step in steps:
        sign, colour = _SIGNS[step.action]
        console.print(styled((f"{sign} {step.action} ", colour), f"{step.kind} ", (step.name, "bold")))
        if step.action != KEEP:
            for name, setting in step.settings.items():
                console.print(styled((f"      {name}: {setting}", "" if step.action != MAKE else "dim")))
    counts = {action: sum(step.action == action for step in steps) for action in _SIGNS}
    console.print(
        "\n" + ", ".join(f"{count} to {action}" for action, count in counts.items() if count and action != LEAVE)
    )
    if counts[LEAVE]:
        left = counted(counts[LEAVE], "difference")
        console.print(f"{left} in what cannot be changed later: left to you", style="magenta")
    console.print(describe_cost(environment))
    if not environment.network.reaches_s3:
        console.print(
            f"{environment.network.vpc} has no S3 endpoint. COPY reads through the VPC: it cannot reach S3 without an "
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


def print_environment(environment: Environment, status: EnvironmentStatus) -> bool:
    """Print the state of an environment; return whether it is as planned."""
    console = PlainConsole(soft_wrap=True)
    table = plain_table()
    for heading in ("resource", "name", "state", "differs from the plan"):
        table.add_column(heading, no_wrap=heading != "differs from the plan")
    for each in status.standings:
        differs = "; ".join(f"{name}: {found}, not {meant}" for name, (found, meant) in each.drift.items())
        state = styled((each.state, _STATES.get(each.state, "yellow")))
        table.add_row(each.kind, each.name, state, styled((differs, "yellow")))
    console.print(table)
    if status.endpoint:
        console.print(f"{status.size} at {status.endpoint}")
    if status.hours is not None:
        cost = "" if status.cost is None else f", at most ${status.cost:,.2f} so far by the list prices of {PRICED_ON}"
        console.print(f"created {status.hours:,.1f} hours ago{cost}")
    if status.snapshots:
        console.print(f"{counted(len(status.snapshots), 'snapshot')} kept: {', '.join(status.snapshots)}")
    for orphan in status.orphans:
        console.print(f"not in the plan, but has its tags: {orphan}", style="yellow")
    return not status.orphans and not any(each.drift or each.state != "ready" for each in status.standings)


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

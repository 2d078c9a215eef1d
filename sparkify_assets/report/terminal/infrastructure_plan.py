"""`sparkify cluster` on a terminal: what would be made and what it costs, how it stands, what to put into `.env`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv import set_key
from rich.text import Text

from sparkify_assets.infrastructure.create import CHANGE, KEEP, LEAVE, MAKE, Step
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.environment_status import Status
from sparkify_assets.infrastructure.prices import PRICED_ON, STORAGE
from sparkify_assets.report.terminal.console import PlainConsole, plain_table

_MARKS = {MAKE: ("+", "green"), CHANGE: ("~", "yellow"), KEEP: ("=", "dim"), LEAVE: ("!", "magenta")}
_STATES = {"ready": "green", "missing": "dim", "not made here": "red", "paused": "cyan"}


def tell(line: str) -> None:
    """A step of something long."""
    print(line, file=sys.stderr, flush=True)


def print_plan(environment: Environment, steps: Sequence[Step]) -> None:
    """Every resource, what would be done about it, its settings; then the cost."""
    console = PlainConsole(highlight=False, soft_wrap=True)
    console.print(
        f"[bold]{environment.aws.name}[/bold] in {environment.aws.region}, account {environment.aws.account}\n"
    )
    for step in steps:
        mark, colour = _MARKS[step.action]
        console.print(Text.assemble((f"{mark} {step.action} ", colour), f"{step.kind} ", (step.name, "bold")))
        if step.action != KEEP:
            for name, setting in step.settings.items():
                console.print(Text(f"      {name}: {setting}", style="" if step.action != MAKE else "dim"))
    counts = {action: sum(step.action == action for step in steps) for action in _MARKS}
    console.print(
        "\n" + ", ".join(f"{count} to {action}" for action, count in counts.items() if count and action != LEAVE)
    )
    if counts[LEAVE]:
        console.print(
            f"{counts[LEAVE]} differ in what cannot be changed afterwards, and are left to you", style="magenta"
        )
    console.print(cost_in_words(environment))
    if not environment.network.reaches_s3:
        console.print(
            f"{environment.network.vpc} has no endpoint of S3. All that is copied goes through the VPC: without an "
            "endpoint (which costs nothing), or a NAT gateway, COPY finds no way to S3.",
            style="yellow",
        )


def cost_in_words(environment: Environment) -> str:
    """What it costs an hour and a month, and how that is known."""
    cost, listed = environment.cost, f"by the list prices of {PRICED_ON}"
    wanted = environment.wanted
    what = f"{wanted.rpus} RPUs" if environment.is_serverless else f"{wanted.nodes} x {wanted.node_type}"
    if cost.hour is None or cost.month is None:
        return f"Cost: the table of {PRICED_ON} has no price of {what} in {environment.aws.region}: see AWS's."
    while_ = "while it computes, at most" if environment.is_serverless else "while it is not paused,"
    return (
        f"Cost: {what}: ${cost.hour:,.2f} an hour {while_} ${cost.month:,.0f} a month, {listed}; and ${STORAGE} a GB "
        "and month for what is stored."
    )


def print_standing(environment: Environment, status: Status) -> bool:
    """How an environment stands; whether all is as it is to be."""
    console = PlainConsole(highlight=False, soft_wrap=True)
    table = plain_table()
    for heading in ("resource", "name", "state", "differs from the plan"):
        table.add_column(heading, no_wrap=heading != "differs from the plan")
    for each in status.standings:
        differs = "; ".join(f"{name}: {found}, not {meant}" for name, (found, meant) in each.drift.items())
        table.add_row(
            each.kind, each.name, Text(each.state, _STATES.get(each.state, "yellow")), Text(differs, "yellow")
        )
    console.print(table)
    if status.endpoint:
        console.print(f"{status.size} at {status.endpoint}")
    if status.hours is not None:
        so_far = (
            "" if status.cost is None else f", at most ${status.cost:,.2f} so far by the list prices of {PRICED_ON}"
        )
        console.print(f"made {status.hours:,.1f} hours ago{so_far}")
    if status.snapshots:
        console.print(f"{len(status.snapshots)} snapshots are kept: {', '.join(status.snapshots)}")
    for orphan in status.orphans:
        console.print(f"not in the plan, and with its tags: {orphan}", style="yellow")
    return not status.orphans and not any(each.drift or each.state != "ready" for each in status.standings)


def offer_settings(variables: Mapping[str, str], file: Path, *, write: bool) -> None:
    """Show what to put into `.env`, and put it there if it is wanted; other lines of the file stay."""
    for name, value in variables.items():
        print(f"{name}={value}")
    if not write and sys.stdin.isatty() and sys.stdout.isatty():
        write = input(f"Write these into {file}? [y/N] ").strip().lower() in ("y", "yes")
    if write:
        file.touch(mode=0o600)
        for name, value in variables.items():
            set_key(file, name, value, quote_mode="never")
        tell(f"written into {file}")

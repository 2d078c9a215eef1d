"""What all commands share: how one is declared, how it reads a day, and its exit codes.

The commands themselves are in the modules of their groups.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from sparkify_assets.report.visible import on_one_line

if TYPE_CHECKING:
    from sparkify_assets.settings import Settings

# Everything was done; some loads were refused, or problems were found; nothing could be done.
DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace, "Settings"], int]


def declare(commands: Commands, name: str, run: Run | None, summary: str) -> argparse.ArgumentParser:
    """Add a command, or with no function a group of them, and return its parser."""
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.set_defaults(run=run)
    return parser


def print_error(message: str) -> None:
    """Print an error as one line, whatever the lake's texts and file names in it hold."""
    print(f"sparkify: {on_one_line(message)}", file=sys.stderr)


def day_option(options: argparse.Namespace, name: str) -> date | None:
    """Return the day that an option holds, or None where it is not given."""
    from sparkify_assets.settings import parse_day

    value: str | None = getattr(options, name)
    return parse_day(value, f"--{name}") if value else None


def confirmed(what: str) -> bool:
    """Ask on a terminal whether to go on; without one, or without an answer, nobody has confirmed."""
    if sys.stdin.isatty():
        with suppress(EOFError):
            return input(f"{what} Go on? [y/N] ").strip().lower() in ("y", "yes")
    return False

"""`sparkify forget`: a person is forgotten, in the warehouse and in all that was made from it."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets.cli.command import DONE, SOME_FAILED, Commands, declare
from sparkify_assets.errors import ForgottenListError, WarehouseMissing
from sparkify_assets.report.visible import on_one_line

if TYPE_CHECKING:
    from sparkify_assets.lake.listing import Lake
    from sparkify_assets.settings import Settings
    from sparkify_assets.warehouse.session import Warehouse

_NOTHING = "nothing"


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    forget = declare(
        commands, "forget", _forget, "forget users: rebuild everything without them, and load without them"
    )
    forget.add_argument("users", nargs="*", metavar="USER_ID", help="the user's id, as in the column user_id")
    forget.add_argument("--file", metavar="PATH", type=Path, help="a file with more ids, one a line")
    forget.add_argument("--reason", metavar="TEXT", default="", help="reference of the request, which is kept; no name")
    forget.add_argument(
        "--lake", action="store_true", help="take the users' records out of the lake, too, for good: asks nothing"
    )
    forget.add_argument("--dry-run", action="store_true", help="only show what would be removed")
    forget.add_argument("--verify", action="store_true", help="search every place for the users, and change nothing")
    forget.add_argument("--undo", action="store_true", help="bring the users back, as far as the lake has them")


def _forget(options: argparse.Namespace, settings: "Settings") -> int:
    users = _users(options)

    from sparkify_assets.cli.loading_commands import load_stale
    from sparkify_assets.lake.places import open_lake, open_scratch
    from sparkify_assets.lake.removal import Removed
    from sparkify_assets.load.forgetting import bring_back, clear_lake, forget
    from sparkify_assets.report.phrases import counted
    from sparkify_assets.warehouse.engines import open_warehouse

    warehouse, lake = open_warehouse(settings), open_lake(settings)
    if options.dry_run:
        _show(warehouse, users)
        return DONE
    if options.verify:
        return _verify(settings, warehouse, lake, users)
    # The lake is listed before: if it cannot be, nothing changes.
    has_files = bool(lake.days() or lake.songs())
    since = datetime.now(UTC)
    if options.undo:
        changed = bring_back(warehouse, users)
        print(f"{counted(changed, 'user')} brought back", flush=True)
    else:
        changed = forget(warehouse, users, options.reason)
        print(f"{counted(changed, 'user')} newly forgotten", flush=True)
    removed = Removed()
    if options.lake and not options.undo:
        removed = clear_lake(warehouse, lake, open_scratch(settings), users)
        print(f"{counted(removed.files, 'file')} of the lake written anew", flush=True)
    ended = load_stale(settings, warehouse, lake, settings.days()) if has_files else DONE
    if options.undo:
        return ended
    from sparkify_assets.orchestration.erasure import erase

    receipt = erase(settings, warehouse, since, removed)
    print(receipt.text)
    return ended if receipt.is_complete else SOME_FAILED


def _users(options: argparse.Namespace) -> list[int]:
    """Return the ids that the command and its file name."""
    from sparkify_assets.lake.forgotten import parse_user_id

    texts = list(options.users)
    if options.file:
        try:
            texts += options.file.read_text("utf-8-sig").split()
        except UnicodeDecodeError as error:
            raise ForgottenListError(
                f"{options.file} is not UTF-8 at byte {error.start:,}: save it as UTF-8"
            ) from error
    if not texts:
        raise ForgottenListError("no user is named: expected ids, or --file with one a line")
    return sorted({parse_user_id(text) for text in texts})


def _verify(settings: "Settings", warehouse: "Warehouse", lake: "Lake", users: list[int]) -> int:
    """Print where users were searched for, and what was found."""
    from sparkify_assets.report.forgotten_search import search

    found = 0
    for user in users:
        print(f"user {user}")
        for searched in search(settings, warehouse, lake, user):
            found += bool(searched.found)
            print(f"  {on_one_line(f'{searched.place}: {searched.found or _NOTHING}')}")
    return SOME_FAILED if found else DONE


def _show(warehouse: "Warehouse", users: list[int]) -> None:
    """Print what the warehouse has of users."""
    from sparkify_assets.load.forgetting import traces_of

    try:
        traces = traces_of(warehouse, users)
    except WarehouseMissing as why:
        print(f"nothing to remove: {why}")
        return
    for trace in traces:
        state = "is forgotten" if trace.is_forgotten else "is not forgotten"
        has = f"{trace.events:,} events in {trace.days:,} log days, {trace.rejects:,} rejects"
        print(f"user {trace.user_id} {state}: {has}")
    print("nothing was changed")

"""`sparkify load`, `status` and `rejects`: they load the lake, and show what became of it."""

import argparse
from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING

from sparkify_assets.cli.command import DONE, SOME_FAILED, Commands, confirmed, day_option, declare, print_error
from sparkify_assets.errors import NothingToLoad, SettingsError, SparkifyError, WarehouseMissing, explain

if TYPE_CHECKING:
    from sparkify_assets.insights.rebuilding import InsightResult
    from sparkify_assets.lake.listing import Lake
    from sparkify_assets.load.results import LoadResult
    from sparkify_assets.orchestration.plan import Plan
    from sparkify_assets.report.terminal.load_summary import CheckResult
    from sparkify_assets.settings import Settings
    from sparkify_assets.warehouse.session import Warehouse


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    load = declare(commands, "load", _load, "bring the warehouse up to date with the lake")
    _add_range(load)
    load.add_argument("--force", action="store_true", help="load unchanged days and songs again, too")
    load.add_argument(
        "--replace-lake", action="store_true", help="empty a warehouse that belongs to another lake first (asks)"
    )
    load.add_argument("--yes", action="store_true", help="empty it without asking")

    status = declare(commands, "status", _status, "show the state, rows, rejects and failed audits of each day")
    _add_range(status)

    rejects = declare(commands, "rejects", _rejects, "list rejected records: where each is, and why it was rejected")
    rejects.add_argument("--day", metavar="DAY", help="only rejects of this log day, YYYY-MM-DD")
    rejects.add_argument("--file", metavar="PATH", default="", help="only rejects of files whose path ends like this")
    rejects.add_argument("--limit", metavar="N", type=int, default=50, help="show at most N rejects (default: 50)")


def _add_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", metavar="DAY", help="first log day, YYYY-MM-DD (default: SPARKIFY_START_DATE)")
    parser.add_argument("--end", metavar="DAY", help="last log day, YYYY-MM-DD (default: SPARKIFY_END_DATE)")


def _range(options: argparse.Namespace, settings: "Settings") -> list[date]:
    """Return the log days from --start to --end, by default all of them."""
    return settings.days(day_option(options, "start"), day_option(options, "end"))


def _load(options: argparse.Namespace, settings: "Settings") -> int:
    days = _range(options, settings)

    from sparkify_assets.lake.places import open_lake
    from sparkify_assets.load.forgetting import follow_list
    from sparkify_assets.warehouse.engines import open_warehouse

    warehouse, lake = open_warehouse(settings), open_lake(settings)
    if options.replace_lake:
        _replace_lake(warehouse, lake, sure=options.yes)
    follow_list(warehouse)
    return load_stale(settings, warehouse, lake, days, options.force)


def load_stale(
    settings: "Settings", warehouse: "Warehouse", lake: "Lake", days: list[date], force: bool = False
) -> int:
    """Load what is stale, or all by force, and what follows, and print what became of it. Return how it ended."""
    from sparkify_assets.load.results import REFUSED
    from sparkify_assets.orchestration.plan import plan_load
    from sparkify_assets.report.terminal.load_summary import print_summary

    try:
        plan = plan_load(warehouse, lake, settings, days, force)
    except NothingToLoad as why:
        print_error(f"nothing was loaded: {why}")
        return SOME_FAILED
    if plan.outside:
        print_error(
            f"{len(plan.outside):,} of the lake's days are not loaded, since they are outside the log days "
            f"{settings.start_date} to {settings.last_day}: {plan.outside[0]} to {plan.outside[-1]}; see "
            "SPARKIFY_START_DATE and SPARKIFY_END_DATE"
        )
    with warehouse.kept_open(plan.size) if plan.steps else nullcontext():
        results, checked, error = _execute(plan, settings, force) if plan.steps else ([], [], "")
        print_summary(settings, results, checked, ended_early=bool(error))
    if error:
        print_error(f"the load stopped early: {error}")
    refused = any(result.state == REFUSED for result in results)
    return SOME_FAILED if refused or error or any(check.fails for check in checked) else DONE


def _replace_lake(warehouse: "Warehouse", lake: "Lake", *, sure: bool) -> None:
    """Empty a warehouse that belongs to another lake, once it is confirmed."""
    from sparkify_assets.load.belonging import owner_of, replace_lake

    try:
        with warehouse.reader() as session:
            owner = owner_of(session)
    except WarehouseMissing:
        return
    if owner in (None, lake.address):
        return
    what = f"{warehouse.location} belongs to the lake {owner}. All its rows will be deleted, and {lake.address} loaded."
    if not sure and not confirmed(what):
        raise SettingsError(f"{what} Nothing was done: confirm it, or pass --yes")
    # The lake is listed before: if it cannot be, the warehouse keeps what it has.
    lake.days()
    with warehouse.session() as session:
        replace_lake(session, lake)


def _execute(
    plan: "Plan", settings: "Settings", force: bool
) -> "tuple[list[LoadResult | InsightResult], list[CheckResult], str]":
    """Run what is planned; return the results, what checks found, and the error that stopped the run after the
    first result."""
    from sparkify_assets.definitions import build_definitions
    from sparkify_assets.orchestration.runs import execute
    from sparkify_assets.report.terminal.progress_bar import ProgressBar

    results: list[LoadResult | InsightResult] = []
    with ProgressBar("loaded", plan.steps, plan.size) as progress:

        def on_result(result: "LoadResult | InsightResult") -> None:
            results.append(result)
            progress.step(result.summary)

        try:
            definitions = build_definitions(settings, on_result=on_result, on_progress=progress.on_progress)
            checked = execute(definitions, settings, plan, force)
        except (SparkifyError, OSError) as error:
            if not results:
                raise
            return results, [], explain(error) if isinstance(error, OSError) else str(error)
    return results, checked, ""


def _status(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.lake.places import open_lake
    from sparkify_assets.load.status import read_status
    from sparkify_assets.orchestration.plan import behind
    from sparkify_assets.report.terminal.status_table import print_status
    from sparkify_assets.warehouse.engines import open_warehouse

    days, warehouse = _range(options, settings), open_warehouse(settings, only_reads=True)
    status = read_status(warehouse, open_lake(settings), days, settings.days())
    print_status(status, behind(warehouse, settings))
    return DONE


def _rejects(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.reject_list import print_rejects
    from sparkify_assets.warehouse.engines import open_warehouse

    print_rejects(open_warehouse(settings, only_reads=True), day_option(options, "day"), options.file, options.limit)
    return DONE

"""The summary after `sparkify load`: what was loaded, what the warehouse holds now, and what to try next."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES, count_rows
from sparkify_assets.load.results import LOADED, REFUSED, UNCHANGED, LoadResult
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.model import tables_named
from sparkify_assets.queries import query
from sparkify_assets.report.phrases import counted, number
from sparkify_assets.report.terminal.console import PlainConsole, styled
from sparkify_assets.report.terminal.failed_audits import KEPT, print_refusals
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Row, Session

_ROWS_SHOWN = 3


@dataclass(frozen=True)
class CheckResult:
    """What a check found after a load, and if it failed, why, with the first rows that show it. A warning does not fail
    the load."""

    name: str
    passed: bool
    is_warning: bool
    reason: str = ""
    rows: Sequence[str] = ()

    @property
    def fails(self) -> bool:
        return not self.passed and not self.is_warning


def print_summary(
    settings: Settings,
    results: Sequence[LoadResult | InsightResult],
    checked: Sequence[CheckResult] = (),
    *,
    ended_early: bool = False,
) -> None:
    """Print what was loaded; rows, checks and rejects of every table; what failed and why; and what to do next. Of a
    load that ended early its error says that."""
    table = Table(header_style="bold")
    for heading in ("table", "rows", "checks", "rejects"):
        table.add_column(heading, justify="right" if heading in ("rows", "rejects") else "left")
    with open_warehouse(settings).reader() as session:
        _add_tables(table, session)
        table.add_section()
        _add_insights(table, session)
    _add_acceptance(table, [check for check in checked if ".acceptance_" in check.name])
    console = PlainConsole()
    console.print(_title([result for result in results if isinstance(result, LoadResult)]), style="bold")
    console.print(table)
    _print_failed(console, [check for check in checked if not check.passed])
    refusals = [(each.name, why) for each in sorted(results, key=lambda each: each.name) for why in each.refusals]
    print_refusals(console, refusals)
    if not ended_early:
        console.print(_next(refused=bool(refusals)), soft_wrap=True)


def _next(*, refused: bool) -> Text:
    """Return what to do next."""
    if refused:
        return styled("Next: follow the → at each ✗, then run ", (f"{_program()} load", "bold"), f". {KEPT}")
    return styled(
        "Next: ",
        ("make ui", "bold"),
        " for the Dagster UI, or ask the warehouse:\n",
        (
            f'  {_program()} query "SELECT song_title_clean, artist_name_clean, COUNT(*) AS plays '
            'FROM sparkify.songplays GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10"',
            "bold",
        ),
    )


def _print_failed(console: PlainConsole, failed: Sequence[CheckResult]) -> None:
    """Print each failed check with its reason and the first rows that show it, errors first."""
    for check in sorted(failed, key=lambda check: (check.is_warning, check.name)):
        sign, colour = ("!", "yellow") if check.is_warning else ("✗", "red")
        console.print(styled((f"{sign} {check.name}", colour), f": {check.reason}"), soft_wrap=True)
        for row in check.rows[:_ROWS_SHOWN]:
            console.print(styled((f"    {row}", "dim")), soft_wrap=True)


def _title(results: list[LoadResult]) -> str:
    """Return what was loaded and refused, as a sentence. What is unchanged was loaded by an interrupted run."""
    if not results:
        return "Nothing changed in the lake: the warehouse is up to date."
    loaded, refused, unchanged = (
        [result.load for result in results if result.state == state] for state in (LOADED, REFUSED, UNCHANGED)
    )
    parts = [
        f"Loaded {_listed(loaded)}" if loaded or refused else "",
        f"{len(refused):,} refused" if refused else "",
        f"reported and checked {_listed(unchanged)} of an interrupted run" if unchanged else "",
    ]
    sentence = "; ".join(part for part in parts if part)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _listed(loads: list[Load]) -> str:
    days = len(loads) - (SONG_CATALOG in loads)
    parts = ([counted(days, "day")] if days else []) + ([str(SONG_CATALOG)] if SONG_CATALOG in loads else [])
    return " and ".join(parts) or "nothing"


def _add_tables(table: Table, session: Session) -> None:
    """Add the tables that loads fill."""
    (rejected,) = session.fetch(query("read/rejected_counts"))
    audited = session.fetch(query("read/table_summary"))
    for contract in tables_named((*DAY_TABLES, *CATALOG_TABLES)):
        name = contract.name
        rejects = f"{number(rejected[name]):,}" if name in rejected else ""
        checks = _checks([row for row in audited if row["table_name"] == name])
        table.add_row(name, f"{count_rows(session, contract):,}", checks, rejects)


def _checks(audits: Sequence[Row]) -> Text:
    """Return how many audits of a table passed, and which of them failed, on how many loads."""
    failed = [row for row in audits if row["failed_loads"]]
    passed = len(audits) - len(failed)
    parts = [(f"{passed} passed", "green")] if passed else []
    for row in failed:
        colour = "red" if is_blocking(str(row["table_name"]), str(row["audit"])) else "yellow"
        parts.append((f"{row['audit']} on {row['failed_loads']} of {row['loads']}", colour))
    return styled(", ").join(map(styled, parts)) if parts else styled("none yet")


def _add_insights(table: Table, session: Session) -> None:
    """Add the insights."""
    stale = stale_insights(session)
    for insight in sorted((insight.table for insight in in_order()), key=lambda each: each.name):
        state = ("outdated", "yellow") if insight.name in stale else ("up to date", "green")
        table.add_row(insight.name, f"{count_rows(session, insight):,}", styled(state), "")


def _add_acceptance(table: Table, checked: Sequence[CheckResult]) -> None:
    """Add how many acceptance queries returned the rows that were agreed on."""
    if checked:
        failed = sum(not check.passed for check in checked)
        parts = [
            (f"{len(checked) - failed} passed" if failed < len(checked) else "", "green"),
            ", " if 0 < failed < len(checked) else "",
            (f"{failed} failed" if failed else "", "red"),
        ]
        table.add_section()
        table.add_row("acceptance queries", "", styled(*parts), "")


def _program() -> str:
    """Return how this program is called from the working folder."""
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else "sparkify"

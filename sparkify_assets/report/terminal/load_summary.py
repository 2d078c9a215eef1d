"""Progress and results on a terminal; plain lines where there is none."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights
from sparkify_assets.load.audits import audits_of
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES, count_rows
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import tables_named
from sparkify_assets.queries import query
from sparkify_assets.report.terminal.console import PlainConsole
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse


class Bar:
    """A progress bar on a terminal; elsewhere a line for each step."""

    def __init__(self, doing: str, total: int | None = None) -> None:
        self._doing, self._total = doing, total
        self._console = PlainConsole(stderr=True)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._done = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal and self._total != 0:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task(self._doing, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def step(self, said: str, done: int | None = None, total: int | None = None) -> None:
        if self._progress:
            self._done = self._done + 1 if done is None else done
            self._progress.update(self._task, description=said, total=total or self._total, completed=self._done)
        else:
            print(said, file=sys.stderr, flush=True)


class LoadProgress(Bar):
    """The progress of a load, a step a day and an insight; what it was told of is kept in `results`."""

    def __init__(self, steps: int, results: list[LoadResult | InsightResult]) -> None:
        super().__init__("loading", steps)
        self._results = results

    def told(self, result: LoadResult | InsightResult) -> None:
        self._results.append(result)
        self.step(result.summary)


class DayProgress(Bar):
    """The progress of work that counts its days."""

    def told(self, done: int, total: int) -> None:
        self.step(f"{self._doing}: day {done} of {total}", done, total)


def print_summary(settings: Settings, results: Sequence[LoadResult | InsightResult]) -> None:
    """What the warehouse holds after a load: rows, checks and rejects, table by table, and what to try next."""
    contracts = tables_named((*DAY_TABLES, *CATALOG_TABLES))
    with open_warehouse(settings).reader() as session:
        counts = {contract.name: count_rows(session, contract) for contract in contracts}
        (rejected,) = session.fetch(query("read/rejected_counts"))
        audited = session.fetch(query("read/table_summary"))
        stale = stale_insights(session)
        for insight in in_order():
            counts[insight.table.name] = count_rows(session, insight.table)
    shown = Table(header_style="bold")
    for heading in ("table", "rows", "checks", "rejects"):
        shown.add_column(heading, justify="right" if heading in ("rows", "rejects") else "left")
    for contract in contracts:
        name, rows = contract.name, counts[contract.name]
        failed = [row for row in audited if row["table_name"] == name and row["failed_loads"]]
        gating = {audit.name for audit in audits_of(contract.full_name) if audit.blocking}
        passed = sum(row["table_name"] == name for row in audited) - len(failed)
        said = [f"[green]{passed} passed[/green]" if passed else "none yet"]
        for row in failed:
            colour = "red" if row["audit"] in gating else "yellow"
            said.append(f"[{colour}]{escape(str(row['audit']))} on {row['failed_loads']} of {row['loads']}[/{colour}]")
        shown.add_row(name, f"{rows:,}", ", ".join(said), str(rejected.get(name, "")))
    shown.add_section()
    for name in sorted(insight.table.name for insight in in_order()):
        follows = "[yellow]behind the star[/yellow]" if name in stale else "[green]up to date[/green]"
        shown.add_row(name, f"{counts[name]:,}", follows, "")
    console = PlainConsole(highlight=False)
    console.print(_title([result for result in results if isinstance(result, LoadResult)]), style="bold")
    console.print(shown)
    console.print(
        "Next: [bold]make ui[/bold] for the Dagster UI, or ask the warehouse:\n"
        f'  [bold]{_program()} query "SELECT song_title, artist_name, COUNT(*) AS plays FROM sparkify.songplays '
        'GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10"[/bold]',
        soft_wrap=True,
    )


def _program() -> str:
    """This program, as it can be called from the working folder."""
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else "sparkify"


def _title(results: list[LoadResult]) -> str:
    if not results:
        return "Nothing changed in the lake: the warehouse is up to date."
    refused = sum(result.state == REFUSED for result in results)
    loaded = len(results) - refused
    return f"Loaded {loaded} of {len(results)}: {refused} refused." if refused else f"Loaded {loaded}: all up to date."

"""`sparkify status` and `sparkify doctor` on a terminal."""

from collections.abc import Iterable

from rich.text import Text

from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import State
from sparkify_assets.load.status import LoadStatus, Status
from sparkify_assets.report.doctor import GOOD, NOTE, PROBLEM, Finding
from sparkify_assets.report.terminal.console import PlainConsole, plain_table
from sparkify_assets.warehouse.session import Value

_COLOURS = {
    State.NEW: "cyan",
    State.CHANGED: "yellow",
    State.VANISHED: "magenta",
    State.LOADED: "green",
    State.REFUSED: "red",
    State.EMPTY: "dim",
}
_MARKS = {GOOD: ("✓", "green"), NOTE: ("•", "cyan"), PROBLEM: ("✗", "red")}
_MANY_DAYS = 62


def print_status(status: Status) -> None:
    """A table of the days, then what is left to do. Of many days only those that need a look."""
    console = PlainConsole(highlight=False)
    table = plain_table()
    for heading in ("day", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("files", "records", "rows", "rejects"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("last load (UTC)", no_wrap=True)
    table.add_column("failed")
    many = len(status.days) > _MANY_DAYS
    shown = [
        day for day in (status.catalog, *status.days) if not many or day.load == SONG_CATALOG or day.state.is_stale
    ]
    for day in shown:
        table.add_row(*_row(day))
    console.print(table)
    counts = {state: status.count(state) for state in _COLOURS}
    console.print(
        Text(", ").join(Text(f"{n:,} {state}", style=_COLOURS[state]) for state, n in counts.items() if n),
        Text(f" ({len(status.days) + 1 - len(shown):,} not shown)" if many else ""),
        sep="",
    )
    for heading, files in (("outside the log days", status.outside), ("misplaced", status.misplaced)):
        if files:
            console.print(
                Text(
                    f"{len(files):,} file{'s' * (len(files) > 1)} {heading}, read by nobody: {', '.join(files[:5])}",
                    style="yellow",
                )
            )
    if status.count(*(state for state in State if state.is_stale)):
        console.print("Next: [bold]sparkify load[/bold] brings these up to date.")


def _row(day: LoadStatus) -> list[Text]:
    figures = [_number(day.figures.get(name)) for name in ("files", "records", "loaded", "rejected")]
    loaded_at = day.figures.get("loaded_at")
    failed = ", ".join(f"{row['table_name']}.{row['audit']} ({row['failing_rows']})" for row in day.failed_audits)
    said = [day.name, "", *figures, f"{loaded_at:%Y-%m-%d %H:%M}" if loaded_at else "", ""]
    cells = [Text(text) for text in said]
    cells[1] = Text(day.state, style=_COLOURS[day.state])
    cells[-1] = Text(failed, style="red" if day.state == State.REFUSED else "yellow")
    return cells


def _number(value: Value) -> str:
    return "" if value is None else f"{int(str(value)):,}"


def print_findings(findings: Iterable[Finding]) -> int:
    """What the doctor found, line by line as it is found; how many problems there are."""
    console = PlainConsole(highlight=False, soft_wrap=True)
    problems = 0
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        console.print(
            Text.assemble((mark, colour), f" {finding.subject}: ", (finding.seen, "dim" * (finding.state == GOOD)))
        )
        if finding.remedy:
            console.print(Text(f"    → {finding.remedy}", style=colour))
        problems += finding.state == PROBLEM
    console.print(f"{problems} problem{'' if problems == 1 else 's'}", style="bold red" if problems else "bold green")
    return problems

"""`sparkify status` on a terminal: a row for each log day, then what failed, and what to do next."""

from collections.abc import Sequence

from rich.text import Text

from sparkify_assets.load.state import State
from sparkify_assets.load.status import LoadStatus, Status
from sparkify_assets.report.doctor import PROBLEM, Diagnosis
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.console import PlainConsole, plain_table, styled
from sparkify_assets.report.terminal.failed_audits import KEPT, print_refusals, print_warnings
from sparkify_assets.report.visible import on_one_line
from sparkify_assets.warehouse.session import Value

_COLOURS = {
    State.NEW: "cyan",
    State.CHANGED: "yellow",
    State.VANISHED: "magenta",
    State.LOADED: "green",
    State.REFUSED: "red",
    State.EMPTY: "dim",
}
_MANY_DAYS = 62
_FILES_SHOWN = 5


def print_status(status: Status, behind: Sequence[Diagnosis] = ()) -> None:
    """Print a row for each day, or, if there are many, for each day that needs a load; then which audits failed and
    why, what hangs behind the loads, and what to do next."""
    console = PlainConsole()
    many = len(status.days) > _MANY_DAYS
    days = [status.catalog, *(day for day in status.days if not many or day.state.is_stale)]
    table = plain_table()
    for heading in ("day", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("files", "records", "rows", "rejects"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("last load (UTC)", no_wrap=True)
    for day in days:
        table.add_row(*_row(day))
    console.print(table)
    counts = {state: status.count(state) for state in _COLOURS}
    console.print(
        styled(", ").join(styled((f"{n:,} {state}", _COLOURS[state])) for state, n in counts.items() if n),
        f" ({len(status.days) + 1 - len(days):,} not shown)" if many else "",
        sep="",
    )
    _print_ignored(console, "outside the log days", status.outside)
    _print_ignored(console, "misplaced", status.misplaced)
    for each in behind:
        console.print(styled((f"{each.subject}: {each.seen}: {each.remedy}", "yellow")), soft_wrap=True)
    print_warnings(console, status.warnings)
    print_refusals(console, status.refusals)
    console.print(_next(status, behind), soft_wrap=True)


def _next(status: Status, behind: Sequence[Diagnosis]) -> Text:
    """Return what to do next, as a sentence."""
    load = ("sparkify load", "bold")
    waiting = status.count(State.NEW, State.CHANGED, State.VANISHED)
    if status.count(State.REFUSED):
        also = " It also loads what is new or changed." if waiting else ""
        return styled("Next: follow the → at each ✗, then run ", load, f".{also} {KEPT}")
    if waiting:
        return styled("Next: ", load, " brings the warehouse up to date.")
    if any(each.state == PROBLEM for each in behind):
        return styled("Next: ", load, " brings up to date what follows the loads.")
    return styled("Nothing to do: all of these are up to date with the lake.")


def _row(day: LoadStatus) -> list[Text]:
    figures = [_number(day.figures.get(name)) for name in ("files", "records", "loaded", "rejected")]
    loaded_at = day.figures.get("loaded_at")
    return [
        styled(day.name),
        styled((day.state, _COLOURS[day.state])),
        *map(styled, figures),
        styled(f"{loaded_at:%Y-%m-%d %H:%M}" if loaded_at else ""),
    ]


def _number(value: Value) -> str:
    return "" if value is None else f"{int(str(value)):,}"


def _print_ignored(console: PlainConsole, why: str, files: Sequence[str]) -> None:
    if files:
        more = ", …" if len(files) > _FILES_SHOWN else ""
        names = ", ".join(map(on_one_line, files[:_FILES_SHOWN]))
        console.print(styled((f"{counted(len(files), 'file')} {why}, ignored: {names}{more}", "yellow")))

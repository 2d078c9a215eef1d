"""The console and the table that all commands print with."""

from rich import box
from rich.console import Console
from rich.table import Table


class PlainConsole(Console):
    """A console that lets a closed pipe reach the caller, which ends the program quietly."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def plain_table() -> Table:
    """Return a table with a line under its headings and none elsewhere."""
    return Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))

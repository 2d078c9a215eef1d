"""The console that results are printed on."""

from rich import box
from rich.console import Console
from rich.table import Table


class PlainConsole(Console):
    """A console that colours nothing by guessing, and leaves a closed pipe to the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def plain_table() -> Table:
    """A table with a line under its headings and none elsewhere."""
    return Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))

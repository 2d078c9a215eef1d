"""The console, the text and the table that all commands print with.

What they print may quote the lake. So a string is no markup, and `styled` is the only place that makes a `Text`.
"""

from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sparkify_assets.report.visible import visible

_UNLIMITED = 1_000_000


class PlainConsole(Console):
    """A console whose strings are shown as they are, and which lets a closed pipe reach the caller, which ends the
    program quietly."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)
        if not self.is_terminal:
            # A file or a pipe has no width: nothing is cut or wrapped.
            self.width = _UNLIMITED

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return a text of parts, each alone or with its style."""
    text = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(visible(words), style)
    return text


def print_indented(console: PlainConsole, text: Text) -> None:
    """Print a text below a line that it belongs to, its lines broken between words where the screen is narrow."""
    console.print(Padding(text, (0, 0, 0, 4), expand=False))


def plain_table() -> Table:
    """Return a table with a line under its headings and none elsewhere."""
    return Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))

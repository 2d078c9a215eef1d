"""The progress of something long: bars on a terminal, elsewhere a line for each step."""

import os
import sys
from types import TracebackType
from typing import Self, TextIO

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from sparkify_assets.load.progress import OnProgress
from sparkify_assets.load.progress import Progress as Report
from sparkify_assets.report.terminal.console import PlainConsole
from sparkify_assets.report.visible import on_one_line

_BAR, _REFRESHES = 12, 5


def _stream() -> TextIO:
    """Return stderr; of a terminal a duplicate, which stays the terminal: while a step of a run goes on, Dagster sends
    what is written to stderr to the step's log."""
    if not sys.stderr.isatty():
        return sys.stderr
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="replace")
    except OSError:
        # It is no file of the system.
        return sys.stderr


class ProgressBar:
    """A bar on stderr for the steps that are done, with what is being done beside it; above it, if a number of bytes is
    given, a bar for those that were read. They disappear when the work ends."""

    def __init__(self, done: str, total: int | None = None, size: int = 0) -> None:
        self._label, self._total, self._size = done, total, size
        self._stream = _stream()
        self._console = PlainConsole(file=self._stream)
        self._progress: Progress | None = None
        self._reading, self._task = TaskID(0), TaskID(0)
        self._done = self._read = 0
        self._doing = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(_BAR),
                TextColumn("{task.fields[amount]}", markup=False, justify="right"),
                TimeElapsedColumn(),
                TextColumn(
                    "{task.fields[doing]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
                ),
                console=self._console,
                transient=True,
                refresh_per_second=_REFRESHES,
            )
            self._progress.start()
            if self._size:
                self._reading = self._progress.add_task("read", total=self._size, amount=self._amount_read, doing="")
            self._task = self._progress.add_task(
                self._label, total=self._total, amount=self._amount_done, doing="starting"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()
        if self._stream is not sys.stderr:
            self._stream.close()

    @property
    def on_progress(self) -> OnProgress | None:
        """What hears of progress within a step; nothing where only steps are shown."""
        return self._hear if self._progress else None

    def step(self, text: str) -> None:
        """Show that one more step is done, and what it was."""
        self._show(text, self._done + 1, self._total)

    def step_to_day(self, done: int, total: int) -> None:
        """Show that so many days of a total are done."""
        self._show(f"{self._label}: day {done} of {total}", done, total)

    def _hear(self, report: Report) -> None:
        # A load that is tried again reads again.
        self._read = min(self._read + report.read, self._size)
        if self._progress:
            if self._size:
                self._progress.update(self._reading, completed=self._read, amount=self._amount_read)
            # Drawn at once where something else begins: the thread that draws has to wait for a load that is busy.
            is_new, self._doing = report.doing != self._doing, report.doing
            self._progress.update(self._task, doing=on_one_line(report.doing), refresh=is_new)

    def _show(self, text: str, done: int, total: int | None) -> None:
        self._done, self._total, line = done, total, on_one_line(text)
        if self._progress:
            self._progress.update(self._task, doing=line, total=total, completed=done, amount=self._amount_done)
        else:
            print(line, file=sys.stderr, flush=True)

    @property
    def _amount_read(self) -> str:
        return f"{decimal(self._read)} of {decimal(self._size)}"

    @property
    def _amount_done(self) -> str:
        return f"{self._done:,} of {self._total:,}" if self._total else ""

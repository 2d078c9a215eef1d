"""The progress of something long: a bar on a terminal, elsewhere a line for each step."""

import sys
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sparkify_assets.report.terminal.console import PlainConsole
from sparkify_assets.report.visible import on_one_line


class ProgressBar:
    """A progress bar on stderr, which disappears when the work ends."""

    def __init__(self, doing: str, total: int | None = None) -> None:
        self._doing, self._total = doing, total
        self._console = PlainConsole(stderr=True)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._done = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task(self._doing, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def step(self, text: str) -> None:
        """Show that one more step is done, and what it was."""
        self._show(text, self._done + 1, self._total)

    def step_to_day(self, done: int, total: int) -> None:
        """Show that so many days of a total are done."""
        self._show(f"{self._doing}: day {done} of {total}", done, total)

    def _show(self, text: str, done: int, total: int | None) -> None:
        self._done, line = done, on_one_line(text)
        if self._progress:
            self._progress.update(self._task, description=line, total=total, completed=done)
        else:
            print(line, file=sys.stderr, flush=True)

"""How far a load is: what is being done, and how many bytes of the lake's files have been read. What became of a
load is in `results.py`.
"""

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """What is being done, and how many bytes were read since the report before."""

    doing: str
    read: int = 0


# Called by the threads that load, one at a time.
OnProgress = Callable[[Progress], object]


class Reading:
    """The progress of reading files of a known size, however often an engine reads each."""

    def __init__(self, doing: str, size: int, on_progress: OnProgress) -> None:
        self._doing, self._left, self._notify = doing, size, on_progress
        on_progress(Progress(doing))

    def add(self, read: int) -> None:
        """Report more bytes; no more than the files have."""
        read = min(read, self._left)
        self._left -= read
        if read:
            self._notify(Progress(self._doing, read))

    def end(self) -> None:
        """Report the rest: what did not have to be read, or was read where nothing could be seen of it."""
        self.add(self._left)

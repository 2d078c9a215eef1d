"""What a lake is: log files by day and song files, how they are listed, and how one is opened.

Where the files are is the business of `folder.py` and `s3.py`; what is in them, of `records.py` and `validator.py`.
"""

import gzip
import os
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple, cast

from sparkify_assets.errors import LakeError

_LOG_FILE = re.compile(
    r"log_data/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>(?P=year)-(?P=month)-\d{2})[^/]*\.json(\.gz)?"
)
SONG_FILE = re.compile(r"song_data/(?:[^/]+/)*[^./][^/]*\.json(\.gz)?")
_READ_BYTES = 1 << 20

# Why a file cannot be read as it was listed.
CHANGED = "it has changed since it was listed"
WRITTEN = "wait until it is written"
# What reading a file to its end can raise.
UNREADABLE = (LakeError, OSError, EOFError, zlib.error)


# Hears how many more bytes of files have been read.
OnRead = Callable[[int], object]


class File(NamedTuple):
    """A file as it was listed: its path in the lake, its log day (None for songs), its fingerprint and its size. A
    tuple, since there are thousands."""

    path: str
    day: date | None
    fingerprint: str
    size: int


class Lake(ABC):
    """The files of a lake, distinguished by their paths. Subclasses know where the files are and how to read them."""

    def day(self, day: date) -> list[File]:
        """Return the log files of one day, by path."""
        return [file for file in self._files(f"log_data/{day:%Y/%m}/", str(day)) if file.day == day]

    def days(self, months: Iterable[date] | None = None) -> dict[date, list[File]]:
        """Return the log files by day: all of them, or those of the months that the given dates are in."""
        folders = ["log_data/"] if months is None else sorted({f"log_data/{month:%Y/%m}/" for month in months})
        found: dict[date, list[File]] = {}
        for folder in folders:
            for file in self._files(folder):
                if file.day is not None:
                    found.setdefault(file.day, []).append(file)
        return found

    def songs(self, most: int | None = None) -> list[File]:
        """Return the song files, by path; with `most`, the first ones, without looking for the others."""
        return list(islice((file for file in self._files("song_data/") if SONG_FILE.fullmatch(file.path)), most))

    def misplaced(self) -> list[File]:
        """Return the files that are neither log files in their month's folder nor song files: nobody reads them."""
        logs = [file for file in self._files("log_data/") if file.day is None]
        return logs + [file for file in self._files("song_data/") if not SONG_FILE.fullmatch(file.path)]

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the lake is: the same text whichever way a setting writes it."""

    @abstractmethod
    def head(self, file: File, size: int) -> bytes:
        """Return the first bytes of a file, reading no more of it."""

    @abstractmethod
    def spool(self, files: Sequence[File]) -> AbstractContextManager[list[Path]]:
        """Provide the files as local paths, in the same order, while the context lasts.

        Raises FileUnreadable if a file changes between listing and the end of the context.
        """

    @abstractmethod
    def replace(self, file: File, content: Path) -> None:
        """Put the content of a local file in a file's place, whole or not at all.

        Raises FileUnreadable if the file has changed since it was listed.
        """

    @abstractmethod
    def _files(self, under: str, beginning: str = "") -> Iterator[File]:
        """Yield the files under a folder, by path, without hidden ones; at least those whose names begin like this."""


def log_day(path: str) -> date | None:
    """Return the log day of a path in the lake; None if the path is not that of a log file."""
    # Most paths are songs: they need no regular expression.
    found = _LOG_FILE.fullmatch(path) if path.startswith("log_data/") else None
    try:
        return date.fromisoformat(found["day"]) if found else None
    except ValueError:
        return None


def open_content(path: Path) -> BinaryIO:
    """Open a spooled file, decompressed."""
    if not S_ISREG(os.stat(path).st_mode):
        # Opening a pipe would block, and a folder has no content.
        raise LakeError(f"{path.name} is not a file")
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def read_content(path: Path) -> bytes:
    """Return the content of a spooled file, decompressed, in as few system calls as possible: there are thousands."""
    name = os.fspath(path)
    handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        state = os.fstat(handle)
        if not S_ISREG(state.st_mode):
            raise LakeError(f"{path.name} is not a file")
        # Slightly more than the size, so that one call reaches the end; always allocating a megabyte is slower.
        most = min(state.st_size + 4096, _READ_BYTES)
        parts = []
        while part := os.read(handle, most):
            parts.append(part)
            if len(part) < most:
                break
    finally:
        os.close(handle)
    data = b"".join(parts)
    return gzip.decompress(data) if name.endswith(".gz") else data

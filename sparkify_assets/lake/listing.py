"""The lake: log files by day and song files, where they lie and what they were when they were read.

Listing, opening and spooling files belongs here, as does the sieve that splits a file into good records and rejects.
What becomes of the records does not: that is `load.py`.
"""

import gzip
import os
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple, Protocol, cast

from sparkify_assets.errors import LakeError

LOG_FILE = re.compile(
    r"log_data/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>(?P=year)-(?P=month)-\d{2})[^/]*\.json(\.gz)?"
)
_READ_BYTES = 1 << 20
SONG_FILE = re.compile(r"song_data/(?:[^/]+/)*[^./][^/]*\.json(\.gz)?")


# What is said of a file that cannot be read as it was listed.
CHANGED = "it has changed since it was listed"
# What reading a file to its end may meet.
UNREADABLE = (LakeError, OSError, EOFError, zlib.error)


class File(NamedTuple):
    """A file of the lake: its path in it, its log day (None for songs) and what it was when it was listed. There are
    thousands, hence a tuple."""

    path: str
    day: date | None
    fingerprint: str
    size: int


class Lake(Protocol):
    """Where the files lie."""

    def day(self, day: date) -> list[File]:
        """The log files of one day, by path."""

    def days(self, months: Iterable[date] | None = None) -> dict[date, list[File]]:
        """Every log file, by day; only those of the months that these days are in, if any are said."""

    def songs(self, most: int | None = None) -> list[File]:
        """Every song file, by path; or the first of them, without looking for the others."""

    def misplaced(self) -> list[File]:
        """Files that are neither log files in their month's folder nor song files: nobody reads them."""

    def head(self, file: File, size: int) -> bytes:
        """The beginning of a file, as it was when it was listed; no more of it is read."""

    def spool(self, files: Sequence[File]) -> AbstractContextManager[list[Path]]:
        """The files as local paths, in the same order, for as long as the context lasts; FileUnreadable if one of them
        was not what it was when it was listed all the while."""


def log_day(path: str) -> date | None:
    """The log day of a path in the lake; None where its name or its place is not that of a log file."""
    # Most paths are those of songs.
    found = LOG_FILE.fullmatch(path) if path.startswith("log_data/") else None
    try:
        return date.fromisoformat(found["day"]) if found else None
    except ValueError:
        return None


def open_content(path: Path) -> BinaryIO:
    """The content of a spooled file, decompressed."""
    if not S_ISREG(os.stat(path).st_mode):
        # A pipe would be waited for, and a folder has nothing to read.
        raise LakeError(f"{path.name} is not a file")
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def read_content(path: Path) -> bytes:
    """All that a spooled file holds, decompressed; in as few calls as can be, since there are thousands of them."""
    name = os.fspath(path)
    handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        state = os.fstat(handle)
        if not S_ISREG(state.st_mode):
            raise LakeError(f"{path.name} is not a file")
        # A little more than there is, so that its end is seen at once; a megabyte for each would take longer to get.
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


class ListedLake(ABC):
    """A lake whose files are told apart by their paths; where they lie, and how they are listed, is its own."""

    def day(self, day: date) -> list[File]:
        return [file for file in self._files(f"log_data/{day:%Y/%m}/", str(day)) if file.day == day]

    def days(self, months: Iterable[date] | None = None) -> dict[date, list[File]]:
        folders = ["log_data/"] if months is None else sorted({f"log_data/{month:%Y/%m}/" for month in months})
        found: dict[date, list[File]] = {}
        for folder in folders:
            for file in self._files(folder):
                if file.day is not None:
                    found.setdefault(file.day, []).append(file)
        return found

    def songs(self, most: int | None = None) -> list[File]:
        return list(islice((file for file in self._files("song_data/") if SONG_FILE.fullmatch(file.path)), most))

    def misplaced(self) -> list[File]:
        logs = [file for file in self._files("log_data/") if file.day is None]
        return logs + [file for file in self._files("song_data/") if not SONG_FILE.fullmatch(file.path)]

    @abstractmethod
    def _files(self, under: str, beginning: str = "") -> Iterator[File]:
        """Every file under a folder of the lake, by path, hidden ones left out; at least those that begin like this."""

"""Log files on their way into DuckDB: as they were spooled, what their text shows, what was landed of them and what the
validator wrote. What is done with them is in `duckdb_landing.py`.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sparkify_assets.lake.listing import File
from sparkify_assets.lake.records import LineCount
from sparkify_assets.lake.split import Split


class SourceFile(NamedTuple):
    """A local file that DuckDB reads. The number stands for it beside its rows, whose size a path would double."""

    path: str
    number: int
    day: date | None


class SpooledLog(NamedTuple):
    """A log file as it was spooled, with the number that stands for it."""

    file: File
    path: str
    number: int
    counted: LineCount

    @property
    def source(self) -> SourceFile:
        return SourceFile(self.path, self.number, self.file.day)


class FoundInText(NamedTuple):
    """What the text of a landed file shows: its records, whether one is odd, whether one may hold a nested value."""

    records: int = 0
    odd: bool = False
    nested: bool = False


class RowsFound(NamedTuple):
    """What was landed of a file: its rows, those that are doubtful, those that the validator is certain to reject, and
    whether row ids number them without a gap."""

    landed: int = 0
    doubtful: int = 0
    certainly_bad: int = 0
    numbered: bool = True


class SplitCopies(NamedTuple):
    """What the validator wrote of a log file, or of a bundle of song files: the paths of its copies and how many
    records it saw and did not write as good ones. The number stands for the file beside its rows."""

    file: File
    number: int
    clean: Sequence[str]
    rejects: Sequence[str]
    seen: int
    kept_out: int
    context: str = ""

    @classmethod
    def of(cls, file: File, number: int, split: Split) -> "SplitCopies":
        clean = [str(split.clean_copy)] if split.good else []
        rejects = [str(split.rejects_copy)] if split.rejected else []
        return cls(file, number, clean, rejects, split.seen, split.rejected + split.forgotten)

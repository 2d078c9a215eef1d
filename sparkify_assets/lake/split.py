"""Mending a file: its good records in one copy, the rejects in another, both in the work folder.

A copy has a record a line. That of the rejects holds rows of `staging.rejected_records`, as JSON.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.lake.listing import File, open_content
from sparkify_assets.lake.records import Lines, Record, read_values
from sparkify_assets.lake.validator import Tally, Verdict, validate
from sparkify_assets.lake.work import drafted
from sparkify_assets.model import Column, Table

SHOWN_BYTES = 16_000
# The beginning of a character of UTF-8 at the end of a text that was cut.
_CUT_CHARACTER = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$")


@dataclass(frozen=True)
class Split:
    """What the sieve made of a file: the copies, how many records each holds, and how many it saw in all; and the keys
    that the contract does not know."""

    clean_copy: Path
    good: int
    rejects_copy: Path
    rejected: int
    seen: int
    example: str
    unknown: Mapping[str, int] = field(default_factory=dict)

    def discard(self) -> None:
        """Delete the copies, once they have served."""
        for copy in (self.clean_copy, self.rejects_copy):
            copy.unlink(missing_ok=True)


def split_file(path: Path, file: File, table: Table, work: Path, suspects: Sequence[int] | None = None) -> Split:
    """Put a spooled file through the sieve; of a log file the suspects alone, where there are: its lines by number, the
    first is 0."""
    tally = Tally()
    with (
        open_content(path) as stream,
        drafted(work / "clean") as clean_copy,
        drafted(work / "rejected") as rejects_copy,
    ):
        lines = Lines(stream, suspects)
        for verdict in validate(lines if file.day else read_values(stream), table):
            tally.add(verdict)
            if verdict.reason:
                rejects_copy.write(reject_line(file, verdict))
            else:
                clean_copy.write(good_line(verdict.record))
    return Split(
        clean_copy.path,
        tally.good,
        rejects_copy.path,
        tally.rejected,
        lines.seen if file.day else tally.good + tally.rejected,
        tally.example,
        tally.unknown,
    )


def good_line(record: Record) -> bytes:
    """A good record as a line of a copy."""
    return record.data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def reject_columns() -> tuple[Column, ...]:
    """The columns of a reject."""
    return model.table("staging.rejected_records").columns


def reject_line(file: File, verdict: Verdict) -> bytes:
    """A reject as a line of a copy: a row of the quarantine."""
    row = {
        "log_date": str(file.day) if file.day else None,
        "file": file.path,
        "line_number": verdict.record.line_number,
        "byte_offset": verdict.record.byte_offset,
        "reason": verdict.reason,
        "record": shown(verdict.record),
        "record_bytes": verdict.record.size,
    }
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def shown(record: Record) -> str:
    """A record as text that any table can hold: bytes that are not UTF-8, and NUL, as `\\xNN`; a long one cut."""
    data = record.data
    if len(data) > SHOWN_BYTES:
        data = _CUT_CHARACTER.sub(b"", data[:SHOWN_BYTES])
    return data.decode("utf-8", "backslashreplace").replace("\0", "\\x00")

"""Splitting a file into two copies in the work folder: a clean one of its good records, and one of the rejected.

A copy has one record a line. A good record is written anew, with the values that its columns hold and nothing else, so
that no engine can refuse it or read it in its own way; a rejected record is there as a row of
`staging.rejected_records`, in JSON. Good records of forgotten users are left out, rejected ones that name them are
redacted. Which records are good is decided in `validator.py`.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.lake.forgotten import USER_KEY, redacted
from sparkify_assets.lake.listing import File, open_content
from sparkify_assets.lake.records import Lines, Record, read_values
from sparkify_assets.lake.validator import Tally, Verdict, validate
from sparkify_assets.lake.work import drafted
from sparkify_assets.model import Column, Table

SHOWN_BYTES = 16_000
# One for all lines: making an encoder takes longer than using it.
_ENCODER = json.JSONEncoder(ensure_ascii=False)
# An incomplete UTF-8 character at the end of a text that was cut.
_CUT_CHARACTER = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$")


@dataclass(frozen=True)
class Split:
    """The two copies of a file and their numbers of records; how many records the file has in all, and how many of
    them were left out because their user is forgotten; a rejected record as an example; and the keys that the contract
    does not know."""

    clean_copy: Path
    good: int
    rejects_copy: Path
    rejected: int
    seen: int
    example: str
    unknown: Mapping[str, int]
    forgotten: int = 0


def split_file(
    path: Path,
    file: File,
    table: Table,
    work: Path,
    suspects: Sequence[int] | None = None,
    lines: int | None = None,
    prefix: str = "",
    forgotten: Collection[int] = frozenset(),
) -> Split:
    """Validate a spooled file's records and write the copies, whose names begin with the prefix. Of a log file,
    `suspects` picks the lines to validate, by number from 0; `lines` is how many it has, if all are known to be
    records."""
    left_out = forgotten if file.day else frozenset()
    with (
        open_content(path) as stream,
        drafted(work / "clean", prefix) as clean_copy,
        drafted(work / "rejected", prefix) as rejects_copy,
    ):
        seen = Lines(stream, suspects, lines)
        verdicts = validate(seen if file.day else read_values(stream), table)
        tally = write_lines(verdicts, file, clean_copy.write, rejects_copy.write, left_out)
    return Split(
        clean_copy.path,
        tally.good,
        rejects_copy.path,
        tally.rejected,
        seen.seen if file.day else tally.good + tally.rejected,
        tally.example,
        tally.unknown,
        tally.forgotten,
    )


def write_lines(
    verdicts: Iterable[Verdict],
    file: File,
    good: Callable[[bytes], None],
    rejected: Callable[[bytes], None],
    forgotten: Collection[int] = frozenset(),
) -> Tally:
    """Pass each record, as a line, to the writer of good or of rejected ones, and return their tally. Leave out the
    events of forgotten users."""
    tally = Tally()
    for verdict in verdicts:
        if forgotten and verdict.values.get(USER_KEY) in forgotten:
            tally.forgotten += 1
            continue
        tally.add(verdict)
        if verdict.reason:
            rejected(_reject_line(file, verdict, forgotten))
        else:
            good(_line(verdict.values))
    return tally


def _line(values: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(values).encode() + b"\n"


def reject_columns() -> tuple[Column, ...]:
    """Return the columns of a rejected record."""
    return model.table("staging.rejected_records").columns


def _reject_line(file: File, verdict: Verdict, forgotten: Collection[int]) -> bytes:
    """Return a rejected record as a row of the quarantine."""
    row = {
        "log_date": str(file.day) if file.day else None,
        "file": file.path,
        "line_number": verdict.record.line_number,
        "byte_offset": verdict.record.byte_offset,
        "reason": verdict.reason,
        "record": redacted(shown(verdict.record), forgotten),
        "record_bytes": verdict.record.size,
    }
    return _line(row)


def shown(record: Record) -> str:
    """Return a record as text for the quarantine: cut if it is long, with NUL and invalid UTF-8 bytes as `\\xNN`."""
    data = record.data
    if len(data) > SHOWN_BYTES:
        data = _CUT_CHARACTER.sub(b"", data[:SHOWN_BYTES])
    return data.decode("utf-8", "backslashreplace").replace("\0", "\\x00")

"""Taking forgotten users' records out of the lake: each file is written anew without them, whole or not at all.

Only `sparkify forget --lake` does that; everything else reads the lake. A file keeps its name and all its other lines,
byte by byte, and has another fingerprint, so that the next load reads it.
"""

import gzip
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from sparkify_assets import model
from sparkify_assets.lake.forgotten import USER_KEY, users_named
from sparkify_assets.lake.listing import File, Lake, open_content
from sparkify_assets.lake.records import BOM, MAX_BYTES, Record
from sparkify_assets.lake.split import shown
from sparkify_assets.lake.validator import validate
from sparkify_assets.lake.work import temporary_folder


@dataclass(frozen=True)
class Removed:
    """How many events, and how many rejected records, were taken out of how many files of the lake."""

    files: int = 0
    events: int = 0
    rejects: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.files + other.files, self.events + other.events, self.rejects + other.rejects)


def remove_users(lake: Lake, file: File, users: Collection[int], work: Path) -> Removed:
    """Take the records of users out of a log file. One without such records is left alone."""
    with temporary_folder(work, "lake") as folder:
        # The name's ending tells how it is packed.
        draft = folder / Path(file.path).name
        with lake.spool([file]) as (path,), open_content(path) as stream, _opened(draft) as out:
            removed = _copy_without(stream, out, users)
        if removed.files:
            lake.replace(file, draft)
        return removed


def _opened(draft: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(draft, "wb")) if draft.suffix == ".gz" else draft.open("wb")


def _copy_without(stream: BinaryIO, out: BinaryIO, users: Collection[int]) -> Removed:
    events = rejects = 0
    for number, line in enumerate(stream):
        is_event, is_reject = _is_of(line.removeprefix(BOM) if number == 0 else line, users)
        events, rejects = events + is_event, rejects + is_reject
        if not (is_event or is_reject):
            out.write(line)
    return Removed(int(bool(events or rejects)), events, rejects)


def _is_of(line: bytes, users: Collection[int]) -> tuple[bool, bool]:
    """Return whether a line is a good record of one of the users, and whether it is a rejected one that names one."""
    text = line.rstrip(b"\n")
    # A key may be written with escapes.
    if USER_KEY.encode() not in text and b"\\u" not in text:
        return False, False
    record = Record(1, 0, text[: MAX_BYTES + 1], len(text))
    (verdict,) = validate([record], model.table("staging.staging_events"))
    if verdict.reason:
        return False, not users_named(shown(record)).isdisjoint(users)
    return verdict.values.get(USER_KEY) in users, False

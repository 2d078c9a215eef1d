"""What is new in the lake since it was last looked at, so that each change is asked to be loaded once.

A look lists the recent months, once a day everything, and opens the warehouse only if something differs from what was
seen before: a warehouse that is asked all the time is never idle. What is done about it is not known here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.listing import SONG_FILE, File, Lake, log_day
from sparkify_assets.load.partitions import ranges
from sparkify_assets.load.state import fingerprints, read_ledger
from sparkify_assets.warehouse.session import Warehouse

_VERSION = 1


@dataclass(frozen=True)
class Memory:
    """What was seen: a mark of each log day that has files, and one of the songs; the day on which everything was
    looked at; and how many looks found something."""

    days: Mapping[date, str] = field(default_factory=dict)
    songs: str = ""
    complete_on: date | None = None
    finds: int = 0

    @classmethod
    def read(cls, written: str | None) -> "Memory":
        """What was written; nothing where that was another version, which costs a comparison with the ledger."""
        try:
            said = json.loads(written or "")
            if said["version"] != _VERSION:
                return cls()
            days = {date.fromisoformat(day): str(mark) for day, mark in said["days"].items()}
            return cls(days, str(said["songs"]), date.fromisoformat(said["complete_on"]), int(said["finds"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        said = {"complete_on": str(self.complete_on), "finds": self.finds, "songs": self.songs}
        days = {str(day): mark for day, mark in sorted(self.days.items())}
        return json.dumps({"version": _VERSION, **said, "days": days}, separators=(",", ":"))


@dataclass(frozen=True)
class News:
    """What a look found: which days to load, in stretches that are a run each, and whether the songs; the marks of what
    looks other than before, the songs' under None, empty where there are no files any more; and what to remember."""

    ranges: tuple[tuple[date, date], ...]
    songs: bool
    marks: Mapping[date | None, str]
    memory: Memory


def look(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date],
    memory: Memory,
    today: date,
    told: Iterable[str] | None = None,
) -> News:
    """Look at the lake: at all of it if that was not done today, else at the recent months; or, where one is told which
    files are others, at the months of these."""
    complete, paths = memory.complete_on != today, list(told or ())
    months: set[date] | None = None
    if not complete:
        named = {day.replace(day=1) for path in paths if (day := log_day(path))}
        months = recent_months(days) if told is None else named
    scope = [day for day in days if months is None or day.replace(day=1) in months]
    files = lake.days(months)
    found = {day: mark_of(files[day]) for day in scope if day in files}
    songs = lake.songs() if complete or any(SONG_FILE.fullmatch(path) for path in paths) else None
    song_mark = memory.songs if songs is None else mark_of(songs) if songs else ""
    marks: dict[date | None, str] = {day: found.get(day, "") for day in scope if found.get(day) != memory.days.get(day)}
    if song_mark != memory.songs:
        marks[None] = song_mark
    seen = Memory({**_outside(memory, scope), **found}, song_mark, today, memory.finds)
    if not marks and memory.complete_on:
        return News((), False, {}, seen)
    ledger = _ledger(warehouse)
    # What went before anything was remembered is known to the ledger alone.
    asked = set(marks) if memory.complete_on else {*marks, *ledger}
    wanted = [day for day in scope if day in asked and fingerprints(files.get(day, ())) != ledger.get(day, {})]
    load_songs = songs is not None and None in asked and fingerprints(songs) != ledger.get(None, {})
    return News(ranges(wanted), load_songs, marks, replace(seen, finds=memory.finds + 1))


def recent_months(days: Sequence[date]) -> set[date]:
    """The last month and the one before it, by their first days."""
    last = days[-1].replace(day=1)
    return {last, (last - timedelta(days=1)).replace(day=1)}


def mark_of(files: Iterable[File]) -> str:
    """A mark of files as they are; another if any of them is another, or the model is."""
    return hashlib.sha256(json.dumps(sorted(fingerprints(files).items())).encode()).hexdigest()[:16]


def _outside(memory: Memory, scope: Iterable[date]) -> dict[date, str]:
    inside = set(scope)
    return {day: mark for day, mark in memory.days.items() if day not in inside}


def _ledger(warehouse: Warehouse) -> dict[date | None, dict[str, str]]:
    try:
        with warehouse.reader() as session:
            return read_ledger(session)
    except WarehouseMissing:
        return {}

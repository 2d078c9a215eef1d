"""What is new in the lake since the last look, so that each change is asked to be loaded once.

A look lists the recent months, once a day everything, and opens the warehouse only if something differs from the look
before: a warehouse that is asked all the time is never idle. What is done about the changes is not known here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.listing import SONG_FILE, File, Lake, log_day
from sparkify_assets.load.belonging import refuse_another
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays, consecutive
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import Ledger, files_version, read_ledger
from sparkify_assets.warehouse.session import Warehouse

_FORMAT = 1


@dataclass(frozen=True)
class Memory:
    """What was seen: the version of the files of each load that has any; the day of the last complete look; and how
    many looks found something."""

    versions: Mapping[Load, str] = field(default_factory=dict)
    complete_on: date | None = None
    finds: int = 0

    @classmethod
    def read(cls, text: str | None) -> "Memory":
        """A memory from its text; an empty one from another format's, which costs a comparison with the ledger."""
        try:
            read = json.loads(text or "")
            if read["version"] != _FORMAT:
                return cls()
            versions: dict[Load, str] = {LogDays.of(date.fromisoformat(d)): str(v) for d, v in read["days"].items()}
            if read["songs"]:
                versions[SONG_CATALOG] = str(read["songs"])
            return cls(versions, date.fromisoformat(read["complete_on"]), int(read["finds"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    @property
    def text(self) -> str:
        days = {str(load): version for load, version in self.versions.items() if load != SONG_CATALOG}
        read = {
            "version": _FORMAT,
            "complete_on": str(self.complete_on),
            "finds": self.finds,
            "songs": self.versions.get(SONG_CATALOG, ""),
            "days": dict(sorted(days.items())),
        }
        return json.dumps(read, separators=(",", ":"))


@dataclass(frozen=True)
class News:
    """What a look found: what to load; the versions of what has changed, empty where there are no files any more; and
    what to remember."""

    loads: tuple[Load, ...]
    versions: Mapping[Load, str]
    memory: Memory


def look(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date],
    memory: Memory,
    today: date,
    notified: Iterable[str] | None = None,
) -> News:
    """Look at the whole lake if that was not done today, else at the recent months; or, after a notification, at the
    months of the paths that it names."""
    files = _files(lake, days, memory, today, notified)
    found = {load: files_version(some) for load, some in files.items() if some}
    changed = {load: found.get(load, "") for load in files if found.get(load) != memory.versions.get(load)}
    kept = {load: version for load, version in memory.versions.items() if load not in files}
    seen = Memory({**kept, **found}, today, memory.finds)
    if not changed and memory.complete_on:
        return News((), {}, seen)
    ledger = Ledger()
    with suppress(WarehouseMissing), warehouse.reader() as session:
        refuse_another(session, lake)
        ledger = read_ledger(session)
    # Only the ledger knows what vanished before the first look.
    asked = set(changed) if memory.complete_on else {*changed, *ledger.files}
    stale = [load for load in files if load in asked and ledger.is_stale(load, files[load])]
    loads: list[Load] = list(consecutive(load.log_date for load in stale if load.log_date))
    loads += [load for load in stale if load == SONG_CATALOG]
    return News(tuple(loads), changed, replace(seen, finds=memory.finds + 1))


def _files(
    lake: Lake, days: Sequence[date], memory: Memory, today: date, notified: Iterable[str] | None
) -> dict[Load, list[File]]:
    """The files of everything that is looked at."""
    is_complete, paths = memory.complete_on != today, list(notified or ())
    months: set[date] | None = None
    if not is_complete:
        named = {day.replace(day=1) for path in paths if (day := log_day(path))}
        months = recent_months(days) if notified is None else named
    in_lake = lake.days(months)
    files: dict[Load, list[File]] = {
        LogDays.of(day): in_lake.get(day, []) for day in days if months is None or day.replace(day=1) in months
    }
    if is_complete or any(SONG_FILE.fullmatch(path) for path in paths):
        files[SONG_CATALOG] = lake.songs()
    return files


def recent_months(days: Sequence[date]) -> set[date]:
    """The last month and the one before it, by their first days."""
    last = days[-1].replace(day=1)
    return {last, (last - timedelta(days=1)).replace(day=1)}

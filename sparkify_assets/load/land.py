"""From files of the lake to landed rows, which nobody sees yet: of each day its files, or why it cannot be loaded.

How an engine reads files is its own (`warehouse/`); what becomes of landed rows is `load.py`'s.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sparkify_assets import model
from sparkify_assets.errors import FileRefused, WarehouseError
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import KNOWN_KEYS, Audit, Finding, as_json, audits_of
from sparkify_assets.warehouse.session import LandedFile, Session

# A file may have as many rejects, whatever share of its records they are.
FEW_REJECTS = 100
MAX_REJECTED = 0.05

# The files of log days; those of the song catalog under None.
Files = Mapping[date | None, list[File]]


@dataclass(frozen=True)
class Landed:
    """What became of files, by day; and the days that cannot be loaded, each with the file that is in its way."""

    files: Mapping[date | None, list[LandedFile]]
    refused: Mapping[date | None, FileRefused]

    @property
    def loadable(self) -> list[date | None]:
        """The days of which every file was landed."""
        return [day for day in self.files if day not in self.refused]


def _staging_of(day: date | None) -> model.Table:
    return model.table("staging.staging_events" if day else "staging.staging_songs")


def list_files(lake: Lake, days: Sequence[date | None]) -> dict[date | None, list[File]]:
    """The files of days that touch, or of the song catalog."""
    known = [day for day in days if day]
    if not known:
        return {None: lake.songs()}
    if len(known) == 1:
        return {known[0]: lake.day(known[0])}
    found = lake.days(known)
    return {day: found.get(day, []) for day in known}


def land(session: Session, lake: Lake, files: Files, max_rejected: float) -> Landed:
    """Land files as they were listed: once more, as they are now, if some of them changed while they were read."""
    for _ in range(2):
        landed, problem = _landed(session, lake, files)
        now = list_files(lake, list(files)) if problem or landed.refused else files
        changed = {day: _changed(files[day], now[day]) for day in files if files[day] != now[day]}
        if not changed:
            break
        files = now
    if problem and len(changed) < len(files):
        raise problem
    return Landed(landed.files, {**landed.refused, **_floods(landed, max_rejected), **changed})


def _landed(session: Session, lake: Lake, files: Files) -> tuple[Landed, WarehouseError | None]:
    """What became of the files in one attempt, and what kept all of them from being landed."""
    try:
        found = session.land(_staging_of(next(iter(files))), lake, [file for some in files.values() for file in some])
    except FileRefused as refusal:
        return Landed({}, {refusal.file.day: refusal}), None
    except WarehouseError as error:
        return Landed({}, {}), error
    by_day: dict[date | None, list[LandedFile]] = {day: [] for day in files}
    for file in found:
        by_day[file.file.day].append(file)
    refused = {day: file.refusal for day, some in by_day.items() for file in reversed(some) if file.refusal}
    return Landed(by_day, refused), None


def _changed(before: list[File], now: list[File]) -> FileRefused:
    changed = min(set(before) ^ set(now), key=lambda file: file.path)
    return FileRefused(changed, "changed while it was read, and when it was read again: load it when it is written")


def _floods(landed: Landed, max_rejected: float) -> dict[date | None, FileRefused]:
    """Few bad records are put aside; a file of many is rather a file that is not what it should be."""
    return {
        day: FileRefused(
            file.file,
            f"{file.rejected:,} of {file.records:,} records are rejected, the first is {file.example}: expected "
            f"no more than {FEW_REJECTS}, or {100 * max_rejected:g}% (SPARKIFY_MAX_REJECTED): mend the file",
            file.rejected,
        )
        for day, files in landed.files.items()
        for file in reversed(files)
        if file.rejected > FEW_REJECTS and file.rejected > max_rejected * file.records
    }


def unloadable(day: date | None, refusal: FileRefused) -> Finding:
    """The finding that stands for a file which could not be loaded."""
    audit = next(audit for audit in audits_of(_staging_of(day).full_name) if audit.name == "files_loadable")
    sample = json.dumps([{"file": refusal.file.path, "reason": refusal.reason}], ensure_ascii=False)
    return Finding(audit, False, refusal.records, sample)


def unknown_keys(day: date | None, landed: Iterable[LandedFile]) -> Iterator[Finding]:
    """The finding of the keys that the sieve met and the contract does not know."""
    met = Counter[str]()
    for unknown in (file.unknown for file in landed if file.unknown):
        met.update(unknown)
    if met:
        audit = Audit(
            _staging_of(day), KNOWN_KEYS, "warning", "The records that the sieve meets have no other keys.", ""
        )
        sample = [{"key": key, "records": records} for key, records in sorted(met.items())]
        yield Finding(audit, False, max(met.values()), as_json(sample))

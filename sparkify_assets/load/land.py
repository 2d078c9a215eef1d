"""From files of the lake to landed rows, which nobody sees yet: the files of each load, or why it cannot be loaded.

How an engine reads files is its own (`warehouse/`); what becomes of landed rows is decided in `publish.py`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sparkify_assets.errors import FileRefused, WarehouseError
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import KNOWN_KEYS, Audit, Finding, as_json, audits_of
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.state import load_of
from sparkify_assets.warehouse.session import LandedFile, Session

# A file may have as many rejects, whatever share of its records they are.
FEW_REJECTS = 100
MAX_REJECTED = 0.05

Files = Mapping[Load, list[File]]


@dataclass(frozen=True)
class Landed:
    """What became of the files of each load, and the loads that are refused, each for one of its files."""

    files: Mapping[Load, list[LandedFile]]
    refused: Mapping[Load, FileRefused]


def land(session: Session, lake: Lake, load: Load, files: Files, max_rejected: float) -> Landed:
    """Land files as they were listed: once more, as they are now, if some of them changed while they were read."""
    for _ in range(2):
        landed, problem = _landed(session, lake, load, files)
        now = load.list_files(lake) if problem or landed.refused else files
        changed = {part: _changed(files[part], now[part]) for part in files if files[part] != now[part]}
        if not changed:
            break
        files = {part: now[part] for part in files}
    if problem and len(changed) < len(files):
        raise problem
    return Landed(landed.files, {**landed.refused, **_floods(landed, max_rejected), **changed})


def _landed(session: Session, lake: Lake, load: Load, files: Files) -> tuple[Landed, WarehouseError | None]:
    """What became of the files in one attempt, and what kept all of them from being landed."""
    try:
        found = session.land(load.staging, lake, [file for some in files.values() for file in some])
    except FileRefused as refusal:
        return Landed({}, {load_of(refusal.file.day): refusal}), None
    except WarehouseError as error:
        return Landed({}, {}), error
    landed: dict[Load, list[LandedFile]] = {part: [] for part in files}
    for file in found:
        landed[load_of(file.file.day)].append(file)
    refused = {part: file.refusal for part, some in landed.items() for file in reversed(some) if file.refusal}
    return Landed(landed, refused), None


def _changed(before: list[File], now: list[File]) -> FileRefused:
    changed = min(set(before) ^ set(now), key=lambda file: file.path)
    return FileRefused(changed, "changed while it was read, and when it was read again: load it when it is written")


def _floods(landed: Landed, max_rejected: float) -> dict[Load, FileRefused]:
    """A few bad records are quarantined; a file with many is probably not what it should be."""
    return {
        load: FileRefused(
            file.file,
            f"{file.rejected:,} of {file.records:,} records are rejected, the first is {file.example}: expected "
            f"no more than {FEW_REJECTS}, or {100 * max_rejected:g}% (SPARKIFY_MAX_REJECTED): fix the file",
            file.rejected,
        )
        for load, files in landed.files.items()
        for file in reversed(files)
        if file.rejected > FEW_REJECTS and file.rejected > max_rejected * file.records
    }


def unloadable(load: Load, refusal: FileRefused) -> Finding:
    """The finding that stands for a file which could not be loaded."""
    audit = next(audit for audit in audits_of(load.staging.full_name) if audit.name == "files_loadable")
    sample = json.dumps([{"file": refusal.file.path, "reason": refusal.reason}], ensure_ascii=False)
    return Finding(audit, False, refusal.records, sample)


def unknown_keys(load: Load, landed: Iterable[LandedFile]) -> Iterator[Finding]:
    """The finding of the keys that the validator met and the contract does not know."""
    met = Counter[str]()
    for unknown in (file.unknown for file in landed if file.unknown):
        met.update(unknown)
    if met:
        meaning = "The records that the validator reads have no other keys."
        sample = [{"key": key, "records": records} for key, records in sorted(met.items())]
        audit = Audit(load.staging, KNOWN_KEYS, "warning", meaning, "")
        yield Finding(audit, False, max(met.values()), as_json(sample))

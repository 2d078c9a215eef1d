"""From files of the lake to landed rows, which nobody sees yet: the files of each load, or why it cannot be loaded.

How an engine reads files is its own (`warehouse/`); what becomes of landed rows is decided in `publish.py`.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sparkify_assets.errors import FileRefused, WarehouseError
from sparkify_assets.lake.listing import WRITTEN, File, Lake
from sparkify_assets.load.audits import FILES_LOADABLE, KNOWN_KEYS, Audit, Finding, as_json, audits_of
from sparkify_assets.load.batches import MOST_DIRTY_BYTES, batches, size_of_dirty
from sparkify_assets.load.explanations import refused_file
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.progress import OnProgress, Progress, Reading
from sparkify_assets.load.state import load_of
from sparkify_assets.warehouse.session import LandedFile, Session, T

# A file may have as many rejects, whatever share of its records they are.
FEW_REJECTS = 100
MAX_REJECTED = 0.05

Files = Mapping[Load, list[File]]


@dataclass(frozen=True)
class Landed:
    """What became of the files of each load, and the loads that are refused, each for one of its files."""

    files: Mapping[Load, list[LandedFile]]
    refused: Mapping[Load, FileRefused]


def land(
    session: Session,
    lake: Lake,
    load: Load,
    files: Files,
    max_rejected: float,
    on_progress: OnProgress | None = None,
    forgotten: Collection[int] = frozenset(),
    again: bool = False,
) -> Iterator[Landed]:
    """Land files as they were listed, for the caller to publish: a clean range at once, and of dirty files a few at a
    time. Parts with files that changed while they were read are landed at the end, once more, as they are then."""
    changed: dict[Load, list[File]] = {}
    for parts, outcome in _pieces(session, lake, load, files, on_progress, forgotten):
        landed, problem = (Landed({}, {}), outcome) if isinstance(outcome, WarehouseError) else (outcome, None)
        now = load.list_files(lake) if problem or landed.refused else files
        different = [part for part in (parts if problem else landed.refused) if files[part] != now[part]]
        if problem and len(different) < (len(parts) if again else 1):
            raise problem
        refused = {**landed.refused, **_floods(landed, max_rejected)}
        if again:
            refused |= {part: _changed(files[part], now[part]) for part in different}
        else:
            changed |= {part: now[part] for part in (parts if problem else different)}
        yield Landed(_without(changed, landed.files), _without(changed, refused))
    if changed:
        yield from land(session, lake, load, changed, max_rejected, on_progress, forgotten, again=True)


def _pieces(
    session: Session,
    lake: Lake,
    load: Load,
    files: Files,
    on_progress: OnProgress | None,
    forgotten: Collection[int],
) -> Iterator[tuple[Sequence[Load], Landed | WarehouseError]]:
    """Land parts in their order, as many together as have few dirty files. Yield them with what became of their files,
    or with what keeps all that are left from being landed."""
    left = list(files)
    try:
        every = [file for some in files.values() for file in some]
        found = {each.file: each for each in _land_clean(session, lake, load, every, on_progress, forgotten)}
        dirty = {part: [file for file in some if file not in found] for part, some in files.items()}
        for parts in batches(files, lambda part: size_of_dirty(dirty[part]), MOST_DIRTY_BYTES):
            in_parts = [file for part in parts for file in dirty[part]]
            if in_parts and on_progress:
                several = "" if len(in_parts) == 1 else "s"
                on_progress(Progress(f"validating {len(in_parts):,} file{several} with bad records"))
            for some in batches(in_parts, lambda file: size_of_dirty([file]), MOST_DIRTY_BYTES):
                found |= {each.file: each for each in session.land_dirty(some)}
            yield parts, _landed({part: [found[file] for file in files[part]] for part in parts})
            left = left[len(parts) :]
    except FileRefused as refusal:
        yield left, Landed({}, {load_of(refusal.file.day): refusal})
    except WarehouseError as error:
        yield left, error


def _land_clean(
    session: Session,
    lake: Lake,
    load: Load,
    files: list[File],
    on_progress: OnProgress | None,
    forgotten: Collection[int],
) -> list[LandedFile]:
    if on_progress is None:
        return session.land(load.staging, lake, files, None, forgotten)
    reading = Reading(f"reading {load}", sum(file.size for file in files), on_progress)
    landed = session.land(load.staging, lake, files, reading.add, forgotten)
    reading.end()
    return landed


def _landed(files: Mapping[Load, list[LandedFile]]) -> Landed:
    """What became of files that were read: each part is refused for the first file that cannot be read."""
    return Landed(
        files, {part: file.refusal for part, some in files.items() for file in reversed(some) if file.refusal}
    )


def _without(parts: Collection[Load], values: Mapping[Load, T]) -> dict[Load, T]:
    return {part: value for part, value in values.items() if part not in parts}


def _changed(before: list[File], now: list[File]) -> FileRefused:
    changed = min(set(before) ^ set(now), key=lambda file: file.path)
    return FileRefused(changed, "changed while it was read, and when it was read again", WRITTEN)


def _floods(landed: Landed, max_rejected: float) -> dict[Load, FileRefused]:
    """A few bad records are quarantined; a file with many is probably not what it should be."""
    return {
        load: FileRefused(
            file.file,
            f"{file.rejected:,} of {file.records:,} records are rejected, the first: {reason}; expected no more than "
            f"{FEW_REJECTS}, or {100 * max_rejected:g}% (SPARKIFY_MAX_REJECTED)",
            "fix the file, or raise SPARKIFY_MAX_REJECTED to do without these records",
            place,
            file.rejected,
        )
        for load, files in landed.files.items()
        for file in reversed(files)
        if file.rejected > FEW_REJECTS and file.rejected > max_rejected * file.records
        for place, _, reason in [file.example.partition(": ")]
    }


def unloadable(load: Load, refusal: FileRefused) -> Finding:
    """The finding that stands for a file which could not be loaded."""
    audit = next(audit for audit in audits_of(load.staging.full_name) if audit.name == FILES_LOADABLE)
    sample = json.dumps([refused_file(refusal)], ensure_ascii=False)
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

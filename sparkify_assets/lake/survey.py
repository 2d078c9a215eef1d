"""A first look at a lake: which files and days it has, and whether their records look like the contract's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sparkify_assets import model
from sparkify_assets.lake.drift import Drift, find_drift, first_records
from sparkify_assets.lake.listing import File, Lake

# Enough to see what records look like, wherever the lake is.
_FILES_READ = 3


@dataclass(frozen=True)
class FileKind:
    """The log files or the song files: how many, how large, a record of them, and which of its keys are unexpected."""

    files: int
    size: int
    record: str
    drift: Drift


@dataclass(frozen=True)
class Survey:
    """What a lake holds: log files by day, song files, and files that nobody reads."""

    days: Sequence[date]
    logs: FileKind
    songs: FileKind
    misplaced: Sequence[str]


def survey(lake: Lake) -> Survey:
    """Look at the names of all files, and into the first of each kind."""
    in_lake: Mapping[date, Sequence[File]] = lake.days()
    logs = [file for day in sorted(in_lake) for file in in_lake[day]]
    return Survey(
        sorted(in_lake),
        _kind(lake, logs, "staging.staging_events"),
        _kind(lake, lake.songs(), "staging.staging_songs"),
        [file.path for file in lake.misplaced()],
    )


def _kind(lake: Lake, files: Sequence[File], staging: str) -> FileKind:
    records = list(first_records(lake, files[:_FILES_READ]))
    first = records[0].decode("utf-8", "backslashreplace") if records else ""
    drift = find_drift(model.table(staging), records)
    return FileKind(len(files), sum(file.size for file in files), " ".join(first.split()), drift)

"""The state of each load, and so what is stale: one rule, used by loads, plans, status, doctor and sensor.

A load is stale if the lake's files are not those that were loaded, or if its latest attempt was refused. This module
only reads; loading what is stale belongs in `loading.py`.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sparkify_assets.lake.listing import File
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.queries import model_version, query
from sparkify_assets.warehouse.session import Row, Session, Value

# Files by their paths: what each was when it was read, and by which model it was read.
Fingerprints = Mapping[str, str]


class State(StrEnum):
    """How a load stands."""

    NEW = "new"
    CHANGED = "changed"
    VANISHED = "vanished"
    LOADED = "loaded"
    REFUSED = "refused"
    EMPTY = "empty"

    @property
    def is_stale(self) -> bool:
        return self not in (State.LOADED, State.EMPTY)


@dataclass(frozen=True)
class Ledger:
    """What the warehouse knows: the loaded files of each load, and the audits that failed at its latest attempt. A
    warehouse that is not there yet knows nothing."""

    files: Mapping[Load, Fingerprints] = field(default_factory=dict)
    failed_audits: Mapping[Load, Sequence[Row]] = field(default_factory=dict)

    def state(self, load: Load, files: Iterable[File]) -> State:
        """How a load stands, whose files in the lake are these."""
        in_lake, in_ledger = fingerprints(files), self.files.get(load, {})
        failed = self.failed_audits.get(load, ())
        if any(is_blocking(str(row["table_name"]), str(row["audit"])) for row in failed):
            return State.REFUSED
        if in_lake == in_ledger:
            return State.LOADED if in_lake else State.EMPTY
        if not in_ledger:
            return State.NEW
        return State.CHANGED if in_lake else State.VANISHED

    def is_stale(self, load: Load, files: Iterable[File]) -> bool:
        return self.state(load, files).is_stale


def read_ledger(session: Session, load: Load | None = None) -> Ledger:
    """What the warehouse knows of everything, or of one load."""
    files: dict[Load, dict[str, str]] = {}
    for row in load.fetch(session, "ledger") if load else session.fetch(query("read/ledger")):
        files.setdefault(load_of(row["log_date"]), {})[str(row["file"])] = str(row["fingerprint"])
    failed: dict[Load, list[Row]] = {}
    for row in session.fetch(query("read/failed_audits")):
        failed.setdefault(load_of(row["log_date"]), []).append(row)
    return Ledger(files, failed)


def read_runs(session: Session) -> Mapping[Load, str]:
    """The run of each load's latest attempt, as far as it was made by one."""
    return {load_of(row["log_date"]): str(row["run_id"]) for row in session.fetch(query("read/load_runs"))}


def load_of(log_date: Value) -> Load:
    """The load that a file or a row belongs to, by its log day; without one it is of the song catalog."""
    return LogDays(log_date, log_date) if isinstance(log_date, date) else SONG_CATALOG


def fingerprints(files: Iterable[File]) -> Fingerprints:
    return {file.path: fingerprint(file) for file in files}


def files_version(files: Collection[File]) -> str:
    """Return the version of files as they are: another one if any of them changes, or the model does; empty if there
    are none."""
    return hashlib.sha256(json.dumps(sorted(fingerprints(files).items())).encode()).hexdigest()[:16] if files else ""


def fingerprint(file: File) -> str:
    return f"{model_version()}:{file.fingerprint}"

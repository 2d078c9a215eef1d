"""The Dagster instance of the command line and the UI: its folder, its file, and how it is opened.

Production has its own file in `deploy/`. What runs do on an instance is in `runs.py`.
"""

import fcntl
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
import yaml
from dagster._check import CheckError
from sqlalchemy.exc import SQLAlchemyError

from sparkify_assets.errors import FREE_SPACE, InstanceError
from sparkify_assets.report.answer_files import write_whole
from sparkify_assets.settings import Settings

_FILE = "dagster.yaml"
_OURS = Path(__file__).with_name(_FILE)
# Where earlier versions had the event log, which an instance names in its own file.
_MOVED = (b"sparkify_assets.event_log", b"sparkify_assets.orchestration.event_log")
# SQLite's reasons. Its error for a full disk depends on what it was writing.
_REMEDIES = (
    (r"disk is full|disk I/O error", FREE_SPACE),
    (r"readonly|unable to open", "let this user write there, or set DAGSTER_HOME to another folder"),
    (r"locked", "run the same command again when other commands are done"),
    (r"", "move it away: the next load makes a new one, without the history of runs; what is loaded stays loaded"),
)


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the instance, and make it the first time. What Dagster cannot read or write is one error with a remedy."""
    home = prepare_instance(settings)
    try:
        with _opened(home) as instance:
            yield instance
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason, remedy = explained(error)
        raise InstanceError(f"the Dagster instance {home} cannot be used: {reason}; {remedy}") from error


def prepare_instance(settings: Settings) -> Path:
    """Create the folder of the instance, with its file in it, and return it."""
    home = settings.dagster_home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    file = home / _FILE
    if not file.exists():
        _create(file)
    elif _MOVED[0] in (text := file.read_bytes()):
        write_whole(file, text.replace(*_MOVED))
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _create(file: Path) -> None:
    """Write the instance's file, unless another process has done so meanwhile: who replaced it would not have to wait
    for who has locked it."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as draft:
        draft.write(_OURS.read_bytes())
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, file)


def explained(error: SQLAlchemyError | sqlite3.Error) -> tuple[str, str]:
    """Return SQLite's reason, without the statement that SQLAlchemy appends, and what to do."""
    reason = str(getattr(error, "orig", None) or error)
    return reason, next(remedy for pattern, remedy in _REMEDIES if re.search(pattern, reason))


@contextmanager
def reading_file(file: Path) -> Iterator[None]:
    """Turn what Dagster reports of the instance's own file into an error with a remedy."""
    try:
        yield
    except (dg.DagsterError, CheckError, yaml.YAMLError, ImportError, AttributeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InstanceError(
            f"{file} cannot be used: {reason}; fix it, or move it away: the next load writes a new one"
        ) from error


def instance_home() -> Path:
    """Return the folder of the instance that Dagster itself would use."""
    return Path(os.environ["DAGSTER_HOME"])


def _opened(home: Path) -> dg.DagsterInstance:
    """Open the instance while nobody else does: two processes that create its tables get in each other's way."""
    file = home / _FILE
    # Where files are on a network, only one that is open for writing can be locked.
    with file.open("r+b" if os.access(file, os.W_OK) else "rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with reading_file(file):
            return dg.DagsterInstance.get()

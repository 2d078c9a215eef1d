"""What `sparkify doctor` says of the Dagster instance: whether its file and its databases can be read.

Nothing is changed here. The other diagnoses are in `report/doctor.py`, which knows nothing of Dagster.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from dagster._core.instance.ref import InstanceRef

from sparkify_assets.errors import InstanceError
from sparkify_assets.orchestration.instance import explained, reading_file
from sparkify_assets.report.doctor import GOOD, NOTE, PROBLEM, Diagnosis, Examination

_SUBJECT = "dagster instance"
# Those of single runs are thousands, and none keeps another run from starting.
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


def examine_instance(home: Path) -> Examination:
    """Examine the instance's file, then each of its databases."""
    file = home / "dagster.yaml"
    if not file.exists():
        yield Diagnosis(_SUBJECT, NOTE, f"{home} does not exist yet", "the first `sparkify load` makes it")
        return
    try:
        with reading_file(file):
            InstanceRef.from_dir(str(home.absolute()))
    except InstanceError as error:
        yield Diagnosis(_SUBJECT, PROBLEM, str(error), "until then no load can begin")
        return
    damaged = [problem for name in _DATABASES if (problem := _problem_of(home / name))]
    yield from damaged or [Diagnosis(_SUBJECT, GOOD, str(home))]


def _problem_of(database: Path) -> Diagnosis | None:
    """Return what is wrong with a database, if it is there."""
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
    except sqlite3.Error as error:
        seen, remedy = explained(error)
        return Diagnosis(_SUBJECT, PROBLEM, f"{database}: {seen}", remedy)
    return None

"""`sparkify doctor`: the settings, what they reach, and what is wrong, each problem with its remedy.

Nothing is changed here. How a diagnosis is printed is in `terminal/diagnosis_list.py`.
"""

import os
import platform
import shlex
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from sparkify_assets.acceptance.pairs import find_pairs
from sparkify_assets.errors import (
    AcceptanceError,
    LakeError,
    SparkifyError,
    WarehouseBusy,
    WarehouseError,
    WarehouseMissing,
    WorkError,
    explain,
)
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.load.state import State
from sparkify_assets.load.status import read_status
from sparkify_assets.report.phrases import NAMES_SHOWN, counted, first_of, number
from sparkify_assets.settings import Redshift, Settings, variable_of
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Warehouse

T = TypeVar("T")

GOOD, NOTE, PROBLEM = "good", "note", "problem"
PACKAGES = ("sparkify_assets", "dagster", "duckdb", "sqlglot", "boto3", "redshift-connector")
_ENOUGH_FREE = 2 * 1000**3
_WAREHOUSE_REMEDIES = {"duckdb": "check SPARKIFY_DUCKDB", "redshift": "check SPARKIFY_REDSHIFT_*"}
_LOAD_REMEDIES = {
    State.NEW: "load them: `sparkify load`",
    State.CHANGED: "load them again: `sparkify load`",
    State.VANISHED: "if they are gone for good, remove their rows: `sparkify load`",
}


@dataclass(frozen=True)
class Diagnosis:
    """Something that was examined: its state, what was seen, and what to do if that is wrong."""

    subject: str
    state: str
    seen: str
    remedy: str = ""


Examination = Generator[Diagnosis, None, None]


def examine(
    settings: Settings,
    instance: Examination | None = None,
    behind: Callable[[Warehouse], Iterable[Diagnosis]] = lambda warehouse: (),
) -> Iterator[Diagnosis]:
    """Examine one thing after another; what cannot be examined is a problem, and the rest still is. How to examine the
    Dagster instance, and what hangs behind the loads, is passed in: nothing here knows Dagster."""
    yield from _examine_settings(settings)
    yield from _examine_versions()
    yield from _going_on("folders", _examine_disk(settings))
    yield from _going_on("access", _examine_access(settings))
    if instance:
        yield from _going_on("dagster instance", instance)
    for folder in settings.acceptance_folders:
        yield from _going_on("acceptance", _examine_acceptance(folder))
    lake, logs = (yield from _going_on("lake", _examine_lake(settings))) or (None, [])
    warehouse = yield from _going_on("warehouse", _examine_warehouse(settings))
    if settings.warehouse == "redshift":
        yield from _going_on("cluster", _examine_cluster(settings.redshift))
        yield from _going_on("reader", _examine_reader(warehouse, settings.redshift))
    if lake and warehouse:
        if settings.warehouse == "redshift":
            yield from _going_on("COPY", _examine_copy(warehouse, lake, logs, settings.redshift.iam_role))
        yield from _going_on("days", _examine_loads(warehouse, lake, settings.days()))
        yield from _going_on("what follows", (each for each in behind(warehouse)))


def _going_on(subject: str, examination: Generator[Diagnosis, None, T]) -> Generator[Diagnosis, None, T | None]:
    """Examine one thing. That it cannot be examined is a diagnosis, too."""
    try:
        return (yield from examination)
    except WarehouseBusy as error:
        yield Diagnosis(subject, NOTE, str(error))
        return None
    except SparkifyError as error:
        seen = str(error)
    except OSError as error:
        seen = explain(error)
    yield Diagnosis(subject, PROBLEM, seen, "fix that, then run `sparkify doctor` again")
    return None


def _examine_settings(settings: Settings) -> Iterator[Diagnosis]:
    values = {setting.name: getattr(settings, setting.name) for setting in fields(settings)}
    redshift = values.pop("redshift")
    # `sparkify cluster status` examines these.
    del values["cluster"]
    if settings.warehouse == "redshift":
        for name in ("duckdb", "duckdb_memory", "published", "published_mode"):
            del values[name]
        values |= {f"redshift_{setting.name}": getattr(redshift, setting.name) for setting in fields(redshift)}
    else:
        values |= {"published": settings.published_file, "published_mode": f"{settings.published_mode:04o}"}
    for name, value in values.items():
        seen = "live, until today" if name == "end_date" and value is None else str(value)
        yield Diagnosis(variable_of(name), GOOD, seen or "not set")


def _examine_versions() -> Iterator[Diagnosis]:
    yield Diagnosis("python", GOOD, platform.python_version())
    for package in PACKAGES:
        try:
            yield Diagnosis(package, GOOD, version(package))
        except PackageNotFoundError:
            yield Diagnosis(package, PROBLEM, "not installed", "run `make run`, or pip install the project")


def _examine_disk(settings: Settings) -> Examination:
    folders = {"work": settings.scratch, "dagster_home": settings.dagster_home}
    if settings.warehouse == "duckdb":
        folders["duckdb"] = settings.duckdb.parent
    for setting, path in folders.items():
        subject, existing = f"folder of {variable_of(setting)}", _nearest(path)
        free = shutil.disk_usage(existing).free
        seen = f"{free / 1000**3:,.1f} GB free at {existing}"
        if not os.access(existing, os.W_OK):
            remedy = "give this user permission to write there, or set another one"
            yield Diagnosis(subject, PROBLEM, f"{existing} cannot be written to", remedy)
        elif free < _ENOUGH_FREE:
            yield Diagnosis(subject, PROBLEM, seen, "free some space, or set another one")
        else:
            yield Diagnosis(subject, GOOD, seen)


def _examine_access(settings: Settings) -> Examination:
    """Examine whether other users of this machine may read what the platform writes, or the settings."""
    written = [settings.dagster_home, Path("results"), Path(".env"), Path("redshift.env")]
    written += [settings.duckdb] if settings.warehouse == "duckdb" else []
    written += [] if "://" in settings.work else [Path(settings.work)]
    for path in written:
        if path.exists() and path.stat().st_mode & 0o077:
            seen = "other users of this machine may read it"
            yield Diagnosis(str(path), NOTE, seen, f"`chmod -R go= {shlex.quote(str(path))}`")


def _nearest(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())


def _examine_acceptance(folder: Path) -> Examination:
    """Examine whether the acceptance queries can be read; they are not run here."""
    try:
        pairs = find_pairs(folder)
    except OSError as error:
        seen = f"{folder} cannot be read: {error.strerror}"
        yield Diagnosis("acceptance", PROBLEM, seen, "check SPARKIFY_ACCEPTANCE")
        return
    usable = len(pairs)
    for pair in pairs:
        try:
            pair.question()
            pair.expected()
        except AcceptanceError as error:
            usable -= 1
            yield Diagnosis(f"acceptance {pair.name}", PROBLEM, str(error), "fix it: until then its check fails")
    if pairs:
        queries = f"{usable:,} quer{'y' if usable == 1 else 'ies'}"
        yield Diagnosis("acceptance", GOOD, f"{queries} with expected rows in {folder}")
    else:
        remedy = "put name.sql and name.csv there: see docs/guide/acceptance.md"
        yield Diagnosis("acceptance", NOTE, f"no queries in {folder}", remedy)


def _examine_lake(settings: Settings) -> Generator[Diagnosis, None, tuple[Lake | None, list[File]]]:
    """Return the lake and its log files as well, if it can be read."""
    try:
        lake = open_lake(settings)
        days, songs = lake.days(), lake.songs()
    except LakeError as error:
        yield Diagnosis("lake", PROBLEM, str(error), "check SPARKIFY_LAKE")
        return None, []
    logs = [file for files in days.values() for file in files]
    seen = f"{counted(len(logs), 'log file')} of {counted(len(days), 'day')}, {counted(len(songs), 'song file')}"
    yield Diagnosis("lake", GOOD, f"{settings.lake}: {seen}")
    return lake, logs


def _examine_warehouse(settings: Settings) -> Generator[Diagnosis, None, Warehouse | None]:
    """Return the warehouse as well, if it can be reached."""
    try:
        warehouse = open_warehouse(settings, only_reads=True)
        with warehouse.reader():
            pass
        if isinstance(warehouse, DuckDBWarehouse):
            warehouse.verify()
        yield Diagnosis("warehouse", GOOD, f"{warehouse.location} can be read")
    except WarehouseMissing:
        yield Diagnosis("warehouse", NOTE, f"{warehouse.location} has no tables yet", "`sparkify load` makes them")
    except WarehouseBusy:
        raise
    except (WarehouseError, LakeError) as error:
        yield Diagnosis("warehouse", PROBLEM, str(error), _WAREHOUSE_REMEDIES[settings.warehouse])
        return None
    return warehouse


def _examine_cluster(settings: Redshift) -> Examination:
    """Examine whether the cluster is paused, which only its name can tell."""
    # Imported here, as below: DuckDB does not need it.
    from sparkify_assets.warehouse.redshift.login import state_of_cluster

    if settings.cluster:
        try:
            state = state_of_cluster(settings)
            seen = f"{settings.cluster} is {state}"
            if state == "available":
                yield Diagnosis("cluster", GOOD, seen)
            else:
                yield Diagnosis("cluster", PROBLEM, seen, "resume it: until then no query and no load can run")
        except WarehouseError as error:
            yield Diagnosis("cluster", NOTE, str(error), "logging in with a password works without it")


def _examine_reader(warehouse: Warehouse | None, settings: Redshift) -> Examination:
    """Examine whether people's questions have fewer rights than the loader."""
    if not settings.has_reader:
        remedy = "set SPARKIFY_REDSHIFT_READER_USER: see docs/guide/redshift.md"
        yield Diagnosis("reader", NOTE, "not set: queries have the loader's rights, and see what is masked", remedy)
    elif warehouse:
        try:
            with warehouse.for_questions():
                yield Diagnosis("reader", GOOD, "queries have the reader's rights")
        except WarehouseMissing:
            yield Diagnosis("reader", NOTE, "there are no tables to read yet", "`sparkify load` makes them")
        except WarehouseError as error:
            yield Diagnosis("reader", PROBLEM, str(error), "check SPARKIFY_REDSHIFT_READER_*")


def _examine_copy(warehouse: Warehouse, lake: Lake, logs: Sequence[File], role: str) -> Examination:
    """Examine whether the role can read what COPY loads."""
    from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

    if isinstance(warehouse, RedshiftWarehouse):
        try:
            warehouse.probe(lake, logs)
            yield Diagnosis("COPY", GOOD, f"{role} reads the lake and the work prefix")
        except (WarehouseError, LakeError, WorkError) as error:
            remedy = "the role needs s3:GetObject and s3:ListBucket on lake and work prefix, and the cluster the role"
            yield Diagnosis("COPY", PROBLEM, str(error), f"check SPARKIFY_REDSHIFT_IAM_ROLE: {remedy}")


def _examine_loads(warehouse: Warehouse, lake: Lake, days: Sequence[date]) -> Examination:
    """Examine whether the warehouse is up to date with the lake, and which files are not loaded."""
    status = read_status(warehouse, lake, days, days)
    for state, remedy in _LOAD_REMEDIES.items():
        if names := [load.name for load in status.loads if load.state == state]:
            yield Diagnosis(f"{state} days", PROBLEM, first_of(names), remedy)
    for name, why in status.refusals[:NAMES_SHOWN]:
        yield Diagnosis(f"{name} was refused", PROBLEM, f"{why.where}: {why.why}", why.remedy)
    if (refused := status.count(State.REFUSED)) > NAMES_SHOWN:
        yield Diagnosis("refused", PROBLEM, f"{refused:,} in all", "see all of them with `sparkify status`")
    if not status.count(*_LOAD_REMEDIES, State.REFUSED):
        yield Diagnosis("days", GOOD, "the warehouse is up to date with the lake")
    if rejected := sum(number(load.figures.get("rejected")) for load in status.loads):
        yield Diagnosis("rejects", NOTE, f"{rejected:,} in quarantine", "list them with `sparkify rejects`")
    if status.outside:
        remedy = "to load them, set SPARKIFY_START_DATE and SPARKIFY_END_DATE"
        yield Diagnosis(f"files outside {days[0]} to {days[-1]}", NOTE, first_of(status.outside), remedy)
    if status.stranded:
        remedy = "they stay as they are; to keep them up to date, set SPARKIFY_START_DATE and SPARKIFY_END_DATE"
        yield Diagnosis("loaded days outside the range", NOTE, first_of([*map(str, status.stranded)]), remedy)
    if status.misplaced:
        remedy = "expected log_data/YYYY/MM/YYYY-MM-DD*.json[.gz] and song_data/**/*.json[.gz]: move or rename them"
        yield Diagnosis("misplaced files", PROBLEM, first_of(status.misplaced), remedy)

"""What is configured, what can be reached, and what is wrong, each problem with its remedy. Nothing is changed."""

import os
import platform
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

from sparkify_assets.acceptance.pairs import find_pairs
from sparkify_assets.errors import AcceptanceError, LakeError, WarehouseError, WarehouseMissing, WorkError
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.load.state import State
from sparkify_assets.load.status import Status, read_status
from sparkify_assets.settings import Redshift, Settings, variable_of
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Warehouse

GOOD, NOTE, PROBLEM = "good", "note", "problem"
PACKAGES = ("sparkify_assets", "dagster", "duckdb", "sqlglot", "boto3", "redshift-connector")
_ENOUGH_FREE = 2 * 1000**3
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Something looked at: how it is, and what to do if it is not as it should be."""

    subject: str
    state: str
    seen: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one thing after another; what cannot be looked at is a problem, not an end."""
    yield from _settings(settings)
    yield from _versions()
    yield from _disk(settings)
    yield from _instance(settings)
    yield from _acceptance(settings.acceptance)
    yield from _reached(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    said = {setting.name: getattr(settings, setting.name) for setting in fields(settings)}
    redshift = said.pop("redshift")
    # What may be made in AWS is `sparkify cluster status`'.
    del said["cluster"]
    if settings.warehouse == "redshift":
        del said["duckdb"], said["duckdb_memory"]
        said |= {f"redshift_{setting.name}": getattr(redshift, setting.name) for setting in fields(redshift)}
    for name, value in said.items():
        seen = "live, until today" if name == "end_date" and value is None else str(value)
        yield Finding(variable_of(name), GOOD, seen)


def _versions() -> Iterator[Finding]:
    yield Finding("python", GOOD, platform.python_version())
    for package in PACKAGES:
        try:
            yield Finding(package, GOOD, version(package))
        except PackageNotFoundError:
            yield Finding(package, PROBLEM, "not installed", "run `make run`, or pip install the project")


def _disk(settings: Settings) -> Iterator[Finding]:
    folders = {"warehouse": settings.duckdb.parent} if settings.warehouse == "duckdb" else {}
    for name, path in (folders | {"work": settings.scratch}).items():
        there = _nearest(path)
        free = shutil.disk_usage(there).free
        seen = f"{free / 1000**3:,.1f} GB free at {there}"
        if not os.access(there, os.W_OK):
            yield Finding(
                f"{name} folder", PROBLEM, f"{there} may not be written", "give this user the right to write it"
            )
        elif free < _ENOUGH_FREE:
            yield Finding(f"{name} folder", PROBLEM, seen, "free some, or move it: SPARKIFY_DUCKDB, SPARKIFY_WORK")
        else:
            yield Finding(f"{name} folder", GOOD, seen)


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that there is."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())


def _instance(settings: Settings) -> Iterator[Finding]:
    home = settings.dagster_home
    if (home / "dagster.yaml").exists():
        yield Finding("dagster instance", GOOD, str(home))
    else:
        yield Finding("dagster instance", NOTE, f"{home} is not there yet", "the first `sparkify load` makes it")


def _acceptance(folder: Path) -> Iterator[Finding]:
    """The acceptance queries; what they give is not asked here."""
    try:
        pairs = find_pairs(folder)
    except OSError as error:
        yield Finding("acceptance", PROBLEM, f"{folder} cannot be read: {error.strerror}", "see SPARKIFY_ACCEPTANCE")
        return
    problems = 0
    for pair in pairs:
        try:
            pair.question()
            pair.expected()
        except AcceptanceError as error:
            problems += 1
            remedy = "its check fails until then; nothing else does"
            yield Finding(f"acceptance {pair.name}", PROBLEM, str(error), remedy)
    if pairs:
        usable = len(pairs) - problems
        queries = f"{usable:,} quer{'y' if usable == 1 else 'ies'}"
        yield Finding("acceptance", GOOD, f"{queries} with their rows in {folder}")
    else:
        yield Finding(
            "acceptance", NOTE, f"{folder} holds none", "put name.sql and name.csv there: see docs/guide/acceptance.md"
        )


def _reached(settings: Settings) -> Iterator[Finding]:
    """The lake and the warehouse, and how one stands against the other."""
    reached = True
    try:
        lake = open_lake(settings)
        logs, songs = lake.days(), lake.songs()
        seen = f"{sum(map(len, logs.values())):,} log files of {len(logs):,} days, {len(songs):,} song files"
        yield Finding("lake", GOOD, f"{settings.lake}: {seen}")
    except LakeError as error:
        reached = False
        yield Finding("lake", PROBLEM, str(error), "see SPARKIFY_LAKE")
    try:
        warehouse = open_warehouse(settings)
        with warehouse.reader():
            pass
        yield Finding("warehouse", GOOD, f"{warehouse.location} can be read")
    except WarehouseMissing:
        yield Finding("warehouse", NOTE, f"{warehouse.location} has no tables yet", "`sparkify load` makes them")
    except (WarehouseError, LakeError) as error:
        reached = False
        yield Finding("warehouse", PROBLEM, str(error), _WAREHOUSE_REMEDIES[settings.warehouse])
    if settings.warehouse == "redshift":
        yield from _cluster(settings.redshift)
        if reached:
            yield from _copy(warehouse, lake, chain.from_iterable(logs.values()), settings.redshift.iam_role)
    if reached:
        days = settings.days()
        yield from _standing(read_status(warehouse, lake, days, days), days)


_WAREHOUSE_REMEDIES = {"duckdb": "see SPARKIFY_DUCKDB", "redshift": "see SPARKIFY_REDSHIFT_*"}
_STANDINGS = {
    State.NEW: "load them: `sparkify load`",
    State.CHANGED: "load them again: `sparkify load`",
    State.VANISHED: "if they are gone for good, take their rows away: `sparkify load`",
    State.REFUSED: "see what is wrong with `sparkify status`, mend the file, then `sparkify load`",
}


def _cluster(settings: Redshift) -> Iterator[Finding]:
    """A cluster may be paused; of a host alone it is not known."""
    # Imported here, as below: who has DuckDB need not wait for it.
    from sparkify_assets.warehouse.redshift.login import state_of_cluster

    if settings.cluster:
        try:
            state = state_of_cluster(settings)
            paused = "resume it: no query and no load runs meanwhile" if state != "available" else ""
            yield Finding("cluster", PROBLEM if paused else GOOD, f"{settings.cluster} is {state}", paused)
        except WarehouseError as error:
            yield Finding("cluster", NOTE, str(error), "log-in by a password does not need it")


def _copy(warehouse: Warehouse, lake: Lake, files: Iterable[File], role: str) -> Iterator[Finding]:
    """A role has to read what COPY is given."""
    from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

    if isinstance(warehouse, RedshiftWarehouse):
        try:
            warehouse.probe(lake, files)
            yield Finding("COPY", GOOD, f"{role} reads the lake and the work prefix")
        except (WarehouseError, LakeError, WorkError) as error:
            remedy = "the role needs s3:GetObject and s3:ListBucket on lake and work prefix, and the cluster the role"
            yield Finding("COPY", PROBLEM, str(error), f"see SPARKIFY_REDSHIFT_IAM_ROLE: {remedy}")


def _standing(status: Status, days: Sequence[date]) -> Iterator[Finding]:
    for state, remedy in _STANDINGS.items():
        named = [day.name for day in (status.catalog, *status.days) if day.state == state]
        if named:
            yield Finding(f"{state} days", PROBLEM, _some(named), remedy)
    if not any(status.count(state) for state in _STANDINGS):
        yield Finding("days", GOOD, "the warehouse is up to date with the lake")
    rejected = sum(int(str(day.figures.get("rejected", 0))) for day in (status.catalog, *status.days))
    if rejected:
        yield Finding("rejects", NOTE, f"{rejected:,} in quarantine", "see them with `sparkify rejects`")
    if status.outside:
        remedy = "set SPARKIFY_START_DATE and SPARKIFY_END_DATE if they are to be loaded"
        yield Finding(f"files outside {days[0]} to {days[-1]}", NOTE, _some(status.outside), remedy)
    if status.stranded:
        remedy = "they stay as they are; set SPARKIFY_START_DATE and SPARKIFY_END_DATE to keep them up to date"
        yield Finding("loaded days outside the range", NOTE, _some([str(day) for day in status.stranded]), remedy)
    if status.misplaced:
        remedy = "expected log_data/YYYY/MM/YYYY-MM-DD*.json[.gz] and song_data/**/*.json[.gz]: move or rename them"
        yield Finding("misplaced files", PROBLEM, _some(status.misplaced), remedy)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{len(names):,}: {', '.join(names[:_SHOWN])}{more}"

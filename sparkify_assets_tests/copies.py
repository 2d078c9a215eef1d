"""Platforms that several tests begin with: each is loaded once in a process, and every test gets a copy of its own.

A copy has the lake, the warehouse and the ledger of the original: what was loaded there is unchanged here.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.queries import Query
from sparkify_assets_tests.aws import s3_at
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.platforms import Platform

Fill = Callable[[Platform], object]
_NUMBERS = itertools.count(1)
# Where the originals are: the folder by what filled it, and on the stand-in the lake and the database.
_FOLDERS: dict[Fill, Path] = {}
_DATABASES: dict[tuple[int, Fill], tuple[Path, str]] = {}


def with_tables(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
    """As a fixture with a parameter: a platform on that engine, with empty tables."""
    if request.param == "redshift":
        redshift: Platform = request.getfixturevalue("redshift")
        return redshift
    return embedded_copy(_create_tables, request, tmp_path)


def _create_tables(platform: Platform) -> None:
    with platform.warehouse.session():
        pass


def copies_of(fill: Fill) -> Callable[[pytest.FixtureRequest, Path], Iterator[Platform]]:
    """A fixture: a platform on each engine, with tables and what `fill` loads into them."""

    @pytest.fixture(params=["embedded", "redshift"])
    def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
        if request.param == "embedded":
            yield embedded_copy(fill, request, tmp_path)
        else:
            with redshift_copy(fill, request, tmp_path) as platform:
                yield platform

    return copied


def embedded_copies_of(fill: Fill) -> Callable[[pytest.FixtureRequest, Path], Platform]:
    """The same on DuckDB alone."""

    @pytest.fixture
    def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
        return embedded_copy(fill, request, tmp_path)

    return copied


def embedded_copy(fill: Fill, request: pytest.FixtureRequest, folder: Path) -> Platform:
    if fill not in _FOLDERS:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        original = factory.mktemp("original")
        fill(Platform.at(original))
        _FOLDERS[fill] = original
    return copy_of(_FOLDERS[fill], folder)


def copy_of(original: Path, folder: Path) -> Platform:
    """Copy an embedded platform into a folder."""
    shutil.copytree(original, folder, dirs_exist_ok=True)
    platform = Platform.at(folder)
    know_files(platform, original)
    return platform


def know_files(copy: Platform, original: Path) -> None:
    """Let the copy belong to its own lake, and the ledger have the versions of its files: their inodes are not those of
    the original."""
    before, after = (_versions(FolderLake(folder / "lake")) for folder in (original, copy.folder))
    # Where nothing was loaded, nothing is known.
    if not before or not copy.settings.duckdb.exists():
        return
    with duckdb.connect(copy.settings.duckdb) as connection:
        # All rows stay where they were written.
        connection.execute("SET max_vacuum_tasks = 0")
        connection.execute("UPDATE ops.lake SET address = $1", [copy.open_lake().address])
        for path in before:
            connection.execute(
                "UPDATE ops.load_ledger SET fingerprint = replace(fingerprint, $1, $2) WHERE file = $3",
                [before[path], after[path], path],
            )


def _versions(lake: FolderLake) -> dict[str, str]:
    """The version of each file of a lake, by its path."""
    days = (file for files in lake.days().values() for file in files)
    return {file.path: file.fingerprint for file in (*days, *lake.songs())}


@contextmanager
def redshift_copy(fill: Fill, request: pytest.FixtureRequest, folder: Path) -> Iterator[Platform]:
    engine: Engine = request.getfixturevalue("redshift_engine")
    if (engine.stand_in.port, fill) not in _DATABASES:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        original, template = factory.mktemp("original"), f"original{next(_NUMBERS)}"
        with engine.platform(original) as platform:
            fill(platform)
            engine.stand_in.create_database(template, platform.settings.redshift.database)
        _DATABASES[engine.stand_in.port, fill] = (original, template)
    original, template = _DATABASES[engine.stand_in.port, fill]
    shutil.copytree(original, folder, dirs_exist_ok=True)
    number = next(_NUMBERS)
    database, bucket = f"copy{number}", f"copy-{number}"
    s3_at(engine.moto).create_bucket(Bucket=bucket)
    engine.stand_in.create_database(database, template)
    platform = Platform.on_redshift(folder, engine.settings(database, bucket))
    own, address = Query("a copy's lake", "UPDATE ops.lake SET address = :address"), platform.open_lake().address
    with platform.warehouse.session() as session:
        session.run(own, address=address)
    try:
        yield platform
    finally:
        engine.stand_in.drop_database(database)

"""A platform to try things on: a lake folder, a warehouse, and loads of the one into the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.lake import FolderLake
from sparkify_assets.load import LoadResult, load_day, load_songs
from sparkify_assets.queries import Query
from sparkify_assets.warehouse import Row, Warehouse
from sparkify_assets.warehouse.duckdb import DuckDBWarehouse
from sparkify_assets_tests.oracle import Rows, star_of

# The columns that say when and by what a row was loaded: no two loads agree on them.
_OF_THE_LOAD = {"fingerprint", "loaded_at", "run_id"}


@dataclass(frozen=True)
class Platform:
    folder: Path
    warehouse: Warehouse

    @classmethod
    def at(cls, folder: Path) -> "Platform":
        (folder / "lake").mkdir(parents=True, exist_ok=True)
        return cls(folder, DuckDBWarehouse(folder / "sparkify.duckdb", folder / "work"))

    @classmethod
    def in_memory(cls, folder: Path) -> "Platform":
        """A platform for many small loads: its warehouse is quick, and gone with the process."""
        (folder / "lake").mkdir(parents=True, exist_ok=True)
        return cls(folder, MemoryWarehouse(folder))

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def load(self, day: date, force: bool = False) -> LoadResult:
        return load_day(self.warehouse, FolderLake(self.lake), day, force, run_id="a run")

    def load_songs(self, force: bool = False) -> LoadResult:
        return load_songs(self.warehouse, FolderLake(self.lake), force, run_id="a run")

    def rows(self, sql: str) -> list[Row]:
        with self.warehouse.reader() as session:
            return session.fetch(Query("asked by a test", sql))

    def values(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in self.rows(sql)]

    def star(self) -> Rows:
        """Every row of staging and of the star, technical columns left out, sorted."""
        return self._tables({name: _said_by_the_lake(name) for name in _TABLES})

    def expected(self, days: Sequence[date]) -> Rows:
        return _sorted(star_of(self.lake, days))

    def everything(self) -> Rows:
        """Every row of staging, star and ledger with all columns, but those that differ from load to load."""
        names = [name for name in model.tables() if not name.startswith(("ops.load_lock", "ops.audits"))]
        return self._tables({name: _all_but_the_load(name) for name in names})

    def _tables(self, columns_of: Mapping[str, str]) -> Rows:
        with self.warehouse.reader() as session:
            found = {
                name: session.fetch(Query("asked by a test", f"SELECT {columns} FROM {name}"))
                for name, columns in columns_of.items()
            }
        return _sorted({name: [tuple(row.values()) for row in rows] for name, rows in found.items()})


class MemoryWarehouse(DuckDBWarehouse):
    """The embedded warehouse without its file: sessions come and go, the tables stay."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder / "work")
        self._database = duckdb.connect(config={"threads": 1})

    def _wait_for_file(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        return self._database.cursor()


_TABLES = (
    "staging.staging_events",
    "staging.staging_songs",
    "staging.rejected_records",
    "sparkify.songplays",
    "sparkify.users",
    "sparkify.songs",
    "sparkify.artists",
    "sparkify.time",
)
_TECHNICAL = {
    "staging.staging_events": {"start_time", "start_date", "copy_number"},
    "staging.staging_songs": {"copy_number"},
    # Which rule comes first is the sieve's own: the oracle only knows that one is broken.
    "staging.rejected_records": {"reason"},
    "sparkify.songplays": {"start_date"},
    "sparkify.songs": {"artist_name"},
    "sparkify.time": {"start_date"},
}


def _said_by_the_lake(name: str) -> str:
    return ", ".join(c.name for c in model.table(name).columns if c.name not in _TECHNICAL.get(name, ()))


def _all_but_the_load(name: str) -> str:
    return ", ".join(c.name for c in model.table(name).columns if c.name not in _OF_THE_LOAD)


def _sorted(rows: Rows) -> Rows:
    return {name: sorted(found, key=repr) for name, found in rows.items()}

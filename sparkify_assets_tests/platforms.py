"""A platform for tests, on either engine: a lake folder, a warehouse, and loads from one into the other."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import duckdb

from sparkify_assets import model
from sparkify_assets.insights.rebuilding import InsightResult, rebuild_insights
from sparkify_assets.lake.forgotten import ForgottenUser
from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.lake.s3 import S3Place, open_client
from sparkify_assets.load.forgetting import change_list
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets.load.results import LoadResult
from sparkify_assets.queries import Query
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Row, Warehouse
from sparkify_assets_tests.aws import s3_at
from sparkify_assets_tests.insight_oracle import insights_of
from sparkify_assets_tests.oracle import Rows, star_of

# When and by which run a row was loaded, and what its checks saw then: this differs from load to load.
_LOAD_COLUMNS = {"fingerprint", "loaded_at", "run_id", "failed_checks"}


@dataclass(frozen=True)
class Platform:
    """A lake folder that tests write to, and the settings of a platform that loads it."""

    folder: Path
    settings: Settings
    warehouse: Warehouse

    @classmethod
    def at(cls, folder: Path) -> "Platform":
        """The embedded platform in a folder."""
        (folder / "lake").mkdir(parents=True, exist_ok=True)
        settings = Settings(lake=str(folder / "lake"), work=str(folder / "work"), duckdb=folder / "sparkify.duckdb")
        return cls(folder, settings, open_warehouse(settings))

    @classmethod
    def in_memory(cls, folder: Path) -> "Platform":
        """A platform for many small loads: its warehouse is fast, and lives as long as the process."""
        return replace(cls.at(folder), warehouse=MemoryWarehouse(folder))

    @classmethod
    def on_redshift(cls, folder: Path, settings: Settings) -> "Platform":
        """A platform whose lake is a bucket, a mirror of the folder."""
        (folder / "lake").mkdir(parents=True, exist_ok=True)
        return cls(folder, settings, open_warehouse(settings))

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def reopen(self) -> Callable[[], "Platform"]:
        """A function with which another process opens this platform."""
        if self.settings.warehouse == "duckdb":
            return partial(Platform.at, self.folder)
        return partial(Platform.on_redshift, self.folder, self.settings)

    def open_lake(self) -> Lake:
        """The lake as loads see it."""
        if self.settings.lake.startswith("s3://"):
            files = files_of(self.lake)
            if files != self._mirrored:
                endpoint, bucket = os.environ.get("AWS_ENDPOINT_URL"), S3Place.parse(self.settings.lake).bucket
                mirror(files, self.settings.lake, s3_at(endpoint) if endpoint else open_client(bucket, "signed"))
                self._mirrored.clear()
                self._mirrored.update(files)
        return self._opened_lake

    @cached_property
    def _opened_lake(self) -> Lake:
        return open_lake(self.settings)

    @cached_property
    def _mirrored(self) -> dict[str, bytes]:
        """The files that the bucket holds."""
        return {}

    def load(self, day: date, force: bool = False) -> LoadResult:
        return load_day(self.warehouse, self.open_lake(), day, force, run_id="a run")

    def load_songs(self, force: bool = False) -> LoadResult:
        return load_songs(self.warehouse, self.open_lake(), force, run_id="a run")

    def forget(self, *users: int) -> None:
        """Have exactly these users be forgotten. What that makes stale is not loaded."""
        change_list(self.warehouse, lambda before: [forgotten(user) for user in users])

    @property
    def forgotten(self) -> list[int]:
        """Who is forgotten: by the list, or by the table that is the list."""
        if file := self.warehouse.forgotten_file:
            return [user.user_id for user in file.read()]
        return [int(str(user)) for (user,) in self.values("SELECT user_id FROM ops.forgotten ORDER BY user_id")]

    def make_insights(self, *names: str, force: bool = False) -> dict[str, InsightResult]:
        """Bring all insights up to date, or these, and publish; return their results by name."""
        made = rebuild_insights(self.warehouse, names or None, force, run_id="a run")
        self.warehouse.publish()
        return {result.name: result for result in made}

    def insights(self) -> Rows:
        """Every row of every insight, sorted."""
        names = [insight.table.full_name for insight in model.insights().values()]
        return self._tables({name: _repeatable_columns(name) for name in names})

    def rows(self, sql: str) -> list[Row]:
        with self.warehouse.reader() as session:
            return session.fetch(Query("asked by a test", sql))

    def values(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in self.rows(sql)]

    def star(self) -> Rows:
        """Every row of staging and of the star, without technical columns, sorted."""
        return self._tables({name: _lake_columns(name) for name in _TABLES})

    def expected(self, days: Sequence[date]) -> Rows:
        return _sorted(star_of(self.lake, days, self.forgotten))

    def expected_insights(self, days: Sequence[date]) -> Rows:
        return insights_of(star_of(self.lake, days, self.forgotten))

    def everything(self) -> Rows:
        """Every row of staging, star, ledger, summaries and insights, with all columns except those that differ from
        load to load."""
        names = [
            name
            for name in model.tables()
            if name == "ops.load_ledger" or model.built(name) or not name.startswith("ops.")
        ]
        return self._tables({name: _repeatable_columns(name) for name in names})

    def _tables(self, columns_of: Mapping[str, str]) -> Rows:
        with self.warehouse.reader() as session:
            found = {
                name: session.fetch(Query("asked by a test", f"SELECT {columns} FROM {name}"))
                for name, columns in columns_of.items()
            }
        return _sorted({name: [tuple(row.values()) for row in rows] for name, rows in found.items()})


def forgotten(user: int) -> ForgottenUser:
    return ForgottenUser(user, datetime(2018, 12, 1, 9), "operator", "request 1")


def load_day(warehouse: Warehouse, lake: Lake, day: date, force: bool = False, **options: Any) -> LoadResult:
    """Load one log day."""
    (result,) = load_days(warehouse, lake, [day], force, **options)
    return result


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of each file, by its path in the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mirror(files: Mapping[str, bytes], url: str, client: Any) -> None:
    """Make a prefix of a bucket hold exactly these files."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    there = {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Contents", ())}
    here = {f"{prefix}/{name}": content for name, content in files.items()}
    for key, content in here.items():
        if there.get(key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            client.put_object(Bucket=bucket, Key=key, Body=content)
    for key in there.keys() - here.keys():
        client.delete_object(Bucket=bucket, Key=key)


class MemoryWarehouse(DuckDBWarehouse):
    """The embedded warehouse without its file: sessions come and go, the tables stay."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "in_memory", folder / "work")
        # What is not there would be created, as a database.
        self.path.touch()
        self._database = duckdb.connect(config={"threads": 1})

    def _opened(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        return self._database.cursor()


_TABLES = (
    "staging.staging_events",
    "staging.staging_songs",
    "staging.rejected_records",
    "sparkify.songplays",
    "sparkify.page_views",
    "sparkify.users",
    "sparkify.songs",
    "sparkify.artists",
    "sparkify.time",
)
_TECHNICAL = {
    "staging.staging_events": {"start_time", "start_date", "copy_number"},
    "staging.staging_songs": {"copy_number"},
    # The validator decides which broken rule comes first: the oracle only knows that one is broken.
    "staging.rejected_records": {"reason"},
    "sparkify.songplays": {"start_date"},
    "sparkify.page_views": {"start_date"},
    "sparkify.users": {
        "latest_ts",
        "latest_session_id",
        "latest_item_in_session",
        "latest_log_date",
        "latest_copy_number",
        "registration_event_ts",
        "registration_event_session_id",
        "registration_event_item_in_session",
        "registration_event_log_date",
        "registration_event_copy_number",
    },
    "sparkify.songs": {"artist_name"},
    "sparkify.time": {"start_date"},
}


def _lake_columns(name: str) -> str:
    return ", ".join(c.name for c in model.table(name).columns if c.name not in _TECHNICAL.get(name, ()))


def _repeatable_columns(name: str) -> str:
    return ", ".join(c.name for c in model.table(name).columns if c.name not in _LOAD_COLUMNS)


def _sorted(rows: Rows) -> Rows:
    return {name: sorted(found, key=repr) for name, found in rows.items()}

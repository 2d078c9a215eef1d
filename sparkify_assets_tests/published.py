"""What the published file should hold, read from the loader's: every row that analysts may read, masked."""

import duckdb

from sparkify_assets.model import Table
from sparkify_assets.model.roles import ANALYST, MASK
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile
from sparkify_assets_tests.oracle import Row, Rows
from sparkify_assets_tests.platforms import Platform

MASKED = ("first_name", "last_name", "user_agent")


def assert_published(platform: Platform) -> None:
    """The published file holds what the loader's does, and nothing else."""
    assert tables_of(platform) == sorted(table.name for table in ANALYST.tables)
    assert published(platform) == masked(platform)


def tables_of(platform: Platform) -> list[str]:
    """Every table and view of the published file, whatever its schema is."""
    with file_of(platform).open() as connection:
        found = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY ALL").fetchall()
    return [name for (name,) in found]


def published(platform: Platform) -> Rows:
    with file_of(platform).open() as connection:
        return rows_of(connection)


def rows_of(connection: duckdb.DuckDBPyConnection) -> Rows:
    """Every row of every table, sorted."""
    return {
        table.full_name: sorted(connection.execute(f"SELECT * FROM {table.full_name}").fetchall(), key=repr)
        for table in ANALYST.tables
    }


def masked(platform: Platform) -> Rows:
    """What the loader's file holds, as analysts see it."""
    return {table.full_name: sorted(_masked(platform, table), key=repr) for table in ANALYST.tables}


def _masked(platform: Platform, table: Table) -> list[Row]:
    rows = platform.rows(f"SELECT * FROM {table.full_name}")
    return [
        tuple(MASK if name in MASKED and value is not None else value for name, value in row.items()) for row in rows
    ]


def file_of(platform: Platform) -> PublishedFile:
    assert isinstance(platform.warehouse, DuckDBWarehouse)
    return platform.warehouse.published

"""COPY into the table of landed rows, which may be of several log days.

COPY does not report which file a row is from, so each day is copied into a table of its own, and the rows are inserted
from there, with their day. A landing of one day needs neither: its rows have no log day. What is copied, and what is
made of it, is in `redshift_landing.py`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from sparkify_assets.lake.validator import PERHAPS_REWRITTEN
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.redshift.copy import Copier, literal

# Of so many days the rows are inserted in one statement.
_DAYS_AT_ONCE = 100
# As a text: a literal number is a decimal, which has 38 digits at most.
# https://docs.aws.amazon.com/redshift/latest/dg/r_numeric_literals201.html
_LEAST_DOUBLE, _GREATEST_DOUBLE = (
    f"CAST({literal(f'{sign}1.7976931348623157E308')} AS DOUBLE PRECISION)" for sign in ("-", "")
)
# The URLs of files by their log day; the day of songs is none.
Urls = Mapping[date | None, Collection[str]]


class DayCount(NamedTuple):
    """The landed rows of a day, and those that may differ from what the files say."""

    rows: int = 0
    doubts: int = 0


class DayCopies:
    """The table of landed rows, on a session's connection."""

    def __init__(self, connection: Connection, copier: Copier, table: Table, days: Collection[date | None]) -> None:
        self._connection, self._copier, self._table, self._days = connection, copier, table, days
        self._landed = f"landed_{table.name}"

    def make_table(self) -> None:
        # It keeps NOT NULL, so that COPY refuses records without what they need.
        make_table(self._connection, self._landed, self._table.landed_columns, "log_date DATE")

    def copy(self, urls: Urls, most_errors: int = 0) -> None:
        """Copy files into the table."""
        if len(self._days) == 1:
            for of_day in urls.values():
                self.copy_into(self._landed, self._table.landed_columns, of_day, most_errors)
        else:
            self._insert(self._copy_apart(urls, most_errors))

    def try_copy(self, urls: Urls, most_errors: int) -> None:
        """Copy files into tables that are dropped: for what COPY reports about them."""
        self._drop(self._copy_apart(urls, most_errors))

    def copy_into(self, table: str, columns: Sequence[Column], urls: Collection[str], most_errors: int = 0) -> None:
        for packed, some in by_packing(urls):
            statement = self._copier.statement(table, columns, some, packed=packed, most_errors=most_errors)
            self._connection.execute(f"COPY into {table}", statement)

    def counted(self) -> dict[date | None, DayCount]:
        """Count the rows of each day."""
        rows = self._connection.fetch(doubts(self._table))
        return {self._day_of(row): DayCount(int(str(row["n"])), int(str(row["doubts"]))) for row in rows}

    def counted_where(self, condition: str) -> dict[date | None, int]:
        """Count the rows of each day that fit a condition, which is the platform's own."""
        sql = f"SELECT log_date, COUNT(*) AS n FROM {self._landed} WHERE {condition} GROUP BY log_date"
        rows = self._connection.fetch(Query(f"counting rows of {self._landed}", sql))
        return {self._day_of(row): int(str(row["n"])) for row in rows}

    def delete_where(self, condition: str) -> None:
        self._connection.execute(f"deleting rows of {self._landed}", f"DELETE FROM {self._landed} WHERE {condition}")

    def _day_of(self, row: Mapping[str, object]) -> date | None:
        (only,) = self._days if len(self._days) == 1 else (None,)
        found = row["log_date"]
        return found if isinstance(found, date) else only

    def _copy_apart(self, urls: Urls, most_errors: int) -> dict[date | None, str]:
        """Copy each day's files into a table of its own, and return the tables."""
        tables = {day: f"arrived_{number}" for number, day in enumerate(urls)}
        fields = ", ".join(_fields(self._table.landed_columns))
        for day, table in tables.items():
            self._connection.execute("making a table", f"CREATE TEMP TABLE {table} ({fields})")
            self.copy_into(table, self._table.landed_columns, urls[day], most_errors)
        return tables

    def _insert(self, tables: Mapping[date | None, str]) -> None:
        columns = ", ".join(column.name for column in self._table.landed_columns)
        selects = [
            f"SELECT CAST({literal(str(day))} AS DATE) AS log_date, {columns} FROM {table}"
            for day, table in tables.items()
        ]
        for begin in range(0, len(selects), _DAYS_AT_ONCE):
            rows = " UNION ALL ".join(selects[begin : begin + _DAYS_AT_ONCE])
            insert = f"INSERT INTO {self._landed} (log_date, {columns}) {rows}"
            self._connection.execute(f"filling {self._landed}", insert)
        self._drop(tables)

    def _drop(self, tables: Mapping[date | None, str]) -> None:
        if tables:
            self._connection.execute("dropping tables", f"DROP TABLE {', '.join(tables.values())}")


def make_table(connection: Connection, name: str, columns: Iterable[Column], *more: str) -> None:
    """Create a session's own table."""
    connection.execute("making a table", f"DROP TABLE IF EXISTS {name}")
    connection.execute("making a table", f"CREATE TEMP TABLE {name} ({', '.join([*more, *_fields(columns)])})")


def _fields(columns: Iterable[Column]) -> list[str]:
    return [f"{column.name} {column.type}{'' if column.nullable else ' NOT NULL'}" for column in columns]


def by_packing(urls: Collection[str]) -> list[tuple[bool, list[str]]]:
    """Group objects by whether they are gzipped: one COPY reads either kind, never both."""
    groups = [(packed, [url for url in urls if url.endswith(".gz") == packed]) for packed in (False, True)]
    return [(packed, some) for packed, some in groups if some]


@cache
def doubts(table: Table) -> Query:
    """Count each day's landed rows, and those that COPY accepts and a rule does not (nested values, infinite numbers,
    out of range), or that may be a number which COPY has rewritten."""
    conditions = []
    for column in table.landed_columns:
        if column.is_text:
            conditions.append(f"LEFT({column.name}, 1) IN ('{{', '[')")
            conditions.append(f"{column.name} ~ '^({PERHAPS_REWRITTEN.pattern})$'")
        elif column.is_double:
            conditions.append(f"NOT ({column.name} BETWEEN {_LEAST_DOUBLE} AND {_GREATEST_DOUBLE})")
        elif column.least is not None:
            conditions.append(f"NOT ({column.name} BETWEEN {column.range[0]} AND {column.range[1]})")
    sql = (
        f"SELECT log_date, COUNT(*) AS n, SUM(CASE WHEN {' OR '.join(conditions)} THEN 1 ELSE 0 END) AS doubts "
        f"FROM landed_{table.name} GROUP BY log_date"
    )
    return Query(f"the doubts about {table.name}", sql)

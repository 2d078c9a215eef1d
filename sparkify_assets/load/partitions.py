"""Which rows of a table belong to a load: read off the columns that the table has.

A slice is what a log day brought (`log_date`), what happened on a day (`start_date`) or what is known of a user
(`user_id`), in this order. The tables of the song catalog are not sliced.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sparkify_assets.model import Table
from sparkify_assets.queries import Query

DAY_TABLES = ("staging.staging_events", "sparkify.songplays", "sparkify.users", "sparkify.time")
CATALOG_TABLES = ("staging.staging_songs", "sparkify.songs", "sparkify.artists")

# What a load has touched, of the days from :first_day to :last_day. A range beside a list is what zone maps know.
AFFECTED = {
    "log_date": "log_date BETWEEN :first_day AND :last_day",
    "start_date": "start_date BETWEEN :first_affected AND :last_affected AND start_date IN "
    "(SELECT start_date FROM affected_days WHERE log_date BETWEEN :first_day AND :last_day)",
    "user_id": "user_id IN (SELECT user_id FROM affected_users WHERE log_date BETWEEN :first_day AND :last_day)",
}
_OF_DAY = {
    "log_date": "log_date = :log_date",
    "start_date": "start_date = :log_date",
    "user_id": "user_id IN (SELECT user_id FROM staging.staging_events WHERE log_date = :log_date)",
}


def between(days: Sequence[date | None]) -> dict[str, object]:
    """Days that touch, or None for the song catalog, as statements are given them."""
    return {"first_day": days[0], "last_day": days[-1]}


def consecutive(days: Iterable[date | None]) -> list[list[date | None]]:
    """Days in order, in lists of days that touch; the song catalog by itself."""
    found: list[list[date | None]] = []
    for day in days:
        before = found[-1][-1] if found else None
        if day and before and day == before + timedelta(days=1):
            found[-1].append(day)
        else:
            found.append([day])
    return found


def ranges(days: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Days in order, as the first and the last of those that touch."""
    return tuple((some[0], some[-1]) for some in consecutive(days) if some[0] and some[-1])


def affected_rows(table: Table) -> str | None:
    """The condition on the rows that a log day's load replaces; None where it replaces all."""
    return AFFECTED[_partition_column(table)] if table.full_name in DAY_TABLES else None


def rows_of_day(table: Table) -> str | None:
    """The condition on the rows that a log day has, as partitions in the UI count them; None where all are one."""
    return _OF_DAY[_partition_column(table)] if table.full_name in DAY_TABLES else None


def _partition_column(table: Table) -> str:
    names = {column.name for column in table.columns}
    return next(column for column in AFFECTED if column in names)


def count_query(table: Table) -> Query:
    """How many rows a table has."""
    return Query(f"count/{table.name}", f"SELECT COUNT(*) AS n FROM {table.full_name}")


def count_by_day_query(table: Table) -> Query:
    """How many rows a table has of each day from :first_day to :last_day; a user belongs to many."""
    column = _partition_column(table)
    if column != "user_id":
        day, counted, rows = column, "COUNT(*)", table.full_name
    else:
        day, counted = "event.log_date", f"COUNT(DISTINCT {table.name}.user_id)"
        rows = f"staging.staging_events AS event JOIN {table.full_name} ON {table.name}.user_id = event.user_id"
    return Query(
        f"count_by_day/{table.name}",
        f"SELECT {day} AS day, {counted} AS n FROM {rows} WHERE {day} BETWEEN :first_day AND :last_day GROUP BY {day}",
    )

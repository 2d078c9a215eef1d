"""Which rows of a table belong to a load: read off the columns that the table has.

A slice is what a log day brought (`log_date`), what happened on a day (`start_date`) or what is known of a user
(`user_id`), in this order. The tables of the song catalog are not sliced.
"""

from sparkify_assets.model import Table
from sparkify_assets.queries import Query

DAY_TABLES = ("staging.staging_events", "sparkify.songplays", "sparkify.users", "sparkify.time")
CATALOG_TABLES = ("staging.staging_songs", "sparkify.songs", "sparkify.artists")

TOUCHED = {
    "log_date": "log_date = :log_date",
    "start_date": "start_date IN (SELECT start_date FROM touched_days)",
    "user_id": "user_id IN (SELECT user_id FROM touched_users)",
}
_OF_DAY = {
    "log_date": "log_date = :log_date",
    "start_date": "start_date = :log_date",
    "user_id": "user_id IN (SELECT user_id FROM staging.staging_events WHERE log_date = :log_date)",
}


def touched_rows(table: Table) -> str | None:
    """The condition on the rows that a log day's load replaces; None where it replaces all."""
    return TOUCHED[_sliced_by(table)] if table.full_name in DAY_TABLES else None


def rows_of_day(table: Table) -> str | None:
    """The condition on the rows that a log day has, as partitions in the UI count them; None where all are one."""
    return _OF_DAY[_sliced_by(table)] if table.full_name in DAY_TABLES else None


def _sliced_by(table: Table) -> str:
    names = {column.name for column in table.columns}
    return next(column for column in TOUCHED if column in names)


def count_query(table: Table, *, of_day: bool) -> Query:
    """How many rows a table has, of a log day or in all."""
    condition = rows_of_day(table) if of_day else None
    where = f" WHERE {condition}" if condition else ""
    return Query(f"count/{table.name}", f"SELECT COUNT(*) AS n FROM {table.full_name}{where}")

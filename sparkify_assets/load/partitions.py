"""Which rows of a table belong to a load: read off the columns that the table has.

A partition is what a log day brought (`log_date`), what happened on a day (`start_date`) or what is known of a user
(`user_id`), in this order. The tables of the song catalog have none.
"""

from sparkify_assets.model import Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.session import Session

DAY_TABLES = (
    "staging.staging_events",
    "sparkify.songplays",
    "sparkify.page_views",
    "sparkify.users",
    "sparkify.time",
)
CATALOG_TABLES = ("staging.staging_songs", "sparkify.songs", "sparkify.artists")

# What a load of the days from :first_day to :last_day has affected. Zone maps use the range beside the list.
AFFECTED = {
    "log_date": "log_date BETWEEN :first_day AND :last_day",
    "start_date": "start_date BETWEEN :first_affected AND :last_affected AND start_date IN "
    "(SELECT start_date FROM affected_days WHERE log_date BETWEEN :first_day AND :last_day)",
    "user_id": "user_id IN (SELECT user_id FROM affected_users WHERE log_date BETWEEN :first_day AND :last_day)",
}
# What the days from :first_day to :last_day have, whoever loaded it.
OF_DAYS = {
    "log_date": "log_date BETWEEN :first_day AND :last_day",
    "start_date": "start_date BETWEEN :first_day AND :last_day",
    "user_id": "user_id IN (SELECT user_id FROM staging.staging_events "
    "WHERE log_date BETWEEN :first_day AND :last_day)",
}


def affected_rows(table: Table) -> str:
    """The condition on the rows of a daily table that a log day's load replaces."""
    return AFFECTED[_partition_column(table)]


def rows_of_days(table: Table) -> str:
    """The condition on the rows that a daily table has of log days, as partitions in the UI count them."""
    return OF_DAYS[_partition_column(table)]


def is_of_start_dates(table: Table) -> bool:
    """Whether a partition of a daily table is what happened on a day, whichever log day brought it."""
    return _partition_column(table) == "start_date"


def _partition_column(table: Table) -> str:
    names = {column.name for column in table.columns}
    return next(column for column in AFFECTED if column in names)


def count_rows(session: Session, table: Table) -> int:
    """How many rows a table has."""
    (row,) = session.fetch(Query(f"count/{table.name}", f"SELECT COUNT(*) AS n FROM {table.full_name}"))
    return int(str(row["n"]))


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

"""Check that the sides make the same rows, and write the platform's insight statements for the floor to run."""

import sys
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.insights.rebuilding import in_order, insights_read
from sparkify_assets.load.audits import Scope, audits_of, statement
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries import insert_insight
from sparkify_assets.warehouse.dialect import translate

# What the peers have of the star.
STAR = {
    "songplays": "songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location, user_agent",
    "users": "user_id, first_name, last_name, gender, level",
    "songs": "song_id, title, artist_id, year, duration",
    "artists": "artist_id, name, location, latitude, longitude",
    "time": "start_time, hour, day, week, month, year, weekday",
}
# The floor has neither rejected records nor checks, of which the status of a day is made.
INSIGHTS = [insight for insight in in_order() if insight.table.name != "data_status"]


def assert_same_rows(ours: Path, floor: Path) -> None:
    """Assert that every table of staging, star and insights has the floor's rows, column by column."""
    for name in (*DAY_TABLES, *CATALOG_TABLES, *(insight.table.full_name for insight in INSIGHTS)):
        table = model.table(name)
        _assert_same_rows(ours, floor, table.schema, table.name, ", ".join(column.name for column in table.columns))


def assert_same_star(ours: Path, peer: Path) -> None:
    """Assert that the star has a peer's rows, as far as it has their columns."""
    for name, columns in STAR.items():
        _assert_same_rows(ours, peer, "sparkify", name, columns)


def _assert_same_rows(ours: Path, theirs: Path, schema: str, table: str, columns: str) -> None:
    with duckdb.connect() as db:
        # Views name the file that they are in.
        db.execute(f"ATTACH '{ours}' AS ours (READ_ONLY)")
        db.execute(f"ATTACH '{theirs}' AS {theirs.stem} (READ_ONLY)")
        # A schema with the same name as the file is the main schema of the attached file.
        home = "main" if schema == ours.stem else schema
        mine, other = (f"SELECT {columns} FROM {name}.{table}" for name in (f"ours.{home}", f"{theirs.stem}.{schema}"))
        for some, of_which in ((mine, other), (other, mine)):
            (rows,) = db.execute(f"SELECT count(*) FROM ({some} EXCEPT ALL {of_which})").fetchone() or (None,)
            assert rows == 0, f"{rows} rows of {schema}.{table} differ between {ours} and {theirs}"


def write_insights(file: Path) -> Path:
    """Write the insights' statements and audits as DuckDB runs them on whole tables, and return the file."""
    statements = [
        "CREATE TABLE ops.changed_days AS SELECT DISTINCT start_date, 1 AS change FROM staging.staging_events",
        # What the calendar is made of: the days of which records are loaded.
        "CREATE TABLE ops.load_ledger AS SELECT log_date, COUNT(*) AS loaded, 0 AS rejected "
        "FROM staging.staging_events GROUP BY 1",
        "CREATE TABLE ops.changed_users AS SELECT user_id, 1 AS change FROM sparkify.users",
    ]
    order = [made for insight in INSIGHTS for made in (*insights_read(insight.table.name), insight)]
    for made in dict.fromkeys(order):
        statements += [
            translate(made.table.statements[0]),
            translate(insert_insight(made).sql).replace("$change", "-1"),
        ]
        if made.table.name in model.insights():
            statements += [translate(statement(audit, Scope.TABLE).sql) for audit in audits_of(made.table.full_name)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(";\n".join(statements), "utf-8")
    return file


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    if what == "insights":
        write_insights(Path(paths[0]))
    else:
        warehouse, made_by_floor, *made_by_peers = map(Path, paths)
        assert_same_rows(warehouse, made_by_floor)
        for made_by_peer in made_by_peers:
            assert_same_star(warehouse, made_by_peer)

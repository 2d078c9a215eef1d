"""Check that both sides make the same rows, and write the platform's insight statements for the floor to run."""

import sys
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.insights.rebuilding import in_order
from sparkify_assets.load.audits import Scope, audits_of, statement
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.warehouse.dialect import translate

# The floor keeps no ledger, of which the status of a day is made.
INSIGHTS = [insight for insight in in_order() if insight.table.name != "data_status"]


def assert_same_rows(ours: Path, floor: Path) -> None:
    """Assert that every table of staging, star and insights has the floor's rows, column by column."""
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{ours}' AS ours (READ_ONLY)")
        db.execute(f"ATTACH '{floor}' AS floor (READ_ONLY)")
        # A schema with the same name as the file is the main schema of the attached file.
        for name in (*DAY_TABLES, *CATALOG_TABLES, *(insight.table.full_name for insight in INSIGHTS)):
            table = model.table(name)
            columns = ", ".join(column.name for column in table.columns)
            home = "main" if table.schema == ours.stem else table.schema
            mine, theirs = f"SELECT {columns} FROM ours.{home}.{table.name}", f"SELECT {columns} FROM floor.{name}"
            for one, other in ((mine, theirs), (theirs, mine)):
                (rows,) = db.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone() or (None,)
                assert rows == 0, f"{rows} rows of {name} differ"


def write_insights(file: Path) -> Path:
    """Write the insights' statements and audits as DuckDB runs them on whole tables, and return the file."""
    statements = [
        "CREATE TABLE ops.changed_days AS SELECT DISTINCT start_date, 1 AS change FROM sparkify.songplays",
        "CREATE TABLE ops.changed_users AS SELECT user_id, 1 AS change FROM sparkify.users",
    ]
    for summary in model.summaries().values():
        statements.append(
            f"CREATE TABLE {summary.table.full_name} AS {translate(summary.sql)}".replace("$change", "-1")
        )
    for insight in INSIGHTS:
        table = insight.table.full_name
        statements.append(f"CREATE TABLE {table} AS {translate(insight.sql)}".replace("$change", "-1"))
        statements += [translate(statement(audit, Scope.TABLE).sql) for audit in audits_of(table)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(";\n".join(statements), "utf-8")
    return file


if __name__ == "__main__":
    assert_same_rows(*map(Path, sys.argv[1:]))

"""The contract's tables in a DuckDB file: created where they are missing, rebuilt where another model created them.

DuckDB names a database after its file, and in data/sparkify.duckdb it reads `sparkify.songplays` as database and table.
So the schema that is named like the file lies in DuckDB's own schema `main`, and every name means the same in any file.
"""

import re

import duckdb

from sparkify_assets import model
from sparkify_assets.errors import WarehouseError
from sparkify_assets.queries import model_version
from sparkify_assets.warehouse.duckdb.duckdb_names import identifier, literal
from sparkify_assets.warehouse.session import SchemaChange
from sparkify_assets.warehouse.translations import translation

# Texts that hardly ever repeat: building a dictionary of them takes three times as long as zstd does.
VARIED = {
    "staging.staging_events": ("artist", "song"),
    "sparkify.songplays": (
        "songplay_id",
        "song_title",
        "artist_name",
        "song_title_clean",
        "artist_name_clean",
        "lead_artist",
    ),
    "sparkify.page_views": ("page_view_id",),
}
# The end of the comment on ops.load_lock: which model created the tables, which one the insights, and in which schemas.
_MADE_BY = re.compile(r"Made by model (?P<model>\w+)(?: and insights \w+)?(?: in (?P<homes>[\w, ]+))?\.$")

# What no rebuild drops: which lake the warehouse belongs to, so that no other one takes its place; and who is
# forgotten, so that the loss of the list is noticed.
_KEPT = tuple(model.tables_named(("ops.lake", "ops.forgotten")))


def are_up_to_date(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the file's tables are those of this model."""
    return _comment_on_lock(connection) == _comment_wanted(_homes(connection))


def bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the contract's tables, all or none."""
    connection.begin()
    for change in changes(connection):
        connection.execute(change.statement)
    connection.commit()


def changes(connection: duckdb.DuckDBPyConnection) -> list[SchemaChange]:
    """Return what creates the contract's tables. Tables of another model are dropped, and rebuilt from the lake. If
    only the insights differ, their tables are: an empty ledger has them filled from the star by the next load."""
    if are_up_to_date(connection):
        return []
    homes = _homes(connection)
    made_by = _MADE_BY.search(_comment_on_lock(connection) or "")
    before = made_by["homes"].split(", ") if made_by and made_by["homes"] else []
    if made_by and made_by["model"] == model_version() and before == [*homes.values()]:
        tables = [insight.table for insight in (*model.summaries().values(), *model.insights().values())]
        known = connection.execute("SELECT insight FROM ops.insight_ledger").fetchall()
        names = {*(name for (name,) in known), *(table.name for table in tables)}
        summaries = names - {path.stem for path in model.contract_files()}
        old = _tables_found(connection, {homes["insights"]}, names)
        old += _tables_found(connection, {homes["ops"]}, summaries)
        first = ["DELETE FROM ops.insight_ledger"]
    else:
        names = {table.name for table in _KEPT} if made_by else set()
        kept = {name for _, name in _tables_found(connection, {homes["ops"]}, names)}
        tables = [table for table in model.tables().values() if not (table in _KEPT and table.name in kept)]
        # Also views, and in the schemas where the tables were before.
        old = _tables_found(connection, {*homes.values(), *before}, {table.name for table in tables})
        first = [f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in homes.values()]
    if old and not made_by:
        found = ", ".join(f"{schema}.{name}" for schema, name in old[:3])
        raise WarehouseError(
            f"the DuckDB file has tables that are named like Sparkify's but are not its own ({found}): choose another "
            "SPARKIFY_DUCKDB, or move them away"
        )
    statements = [
        *(f"DROP TABLE {identifier(schema)}.{identifier(name)}" for schema, name in old),
        *first,
        *(statement for table in tables for statement in _creation(table)),
        f"COMMENT ON TABLE ops.load_lock IS {literal(_comment_wanted(homes))}",
    ]
    return [SchemaChange(statement) for statement in statements]


def _creation(table: model.Table) -> list[str]:
    create, *comments = table.statements
    create = translation(create)
    for name in VARIED.get(table.full_name, ()):
        create = re.sub(rf"\b({name} TEXT\(\d+\))", r"\1 USING COMPRESSION zstd", create)
    # Comments are many, and mean the same on both engines: they are not translated.
    return [create, *comments]


def _homes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return where each schema of the contract lies in this file."""
    (database,) = connection.execute("SELECT lower(current_database())").fetchone() or ("",)
    return {schema: "main" if schema == database else schema for schema in model.SCHEMAS}


def _comment_wanted(homes: dict[str, str]) -> str:
    meaning = model.table("ops.load_lock").meaning
    made_by = f"model {model_version()} and insights {model.insights_version()}"
    return f"{meaning} Made by {made_by} in {', '.join(homes.values())}."


def _comment_on_lock(connection: duckdb.DuckDBPyConnection) -> str | None:
    found = connection.execute(
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'load_lock' AND database_name = current_database()"
    ).fetchone()
    return found[0] if found else None


def _tables_found(connection: duckdb.DuckDBPyConnection, schemas: set[str], names: set[str]) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND list_contains($schemas, table_schema) AND list_contains($names, table_name) ORDER BY ALL",
        {"schemas": sorted(schemas), "names": sorted(names)},
    ).fetchall()

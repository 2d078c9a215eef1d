"""The contract's tables in a DuckDB file: made where they are missing, made again where another model made them.

A file's name is its catalog's, and DuckDB takes `sparkify.songplays` in data/sparkify.duckdb for catalog and table. So
the schema that is named like the file is the catalog's own, `main`, and every name means the same in any file.
"""

import re

import duckdb

from sparkify_assets import model
from sparkify_assets.errors import WarehouseError
from sparkify_assets.queries import model_version
from sparkify_assets.warehouse.dialect import translate
from sparkify_assets.warehouse.duckdb.duckdb_names import identifier, literal
from sparkify_assets.warehouse.session import SchemaChange

# Texts of which hardly one is like another: to make a dictionary of them takes three times as long as zstd does.
_VARIED = {
    "staging.staging_events": ("artist", "song"),
    "sparkify.songplays": ("songplay_id", "song_title", "artist_name"),
}
# What the comment on ops.load_lock says of the file: which model made its tables and its insights, and in which schemas
# they are.
_MARK = re.compile(r"Made by model (?P<model>\w+)(?: and insights \w+)?(?: in (?P<homes>[\w, ]+))?\.$")


def are_up_to_date(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file's tables are those of this model."""
    return _comment_on_lock(connection) == _mark(_homes(connection))


def bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the contract, all or none."""
    connection.begin()
    for change in changes(connection):
        connection.execute(change.statement)
    connection.commit()


def changes(connection: duckdb.DuckDBPyConnection) -> list[SchemaChange]:
    """What makes the contract's tables. Those that another model has made are dropped: the lake makes them again."""
    if are_up_to_date(connection):
        return []
    homes = _homes(connection)
    made = _MARK.search(_comment_on_lock(connection) or "")
    before = made["homes"].split(", ") if made and made["homes"] else []
    if made and made["model"] == model_version() and before == [*homes.values()]:
        return _insight_changes(connection, homes)
    old = _named_like_ours(connection, {*homes.values(), *before})
    if old and not made:
        names = ", ".join(f"{schema}.{name}" for schema, name in old[:3])
        raise WarehouseError(
            f"the DuckDB file has tables that are named like Sparkify's but are not its own ({names}): choose another "
            "SPARKIFY_DUCKDB, or move them away"
        )
    return [
        *(SchemaChange(f"DROP TABLE {identifier(schema)}.{identifier(name)}") for schema, name in old),
        *(SchemaChange(f"CREATE SCHEMA IF NOT EXISTS {schema}") for schema in homes.values()),
        *(SchemaChange(said) for contract in model.tables().values() for said in _making(contract)),
        _marking(homes),
    ]


def _insight_changes(connection: duckdb.DuckDBPyConnection, homes: dict[str, str]) -> list[SchemaChange]:
    """What makes the insights' tables anew, and has them filled: the star makes them again."""
    known = connection.execute("SELECT insight FROM ops.insight_ledger").fetchall()
    tables = [insight.table for insight in model.insights().values()]
    names = {*(name for (name,) in known), *(table.name for table in tables)}
    old = _tables_there(connection, {homes["insights"]}, names)
    return [
        *(SchemaChange(f"DROP TABLE {identifier(schema)}.{identifier(name)}") for schema, name in old),
        SchemaChange("DELETE FROM ops.insight_ledger"),
        *(SchemaChange(said) for table in tables for said in _making(table)),
        _marking(homes),
    ]


def _making(table: model.Table) -> list[str]:
    """What makes a table: its comments are written alike by both engines, and are many."""
    create, *comments = table.statements
    create = translate(create)
    for name in _VARIED.get(table.full_name, ()):
        create = re.sub(rf"\b({name} TEXT\(\d+\))", r"\1 USING COMPRESSION zstd", create)
    return [create, *comments]


def _homes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Where each schema of the contract is in this file."""
    (catalog,) = connection.execute("SELECT lower(current_database())").fetchone() or ("",)
    return {schema: "main" if schema == catalog else schema for schema in model.SCHEMAS}


def _mark(homes: dict[str, str]) -> str:
    meaning = model.table("ops.load_lock").meaning
    made_by = f"model {model_version()} and insights {model.insights_version()}"
    return f"{meaning} Made by {made_by} in {', '.join(homes.values())}."


def _marking(homes: dict[str, str]) -> SchemaChange:
    return SchemaChange(f"COMMENT ON TABLE ops.load_lock IS {literal(_mark(homes))}")


def _comment_on_lock(connection: duckdb.DuckDBPyConnection) -> str | None:
    found = connection.execute(
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'load_lock' AND database_name = current_database()"
    ).fetchone()
    return found[0] if found else None


def _named_like_ours(connection: duckdb.DuckDBPyConnection, schemas: set[str]) -> list[tuple[str, str]]:
    """Tables and views by a name of the contract, in schemas where its tables are or were."""
    return _tables_there(connection, schemas, {table.name for table in model.tables().values()})


def _tables_there(connection: duckdb.DuckDBPyConnection, schemas: set[str], names: set[str]) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND list_contains($schemas, table_schema) AND list_contains($names, table_name) ORDER BY ALL",
        {"schemas": sorted(schemas), "names": sorted(names)},
    ).fetchall()

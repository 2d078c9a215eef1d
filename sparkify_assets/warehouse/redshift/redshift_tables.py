"""The contract's tables on Redshift: how what is there differs from the contract, and which statements mend that.

What would lose data is never done, only shown. Which contract the tables follow is said by a comment on ops.load_lock.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sparkify_assets import model
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.dialect import without_promises
from sparkify_assets.warehouse.redshift.copy import literal
from sparkify_assets.warehouse.session import Row, SchemaChange

_LOCK, _INSIGHT_LEDGER = "ops.load_lock", "ops.insight_ledger"
_MARK = re.compile(r"Made by contract (?P<contract>\w+)(?: and insights (?P<insights>\w+))?\.$")
_OURS = ", ".join(f"'{schema}'" for schema in model.SCHEMAS)
MADE_BY = Query(
    "the comment on ops.load_lock",
    "SELECT OBJ_DESCRIPTION(c.oid) AS comment FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'ops' AND c.relname = 'load_lock'",
)
SCHEMAS_FOUND = Query("the schemas", f"SELECT nspname AS name FROM pg_namespace WHERE nspname IN ({_OURS})")
TABLES_FOUND = Query(
    "the tables",
    f"SELECT table_schema, table_name, remarks FROM svv_tables WHERE table_schema IN ({_OURS}) "
    "ORDER BY table_schema, table_name",
)
COLUMNS_FOUND = Query(
    "the columns",
    "SELECT table_schema, table_name, column_name, data_type, character_maximum_length, remarks FROM svv_columns "
    f"WHERE table_schema IN ({_OURS}) ORDER BY table_schema, table_name, ordinal_position",
)
_TYPES = {
    "character varying": "VARCHAR",
    "character": "CHAR",
    "timestamp without time zone": "TIMESTAMP",
}


@dataclass(frozen=True)
class Found:
    """What is there: the schemas, the comment of each table, the type and the comment of each of its columns."""

    schemas: frozenset[str]
    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, tuple[str, str]]]


def found(fetch: Callable[[Query], list[Row]]) -> Found:
    """Look at what is there."""
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for row in fetch(COLUMNS_FOUND):
        of_table = columns.setdefault(f"{row['table_schema']}.{row['table_name']}", {})
        of_table[str(row["column_name"])] = (_type_of(row), str(row["remarks"] or ""))
    return Found(
        frozenset(str(row["name"]) for row in fetch(SCHEMAS_FOUND)),
        {f"{row['table_schema']}.{row['table_name']}": str(row["remarks"] or "") for row in fetch(TABLES_FOUND)},
        columns,
    )


# A database in which nothing of ours was made; its schemas may be there.
NOTHING_YET = Found(frozenset(), {}, {})


def _type_of(row: Row) -> str:
    name = str(row["data_type"])
    length = row["character_maximum_length"]
    return f"{_TYPES[name]}({length})" if name.startswith("character") else _TYPES.get(name, name.upper())


def made_by(rows: list[Row]) -> tuple[str, str] | None:
    """The contract and the insights that the tables were made by, from the answer to MADE_BY; None where there are
    none."""
    marked = _MARK.search(str(rows[0]["comment"])) if rows else None
    return (marked["contract"], marked["insights"] or "none") if marked else None


def changes(there: Found) -> list[SchemaChange]:
    """What makes the tables those of the contract, in order; the mark last, unless something is to be settled first."""
    made = [
        SchemaChange(f"CREATE SCHEMA IF NOT EXISTS {schema}") for schema in model.SCHEMAS if schema not in there.schemas
    ]
    for table in model.tables().values():
        made += _changes_of(table, there) if table.full_name in there.tables else _new(table, there)
    made += [
        SchemaChange(f"DROP TABLE {name}", "the contract does not know this table, and its rows would be lost")
        for name in there.tables
        if name not in model.tables()
    ]
    if there.tables.get(_LOCK) != _mark() and not any(change.blocks for change in made):
        made.append(SchemaChange(f"COMMENT ON TABLE {_LOCK} IS {literal(_mark())}"))
    return made


def _mark() -> str:
    versions = f"contract {model.contract_version()} and insights {model.insights_version()}"
    return f"{model.table(_LOCK).meaning} Made by {versions}."


def _new(table: Table, there: Found) -> Iterator[SchemaChange]:
    yield SchemaChange(without_promises(table.statements[0]))
    yield from _comments(table, "", {})
    if _is_insight(table) and _INSIGHT_LEDGER in there.tables:
        # Somebody dropped the table: nobody has filled this one.
        yield SchemaChange(f"DELETE FROM {_INSIGHT_LEDGER} WHERE insight = {literal(table.name)}")


def _is_insight(table: Table) -> bool:
    """Whether the table can be emptied: the star makes it again, since another statement does."""
    return table.name in model.insights() and table.schema == "insights"


def _changes_of(table: Table, there: Found) -> Iterator[SchemaChange]:
    """What a table lacks, and how it differs."""
    columns = dict(there.columns.get(table.full_name, {}))
    for column in table.columns:
        type_, _ = columns.get(column.name, ("", ""))
        if not type_:
            yield SchemaChange(f"ALTER TABLE {table.full_name} ADD COLUMN {column.name} {column.type}")
        elif type_ != column.type and _is_insight(table):
            yield SchemaChange(f"ALTER TABLE {table.full_name} DROP COLUMN {column.name}")
            yield SchemaChange(f"ALTER TABLE {table.full_name} ADD COLUMN {column.name} {column.type}")
            columns.pop(column.name)
        elif type_ != column.type:
            yield SchemaChange(
                f"ALTER TABLE {table.full_name} ALTER COLUMN {column.name} TYPE {column.type}",
                f"the column is {type_}, and what is in it might not fit",
                blocks=True,
            )
    yield from _comments(table, there.tables[table.full_name], columns)
    for name in sorted(columns.keys() - {column.name for column in table.columns}):
        yield SchemaChange(
            f"ALTER TABLE {table.full_name} DROP COLUMN {name}",
            "" if _is_insight(table) else "the contract does not know this column, and what is in it would be lost",
        )


def _comments(table: Table, said: str, columns: Mapping[str, tuple[str, str]]) -> Iterator[SchemaChange]:
    """The comments that are not there yet; that on the lock is the mark, which comes last of all."""
    if said != table.meaning and table.full_name != _LOCK:
        yield SchemaChange(f"COMMENT ON TABLE {table.full_name} IS {literal(table.meaning)}")
    for column in table.columns:
        if columns.get(column.name, ("", ""))[1] != column.comment:
            yield SchemaChange(f"COMMENT ON COLUMN {table.full_name}.{column.name} IS {literal(column.comment)}")


def temporary(name: str, columns: Iterable[Column], run: Callable[[str], object], more: Sequence[str] = ()) -> None:
    """Make a session's own table anew. Here NOT NULL stays: COPY refuses what lacks what a record needs."""
    fields = [*more, *(f"{column.name} {column.type}{'' if column.nullable else ' NOT NULL'}" for column in columns)]
    run(f"DROP TABLE IF EXISTS {name}")
    run(f"CREATE TEMP TABLE {name} ({', '.join(fields)})")

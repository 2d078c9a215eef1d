"""The contract's tables on Redshift: how the database differs from the contract, and which statements change that.

A change that would lose data is shown, never made. The comment on ops.load_lock names the contract that the tables
follow. Roles and masks are in `grants.py`, the tables of a session in `redshift_landing.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sparkify_assets import model
from sparkify_assets.model import Table
from sparkify_assets.warehouse.dialect import without_promises
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.redshift.copy import literal
from sparkify_assets.warehouse.session import Row, SchemaChange

_LOCK, _INSIGHT_LEDGER = "ops.load_lock", "ops.insight_ledger"
_MADE_BY = re.compile(r"Made by contract (?P<contract>\w+)(?: and insights (?P<insights>\w+))?\.$")
_TYPES = {"character varying": "VARCHAR", "character": "CHAR", "timestamp without time zone": "TIMESTAMP"}


@dataclass(frozen=True)
class Found:
    """What the database holds: schemas, the comment on each table, and the type and comment of each of its columns."""

    schemas: frozenset[str]
    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, tuple[str, str]]]


def found(connection: Connection) -> Found:
    """Read what the database holds."""
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for row in connection.system("columns"):
        of_table = columns.setdefault(f"{row['table_schema']}.{row['table_name']}", {})
        of_table[str(row["column_name"])] = (_type_of(row), str(row["remarks"] or ""))
    return Found(
        frozenset(str(row["name"]) for row in connection.system("schemas")),
        {
            f"{row['table_schema']}.{row['table_name']}": str(row["remarks"] or "")
            for row in connection.system("tables")
        },
        columns,
    )


# A database in which none of our tables was created; the schemas may exist all the same.
NOTHING_YET = Found(frozenset(), {}, {})


def _type_of(row: Row) -> str:
    name = str(row["data_type"])
    length = row["character_maximum_length"]
    return f"{_TYPES[name]}({length})" if name.startswith("character") else _TYPES.get(name, name.upper())


def made_by(connection: Connection) -> tuple[str, str] | None:
    """Return the versions of the contract and of the insights that created the tables, or None if there are no
    tables."""
    rows = connection.system("made_by")
    versions = _MADE_BY.search(str(rows[0]["comment"])) if rows else None
    return (versions["contract"], versions["insights"] or "none") if versions else None


def changes(there: Found) -> list[SchemaChange]:
    """Return what makes the tables those of the contract, in order. The comment on the lock comes last, and not before
    every blocking change has been made by hand."""
    planned = [
        SchemaChange(f"CREATE SCHEMA IF NOT EXISTS {schema}") for schema in model.SCHEMAS if schema not in there.schemas
    ]
    for table in model.tables().values():
        planned += _changes_of(table, there) if table.full_name in there.tables else _creation(table, there)
    planned += [
        SchemaChange(f"DROP TABLE {name}", "the contract does not know this table, and its rows would be lost")
        for name in there.tables
        if name not in model.tables()
    ]
    versions = f"contract {model.contract_version()} and insights {model.insights_version()}"
    comment = f"{model.table(_LOCK).meaning} Made by {versions}."
    if there.tables.get(_LOCK) != comment and not any(change.blocks for change in planned):
        planned.append(SchemaChange(f"COMMENT ON TABLE {_LOCK} IS {literal(comment)}"))
    return planned


def _creation(table: Table, there: Found) -> Iterator[SchemaChange]:
    yield SchemaChange(without_promises(table.statements[0]))
    yield from _comments(table, "", {})
    if _is_rebuilt(table) and _INSIGHT_LEDGER in there.tables:
        # Somebody dropped the table: without its row in the ledger the new one is filled.
        yield SchemaChange(f"DELETE FROM {_INSIGHT_LEDGER} WHERE insight = {literal(table.name)}")


def _is_rebuilt(table: Table) -> bool:
    """Return whether rows of the table may be lost, because they are rebuilt from the star."""
    return model.built(table.full_name) is not None


def _changes_of(table: Table, there: Found) -> Iterator[SchemaChange]:
    """Return what a table lacks, and how it differs from the contract."""
    columns = dict(there.columns.get(table.full_name, {}))
    for column in table.columns:
        type_, _ = columns.get(column.name, ("", ""))
        if not type_:
            yield SchemaChange(f"ALTER TABLE {table.full_name} ADD COLUMN {column.name} {column.type}")
        elif type_ != column.type and _is_rebuilt(table):
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
            "" if _is_rebuilt(table) else "the contract does not know this column, and what is in it would be lost",
        )


def _comments(table: Table, comment: str, columns: Mapping[str, tuple[str, str]]) -> Iterator[SchemaChange]:
    """Return the comments that are missing or differ, except for that on the lock, which `changes` puts last."""
    if comment != table.meaning and table.full_name != _LOCK:
        yield SchemaChange(f"COMMENT ON TABLE {table.full_name} IS {literal(table.meaning)}")
    for column in table.columns:
        if columns.get(column.name, ("", ""))[1] != column.comment:
            yield SchemaChange(f"COMMENT ON COLUMN {table.full_name}.{column.name} IS {literal(column.comment)}")

"""The contract's tables on Redshift: made where there are none, and marked with the contract that made them."""

import re
from collections.abc import Callable, Iterator

from sparkify_assets import model
from sparkify_assets.queries import Query
from sparkify_assets.warehouse import Row
from sparkify_assets.warehouse.dialect import without_promises
from sparkify_assets.warehouse.redshift_copy import literal

# What the comment on ops.load_lock says: which contract the tables were made by.
_MARK = re.compile(r"Made by contract (?P<contract>\w+)\.$")
MADE_BY = Query(
    "the comment on ops.load_lock",
    "SELECT OBJ_DESCRIPTION(c.oid) AS comment FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'ops' AND c.relname = 'load_lock'",
)


def made_by(rows: list[Row]) -> str | None:
    """The contract that the tables were made by, from the answer to MADE_BY; None where there are none."""
    found = _MARK.search(str(rows[0]["comment"])) if rows else None
    return found["contract"] if found else None


def statements() -> Iterator[str]:
    """What makes the tables; the mark last."""
    yield from (f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in model.SCHEMAS)
    for table in model.tables().values():
        create, *comments = table.statements
        yield without_promises(create)
        yield from comments
    meaning = model.table("ops.load_lock").meaning
    yield f"COMMENT ON TABLE ops.load_lock IS {literal(f'{meaning} Made by contract {model.contract_version()}.')}"


def temporary(name: str, columns: tuple[model.Column, ...], run: Callable[[str], object]) -> None:
    """Make a session's own table anew. Here NOT NULL stays: COPY refuses what lacks what a record needs."""
    fields = ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in columns)
    run(f"DROP TABLE IF EXISTS {name}")
    run(f"CREATE TEMP TABLE {name} ({fields})")

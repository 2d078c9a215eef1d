"""The contract: what every table looks like and what its columns promise.

`<schema>/<table>.sql` is Redshift's DDL; this module makes frozen values of each file, from which everything else is
derived. How DDL is read is in `ddl.py`. An insight's table is declared in its statement (`insight_comments.py`). The
comment on a column that is read from the lake begins with its key in the record, `$.firstName`, and its range if it has
one. A comment that ends with `Personal.` or `Personal, masked.` marks what says something of a person; what is masked
is so in every table that has a column of the name. The statements that fill the tables are in `queries/`, the engines
that hold them in `warehouse/`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sparkify_assets.errors import ContractError
from sparkify_assets.model import insight_comments, misread
from sparkify_assets.model.memory import remembered

FOLDER = Path(__file__).parent
_MASKED = " Personal, masked."
_PERSONAL = re.compile(rf" Personal\.$|{_MASKED}$")
SCHEMAS = ("staging", "sparkify", "ops", insight_comments.SCHEMA)


@dataclass(frozen=True)
class Column:
    """A column: its type, its meaning, and for one that is read from the lake its key in the records (`source`) and its
    range. `comment` is the text that all of these are parsed from."""

    name: str
    type: str
    nullable: bool
    meaning: str
    comment: str
    source: str | None = None
    least: int | None = None
    greatest: int | None = None

    @cached_property
    def is_personal(self) -> bool:
        """Whether it is marked as saying something of a person."""
        return bool(_PERSONAL.search(self.meaning))

    @cached_property
    def is_masked(self) -> bool:
        """Whether it is marked as being for the eyes of few."""
        return self.meaning.endswith(_MASKED)

    @cached_property
    def is_integer(self) -> bool:
        return self.type in ("INTEGER", "BIGINT")

    @cached_property
    def is_double(self) -> bool:
        return self.type == "DOUBLE PRECISION"

    @cached_property
    def is_text(self) -> bool:
        return self.max_bytes is not None

    @cached_property
    def max_bytes(self) -> int | None:
        """The number of bytes that a text column holds; None for any other column."""
        found = re.fullmatch(r"(?:VARCHAR|CHAR)\((\d+)\)", self.type)
        return int(found[1]) if found else None

    @cached_property
    def range(self) -> tuple[int, int]:
        """The least and the greatest value that an integer column accepts."""
        bits = {"INTEGER": 31, "BIGINT": 63}[self.type]
        return (
            -(2**bits) if self.least is None else self.least,
            2**bits - 1 if self.greatest is None else self.greatest,
        )


@dataclass(frozen=True)
class ForeignKey:
    """A column whose values, unless null, are keys of another table."""

    column: str
    references: str
    referenced_column: str


@dataclass(frozen=True)
class Table:
    """A table of the warehouse, as declared in the contract."""

    schema: str
    name: str
    meaning: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    statements: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @cached_property
    def landed_columns(self) -> tuple[Column, ...]:
        """The columns that are read from the lake's records."""
        return tuple(column for column in self.columns if column.source)

    @cached_property
    def landed_keys(self) -> frozenset[str]:
        """The keys of these columns in the records."""
        return frozenset(column.source for column in self.columns if column.source)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Insight:
    """A table that one SELECT builds from others: an insight, or a summary that insights are summed up from; and the
    conditions on the rows that a changed day or user affects, each of them of other rows, or none if all rows are
    rebuilt."""

    table: Table
    sql: str
    affected: tuple[str, ...]

    @property
    def affected_by(self) -> str:
        """Whether rows are affected by changed users or by changed days."""
        return "users" if any("changed.user_id" in condition for condition in self.affected) else "days"


@cache
def tables() -> dict[str, Table]:
    """Return every table of the contract, by `schema.name`."""
    found = [parse_table(path.read_text("utf-8"), str(path.relative_to(FOLDER))) for path in contract_files()]
    return {
        table.full_name: table
        for table in (*found, *(each.table for each in (*summaries().values(), *insights().values())))
    }


@cache
def insights() -> dict[str, Insight]:
    """Return the insights by name, as their statements declare them."""
    return {path.stem: _read_insight(path, insight_comments.SCHEMA) for path in insight_comments.files()}


@cache
def summaries() -> dict[str, Insight]:
    """Return the summaries that insights are built from, by name. Nobody else reads them."""
    return {
        path.stem: _read_insight(path, insight_comments.SUMMARY_SCHEMA) for path in insight_comments.summary_files()
    }


def built(full_name: str) -> Insight | None:
    """Return the insight or summary that a table is; None if it is another table."""
    schema, _, name = full_name.partition(".")
    return {insight_comments.SCHEMA: insights(), insight_comments.SUMMARY_SCHEMA: summaries()}.get(schema, {}).get(name)


def _read_insight(path: Path, schema: str) -> Insight:
    place = f"queries/insights/{path.relative_to(insight_comments.FOLDER)}"
    sql = path.read_text("utf-8")
    try:
        ddl, *affected = _declare(f"{schema}.{path.stem}", sql)
    except ValueError as error:
        raise ContractError(f"{place}: {error}") from error
    return Insight(parse_table(ddl, place), sql.strip().rstrip(";"), tuple(affected))


@remembered
def _declare(table: str, sql: str) -> list[str]:
    ddl, affected = insight_comments.declare(table, sql)
    return [ddl, *affected]


def personal_columns(*, masked: bool = False) -> frozenset[str]:
    """Return the names of the columns that the contract marks as personal, or of those that it has masked."""
    columns = (column for table in tables().values() for column in table.columns)
    return frozenset(column.name for column in columns if (column.is_masked if masked else column.is_personal))


def table(full_name: str) -> Table:
    return tables()[full_name]


def tables_named(full_names: Iterable[str]) -> list[Table]:
    return [table(name) for name in full_names]


def nearest_tables(name: str) -> list[str]:
    """Return the tables that were probably meant by a name."""
    short = {full.rpartition(".")[2]: full for full in tables()}
    return [short[each] for each in get_close_matches(name.rpartition(".")[2], short, n=2)]


def contract_files() -> list[Path]:
    return sorted(path for schema in SCHEMAS[:-1] for path in (FOLDER / schema).glob("*.sql"))


@cache
def contract_version() -> str:
    """Return a hash of the contract, without the insights, as loading does not depend on them."""
    digest = hashlib.sha256()
    for path in contract_files():
        digest.update(path.stem.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update((FOLDER / misread.FILE.name).read_bytes())
    return digest.hexdigest()[:12]


@cache
def insights_version() -> str:
    """Return a hash of the tables of insights and summaries."""
    made = (*summaries().values(), *insights().values())
    ddl = "".join(statement for insight in made for statement in insight.table.statements)
    return hashlib.sha256(ddl.encode()).hexdigest()[:12]


def parse_table(sql: str, place: str) -> Table:
    """Parse a file of the contract: CREATE TABLE, then COMMENT ON the table and each column."""
    read = _read_ddl(sql, place)
    return Table(
        schema=read["schema"],
        name=read["name"],
        meaning=read["meaning"],
        columns=tuple(Column(**column) for column in read["columns"]),
        primary_key=tuple(read["primary_key"]),
        foreign_keys=tuple(ForeignKey(**key) for key in read["foreign_keys"]),
        statements=tuple(statement.strip() for statement in sql.split(";\n") if statement.strip()),
    )


@remembered
def _read_ddl(sql: str, place: str) -> dict[str, Any]:
    # Imported here: sqlglot takes longer than a table that is remembered.
    from sparkify_assets.model.ddl import read_table

    return read_table(sql, place)

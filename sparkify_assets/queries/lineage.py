"""Where every column comes from: read off the statements that fill its table, down to the field of the lake's records.

Nothing is written by hand: a column's sources are those of the expression that the statement gives for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sqlglot import exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from sparkify_assets import model, queries
from sparkify_assets.model import Table
from sparkify_assets.queries import Query, query

# Which files of the lake a session's landed table was read from, and the column that is the file's, not a record's.
LAKE_OF_LANDED = {"landed_staging_events": "log_data", "landed_staging_songs": "song_data"}
FILE_NAME = "file name"
_OF_THE_FILE = "log_date"
# Where sqlglot is told that tables without a schema are: those that a session makes for itself.
_SESSION = "session"


@dataclass(frozen=True, order=True)
class Source:
    """A column that another is made from: of a table of the warehouse, or a field of the lake's records."""

    table: str
    column: str


@cache
def column_sources(full_name: str) -> dict[str, tuple[Source, ...]]:
    """The sources of each column of a table, by column."""
    found: dict[str, set[Source]] = {column.name: set() for column in model.table(full_name).columns}
    for statement in statements_filling(full_name):
        for column, sources in _sources_in(statement):
            found[column] |= set(sources)
    return {column: tuple(sorted(sources)) for column, sources in found.items()}


@cache
def column_paths(full_name: str, column: str) -> tuple[tuple[Source, ...], ...]:
    """The ways by which a column comes about: each from a field of the lake, or a column made of no other, to it."""
    here = Source(full_name, column)
    sources = column_sources(full_name)[column] if "." in full_name else ()
    return tuple((*path, here) for source in sources for path in column_paths(source.table, source.column)) or (
        (here,),
    )


@cache
def statements_filling(full_name: str) -> tuple[Query, ...]:
    """The statements that insert into a table, or update it; the SELECT of an insight."""
    table = model.table(full_name)
    if table.schema == "insights":
        return (Query(f"insights/{table.name}", model.insights()[table.name].sql),)
    return tuple(query(name) for name in queries.names("load") if _target(_parsed(query(name))) == full_name)


@cache
def _parsed(statement: Query) -> exp.Expr:
    return parse_one(statement.sql, read="redshift")


def _target(statement: exp.Expr) -> str | None:
    target = statement.find(exp.Table) if isinstance(statement, exp.Insert | exp.Update) else None
    return f"{target.db}.{target.name}" if target else None


def _sources_in(statement: Query) -> Iterator[tuple[str, list[Source]]]:
    columns, selected = _columns_and_select(_parsed(statement))
    known: dict[str, object] = dict(_known_tables())
    select = qualify(selected, schema=known, dialect="redshift", db=_SESSION, quote_identifiers=False, identify=False)
    scope = build_scope(select)
    assert isinstance(select, exp.Query)
    for column, name in zip(columns, select.named_selects, strict=True):
        node = lineage(name, select, known, scope=scope, dialect="redshift", trim_selects=False, copy=False)
        yield (
            column,
            [
                source
                for leaf in node.walk()
                if not leaf.downstream
                for source in _read_leaf(leaf.name, leaf.expression)
            ],
        )


def _columns_and_select(statement: exp.Expr) -> tuple[list[str], exp.Expr]:
    """The columns that a statement writes, and a SELECT that gives what it writes into them."""
    if isinstance(statement, exp.Query):
        return statement.named_selects, statement.copy()
    if isinstance(statement, exp.Insert):
        return [column.name for column in statement.this.expressions], statement.expression.copy()
    writes = statement.expressions
    select = exp.select(*(exp.alias_(write.expression.copy(), write.this.name) for write in writes))
    return [write.this.name for write in writes], select.from_(statement.args["from_"].this.copy())


def _read_leaf(name: str, expression: exp.Expr) -> Iterator[Source]:
    """A leaf of sqlglot's tree: a column of a table, or an expression without one, such as a parameter."""
    if not isinstance(expression, exp.Table):
        return
    column, table = name.rpartition(".")[2], expression.name
    if expression.db != _SESSION:
        yield Source(f"{expression.db}.{table}", column)
    elif column == _OF_THE_FILE and table.startswith("landed_"):
        yield Source("log_data", FILE_NAME)
    elif table in LAKE_OF_LANDED:
        landed = model.table(f"staging.{table.removeprefix('landed_')}").column(column)
        yield Source(LAKE_OF_LANDED[table], landed.source or "")


@cache
def _known_tables() -> dict[str, dict[str, dict[str, str]]]:
    """Every table that a load statement can name, as sqlglot wants to be told of it."""
    known: dict[str, dict[str, dict[str, str]]] = {_SESSION: {}}
    for table in model.tables().values():
        known.setdefault(table.schema, {})[table.name] = _types(table)
    for landed in LAKE_OF_LANDED:
        staged = model.table(f"staging.{landed.removeprefix('landed_')}")
        read = {column.name for column in staged.landed_columns} | {_OF_THE_FILE}
        known[_SESSION][landed] = {name: type_ for name, type_ in _types(staged).items() if name in read}
    # What the sieve finds out about records is no field of theirs.
    known[_SESSION]["landed_rejected_records"] = _types(model.table("staging.rejected_records"))
    for name in queries.names("load"):
        created = _parsed(query(name))
        if isinstance(created, exp.Create):
            columns = {column.name: column.args["kind"].sql() for column in created.find_all(exp.ColumnDef)}
            known[_SESSION][created.this.this.name] = columns
    return known


def _types(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}

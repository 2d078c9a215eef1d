"""Column lineage: from every column, through the statements that fill its table, back to fields of the lake's records.

Nothing is maintained by hand: a column's sources are those of the expressions that the statements write into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sqlglot import exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

from sparkify_assets import model, queries
from sparkify_assets.model import Table
from sparkify_assets.queries import Query, query

# Where a session's landed tables are read from; and the one column that comes from the file's name, not from a record.
LAKE_OF_LANDED = {"landed_staging_events": "log_data", "landed_staging_songs": "song_data"}
FILE_NAME = "file name"
_OF_THE_FILE = "log_date"
# The schema that sqlglot is given for a session's own tables, which have none.
_SESSION = "session"


@dataclass(frozen=True, order=True)
class Source:
    """What a column is made from: a column of a table in the warehouse, or a field of the lake's records."""

    table: str
    column: str

    @property
    def name(self) -> str:
        """The name of a column; of a field of the lake, its path in the record."""
        in_a_record = "." not in self.table and self.column.isidentifier()
        return f"$.{self.column}" if in_a_record else self.column

    @property
    def full_name(self) -> str:
        """The name with that of the table."""
        return f"{self.table}.{self.name}"


@cache
def column_sources(full_name: str) -> dict[str, tuple[Source, ...]]:
    """Return the sources of each column of a table, by column."""
    found: dict[str, set[Source]] = {column.name: set() for column in model.table(full_name).columns}
    for statement in statements_filling(full_name):
        for column, sources in _sources_in(statement):
            found[column].update(*map(_behind_summaries, sources))
    return {column: tuple(sorted(sources)) for column, sources in found.items()}


def _behind_summaries(source: Source) -> tuple[Source, ...]:
    """What a column of a summary is made from, in its place."""
    if source.table.rpartition(".")[2] not in model.summaries():
        return (source,)
    return column_sources(source.table)[source.column]


@cache
def column_paths(full_name: str, column: str) -> tuple[tuple[Source, ...], ...]:
    """Return the paths to a column, each from a field of the lake, or from a column that has no source."""
    here = Source(full_name, column)
    sources = column_sources(full_name)[column] if "." in full_name else ()
    return tuple((*path, here) for source in sources for path in column_paths(source.table, source.column)) or (
        (here,),
    )


@cache
def statements_filling(full_name: str) -> tuple[Query, ...]:
    """Return the statements that insert into a table or update it; for an insight or a summary, its SELECT."""
    if built := model.built(full_name):
        return (Query(f"insights/{built.table.name}", built.sql),)
    return tuple(query(name) for name in queries.names("load") if _target(_parsed(query(name))) == full_name)


@cache
def _parsed(statement: Query) -> exp.Expr:
    return parse_one(statement.sql, read="redshift")


def _target(statement: exp.Expr) -> str | None:
    target = statement.find(exp.Table) if isinstance(statement, exp.Insert | exp.Update) else None
    return f"{target.db}.{target.name}" if target else None


def _sources_in(statement: Query) -> Iterator[tuple[str, list[Source]]]:
    columns, selected = _columns_and_select(_parsed(statement))
    known = _schema()
    select = qualify(selected, schema=known, dialect="redshift", db=_SESSION, quote_identifiers=False, identify=False)
    scope = build_scope(select)
    assert isinstance(select, exp.Query)
    for column, name in zip(columns, select.named_selects, strict=True):
        node = lineage(name, select, known, scope=scope, dialect="redshift", trim_selects=False, copy=False)
        leaves = [leaf for leaf in node.walk() if not leaf.downstream]
        yield column, [source for leaf in leaves for source in _read_leaf(leaf.name, leaf.expression)]


def _columns_and_select(statement: exp.Expr) -> tuple[list[str], exp.Expr]:
    """Return the columns that a statement writes, and a SELECT of the values that it writes into them."""
    if isinstance(statement, exp.Query):
        return statement.named_selects, statement.copy()
    if isinstance(statement, exp.Insert):
        return [column.name for column in statement.this.expressions], statement.expression.copy()
    writes = statement.expressions
    select = exp.select(*(exp.alias_(write.expression.copy(), write.this.name) for write in writes))
    return [write.this.name for write in writes], select.from_(statement.args["from_"].this.copy())


def _read_leaf(name: str, expression: exp.Expr) -> Iterator[Source]:
    """Yield the source that a leaf of sqlglot's tree names; none if it names no column, as a parameter does."""
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
def _schema() -> MappingSchema:
    """Return every table that a load statement can name. sqlglot would prepare a dict again for each column."""
    return MappingSchema(dict(_known_tables()), dialect="redshift")


def _known_tables() -> dict[str, dict[str, dict[str, str]]]:
    known: dict[str, dict[str, dict[str, str]]] = {_SESSION: {}}
    for table in model.tables().values():
        known.setdefault(table.schema, {})[table.name] = _types(table)
    for landed in LAKE_OF_LANDED:
        staged = model.table(f"staging.{landed.removeprefix('landed_')}")
        read = {column.name for column in staged.landed_columns} | {_OF_THE_FILE}
        known[_SESSION][landed] = {name: type_ for name, type_ in _types(staged).items() if name in read}
    # The columns of rejected records come from the validator, not from fields of the records.
    known[_SESSION]["landed_rejected_records"] = _types(model.table("staging.rejected_records"))
    for name in queries.names("load"):
        created = _parsed(query(name))
        if isinstance(created, exp.Create):
            columns = {column.name: column.args["kind"].sql() for column in created.find_all(exp.ColumnDef)}
            known[_SESSION][created.this.this.name] = columns
    return known


def _types(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}

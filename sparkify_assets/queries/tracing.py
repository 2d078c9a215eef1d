"""How sqlglot reads a load statement: which table it fills, and where the values of each column come from.

What is made of that is in `lineage.py`, which remembers it.
"""

from collections.abc import Iterator
from functools import cache

from sqlglot import exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

from sparkify_assets import model, queries
from sparkify_assets.model import Table
from sparkify_assets.queries import query
from sparkify_assets.queries.lineage import FILE_NAME, LAKE_OF_LANDED

_OF_THE_FILE = "log_date"
# The schema that sqlglot is given for a session's own tables, which have none.
_SESSION = "session"


def target(sql: str) -> str:
    """Return the table that a statement inserts into or updates; nothing if it does neither."""
    statement = _parsed(sql)
    filled = statement.find(exp.Table) if isinstance(statement, exp.Insert | exp.Update) else None
    return f"{filled.db}.{filled.name}" if filled else ""


def sources_in(sql: str) -> Iterator[tuple[str, str, str]]:
    """Yield the columns that a statement writes, each with the table and the column or field that it is made from."""
    columns, selected = _columns_and_select(_parsed(sql))
    known = _schema()
    select = qualify(selected, schema=known, dialect="redshift", db=_SESSION, quote_identifiers=False, identify=False)
    scope = build_scope(select)
    assert isinstance(select, exp.Query)
    for column, name in zip(columns, select.named_selects, strict=True):
        node = lineage(name, select, known, scope=scope, dialect="redshift", trim_selects=False, copy=False)
        leaves = [leaf for leaf in node.walk() if not leaf.downstream]
        yield from ((column, *source) for leaf in leaves for source in _read_leaf(leaf.name, leaf.expression))


@cache
def _parsed(sql: str) -> exp.Expr:
    return parse_one(sql, read="redshift")


def _columns_and_select(statement: exp.Expr) -> tuple[list[str], exp.Expr]:
    """Return the columns that a statement writes, and a SELECT of the values that it writes into them."""
    if isinstance(statement, exp.Query):
        return statement.named_selects, statement.copy()
    if isinstance(statement, exp.Insert):
        return [column.name for column in statement.this.expressions], statement.expression.copy()
    writes = statement.expressions
    select = exp.select(*(exp.alias_(write.expression.copy(), write.this.name) for write in writes))
    return [write.this.name for write in writes], select.from_(statement.args["from_"].this.copy())


def _read_leaf(name: str, expression: exp.Expr) -> Iterator[tuple[str, str]]:
    """Yield the source that a leaf of sqlglot's tree names; none if it names no column, as a parameter does."""
    if not isinstance(expression, exp.Table):
        return
    column, table = name.rpartition(".")[2], expression.name
    if expression.db != _SESSION:
        yield f"{expression.db}.{table}", column
    elif column == _OF_THE_FILE and table.startswith("landed_"):
        yield "log_data", FILE_NAME
    elif table in LAKE_OF_LANDED:
        landed = model.table(f"staging.{table.removeprefix('landed_')}").column(column)
        yield LAKE_OF_LANDED[table], landed.source or ""


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
        created = _parsed(query(name).sql)
        if isinstance(created, exp.Create):
            columns = {column.name: column.args["kind"].sql() for column in created.find_all(exp.ColumnDef)}
            known[_SESSION][created.this.this.name] = columns
    return known


def _types(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}

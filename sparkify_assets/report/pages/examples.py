"""A few rows of every table to show to people. Personal columns are not even read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.model import Column, Table
from sparkify_assets.model.roles import MASK, ROLES
from sparkify_assets.queries import Query
from sparkify_assets.report.phrases import cut
from sparkify_assets.warehouse.session import Row, Value, Warehouse

EXAMPLE_ROWS = 4
# A text column this long holds whole records or rows, with whatever is in them.
_WHOLE_RECORDS = 65535
_TEXT_SHOWN = 60

Examples = Mapping[str, Sequence[Row]]


def is_masked(column: Column) -> bool:
    """Return whether a column may show personal data: some role masks its name, or it holds whole records."""
    masked = {name for role in ROLES for name in role.masked}
    return column.name in masked or column.max_bytes == _WHOLE_RECORDS


def masked_columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if is_masked(column)]


def read_examples(warehouse: Warehouse, tables: Iterable[Table]) -> Examples | None:
    """Return the first rows of each table by its name, or None if there is no warehouse yet."""
    try:
        with warehouse.reader() as session:
            return {table.full_name: session.fetch(_example_query(table)) for table in tables}
    except WarehouseMissing:
        return None


def _example_query(table: Table) -> Query:
    shown = [column.name for column in table.columns if not is_masked(column)]
    order = ", ".join(f"{name} NULLS LAST" for name in table.primary_key or shown)
    return Query(
        f"examples/{table.name}",
        f"SELECT {', '.join(shown)} FROM {table.full_name} ORDER BY {order} LIMIT {EXAMPLE_ROWS}",
    )


def texts_of(table: Table, rows: Examples) -> list[list[str | None]]:
    """Return the rows of a table as texts to show, masked, long ones cut. A null stays None."""
    return [
        [MASK if is_masked(column) else _text(row[column.name]) for column in table.columns]
        for row in rows.get(table.full_name, ())
    ]


def _text(value: Value) -> str | None:
    if value is None:
        return None
    return cut(value.isoformat(" ", "milliseconds") if isinstance(value, datetime) else str(value), _TEXT_SHOWN)

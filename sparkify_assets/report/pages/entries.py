"""What the data dictionary says about a table in every format: read from the contract, the statements and the audits.

Its HTML is in `templates/dictionary.html`, its Markdown in `templates/dictionary.md`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from sparkify_assets.load.audits import Audit, audits_of
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query
from sparkify_assets.queries.lineage import LAKE_OF_LANDED, Source, column_paths, statements_filling
from sparkify_assets.report.pages.lineage_graph import Layout, lay_out

AUTO = "AUTO"
KINDS_OF_AUDIT = {
    "blocking": "a failure keeps the load from being published",
    "warning": "a failure is reported and blocks nothing",
    "measure": "records figures",
}
WRITTEN_BY_THE_PLATFORM = "The platform itself writes this table while it loads."
_FIELDS_NAMED = 4


@dataclass(frozen=True)
class Part:
    """The tables of a schema, under a title for readers."""

    title: str
    about: str
    entries: tuple["Entry", ...]


# In the order in which readers ask for them.
_PARTS = {
    "sparkify": (
        "The star",
        "What analysts query: plays, with their listeners, songs, artists and times, and page views.",
    ),
    "insights": ("Insights", "Answers to frequent questions, built from the star."),
    "staging": ("Staging", "The lake's records as they are, and the records that were rejected."),
    "ops": ("Operations", "What the platform records about its own work."),
}


@dataclass(frozen=True)
class Entry:
    """A table, with all that the dictionary shows of it."""

    table: Table

    @property
    def distribution(self) -> str:
        """How Redshift distributes the rows over its slices."""
        style, key = _property(self.table, exp.DistStyleProperty), _property(self.table, exp.DistKeyProperty)
        name = style.name.upper() if style else "KEY" if key else AUTO
        return f"{name} ({key.name})" if key else name

    @property
    def sort_key(self) -> str:
        """The order in which Redshift keeps the rows."""
        found = _property(self.table, exp.SortKeyProperty)
        return ", ".join(column.name for column in found.this) if found else AUTO

    @property
    def audits(self) -> tuple[Audit, ...]:
        """What every load checks. Tables that hold a load's own records have none: audits of other tables read them."""
        is_checked = self.table.full_name in (*DAY_TABLES, *CATALOG_TABLES) or self.table.schema == "insights"
        return audits_of(self.table.full_name) if is_checked else ()

    @property
    def statements(self) -> tuple[Query, ...]:
        return statements_filling(self.table.full_name)

    @property
    def layout(self) -> Layout:
        """How its lineage is drawn."""
        return lay_out(self.table)

    @property
    def made(self) -> list[Column]:
        """The columns that are made from others, or from a field of the lake."""
        return [column for column in self.table.columns if any(len(path) > 1 for path in self.paths(column))]

    def paths(self, column: Column) -> tuple[tuple[Source, ...], ...]:
        """The paths from the lake to a column."""
        return column_paths(self.table.full_name, column.name)

    def fields(self, column: Column) -> list[str]:
        """The fields of the lake that a column comes from in the end, or their number if there are many."""
        found = sorted({path[0] for path in self.paths(column) if path[0].table in LAKE_OF_LANDED.values()})
        if len(found) <= _FIELDS_NAMED:
            return [field.full_name for field in found]
        lakes = sorted({field.table for field in found})
        return [f"{sum(field.table == lake for field in found)} fields of {lake}" for lake in lakes]

    def reference(self, column: Column) -> str | None:
        """The full name of the column that a foreign key refers to."""
        found = (key for key in self.table.foreign_keys if key.column == column.name)
        return next((f"{key.references}.{key.referenced_column}" for key in found), None)


def parts_of(tables: Iterable[Table]) -> Iterator[Part]:
    """Yield the dictionary's parts: the tables of each schema."""
    entries = [Entry(table) for table in tables]
    schemas = dict.fromkeys([*_PARTS, *(entry.table.schema for entry in entries)])
    for schema in schemas:
        found = [entry for entry in entries if entry.table.schema == schema]
        if found:
            title, about = _PARTS.get(schema, (schema, ""))
            yield Part(title, about, tuple(sorted(found, key=_rank)))


def _rank(entry: Entry) -> tuple[int, int]:
    """Sort tables that refer to others first, then those that are read from the lake."""
    return -len(entry.table.foreign_keys), -len(entry.table.landed_columns)


def full_meaning(column: Column) -> str:
    """Return what a column means, with its bounds."""
    bounded = column.least is not None and column.greatest is not None
    return f"{column.meaning} From {column.least} to {column.greatest}." if bounded else column.meaning


def _property(table: Table, kind: type[exp.Expression]) -> exp.Expression | None:
    created = sqlglot.parse_one(table.statements[0], read="redshift")
    return created.find(kind)

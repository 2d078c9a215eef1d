"""What the data dictionary says of a table, whatever it is written as: read off contract, statements and audits.

How it looks as HTML is in `dictionary.py`, as Markdown in `dictionary_markdown.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from sparkify_assets.load.audits import Audit, audits_of
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.model import Column, ForeignKey, Table
from sparkify_assets.queries import Query
from sparkify_assets.queries.lineage import LAKE_OF_LANDED, Source, column_paths, statements_filling
from sparkify_assets.report.pages.lineage_graph import full_field_name

AUTO = "AUTO"
KINDS_OF_AUDIT = {
    "blocking": "keeps a load from being published",
    "warning": "is told, and keeps nothing back",
    "measure": "finds figures",
}
_FIELDS_NAMED = 4


@dataclass(frozen=True)
class Part:
    """The tables of a schema, as readers think of them."""

    title: str
    about: str
    entries: tuple["Entry", ...]


# In the order in which readers ask for them.
_PARTS = {
    "sparkify": ("The star", "What analysts query: plays, and what is known of who, what and when."),
    "insights": ("Insights", "Answers to questions that are asked again and again, made from the star."),
    "staging": ("Staging", "What the lake says, record by record, and the records that could not be loaded."),
    "ops": ("Operations", "What the platform notes of its own work."),
}


@dataclass(frozen=True)
class Entry:
    """All that is said of a table."""

    table: Table

    @property
    def distribution(self) -> str:
        """How Redshift spreads the rows over its slices."""
        style, key = _property(self.table, exp.DistStyleProperty), _property(self.table, exp.DistKeyProperty)
        said = style.name.upper() if style else "KEY" if key else AUTO
        return f"{said} ({key.name})" if key else said

    @property
    def sort_key(self) -> str:
        """In which order Redshift keeps the rows."""
        found = _property(self.table, exp.SortKeyProperty)
        return ", ".join(column.name for column in found.this) if found else AUTO

    @property
    def audits(self) -> tuple[Audit, ...]:
        """What is checked at every load. What a load notes beside its tables is what these checks read."""
        is_checked = self.table.full_name in (*DAY_TABLES, *CATALOG_TABLES) or self.table.schema == "insights"
        return audits_of(self.table.full_name) if is_checked else ()

    @property
    def statements(self) -> tuple[Query, ...]:
        return statements_filling(self.table.full_name)

    @property
    def has_lineage(self) -> bool:
        return any(self.is_made(column) for column in self.table.columns)

    def is_made(self, column: Column) -> bool:
        """Whether a column is made of others, or of a field of the lake."""
        return any(len(path) > 1 for path in self.paths(column))

    def paths(self, column: Column) -> tuple[tuple[Source, ...], ...]:
        """The ways from the lake to a column."""
        return column_paths(self.table.full_name, column.name)

    def fields(self, column: Column) -> list[str]:
        """The fields of the lake's records that a column comes from in the end; of many, how many they are."""
        found = sorted({path[0] for path in self.paths(column) if path[0].table in LAKE_OF_LANDED.values()})
        if len(found) <= _FIELDS_NAMED:
            return [full_field_name(field) for field in found]
        lakes = sorted({field.table for field in found})
        return [f"{sum(field.table == lake for field in found)} fields of {lake}" for lake in lakes]

    def reference(self, column: Column) -> ForeignKey | None:
        return next((key for key in self.table.foreign_keys if key.column == column.name), None)

    def is_key(self, column: Column) -> bool:
        return column.name in self.table.primary_key


def parts_of(tables: Iterable[Table]) -> Iterator[Part]:
    """The tables as the dictionary has them, schema by schema."""
    entries = [Entry(table) for table in tables]
    schemas = dict.fromkeys([*_PARTS, *(entry.table.schema for entry in entries)])
    for schema in schemas:
        found = [entry for entry in entries if entry.table.schema == schema]
        if found:
            title, about = _PARTS.get(schema, (schema, ""))
            yield Part(title, about, tuple(sorted(found, key=_rank)))


def _rank(entry: Entry) -> tuple[int, int]:
    """What refers to other tables first, then what is read from the lake."""
    return -len(entry.table.foreign_keys), -len(entry.table.landed_columns)


def null_said(column: Column) -> str:
    return "may be null" if column.nullable else "never null"


def meaning_said(column: Column) -> str:
    """What a column means, and between which bounds it is."""
    bounded = column.least is not None and column.greatest is not None
    return f"{column.meaning} From {column.least} to {column.greatest}." if bounded else column.meaning


def statement_title(statement: Query) -> str:
    return f"queries/{statement.name}.sql"


def _property(table: Table, kind: type[exp.Expression]) -> exp.Expression | None:
    created = sqlglot.parse_one(table.statements[0], read="redshift")
    return created.find(kind)


def path_said(path: Sequence[Source]) -> str:
    return " → ".join(full_field_name(step) for step in path)

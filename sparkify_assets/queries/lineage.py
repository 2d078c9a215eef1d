"""Column lineage: from every column, through the statements that fill its table, back to fields of the lake's records.

Nothing is maintained by hand: a column's sources are those of the expressions that the statements write into it. How a
statement is read is in `tracing.py`.
"""

from dataclasses import dataclass
from functools import cache

from sparkify_assets import model, queries
from sparkify_assets.model.memory import remembered
from sparkify_assets.queries import Query, model_version, query

# Where a session's landed tables are read from; and the one column that comes from the file's name, not from a record.
LAKE_OF_LANDED = {"landed_staging_events": "log_data", "landed_staging_songs": "song_data"}
FILE_NAME = "file name"


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
        for column, table, name in _sources_in(statement.sql, _known()):
            # A summary may read the rows of its own that stay.
            if table != full_name:
                found[column].update(_behind_summaries(Source(table, name)))
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
    return tuple(query(name) for name in queries.names("load") if _target(query(name).sql) == full_name)


@cache
def _known() -> str:
    """Return what names the tables that a statement can read: the contract, load statements and insights."""
    return f"{model_version()} {model.insights_version()}"


@remembered
def _target(sql: str) -> str:
    # Imported here, as below: sqlglot takes longer than what is remembered.
    from sparkify_assets.queries.tracing import target

    return target(sql)


@remembered
def _sources_in(sql: str, known: str) -> list[list[str]]:
    from sparkify_assets.queries.tracing import sources_in

    return [list(found) for found in sources_in(sql)]

"""What a load is: what it brings, which tables it fills, and which statements fill them. There are two kinds, in
`log_days.py` and `song_catalog.py`; everything else in this package takes either.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import Audit, audits_of
from sparkify_assets.model import Table, table, tables_named
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Row, Session, Value

if TYPE_CHECKING:
    from sparkify_assets.load.results import LoadResult


class Load(ABC):
    """What is landed and published together. It may have parts: each has files, a result and audits of its own.

    The defaults are those of a load that is its only part, has no log day, and replaces its tables whole.
    """

    # The folder of its statements, in `queries/load/` and `queries/read/`.
    folder: ClassVar[str]
    # The tables that it fills, the staging table first.
    table_names: ClassVar[Sequence[str]]

    @abstractmethod
    def __str__(self) -> str:
        """The load in a message."""

    @abstractmethod
    def list_files(self, lake: Lake) -> Mapping["Load", list[File]]:
        """Return the files of each part, as they are now."""

    @abstractmethod
    def replace(self, session: Session, change: int) -> Mapping[str, Value]:
        """Replace its partitions by what was landed, and rebuild what they affect. Return the values naming these."""

    @abstractmethod
    def results(self, session: Session) -> Mapping["Load", "LoadResult"]:
        """Return what the tables hold of each part after `replace`, and drop what that has made for the session."""

    @property
    def log_date(self) -> date | None:
        """What the column log_date holds for it."""
        return None

    @property
    def parts(self) -> Sequence["Load"]:
        return [self]

    def joined(self, parts: Iterable["Load"]) -> list["Load"]:
        """Put some of its parts together, as far as they can be published together."""
        return list(parts)

    @property
    def values(self) -> Mapping[str, Value]:
        """The values that name its partitions in statements."""
        return {}

    @property
    def audits(self) -> list[Audit]:
        """What has to be true before it is published."""
        return [audit for name in self.table_names for audit in audits_of(name)]

    @property
    def tables(self) -> list[Table]:
        return tables_named(self.table_names)

    @property
    def staging(self) -> Table:
        return table(self.table_names[0])

    def run(self, session: Session, *statements: str, **values: Value) -> None:
        """Run statements of its folder in `queries/load/`."""
        named = {**self.values, **values}
        for name in statements:
            session.run(query(f"load/{self.folder}/{name}"), **named)

    def fetch(self, session: Session, name: str) -> list[Row]:
        """Return the rows of a statement of its folder in `queries/read/`."""
        return session.fetch(query(f"read/{self.folder}/{name}"), **self.values)

"""What a load is: what it brings, which tables it fills, and which statements fill them. There are two kinds, in
`log_days.py` and `song_catalog.py`; everything else in this package takes either.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import Audit, audits_of
from sparkify_assets.model import Table, table
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Row, Session, Value


@dataclass(frozen=True)
class Outcome:
    """What the tables hold of a load: rows by table, plays that match a song, and which other days were rebuilt."""

    rows: Mapping[str, int]
    matched: int = 0
    rebuilt: tuple[date, ...] = ()


class Load(ABC):
    """What is landed and published together. Each of its parts has files, a result and audits of its own."""

    # The folder of its statements, in `queries/load/` and `queries/read/`.
    folder: ClassVar[str]
    # The tables that it fills, the staging table first.
    table_names: ClassVar[Sequence[str]]

    @abstractmethod
    def __str__(self) -> str:
        """The load in a message."""

    @property
    @abstractmethod
    def parts(self) -> Sequence["Load"]:
        """The loads that this one is made of: itself, unless it has several days."""

    @abstractmethod
    def joined(self, parts: Iterable["Load"]) -> list["Load"]:
        """Some of its parts, put together as far as they can be published together."""

    @property
    @abstractmethod
    def log_date(self) -> date | None:
        """What the column log_date holds for a part: null for the song catalog."""

    @property
    @abstractmethod
    def values(self) -> Mapping[str, Value]:
        """The values that name its partitions in statements."""

    @abstractmethod
    def list_files(self, lake: Lake) -> Mapping["Load", list[File]]:
        """The files of each part, as they are now."""

    @abstractmethod
    def replace(self, session: Session, change: int) -> Mapping[str, Value]:
        """Replace its partitions by what was landed, and rebuild what they affect. Return the values naming these."""

    @abstractmethod
    def outcomes(self, session: Session) -> Mapping["Load", Outcome]:
        """What the tables hold of each part after `replace`."""

    @abstractmethod
    def clean_up(self, session: Session) -> None:
        """Drop what `replace` has made for the session alone."""

    @property
    def tables(self) -> list[Table]:
        return [table(name) for name in self.table_names]

    @property
    def staging(self) -> Table:
        return table(self.table_names[0])

    @property
    def audits(self) -> list[Audit]:
        """What has to be true before it is published."""
        return [audit for name in self.table_names for audit in audits_of(name)]

    def run(self, session: Session, *statements: str, **values: Value) -> None:
        """Run statements of its folder in `queries/load/`."""
        for name in statements:
            session.run(query(f"load/{self.folder}/{name}"), **self.values, **values)

    def fetch(self, session: Session, name: str) -> list[Row]:
        """The rows of a statement of its folder in `queries/read/`."""
        return session.fetch(query(f"read/{self.folder}/{name}"), **self.values)

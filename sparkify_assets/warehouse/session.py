"""The warehouse: where tables live and statements run, whichever engine is underneath.

What a session promises is said here, one module per engine keeps it. Which statements run, and when, is `load.py`'s.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from sparkify_assets.errors import FileRefused, FileUnreadable, QueryError
from sparkify_assets.lake.bundles import Member
from sparkify_assets.lake.listing import UNREADABLE, File, Lake
from sparkify_assets.model import Table
from sparkify_assets.queries import Query

T = TypeVar("T")
Value = object
Row = dict[str, Value]


def too_slow(seconds: float) -> QueryError:
    """What is said of a question that was stopped."""
    return QueryError(
        f"the question was stopped, since it took longer than {seconds:g} s: ask it of fewer rows, or of a table that "
        "holds them summed up"
    )


@contextmanager
def reading(file: File | None = None) -> Iterator[None]:
    """A file that cannot be read to its end fails its day."""
    try:
        yield
    except FileUnreadable as error:
        raise FileRefused(error.file, f"cannot be read to its end: {error.reason}") from error
    except UNREADABLE as error:
        if file is None:
            raise
        raise FileRefused(file, f"cannot be read to its end: {error}") from error


class LandedFile(NamedTuple):
    """What became of a file's records: landed as rows, or rejected by the sieve, for example for this; and which keys
    the sieve met that the contract does not know. Or why nothing of it could be landed."""

    file: File
    records: int
    loaded: int
    rejected: int = 0
    example: str = ""
    unknown: Mapping[str, int] = {}
    refusal: FileRefused | None = None

    @classmethod
    def bundled(cls, file: File, member: Member) -> "LandedFile":
        """A song file that was landed in a bundle."""
        records = member.good + member.rejected
        return cls(file, records, member.good, member.rejected, member.example, member.unknown)


@dataclass(frozen=True)
class SchemaChange:
    """A statement that brings the warehouse nearer to the contract; why it is not run, if it would lose data or is not
    for this user; and whether nothing can be loaded before it is settled by hand."""

    statement: str
    refused: str = ""
    blocks: bool = False


@dataclass(frozen=True)
class Answer:
    """What a user's question gives: columns, which may share a name, and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


class Session(Protocol):
    """A connection that one load has to itself."""

    def land(self, table: Table, lake: Lake, files: Sequence[File]) -> list[LandedFile]:
        """Read the files into the session's own table `landed_<table>`, its columns typed, every rule checked, and
        what breaks a rule into `landed_rejected_records`; a file that has changed since it was listed is refused. Both
        tables have a column for the files' log day: null for songs, and in the first where only one day is landed at a
        time."""

    def transact(self, work: Callable[[], T]) -> T:
        """Do work, all or nothing, and one loader at a time: taking their lock comes first. All of it again, where
        another transaction was in the way."""

    def run(self, query: Query, **values: Value) -> int:
        """Run a statement; how many rows it changed."""

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        """The rows of a statement."""

    def ask(self, query: Query, seconds: float | None = None) -> Answer:
        """The answer to a user's question, which reads the warehouse's tables and nothing else; within so many seconds,
        if there is a limit."""

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        """Add a few rows that the platform itself made: of the ledger, the audits, the quarantine."""


class Warehouse(Protocol):
    """A warehouse that sessions can be opened on."""

    def session(self, run_id: str | None = None) -> AbstractContextManager[Session]:
        """A session that loads, for a run; the tables of the contract are there."""

    def reader(self) -> AbstractContextManager[Session]:
        """A session that changes nothing."""

    def plan_schema(self) -> list[SchemaChange]:
        """How tables and roles differ from what is declared; nothing is changed."""

    def apply_schema(self) -> list[SchemaChange]:
        """Run what is planned, but for what is refused."""

    @property
    def location(self) -> Path | str:
        """Where the warehouse is, for people."""

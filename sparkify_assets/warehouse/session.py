"""What a warehouse promises: where tables live and statements run, whichever engine is underneath.

The promises are here; the packages `duckdb/` and `redshift/` keep them. Which statements run, and when, belongs in
`load/` and `insights/`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from sparkify_assets import model
from sparkify_assets.errors import FileRefused, FileUnreadable, QuestionStopped, WarehouseError
from sparkify_assets.lake.bundles import Member
from sparkify_assets.lake.forgotten import ForgottenFile
from sparkify_assets.lake.listing import UNREADABLE, File, Lake, OnRead
from sparkify_assets.model import Table
from sparkify_assets.queries import Query

if TYPE_CHECKING:
    from sparkify_assets.warehouse.questions import Question

T = TypeVar("T")
Value = object
Row = dict[str, Value]


def too_slow(seconds: float) -> QuestionStopped:
    """Return the error for a question that exceeded its time limit."""
    return QuestionStopped(
        f"the question was stopped, since it took longer than {seconds:g} s: ask it of fewer rows, or of a table that "
        "summarizes them"
    )


WHOLE_FILE = "replace it by a whole file that can be read, or remove it"
DEFECT = "this is a defect of the platform: report it with the file, and remove the file until that is corrected"


@contextmanager
def reading(file: File | None = None) -> Iterator[None]:
    """Refuse a file that cannot be read to its end, which fails its day."""
    try:
        yield
    except FileUnreadable as error:
        raise FileRefused(error.file, f"cannot be read to its end: {error.reason}", WHOLE_FILE) from error
    except UNREADABLE as error:
        if file is None:
            raise
        raise FileRefused(file, f"cannot be read to its end: {error}", WHOLE_FILE) from error


class ListChanged(WarehouseError):
    """Users were forgotten, or brought back, while a load was at work: what it landed is not what the list says now."""

    def __init__(self) -> None:
        super().__init__("the list of forgotten users changed during the load: run `sparkify load` again")


class LandedFile(NamedTuple):
    """What became of one file: how many of its records were landed as rows, how many were rejected, with one rejected
    record as an example and the unknown keys that the validator found, and how many were left out because their user is
    forgotten; or why the whole file was refused."""

    file: File
    records: int
    loaded: int
    rejected: int = 0
    example: str = ""
    unknown: Mapping[str, int] = {}
    refusal: FileRefused | None = None
    forgotten: int = 0

    @classmethod
    def validated(cls, file: File, member: Member) -> "LandedFile":
        """Return the result of a file that the validator read whole."""
        records = member.good + member.rejected + member.forgotten
        return cls(
            file,
            records,
            member.good,
            member.rejected,
            member.example,
            member.unknown,
            forgotten=member.forgotten,
        )


@dataclass(frozen=True)
class SchemaChange:
    """A statement that brings the warehouse closer to the contract.

    `refused` says why it does not run: it would lose data, or this user may not run it. A change that `blocks` has to
    be made by hand before anything can be loaded.
    """

    statement: str
    refused: str = ""
    blocks: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer to a user's question: columns, which may share a name, and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


@dataclass(frozen=True)
class PublishedState:
    """Which state people read: a text that differs after each change of it, the latest change of the star that all
    insights include, and the insights that do not include its latest one."""

    state: str
    change: int
    outdated: tuple[str, ...]

    @classmethod
    def of(cls, state: str, latest: int, included: Mapping[str, int]) -> "PublishedState":
        """Return the state, from the star's latest change and the one that each insight includes."""
        outdated = tuple(name for name in model.insights() if included.get(name, 0) < latest)
        return cls(state, min(included.get(name, 0) for name in model.insights()), outdated)


class Session(Protocol):
    """A connection that one load has to itself."""

    def land(
        self,
        table: Table,
        lake: Lake,
        files: Sequence[File],
        on_read: OnRead | None = None,
        forgotten: Collection[int] = frozenset(),
    ) -> list[LandedFile]:
        """Read files into the session's own tables: good records, typed and checked against every rule, into
        `landed_<table>`, and the others into `landed_rejected_records`. Refuse a file that has changed since it was
        listed. Both tables have a column `log_date`. It is null for songs, and may be null in the first table when only
        one day is landed at a time. Log files that are not clean are left to `land_dirty`, and are not returned.
        `on_read` hears of bytes as they are read, as far as that is known; another thread may call it. Good records of
        `forgotten` users, who are those of ops.forgotten, are left out and counted."""

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        """Read more files into the same tables: log files that `land` has left, all at once or a few at a time."""

    def transact(self, work: Callable[[], T]) -> T:
        """Do the work in one transaction, which begins by taking the loaders' lock, so that one loader publishes at a
        time. Repeat all of it if it conflicts with another transaction."""

    def run(self, query: Query, **values: Value) -> int:
        """Run a statement and return how many rows it changed."""

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        """Return the rows of a statement."""

    def ask(self, question: "Question", seconds: float | None = None) -> Answer:
        """Answer a user's question, which can read the warehouse's tables and nothing else; stop it after so many
        seconds, if a limit is given."""

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """Stop a statement that takes longer than so many seconds: it raises QuestionStopped."""

    def stop(self) -> None:
        """Stop the statement that runs now, from another thread: it raises an error."""

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        """Insert a few rows that the platform itself wrote, within a transaction: for the ledger and the audits."""


class Readers(Protocol):
    """Sessions for what people ask, kept open between questions. Several threads may have one each."""

    def session(self) -> AbstractContextManager[tuple[Session, str]]:
        """Give a session that sees one state of what is published, and this state's version: nothing where it cannot be
        known."""


class Warehouse(Protocol):
    """A warehouse on which sessions can be opened."""

    def session(self, run_id: str | None = None) -> AbstractContextManager[Session]:
        """Open a session for a run that loads; it finds the contract's tables in place."""

    def reader(self) -> AbstractContextManager[Session]:
        """Open a session that changes nothing."""

    def for_questions(self) -> AbstractContextManager[Session]:
        """Open a session for what people ask, which changes nothing and waits for no load: on the published file, or
        with the reader's rights if there is a reader."""

    def readers(self) -> AbstractContextManager[Readers]:
        """Open sessions for questions, as `for_questions` does, for a process that is asked again and again."""

    def published_state(self) -> PublishedState:
        """Return which state it is that people read."""

    def kept_open(self, size: int) -> AbstractContextManager[None]:
        """Keep the warehouse open between the sessions of a run that loads so many bytes, if that is cheaper."""

    def publish(self) -> None:
        """Bring what people read up to date, where it is kept apart from what is loaded."""

    def is_published(self) -> bool:
        """Return whether what people read is up to date."""

    def rewrite(self) -> str:
        """Write anew what lies on the disk, also what people read, so that nothing deleted is left there. Return what
        was done, for people to read."""

    def plan_schema(self) -> list[SchemaChange]:
        """Return how tables and roles differ from what is declared, and change nothing."""

    def apply_schema(self) -> list[SchemaChange]:
        """Run the planned changes, except for those that are refused."""

    @property
    def forgotten_file(self) -> ForgottenFile | None:
        """The list of forgotten users; None where it is the table ops.forgotten itself."""

    @property
    def location(self) -> Path | str:
        """Where the warehouse is, for people to read."""

"""Watched sessions: a callback before and after each call may record it, fail it or delay it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets.lake.forgotten import ForgottenFile
from sparkify_assets.lake.listing import File, Lake, OnRead
from sparkify_assets.model import Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.questions import Question
from sparkify_assets.warehouse.session import (
    Answer,
    LandedFile,
    PublishedState,
    Readers,
    Row,
    SchemaChange,
    Session,
    T,
    Value,
    Warehouse,
)

OnCall = Callable[[str], None]


def ignore(what: str) -> None:
    """Do nothing at a call."""


@dataclass
class WatchedSession:
    """A session that passes the name of each call to callbacks: `land`, `lock`, a statement's name, `commit`."""

    session: Session
    before: OnCall
    after: OnCall

    @contextmanager
    def _call(self, what: str) -> Iterator[None]:
        self.before(what)
        yield
        self.after(what)

    def land(
        self,
        table: Table,
        lake: Lake,
        files: Sequence[File],
        on_read: OnRead | None = None,
        forgotten: Collection[int] = frozenset(),
    ) -> list[LandedFile]:
        with self._call("land"):
            return self.session.land(table, lake, files, on_read, forgotten)

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        with self._call("land_dirty"):
            return self.session.land_dirty(files)

    def transact(self, work: Callable[[], T]) -> T:
        def watched() -> T:
            self.after("lock")
            result = work()
            self.before("commit")
            return result

        self.before("lock")
        result = self.session.transact(watched)
        self.after("commit")
        return result

    def run(self, query: Query, **values: Value) -> int:
        with self._call(query.name):
            return self.session.run(query, **values)

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        with self._call(query.name):
            return self.session.fetch(query, **values)

    def ask(self, question: Question, seconds: float | None = None) -> Answer:
        return self.session.ask(question, seconds)

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        return self.session.limited(seconds)

    def stop(self) -> None:
        self.session.stop()

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        with self._call(f"insert {table.name}"):
            self.session.insert(table, rows)


@dataclass(frozen=True)
class WatchedWarehouse:
    """A warehouse whose loading sessions are watched."""

    warehouse: Warehouse
    before: OnCall = ignore
    after: OnCall = ignore

    @contextmanager
    def session(self, run_id: str | None = None) -> Iterator[Session]:
        with self.warehouse.session(run_id) as session:
            yield WatchedSession(session, self.before, self.after)

    @contextmanager
    def reader(self) -> Iterator[Session]:
        with self.warehouse.reader() as session:
            yield session

    def for_questions(self) -> AbstractContextManager[Session]:
        return self.warehouse.for_questions()

    def readers(self) -> AbstractContextManager[Readers]:
        return self.warehouse.readers()

    def published_state(self) -> PublishedState:
        return self.warehouse.published_state()

    def kept_open(self, size: int) -> AbstractContextManager[None]:
        return self.warehouse.kept_open(size)

    def publish(self) -> None:
        self.warehouse.publish()

    def is_published(self) -> bool:
        return self.warehouse.is_published()

    def rewrite(self) -> str:
        return self.warehouse.rewrite()

    def plan_schema(self) -> list[SchemaChange]:
        return self.warehouse.plan_schema()

    def apply_schema(self) -> list[SchemaChange]:
        return self.warehouse.apply_schema()

    @property
    def forgotten_file(self) -> ForgottenFile | None:
        return self.warehouse.forgotten_file

    @property
    def location(self) -> Path | str:
        return self.warehouse.location

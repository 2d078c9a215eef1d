"""Law 4: a load that fails, before or after any statement of it, has published nothing, or all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sparkify_assets.lake import File, FolderLake, Lake
from sparkify_assets.load import load_day, load_songs
from sparkify_assets.model import Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse import Answer, LandedFile, Row, Session, Value, Warehouse
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform


class Fault(Exception):
    """What a test has thrown in."""


@dataclass
class FaultySession:
    """A session that fails just before or just after one of its calls."""

    session: Session
    fails_at: int
    after: bool
    calls: int = 0
    said: list[str] = field(default_factory=list)

    @contextmanager
    def _call(self, what: str) -> Iterator[None]:
        self._begin(what)
        yield
        self._end(what)

    def _begin(self, what: str) -> None:
        self.calls += 1
        self.said.append(what)
        if self.calls == self.fails_at and not self.after:
            raise Fault(f"before {what}")

    def _end(self, what: str) -> None:
        if self.calls == self.fails_at and self.after:
            raise Fault(f"after {what}")

    def land(self, table: Table, lake: Lake, files: Sequence[File]) -> list[LandedFile]:
        with self._call("land"):
            return self.session.land(table, lake, files)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.session.transaction():
            yield
            self._begin("commit")
        self._end("commit")

    def run(self, query: Query, **values: Value) -> int:
        with self._call(query.name):
            return self.session.run(query, **values)

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        with self._call(query.name):
            return self.session.fetch(query, **values)

    def ask(self, query: Query) -> Answer:
        return self.session.ask(query)

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        with self._call(f"insert {table.name}"):
            self.session.insert(table, rows)


@dataclass
class FaultyWarehouse:
    """A warehouse whose next session fails at one of its calls; never, where that is none of them."""

    warehouse: Warehouse
    fails_at: int = 0
    after: bool = False
    last: FaultySession | None = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.warehouse.session() as session:
            self.last = FaultySession(session, self.fails_at, self.after)
            yield self.last

    @contextmanager
    def reader(self) -> Iterator[Session]:
        with self.warehouse.reader() as session:
            yield session

    @property
    def location(self) -> Path | str:
        return self.warehouse.location


@pytest.fixture
def edited(platform: Platform) -> Platform:
    """A platform that was loaded, and a lake that has changed since: a late event, a user gone, another song."""
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(), event(userId="8", itemInSession=1)])
    platform.load_songs()
    platform.load(DAY)
    write_day(platform.lake, DAY, [event(level="paid"), event(itemInSession=2, ts=at(NEXT_DAY))])
    write_song(platform.lake, song(song_id="SO0"), "TR0")
    return platform


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["day", "songs"])
def test_a_failure_at_any_statement_publishes_nothing_or_all(edited: Platform, what: str, after: bool) -> None:
    lake, unfailing = FolderLake(edited.lake), FaultyWarehouse(edited.warehouse)
    before = edited.everything()

    def load(warehouse: Warehouse) -> None:
        load_day(warehouse, lake, DAY, force=True) if what == "day" else load_songs(warehouse, lake, force=True)

    def undo() -> None:
        """Back to what was there before: the files as they were, loaded again."""
        published = edited.folder / "sparkify.duckdb"
        published.write_bytes(backup)

    backup = (edited.folder / "sparkify.duckdb").read_bytes()
    load(unfailing)
    all_of_it = edited.everything()
    assert unfailing.last is not None
    statements = unfailing.last.said
    assert all_of_it != before
    assert len(statements) > 15
    for n, statement in enumerate(statements, 1):
        undo()
        with pytest.raises(Fault):
            load(FaultyWarehouse(edited.warehouse, fails_at=n, after=after))
        published = edited.everything() != before
        assert not published or edited.everything() == all_of_it
        assert published == (statement == "commit" and after), statement

"""The warehouse on Amazon Redshift: its sessions, which run every statement as it is written.

How files get in is in `redshift_landing.py` and `copy.py`, which tables there are in `redshift_tables.py`, who may do
what with them in `grants.py`, and how statements are sent in `connection.py`.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path

from sparkify_assets.errors import QueryError, WarehouseError, WarehouseMissing
from sparkify_assets.lake.listing import File, Lake, OnRead
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets.model import Table, contract_version, insights_version, tables
from sparkify_assets.model.roles import ROLES, Role
from sparkify_assets.queries import Query, query
from sparkify_assets.settings import Redshift
from sparkify_assets.warehouse.questions import Question
from sparkify_assets.warehouse.redshift.connection import Connection, StatementFailed, connect
from sparkify_assets.warehouse.redshift.copy import Copier
from sparkify_assets.warehouse.redshift.failures import Kind
from sparkify_assets.warehouse.redshift.grants import closings, role_changes, roles_found
from sparkify_assets.warehouse.redshift.kept_connections import KeptConnections
from sparkify_assets.warehouse.redshift.redshift_landing import RedshiftLanding, probe
from sparkify_assets.warehouse.redshift.redshift_tables import NOTHING_YET, changes, found, made_by
from sparkify_assets.warehouse.redshift.role_use import role_use_changes
from sparkify_assets.warehouse.retries import ATTEMPTS, attempts
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
    too_slow,
)

# Of the sessions in this process, one at a time creates the tables.
_CREATING_TABLES = threading.Lock()


class RedshiftWarehouse:
    """A database of a Redshift cluster or workgroup, with the work prefix and the folder that files pass through."""

    def __init__(self, settings: Redshift, work: S3Work, scratch: Path, roles: Sequence[Role] = ROLES) -> None:
        self._settings, self._work, self._scratch, self._roles = settings, work, scratch, roles

    @property
    def _copier(self) -> Copier:
        return Copier(self._work, self._settings.iam_role, self._work.region)

    @property
    def forgotten_file(self) -> None:
        return None

    @property
    def location(self) -> str:
        return f"redshift://{self._settings.host}:{self._settings.port}/{self._settings.database}"

    @contextmanager
    def session(self, run_id: str | None = None) -> Iterator[Session]:
        with connect(self._settings, self.location, run_id) as connection:
            if not self._has_tables(connection):
                self._create_tables(connection)
            yield RedshiftSession(connection, self._copier, self._scratch)

    def reader(self) -> AbstractContextManager[Session]:
        return self._reading(as_reader=False)

    def for_questions(self) -> AbstractContextManager[Session]:
        return self._reading(as_reader=self._settings.has_reader)

    @contextmanager
    def readers(self) -> Iterator[Readers]:
        kept = KeptConnections(
            self._checked_connection,
            lambda connection, cancel: RedshiftSession(connection, self._copier, self._scratch, cancel),
        )
        try:
            yield kept
        finally:
            kept.close()

    @contextmanager
    def _checked_connection(self) -> Iterator[Connection]:
        """Open a connection as the reader, which finds the contract's tables."""
        with connect(self._settings, self.location, as_reader=self._settings.has_reader) as connection:
            self._refuse_no_tables(connection)
            yield connection

    def published_state(self) -> PublishedState:
        with self.reader() as session:
            (state,) = session.fetch(query("report/latest_state"))
            (changes,) = session.fetch(query("read/latest_change"))
            ledger = session.fetch(query("read/insight_ledger"))
        included = {str(row["insight"]): int(str(row["change"])) for row in ledger}
        return PublishedState.of(str(state), int(str(changes["latest"])), included)

    @contextmanager
    def kept_open(self, size: int) -> Iterator[None]:
        yield

    def publish(self) -> None:
        """What is committed is published: roles decide who reads what."""

    def is_published(self) -> bool:
        return True

    @contextmanager
    def _reading(self, *, as_reader: bool) -> Iterator[Session]:
        with connect(self._settings, self.location, as_reader=as_reader) as connection, connection.reading():
            self._refuse_no_tables(connection)
            yield RedshiftSession(connection, self._copier, self._scratch)

    def _refuse_no_tables(self, connection: Connection) -> None:
        if not self._has_tables(connection):
            raise WarehouseMissing(f"there are no tables in {self.location} yet: run `sparkify load` first")

    def probe(self, lake: Lake, files: Iterable[File]) -> None:
        """Raise an error if COPY cannot read the work prefix and the lake; no row is kept."""
        if isinstance(lake, S3Lake):
            smallest = min((file for file in files if file.size), key=lambda file: file.size, default=None)
            with connect(self._settings, self.location) as connection:
                probe(connection, self._copier, lake, smallest)

    def rewrite(self) -> str:
        denied = 0
        with connect(self._settings, self.location) as connection:
            for name in tables():
                try:
                    connection.execute(f"vacuuming {name}", f"VACUUM DELETE ONLY {name} TO 100 PERCENT")
                except StatementFailed as failure:
                    # For a table's owner alone.
                    if failure.kind is not Kind.DENIED:
                        raise
                    denied += 1
        rest = f"; those of {denied} await Redshift's own vacuum, as this user does not own them" if denied else ""
        return f"deleted rows of {len(tables()) - denied} tables of {self.location} were reclaimed (VACUUM){rest}"

    def plan_schema(self) -> list[SchemaChange]:
        with connect(self._settings, self.location) as connection, connection.reading():
            return self._planned(connection)

    def apply_schema(self) -> list[SchemaChange]:
        with connect(self._settings, self.location) as connection:
            planned = self._planned(connection)
            # One by one: if one fails, the changes before it stay and are not planned again.
            for change in planned:
                if not change.refused:
                    connection.execute(f"the change {change.statement.splitlines()[0]!r}", change.statement)
            return planned

    def _planned(self, connection: Connection) -> list[SchemaChange]:
        """Plan tables before roles, because roles need a superuser and tables do not."""
        tables, roles = found(connection), roles_found(connection)
        return [
            *closings(roles, tables, self._roles),
            *changes(tables),
            *role_changes(roles, tables, self._roles),
            *role_use_changes(connection, self._settings.iam_role, self._roles),
        ]

    def _has_tables(self, connection: Connection) -> bool:
        """Return whether the contract's tables are there. Tables of another contract are an error."""
        versions = made_by(connection)
        if versions and versions != (contract_version(), insights_version()):
            raise WarehouseError(
                f"the tables in {self.location} were made by the contract {versions[0]} and the insights "
                f"{versions[1]}, this is {contract_version()} and {insights_version()}: see what differs with "
                "`sparkify schema plan`, then run `sparkify schema apply`"
            )
        return versions is not None

    def _create_tables(self, connection: Connection) -> None:
        with _CREATING_TABLES:
            if self._has_tables(connection):
                return
            try:
                with connection.private():
                    for change in changes(NOTHING_YET):
                        connection.execute("creating the tables", change.statement)
            except WarehouseError:
                # Another process may have created them in the meantime.
                if not self._has_tables(connection):
                    raise


class RedshiftSession:
    """A connection that one load has to itself."""

    def __init__(
        self, connection: Connection, copier: Copier, scratch: Path, cancel: Callable[[], None] | None = None
    ) -> None:
        self._connection, self._copier, self._scratch, self._cancel = connection, copier, scratch, cancel

    def transact(self, work: Callable[[], T]) -> T:
        for attempt in attempts(first_seconds=0.2):
            try:
                with self._connection.private():
                    self.take_lock()
                    return work()
            except StatementFailed as failure:
                if failure.kind is not Kind.CONFLICT or attempt == ATTEMPTS:
                    raise
        raise AssertionError

    def take_lock(self) -> None:
        """Wait until no other loader publishes. This has to be the first statement of a transaction, because the next
        one takes the snapshot that the transaction sees."""
        self._connection.execute("taking the loaders' lock", "LOCK ops.load_lock")

    def run(self, query: Query, **values: Value) -> int:
        return self._connection.run(query, values)

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        return self._connection.fetch(query, **values)

    def ask(self, question: Question, seconds: float | None = None) -> Answer:
        try:
            with self._connection.limited(seconds) if seconds else nullcontext():
                self._connection.execute("it", question.sql)
                answer = Answer(self._connection.columns(), self._connection.rows())
        except StatementFailed as failure:
            if failure.was_stopped and seconds:
                raise too_slow(seconds) from failure
            raise QueryError(f"the question cannot be answered: {failure}") from failure
        except WarehouseError as error:
            raise QueryError(f"the question cannot be answered: {error}") from error
        question.refuse_too_many(answer.rows)
        return answer

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        try:
            with self._connection.limited(seconds):
                yield
        except StatementFailed as failure:
            if failure.was_stopped:
                raise too_slow(seconds) from failure
            raise

    def stop(self) -> None:
        if self._cancel:
            self._cancel()

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        if not rows:
            return
        lines = [json.dumps({c.name: _as_json(row[c.name]) for c in table.columns}, ensure_ascii=False) for row in rows]
        url = self._copier.work.keep("rows", "\n".join(lines).encode())
        copy = self._copier.statement(table.full_name, table.columns, [url])
        self._connection.execute(f"filling {table.full_name}", copy)

    def land(
        self,
        table: Table,
        lake: Lake,
        files: Sequence[File],
        on_read: OnRead | None = None,
        forgotten: Collection[int] = frozenset(),
    ) -> list[LandedFile]:
        if not isinstance(lake, S3Lake) or lake.region != self._copier.region:
            where = f"in {lake.region}" if isinstance(lake, S3Lake) else "a folder"
            raise WarehouseError(
                f"the lake is {where}, SPARKIFY_WORK in {self._copier.region}: COPY reads both, and they have to be "
                "buckets of one region"
            )
        self._landing = RedshiftLanding(self._connection, self._copier, self._scratch, table, lake, forgotten)
        return self._landing.land(files, on_read)

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        return self._landing.land_dirty(files)


def _as_json(value: Value) -> Value:
    return str(value) if isinstance(value, date) else value

"""The embedded warehouse: one DuckDB file, opened late and closed early, because it has one writer at a time.

Sessions and their statements are here. How files are read is in `duckdb_landing.py`, which tables there are in
`duckdb_tables.py`.
"""

import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from sparkify_assets.errors import QueryError, TranslationError, WarehouseBusy, WarehouseError, WarehouseMissing
from sparkify_assets.lake.forgotten import ForgottenFile
from sparkify_assets.lake.listing import File, Lake, OnRead
from sparkify_assets.model import Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_failures import explained, failing_as
from sparkify_assets.warehouse.duckdb.duckdb_landing import DuckDBLanding
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, identifier
from sparkify_assets.warehouse.duckdb.duckdb_tables import are_up_to_date, bring_up_to_date, changes
from sparkify_assets.warehouse.duckdb.giving_way import AGAIN, announced, giving_way
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile
from sparkify_assets.warehouse.duckdb.rewriting import rewrite
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
from sparkify_assets.warehouse.translations import parameters, translation

if TYPE_CHECKING:
    from sparkify_assets.warehouse.questions import Question

log = logging.getLogger(__name__)

_SETTINGS = (
    "SET integer_division = true",
    "SET TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET preserve_insertion_order = false",
)
# A quarter of DuckDB's default: a day's rows in a table begin a new block for every few of its columns.
_BLOCK_BYTES = 65_536
# In a larger warehouse, or when more is landed, rows stay where they were written.
_LARGE_BYTES = 32_000_000
# A table with fewer rows is rewritten when some are added.
_FEW_ROWS = 10_000
_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")
# Another loader holds the file for the load of a day, and more may be waiting.
BUSY_SECONDS = 600.0
# For the questions of a dashboard, which is one process among others.
_READERS_MEMORY = "128MB"
# In seconds. Who only reads gives way in less.
_UNTIL_ANNOUNCED = 0.1


class DuckDBWarehouse:
    """A warehouse in a file, and the file that is published of it. `memory` limits what DuckDB takes, by default it is
    unlimited; what does not fit goes to files beside the warehouse. A loader waits `busy_seconds` for another process
    that holds the file. What `only_reads` waits for no loader, and keeps none waiting."""

    def __init__(
        self,
        path: Path,
        work: Path,
        published: PublishedFile | None = None,
        memory: str = "",
        busy_seconds: float | None = None,
        *,
        only_reads: bool = False,
        forgotten: ForgottenFile | None = None,
    ) -> None:
        self.path, self.work = path, work
        self._forgotten = forgotten or ForgottenFile(path.parent / "forgotten.csv")
        self._busy_seconds = BUSY_SECONDS if busy_seconds is None else busy_seconds
        self._only_reads = only_reads
        self.published = published or PublishedFile(path.parent / "published" / path.name)
        self._config: dict[str, str | bool | int | float | list[str]] = {"default_block_size": _BLOCK_BYTES}
        if memory:
            self._config["memory_limit"] = memory

    @property
    def forgotten_file(self) -> ForgottenFile:
        return self._forgotten

    @property
    def location(self) -> Path:
        return self.path

    @contextmanager
    def session(self, run_id: str | None = None) -> Iterator[Session]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"the folder {self.path.parent} cannot be created: {error.strerror}; see SPARKIFY_DUCKDB"
            ) from error
        with self._connect(read_only=False) as connection:
            bring_up_to_date(connection)
            yield DuckDBSession(connection, self.work)

    @contextmanager
    def reader(self) -> Iterator[Session]:
        if not self.path.exists():
            raise WarehouseMissing(f"there is no warehouse at {self.path} yet: run `sparkify load` first")
        with self._connect(read_only=True) as connection:
            if not are_up_to_date(connection):
                raise WarehouseMissing(
                    f"the warehouse {self.path} has no tables yet, or those of another model: run `sparkify load` first"
                )
            yield DuckDBSession(connection, self.work)

    @contextmanager
    def for_questions(self) -> Iterator[Session]:
        with self.published.open() as connection:
            set_up(connection)
            yield DuckDBSession(connection, self.work)

    @contextmanager
    def readers(self) -> Iterator[Readers]:
        # Imported here: it imports this module.
        from sparkify_assets.warehouse.duckdb.published_readers import PublishedReaders

        memory = str(self._config.get("memory_limit", _READERS_MEMORY))
        self.work.mkdir(parents=True, exist_ok=True)
        # For this process alone: two would give their files the same names.
        with tempfile.TemporaryDirectory(prefix="questions-", dir=self.work) as spilled:
            readers = PublishedReaders(self.published, self.work, Path(spilled), memory)
            try:
                yield readers
            finally:
                readers.close()

    def published_state(self) -> PublishedState:
        return self.published.state()

    @contextmanager
    def kept_open(self, size: int) -> Iterator[None]:
        """To open and to close the file takes as long as a small load. After a large load, it frees memory."""
        held = nullcontext() if max(size, self._size()) > _LARGE_BYTES else self.session()
        with held:
            yield

    def publish(self) -> None:
        with self._connect(read_only=False) as connection:
            bring_up_to_date(connection)
            self.published.bring_up_to_date(connection)

    def is_published(self) -> bool:
        with self._connect(read_only=True) as connection:
            return self.published.is_current(connection)

    def rewrite(self) -> str:
        with self._connect(read_only=False) as connection:
            bring_up_to_date(connection)
            self.published.write_anew(connection)
            rewrite(connection, self.path)
        return f"{self.path} and {self.published.path} were written anew, without free blocks"

    def plan_schema(self) -> list[SchemaChange]:
        # Planning creates no file: a database in memory takes the place of a missing one.
        opened: AbstractContextManager[duckdb.DuckDBPyConnection]
        opened = self._connect(read_only=True) if self.path.exists() else duckdb.connect()
        with opened as connection:
            return changes(connection)

    def apply_schema(self) -> list[SchemaChange]:
        planned = self.plan_schema()
        with self.session():
            return planned

    def verify(self) -> None:
        """Read every value: DuckDB notices a block that is damaged, or cut off, only when it reads it."""
        with self._connect(read_only=True) as connection:
            tables = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
            for schema, name in connection.execute(tables).fetchall():
                connection.execute(f"SELECT bit_xor(hash(t)) FROM {identifier(schema)}.{identifier(name)} AS t")

    @contextmanager
    def _connect(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file. Whatever DuckDB reports until it is closed leaves here as an error that names the file."""
        with failing_as(f"the warehouse {self.path} cannot be used"):
            if not read_only and not self.path.exists():
                self._create()
            with nullcontext() if read_only else announced(self.path), self._opened(read_only) as connection:
                set_up(connection)
                if self._size() > _LARGE_BYTES:
                    _leave_rows(connection)
                with giving_way(self.path, connection) if self._only_reads else nullcontext():
                    yield connection

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _create(self) -> None:
        """Create the file, whole or not at all: DuckDB itself could be killed in its headers, which no load repairs."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        try:
            duckdb.connect(draft.absolute(), config=self._config).close()
            try:
                # Unlike a rename, it leaves the file that another loader has created meanwhile.
                os.link(draft, self.path)
            except FileExistsError:
                pass
            except OSError:
                # Not every file system has links.
                draft.rename(self.path)
        finally:
            draft.unlink(missing_ok=True)

    def _opened(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Open the file. A loader waits while another process holds it."""
        began = time.monotonic()
        is_known = False
        while True:
            try:
                # Absolute, since DuckDB takes some beginnings for another kind of database: `md:`, `:memory:`.
                return duckdb.connect(self.path.absolute(), read_only=read_only, config=self._config)
            except duckdb.ConnectionException:
                if not read_only:
                    raise
                # This process keeps it open to write.
                read_only = False
                continue
            except duckdb.IOException as error:
                holder = _HOLDER.search(str(error))
                if not holder:
                    raise
                held = f"the warehouse {self.path} is held by process {holder['process']} ({holder['program']})"
                if self._only_reads:
                    raise WarehouseBusy(f"{held}: {AGAIN}") from error
                waited = time.monotonic() - began
                if waited >= self._busy_seconds:
                    raise WarehouseBusy(f"{held}, and was for {self._busy_seconds:.0f} s: {AGAIN}") from error
            if not is_known and waited >= _UNTIL_ANNOUNCED:
                log.warning("%s: waiting for it, %.0f s at most", held, self._busy_seconds)
                is_known = True
            time.sleep(0.02)


class DuckDBSession:
    """A connection to the embedded warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._connection = connection
        self._work = work

    def transact(self, work: Callable[[], T]) -> T:
        # Loaders need no lock here: no other process has the file open.
        self._connection.begin()
        try:
            result = work()
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()
        return result

    def run(self, query: Query, **values: Value) -> int:
        changed = self._execute(query, values).fetchone()
        return int(changed[0]) if changed else 0

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        result = self._execute(query, values)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _execute(self, query: Query, values: Mapping[str, Value]) -> duckdb.DuckDBPyConnection:
        with failing_as(f"the statement {query.name} failed on DuckDB"):
            # DuckDB refuses values for parameters that the statement does not have.
            bound = {name: values[name] for name in parameters(query.sql)}
            return self._connection.execute(translation(query.sql), bound)

    def ask(self, question: "Question", seconds: float | None = None) -> Answer:
        # Imported here: sqlglot, which has read the question, takes longer than a load with nothing to do.
        from sparkify_assets.warehouse.dialect import translate

        try:
            # A question reads tables; it must not read or write files.
            self._connection.execute("SET enable_external_access = false")
            statement = translate(question.sql)
            with _stopped_after(seconds, self._connection):
                result = self._connection.execute(statement)
                answer = Answer(tuple(column[0] for column in result.description), result.fetchall())
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, TranslationError) as error:
            raise QueryError(f"the question cannot be answered: {explained(error)}") from error
        question.refuse_too_many(answer.rows)
        return answer

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        with _stopped_after(seconds, self._connection):
            yield

    def stop(self) -> None:
        self._connection.interrupt()

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        if not rows:
            return
        names = ", ".join(column.name for column in table.columns)
        self._gather(table)
        # A list for each column takes a third of the time of a list of rows, and a constant for a column takes almost
        # none. The first column is always a list, which gives the number of rows.
        lists: dict[str, list[Value]] = {column.name: [row[column.name] for row in rows] for column in table.columns}
        constants = {name: some[0] for name, some in list(lists.items())[1:] if some.count(some[0]) == len(some)}
        selected = ", ".join(
            f"CAST(${column.name} AS {duckdb_type(column)})"
            if column.name in constants
            else f"unnest(CAST(${column.name} AS {duckdb_type(column)}[]))"
            for column in table.columns
        )
        self._connection.execute(f"INSERT INTO {table.full_name} ({names}) SELECT {selected}", {**lists, **constants})

    def _gather(self, table: Table) -> None:
        """Rewrite a small table, so that its rows lie together: otherwise each insert begins new blocks."""
        (rows,) = self._connection.execute(f"SELECT count(*) FROM {table.full_name}").fetchone() or (0,)
        if rows < _FEW_ROWS:
            self._connection.execute(f"CREATE TEMP TABLE gathered AS FROM {table.full_name}")
            self._connection.execute(f"DELETE FROM {table.full_name}")
            self._connection.execute(f"INSERT INTO {table.full_name} FROM gathered")
            self._connection.execute("DROP TABLE gathered")

    def land(
        self,
        table: Table,
        lake: Lake,
        files: Sequence[File],
        on_read: OnRead | None = None,
        forgotten: Collection[int] = frozenset(),
    ) -> list[LandedFile]:
        with failing_as(f"landing {table.name} failed on DuckDB"):
            if sum(file.size for file in files if file.day) > _LARGE_BYTES:
                _leave_rows(self._connection)
            self._landing = DuckDBLanding(self._connection, table, lake, self._work, on_read, forgotten)
            return self._landing.land(files)

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        with failing_as("landing files that are not clean failed on DuckDB"):
            return self._landing.land_dirty(files)


def set_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Have a connection compute as Redshift does."""
    for setting in _SETTINGS:
        connection.execute(setting)


def _leave_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep checkpoints from compacting rows: in a large warehouse that takes longer than a load, and the file keeps the
    space of both copies. Nothing is lost, since a day's rows are written together and replaced together."""
    connection.execute("SET max_vacuum_tasks = 0")


@contextmanager
def _stopped_after(seconds: float | None, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what runs after so many seconds: DuckDB has no time limit of its own."""
    if seconds is None:
        yield
        return
    is_over = threading.Event()

    def stop() -> None:
        is_over.set()
        connection.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (duckdb.InterruptException, KeyboardInterrupt) as error:
        # Ctrl-C raises the same exception; a statement of the platform's own raises it as KeyboardInterrupt.
        if is_over.is_set():
            raise too_slow(seconds) from error
        raise
    finally:
        timer.cancel()
        timer.join()

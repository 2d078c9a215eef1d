"""The published file kept open for many questions, by several threads at once. It follows each new file.

A process that opens a file that it has open already gets the old one from DuckDB, even if another has taken its place:
here each published file is attached to a database of its own in memory, which is closed after its last question.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sparkify_assets.warehouse.duckdb.duckdb_names import identifier
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBSession, set_up
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile
from sparkify_assets.warehouse.session import Session


@dataclass
class _Attached:
    """A published file that is attached, which one it is, and how many sessions read it."""

    database: duckdb.DuckDBPyConnection
    version: str
    sessions: int = 0


class PublishedReaders:
    """Sessions on the file that is published. All of them share the memory that DuckDB may take; what does not fit goes
    to files in the folder `spilled`."""

    def __init__(self, published: PublishedFile, work: Path, spilled: Path, memory: str) -> None:
        self._published, self._work, self._spilled, self._memory = published, work, spilled, memory
        self._lock = threading.Lock()
        self._current: _Attached | None = None

    @contextmanager
    def session(self) -> Iterator[tuple[Session, str]]:
        attached = self._enter()
        try:
            # The database in use is that of the connection alone.
            with attached.database.cursor() as connection:
                connection.execute(f"USE {identifier(self._published.catalog)}")
                set_up(connection)
                yield DuckDBSession(connection, self._work), attached.version
        finally:
            self._leave(attached)

    def close(self) -> None:
        with self._lock:
            attached, self._current = self._current, None
            if attached and not attached.sessions:
                attached.database.close()

    def _enter(self) -> _Attached:
        with self._lock:
            # The version first: a file that is published in between looks older than it is, and is opened once more.
            version, before = self._published.version(), self._current
            if before is None or before.version != version:
                self._current = _Attached(self._attach(), version)
                if before and not before.sessions:
                    before.database.close()
            assert self._current
            self._current.sessions += 1
            return self._current

    def _leave(self, attached: _Attached) -> None:
        with self._lock:
            attached.sessions -= 1
            if not attached.sessions and attached is not self._current:
                attached.database.close()

    def _attach(self) -> duckdb.DuckDBPyConnection:
        database = duckdb.connect(config={"memory_limit": self._memory, "temp_directory": str(self._spilled)})
        try:
            self._published.attach_to(database)
            # Questions read tables; none reads or writes a file.
            database.execute("SET enable_external_access = false")
        except BaseException:
            database.close()
            raise
        return database

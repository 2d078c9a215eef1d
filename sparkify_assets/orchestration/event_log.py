"""The event log of the embedded instance: Dagster's own on SQLite, with its files kept open. `dagster.yaml` names it.

Dagster's class opens and closes a file for each event. Closing the last connection makes SQLite write back and sync
the whole file, which is four fifths of the cost of a long range. Events and tables are Dagster's: either class reads
what the other wrote.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorageWatchdog
from sqlalchemy.pool import StaticPool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

from sparkify_assets.orchestration.instance import instance_home

# The index, and the runs that are running or shown.
_MOST_OPEN = 8
_WAIT_SECONDS = 30


class _Watch(SqliteEventLogStorageWatchdog):
    """Looks for new events when a run's file changes, or the log beside it, in which SQLite writes while a connection
    is open. Dagster's own watches the file alone, and the UI would show the events of a run only after its end."""

    def __init__(self, storage: SqliteEventLogStorage, run_id: str, callback: Any, cursor: str | None) -> None:
        super().__init__(storage, run_id, callback, cursor)
        file = storage.path_for_shard(run_id)
        self._patterns = [file, f"{file}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:
        self._process_log()


class OpenEventLog(SqliteEventLogStorage):
    """Dagster's event log on SQLite, with one open connection to each file."""

    # Dagster declares it as None, which it is until somebody watches.
    _obs: Any

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        # Before the base class is initialized, which connects. Threads take turns, as in the base class.
        self._turn = threading.RLock()
        self._opened: OrderedDict[str, sqlalchemy.Connection] = OrderedDict()
        self._tables: set[str] = set()
        # What ends the transactions of events that are written together.
        self._together: ExitStack | None = None
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "OpenEventLog":
        # Where Dagster's own class keeps its files.
        return cls(str(instance_home() / "history/runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._turn:
            connection = self._connection(shard)
            if self._together is None:
                with connection.begin():
                    yield connection
            else:
                if not connection.in_transaction():
                    self._together.enter_context(connection.begin())
                yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all events from here to the end at once. Other threads and processes wait for the end."""
        with self._turn, ExitStack() as self._together:
            try:
                yield
            finally:
                self._together = None

    def watch(self, run_id: str, cursor: str | None, callback: Any) -> None:
        """Call back with each event of a run as it is written."""
        if not self._obs:
            self._obs = Observer()
            self._obs.start()
        watch = _Watch(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watch, self._obs.schedule(watch, self._base_dir, recursive=True))

    def has_table(self, table_name: str) -> bool:
        """Return whether a table exists. One that does is not looked for again."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        self._close(keeping=0)
        super().wipe()

    def dispose(self) -> None:
        self._close(keeping=0)
        super().dispose()

    def _connection(self, shard: str) -> sqlalchemy.Connection:
        if shard not in self._opened:
            # The connection is used by one thread at a time.
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False},
            )
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            connection = engine.connect()
            # The file always stays intact; a power failure may lose the last events.
            connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
            connection.commit()
            self._opened[shard] = connection
            self._close(keeping=_MOST_OPEN)
        self._opened.move_to_end(shard)
        return self._opened[shard]

    def _close(self, keeping: int) -> None:
        """Close the connections that were unused for longest and are in no transaction."""
        with self._turn:
            idle = [shard for shard, connection in self._opened.items() if not connection.in_transaction()]
            for shard in idle[: max(0, len(self._opened) - keeping)]:
                connection = self._opened.pop(shard)
                connection.close()
                connection.engine.dispose()


def written_together(instance: dg.DagsterInstance) -> AbstractContextManager[None]:
    """Write all events from here to the end at once, if the instance's event log can do that."""
    log = instance.event_log_storage
    return log.together() if isinstance(log, OpenEventLog) else nullcontext()

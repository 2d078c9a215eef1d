"""Connections to Redshift kept open for many questions, by several threads at once. Each question, or each page of
them, is a transaction of its own, which sees one state.

Which user they log in as, and which tables there have to be, is decided by the warehouse that opens them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from sparkify_assets.errors import ConnectionLost
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.session import Session

# A user may cancel what the same user runs: https://docs.aws.amazon.com/redshift/latest/dg/PG_CANCEL_BACKEND.html
_CANCEL = Query("stopping a question", "SELECT PG_CANCEL_BACKEND(:process)")
_PROCESS = Query("the process of a session", "SELECT PG_BACKEND_PID() AS process")

Opener = Callable[[], AbstractContextManager[Connection]]


class _Kept:
    """A connection, what closes it, and the process that serves it."""

    def __init__(self, opener: Opener) -> None:
        self.stack = ExitStack()
        self.connection = self.stack.enter_context(opener())
        (found,) = self.connection.fetch(_PROCESS)
        self.process = found["process"]


class KeptConnections:
    """Sessions on connections that are opened when they are needed, and then kept."""

    def __init__(self, opener: Opener, session_on: Callable[[Connection, Callable[[], None]], Session]) -> None:
        self._opener, self._session_on = opener, session_on
        self._lock = threading.Lock()
        self._idle: list[_Kept] = []

    @contextmanager
    def session(self) -> Iterator[tuple[Session, str]]:
        kept, transaction = self._begun()
        is_lost = False
        try:
            with transaction:
                yield self._session_on(kept.connection, lambda: self._cancel(kept.process)), ""
        except ConnectionLost:
            is_lost = True
            raise
        finally:
            self._keep(kept, is_lost)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for kept in idle:
            kept.stack.close()

    def _begun(self) -> tuple[_Kept, ExitStack]:
        """Return a connection with a transaction. Of those kept, the server may have closed some."""
        while True:
            with self._lock:
                idle = self._idle.pop() if self._idle else None
            kept = idle or _Kept(self._opener)
            transaction = ExitStack()
            try:
                transaction.enter_context(kept.connection.reading())
            except ConnectionLost:
                kept.stack.close()
                if idle is None:
                    raise
            else:
                return kept, transaction

    def _keep(self, kept: _Kept, is_lost: bool) -> None:
        if is_lost:
            kept.stack.close()
            return
        with self._lock:
            self._idle.append(kept)

    def _cancel(self, process: object) -> None:
        with self._opener() as connection:
            connection.fetch(_CANCEL, process=process)

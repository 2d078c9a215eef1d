"""A connection to Redshift: log-in, statements with bound values, transactions, and Redshift's own words when it fails.

What the statements are for is not known here.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import redshift_connector.core
from redshift_connector.cursor import Cursor
from redshift_connector.error import Error

from sparkify_assets.errors import ConnectionLost, WarehouseError, WarehouseUnreachable
from sparkify_assets.queries import Query
from sparkify_assets.settings import Redshift
from sparkify_assets.warehouse.dialect import parameters
from sparkify_assets.warehouse.redshift.copy import literal
from sparkify_assets.warehouse.redshift.failures import Kind, kind_of, remedy_of, words_of
from sparkify_assets.warehouse.redshift.login import log_in
from sparkify_assets.warehouse.session import Row, Value

_FAILURES = (Error, OSError)
_CONNECT_SECONDS = 15
_STATEMENT_SECONDS = 4 * 3600


class StatementFailed(WarehouseError):
    """Redshift refused a statement, in these words."""

    def __init__(self, what: str, words: str, kind: Kind = Kind.OTHER) -> None:
        super().__init__(f"{what} failed on Redshift: {words}")
        self.words, self.kind = words, kind

    @property
    def was_stopped(self) -> bool:
        """Whether it took too long, or somebody canceled it: Redshift has one code for both."""
        return self.words.endswith("(57014)")


class _Driver(redshift_connector.core.Connection):
    """The driver's connection, which by itself leaves its socket open when it cannot be made or has broken; and of an
    answer that breaks off takes the beginning of a message for all of it, and forgets what the server said last."""

    error: Exception | None = None

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except BaseException:
            _close(getattr(self, "_sock", None), getattr(self, "_usock", None))
            raise

    def close(self) -> None:
        file = self._sock
        try:
            super().close()
        finally:
            _close(file)

    @property
    def _read(self) -> Callable[[int], bytes]:
        return self._read_all

    @_read.setter
    def _read(self, read: Callable[[int], bytes]) -> None:
        self._read_some = read

    def _read_all(self, size: int) -> bytes:
        data = self._read_some(size)
        if len(data) < size:
            raise self.error or ConnectionError("the server closed the connection")
        return data


class Connection:
    """A connection. Every statement is its own transaction, but for those within `private` or `reading`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def execute(self, what: str, statement: str, values: Mapping[str, Value] | None = None) -> int:
        """Run a statement; how many rows it changed."""
        try:
            self._cursor.execute(statement, values)
        except _FAILURES as error:
            words, kind = words_of(error), kind_of(error)
            if kind is Kind.LOST:
                raise ConnectionLost(f"the connection to Redshift broke at {what}: {words}") from error
            remedy = f": {remedy_of(error)}" if kind is Kind.DENIED else ""
            raise StatementFailed(what, f"{words}{remedy}", kind) from error
        return max(0, int(self._cursor.rowcount))

    def run(self, query: Query, values: Mapping[str, Value]) -> int:
        """Run a query with the values that it names."""
        bound = {name: values[name] for name in parameters(query.sql)}
        return self.execute(f"the statement {query.name}", query.sql, bound or None)

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        self.run(query, values)
        return [dict(zip(self.columns(), row, strict=True)) for row in self.rows()]

    def number(self, query: Query) -> int:
        """The one number that a query asks for."""
        self.run(query, {})
        return int(str(self.rows()[0][0]))

    def columns(self) -> tuple[str, ...]:
        """The columns of the last answer."""
        return tuple(str(column[0]) for column in self._cursor.description or ())

    def rows(self) -> list[tuple[Value, ...]]:
        """The rows of the last answer."""
        return [tuple(_plain(value) for value in row) for row in self._cursor.fetchall()]

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Statements that may take so long, and no longer."""
        self._limit(seconds)
        try:
            yield
        finally:
            # In a transaction that has failed nothing can be set: its end takes the limit back.
            with suppress(StatementFailed, ConnectionLost):
                self._limit(_STATEMENT_SECONDS)

    def _limit(self, seconds: float) -> None:
        self.execute("limiting statements", f"SET statement_timeout TO {max(1, round(seconds * 1000))}")

    @contextmanager
    def private(self) -> Iterator[None]:
        """A transaction on the session's own tables, which waits for nobody."""
        self.execute("beginning a transaction", "BEGIN")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self.execute("committing", "COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction that sees one state and changes nothing."""
        self.execute("beginning a transaction", "BEGIN READ ONLY")
        try:
            yield
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        # Where the connection is gone, so is what was begun on it.
        with suppress(StatementFailed, ConnectionLost):
            self.execute("rolling back", "ROLLBACK")


@contextmanager
def connect(settings: Redshift, place: str, run_id: str | None = None) -> Iterator[Connection]:
    """A connection for as long as the context lasts. The server's name and certificate are verified."""
    login = log_in(settings)
    try:
        connection = _Driver(
            host=settings.host,
            port=settings.port,
            database=settings.database,
            user=login.user,
            password=login.password,
            ssl=True,
            sslmode="verify-full",
            timeout=_CONNECT_SECONDS,
            tcp_keepalive=True,
            tcp_keepalive_idle=60,
            tcp_keepalive_interval=15,
            tcp_keepalive_count=4,
            # How an administrator finds it, in STV_SESSIONS and SYS_QUERY_HISTORY.
            application_name="sparkify",
        )
    except _FAILURES as error:
        known = WarehouseError if kind_of(error) is Kind.LOGIN else WarehouseUnreachable
        raise known(f"there is no way into {place} as {login.user}: {words_of(error)}: {remedy_of(error)}") from error
    try:
        # The time that a connection may take is not that of a statement, which the server keeps.
        connection._usock.settimeout(None)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.paramstyle = "named"
        opened = Connection(cursor)
        opened._limit(_STATEMENT_SECONDS)
        opened.execute(
            "naming the run", f"SET query_group TO {literal(f'sparkify {run_id}' if run_id else 'sparkify')}"
        )
        yield opened
    finally:
        # Of a connection that broke there is nothing left to close.
        with suppress(*_FAILURES):
            connection.close()


def _close(*ends: Any) -> None:
    for end in ends:
        if end:
            with suppress(OSError):
                end.close()


def _plain(value: Value) -> Value:
    """A number without places as an integer: Redshift adds integers up to a NUMERIC."""
    if isinstance(value, Decimal) and value == value.to_integral_value() and int(value.as_tuple().exponent) >= 0:
        return int(value)
    return value

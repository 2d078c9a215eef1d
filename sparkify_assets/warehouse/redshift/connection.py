"""A connection to Redshift: log-in, statements with bound values, transactions, and errors in Redshift's own words.

What the statements are for is not known here.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import redshift_connector.core
from redshift_connector.cursor import Cursor
from redshift_connector.error import Error

from sparkify_assets.errors import ConnectionLost, WarehouseError, WarehouseUnreachable
from sparkify_assets.queries import Query
from sparkify_assets.settings import Redshift
from sparkify_assets.warehouse.redshift.copy import literal
from sparkify_assets.warehouse.redshift.failures import Kind, failure_of
from sparkify_assets.warehouse.redshift.login import log_in
from sparkify_assets.warehouse.session import Row, Value
from sparkify_assets.warehouse.translations import parameters

_FAILURES = (Error, OSError)
_CONNECT_SECONDS = 15
_STATEMENT_SECONDS = 4 * 3600
_SYSTEM = Path(__file__).parent / "system"


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
    """The driver's connection, with two faults of the driver corrected. It leaves its socket open if it cannot connect,
    or if the connection breaks. And if an answer breaks off, it takes what has arrived for a whole message, and forgets
    the error that the server sent before."""

    # The driver sets it when the server sends an error.
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

    # While it connects, the driver sets the attribute `_read` to the socket's `read`: the setter keeps that one, and
    # every read goes through `_read_all`, from the first message on.
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
    """A connection. Every statement is its own transaction, except within `private` or `reading`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def execute(self, what: str, statement: str, values: Mapping[str, Value] | None = None) -> int:
        """Run a statement and return how many rows it changed."""
        try:
            self._cursor.execute(statement, values)
        except _FAILURES as error:
            kind, words, remedy = failure_of(error)
            if kind is Kind.LOST:
                raise ConnectionLost(f"the connection to Redshift broke at {what}: {words}") from error
            raise StatementFailed(what, f"{words}: {remedy}" if kind is Kind.DENIED else words, kind) from error
        return max(0, int(self._cursor.rowcount))

    def run(self, query: Query, values: Mapping[str, Value]) -> int:
        """Run a query with the values that it names."""
        bound = {name: values[name] for name in parameters(query.sql)}
        return self.execute(f"the statement {query.name}", query.sql, bound or None)

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        self.run(query, values)
        return [dict(zip(self.columns(), row, strict=True)) for row in self.rows()]

    def system(self, name: str, **values: Value) -> list[Row]:
        """Return the rows of `system/<name>.sql`, which reads Redshift's own tables."""
        return self.fetch(Query(f"system/{name}", (_SYSTEM / f"{name}.sql").read_text("utf-8")), **values)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the last answer."""
        return tuple(str(column[0]) for column in self._cursor.description or ())

    def rows(self) -> list[tuple[Value, ...]]:
        """Return the rows of the last answer."""
        return [tuple(_plain(value) for value in row) for row in self._cursor.fetchall()]

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Stop each statement after so many seconds."""
        self.limit(seconds)
        try:
            yield
        finally:
            # After a failure in a transaction nothing can be set, but its end restores the limit.
            with suppress(StatementFailed, ConnectionLost):
                self.limit(_STATEMENT_SECONDS)

    def limit(self, seconds: float) -> None:
        """Stop each statement from now on after so many seconds."""
        self.execute("limiting statements", f"SET statement_timeout TO {max(1, round(seconds * 1000))}")

    @contextmanager
    def private(self) -> Iterator[None]:
        """Open a transaction without the loaders' lock. One on the session's own tables waits for nobody."""
        self.execute("beginning a transaction", "BEGIN")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self.execute("committing", "COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open a transaction that sees one state and changes nothing."""
        self.execute("beginning a transaction", "BEGIN READ ONLY")
        try:
            yield
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        # A connection that is gone has taken its transaction with it.
        with suppress(StatementFailed, ConnectionLost):
            self.execute("rolling back", "ROLLBACK")


@contextmanager
def connect(
    settings: Redshift, place: str, run_id: str | None = None, *, as_reader: bool = False
) -> Iterator[Connection]:
    """Open a connection of the loader or the reader for as long as the context lasts. The server's name and certificate
    are verified."""
    login = log_in(settings, as_reader=as_reader)
    try:
        driver = _Driver(
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
            # Administrators find it by this name in STV_SESSIONS and SYS_QUERY_HISTORY.
            application_name="sparkify",
        )
    except _FAILURES as error:
        kind, words, remedy = failure_of(error)
        known = WarehouseError if kind is Kind.LOGIN else WarehouseUnreachable
        raise known(f"there is no way into {place} as {login.user}: {words}: {remedy}") from error
    try:
        # The timeout was for connecting; that of statements is the server's, set below.
        driver._usock.settimeout(None)
        driver.autocommit = True
        cursor = driver.cursor()
        cursor.paramstyle = "named"
        connection = Connection(cursor)
        connection.limit(_STATEMENT_SECONDS)
        group = literal(f"sparkify {run_id}" if run_id else "sparkify")
        connection.execute("naming the run", f"SET query_group TO {group}")
        yield connection
    finally:
        # Closing a broken connection fails, and there is nothing left to close.
        with suppress(*_FAILURES):
            driver.close()


def _close(*ends: Any) -> None:
    """Close what the driver has opened: its socket, and the file over it."""
    for end in ends:
        if end:
            with suppress(OSError):
                end.close()


def _plain(value: Value) -> Value:
    """Return a number without decimal places as an integer: the sum of integers is a NUMERIC on Redshift."""
    if isinstance(value, Decimal) and value == value.to_integral_value() and int(value.as_tuple().exponent) >= 0:
        return int(value)
    return value

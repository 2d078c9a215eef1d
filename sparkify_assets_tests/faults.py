"""Faults that tests inject: at a log-in, before a statement, during its answer, at a request to AWS.

The stand-in for Redshift decides where in a session a fault applies.
"""

import io
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from sparkify_assets_tests.redshift.refusal import OTHER, StatementRefused

# Stands for a log-in in place of a statement; no statement is empty.
LOGIN = ""
ALWAYS = sys.maxsize


class Dropped(OSError):
    """The server drops the connection without a message."""


class SessionEnded(Exception):
    """The server ends a session, or refuses to start it, with a message and an SQLSTATE."""

    def __init__(self, message: str, code: str = "28000") -> None:
        super().__init__(message)
        self.code = code


# The errors of a transaction that conflicts with another one, under either isolation level.
SERIALIZABLE_CONFLICT = StatementRefused(
    "1023",
    OTHER,
    "Serializable isolation violation on table - 142443, transactions forming the cycle are: 4341, 4342 (pid:12345)",
)
SNAPSHOT_CONFLICT = StatementRefused("could not complete because of conflict with concurrent transaction", OTHER)
WRONG_PASSWORD = SessionEnded('password authentication failed for user "loader"')
TERMINATED = SessionEnded("terminating connection due to administrator command", "57P01")
STARTING = SessionEnded("the cluster is starting", "57P03")


@dataclass
class Fault:
    """A fault at matching statements, or at log-ins: it starts at the nth and happens `times` times.

    The connection is dropped, unless another error is given. With `delivered` the statement takes effect, and that
    many bytes of its answer arrive first. A stall lasts until the fault is over. `first` is called before all of it.
    `happened` counts the faults.
    """

    at: str
    nth: int = 1
    times: int = 1
    error: Exception = field(default_factory=Dropped)
    delivered: int | None = None
    stalls: bool = False
    first: Callable[[], object] = lambda: None
    happened: int = 0
    over: threading.Event = field(default_factory=threading.Event, repr=False)
    _met: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def happens_at(self, what: str) -> bool:
        """Whether the fault happens this time."""
        if not re.fullmatch(self.at, what, re.DOTALL):
            return False
        with self._counting:
            self._met += 1
            happens = 0 <= self._met - self.nth < self.times
            self.happened += happens
        return happens

    def happen(self) -> int | None:
        """Raise the error, or return how many bytes of the answer are sent."""
        self.first()
        if self.stalls:
            self.over.wait()
        elif self.delivered is None:
            raise self.error
        return self.delivered


class _Body(io.BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Refusing:
    """AWS answers `times` requests of these clients with an error, starting at the nth."""

    def __init__(self, status: int, code: str, *clients: Any, nth: int = 1, times: int = ALWAYS) -> None:
        self.happened, self.met = 0, 0
        self._status, self._code, self._nth, self._times = status, code, nth, times
        self._counting = threading.Lock()
        for client in clients:
            self.of(client)

    def of(self, client: Any) -> Any:
        """Refuse the requests of this client too, and return it."""
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        with self._counting:
            self.met += 1
            if not 0 <= self.met - self._nth < self._times:
                return None
            self.happened += 1
        body = b"" if request.method == "HEAD" else self._error_body(event_name.split(".")[1]).encode()
        return AWSResponse(request.url, self._status, {}, _Body(body))

    def _error_body(self, service: str) -> str:
        """Return the error in the service's own protocol."""
        if service == "secrets-manager":
            return json.dumps({"__type": self._code, "message": "as AWS says it"})
        error = f"<Error><Code>{self._code}</Code><Message>as AWS says it</Message></Error>"
        return error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"

"""What tests have go wrong: at a log-in, before a statement, while it is answered, at a request of S3's.

Where in a session that is, the stand-in for Redshift knows.
"""

import io
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from sparkify_assets_tests.redshift.statements import OTHER, StatementRefused

# Instead of a statement, of which none is empty.
LOGIN = ""
ALWAYS = sys.maxsize


class Dropped(OSError):
    """The server drops the connection, and says nothing."""


class SessionEnded(Exception):
    """The server ends a session, or does not begin it: why, and the SQLSTATE."""

    def __init__(self, message: str, code: str = "28000") -> None:
        super().__init__(message)
        self.code = code


# What is said to a transaction that another was in the way of, under either isolation.
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
    """Something goes wrong at statements that match, or at log-ins: from the nth on, so many times.

    The connection is dropped, unless another error is given. With `told` the statement takes effect, and so many bytes
    of its answer arrive first. What stalls goes on when the fault is over. `happened` says how often it went wrong.
    """

    at: str
    nth: int = 1
    times: int = 1
    error: Exception = field(default_factory=Dropped)
    told: int | None = None
    stalls: bool = False
    happened: int = 0
    over: threading.Event = field(default_factory=threading.Event, repr=False)
    _met: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def happens_at(self, what: str) -> bool:
        """Whether it goes wrong this time."""
        if not re.fullmatch(self.at, what, re.DOTALL):
            return False
        with self._counting:
            self._met += 1
            happens = 0 <= self._met - self.nth < self.times
            self.happened += happens
        return happens

    def happen(self) -> int | None:
        """Go wrong now; how much of the answer is told, if not all."""
        if self.stalls:
            self.over.wait()
        elif self.told is None:
            raise self.error
        return self.told


class _Body(io.BytesIO):
    """An answer as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class SlowDown:
    """S3 asks clients to slow down: so many requests in all, answered in its place."""

    def __init__(self, times: int, *clients: Any) -> None:
        self.happened, self._times = 0, times
        for client in clients:
            client.meta.events.register("before-send.s3", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse | None:
        if self.happened == self._times:
            return None
        self.happened += 1
        said = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
        return AWSResponse(request.url, 503, {}, _Body(said))

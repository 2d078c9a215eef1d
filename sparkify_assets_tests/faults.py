"""What tests have go wrong: at a log-in, before a statement, while it is answered, at a request to AWS.

Where in a session that is, the stand-in for Redshift knows.
"""

import io
import json
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


class Refusing:
    """AWS answers requests of these clients with an error: so many, from the nth on."""

    def __init__(self, status: int, code: str, *clients: Any, nth: int = 1, times: int = ALWAYS) -> None:
        self.happened, self.met = 0, 0
        self._status, self._code, self._nth, self._times = status, code, nth, times
        self._counting = threading.Lock()
        for client in clients:
            self.of(client)

    def of(self, client: Any) -> Any:
        """Those of this client too, which is given back."""
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        with self._counting:
            self.met += 1
            if not 0 <= self.met - self._nth < self._times:
                return None
            self.happened += 1
        said = b"" if request.method == "HEAD" else self._said(event_name.split(".")[1]).encode()
        return AWSResponse(request.url, self._status, {}, _Body(said))

    def _said(self, service: str) -> str:
        """The error in the service's own protocol."""
        if service == "secrets-manager":
            return json.dumps({"__type": self._code, "message": "as AWS says it"})
        error = f"<Error><Code>{self._code}</Code><Message>as AWS says it</Message></Error>"
        return error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"

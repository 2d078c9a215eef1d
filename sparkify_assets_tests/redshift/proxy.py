"""The proxy, which clients take for Redshift: TLS, log-in, sessions, errors, and a record of what was sent.

It relays messages between `redshift_connector` and PostgreSQL, one thread a session, and carries COPY out itself. What
a statement means is in `statements.py`, what a record of COPY may be in `copy.py`.
"""

import datetime
import secrets
import select
import socket
import socketserver
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from sparkify_assets_tests.faults import LOGIN, SNAPSHOT_CONFLICT, Dropped, SessionEnded
from sparkify_assets_tests.redshift.copy import Files, load
from sparkify_assets_tests.redshift.copy_statements import (
    CopyStatement,
    LoadError,
    insert_load_error,
    insert_load_report,
    last_copy,
)
from sparkify_assets_tests.redshift.postgres import (
    ADMINISTRATOR,
    FAILED,
    IDLE,
    IN_TRANSACTION,
    Connection,
    PostgresError,
    Wire,
    bound_values,
    error_message,
    literal,
    message,
    running_postgres,
    startup_message,
    startup_parameters,
)
from sparkify_assets_tests.redshift.refusal import NOT_SUPPORTED, OTHER, StatementRefused
from sparkify_assets_tests.redshift.stand_in import StandIn as StandIn
from sparkify_assets_tests.redshift.statements import SYSTEM_OBJECTS, Statement, Translation, translate
from sparkify_assets_tests.tls import server_context

_TLS_REQUEST, _LOGIN_SECONDS = struct.pack("!i", 80877103), 120.0
# The connector sends more parameters than these; PostgreSQL refuses them, because only Redshift knows them.
_STARTUP_PARAMETERS = ("user", "database", "application_name")


@contextmanager
def running_redshift(s3_endpoint: str) -> Iterator[StandIn]:
    """Run a stand-in for Redshift, whose COPY reads from this S3, as long as the context lasts."""
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        files = Files(s3_endpoint)
        stack.callback(files.close)
        server = _Server(server_context(postgres.folder))
        server.stand_in = StandIn(
            port=server.server_address[1],
            ca_file=postgres.folder / "ca.pem",
            password=secrets.token_urlsafe(),
            postgres=postgres,
            files=files,
        )
        with postgres.administer("template1") as connection:
            user, password = server.stand_in.user, literal(server.stand_in.password)
            connection.query(f"CREATE ROLE {user} LOGIN CREATEROLE PASSWORD {password}; {SYSTEM_OBJECTS}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        stack.callback(server.stop)
        yield server.stand_in


class _Server(socketserver.ThreadingTCPServer):
    """Accepts connections on a free port of the loopback interface."""

    request_queue_size = 128
    stand_in: StandIn

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.tls, self.open = tls, set[Wire]()

    def stop(self) -> None:
        self.shutdown()
        for wire in list(self.open):
            with suppress(OSError):
                wire.end.shutdown(socket.SHUT_RDWR)
        self.server_close()


@dataclass
class _Prepared:
    """A statement that a client has prepared: as sent, as run, the types of its parameters, and how many tables of its
    names the session had created before."""

    sql: str
    translation: Translation
    types: tuple[int, ...]
    created: int


class _Session(socketserver.BaseRequestHandler):
    """A client's session from its first byte to its last."""

    server: _Server

    def handle(self) -> None:
        self.request.settimeout(_LOGIN_SECONDS)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = Wire(self.request)
        self.prepared: dict[bytes, _Prepared] = {}
        self.created = Counter[str]()
        self.bound_copy: CopyStatement | None = None
        self.last_copy, self.preparing = (-1, 0), ""
        # How many bytes of the next answer are sent before a fault breaks it off.
        self.told: int | None = None
        with suppress(OSError):
            try:
                self._begin_tls()
                self._log_in()
                self._serve()
            except SessionEnded as end:
                self.client.send(error_message(end.code, str(end), severity="FATAL"))

    def finish(self) -> None:
        self.server.open.discard(self.client)
        self.client.close()
        if hasattr(self, "upstream"):
            # assumes: lost_session_rolls_back
            # PostgreSQL rolls back this session's transaction, even in the middle of a statement.
            self.upstream.wire.close()

    def _begin_tls(self) -> None:
        if self.client.untyped_message() != _TLS_REQUEST:
            # assumes: plain_connections_refused
            raise SessionEnded("no pg_hba.conf entry for this host: SSL off")
        self.client.send(b"S")
        self.client = Wire(self.server.tls.wrap_socket(self.request, server_side=True))
        self.server.open.add(self.client)

    def _log_in(self) -> None:
        sent = startup_parameters(self.client.untyped_message())
        parameters = {name: sent[name] for name in _STARTUP_PARAMETERS if sent.get(name)}
        if (user := parameters.get("user")) == ADMINISTRATOR:
            raise SessionEnded(f'password authentication failed for user "{user}"')
        self.user, self.database = user, parameters.get("database", "")
        self._meet_faults(LOGIN)  # assumes: starting_cluster_is_57p03
        self.upstream = Connection(self.server.stand_in.postgres.connect())
        self.upstream.wire.send(startup_message(parameters))
        answer = bytearray()
        while True:
            kind, body = self.upstream.wire.message()
            if kind == b"E":
                error = PostgresError(body).fields
                # assumes: wrong_password_is_28000
                raise SessionEnded(error["M"], "28000" if error["C"] == "28P01" else error["C"])
            if kind == b"K":
                self.upstream.process = struct.unpack_from("!i", body)[0]
            answer += message(kind, body)
            if kind == b"Z":
                self.client.send(answer)
                self.client.end.settimeout(None)
                return
            if kind == b"R" and body == struct.pack("!i", 3):
                # PostgreSQL asks. assumes: password_is_asked_for_inside_tls
                self.client.send(answer)
                answer.clear()
                self.upstream.wire.send(message(*self.client.message()))

    def _serve(self) -> None:
        self.poll = select.poll()
        for wire in (self.client, self.upstream.wire):
            self.poll.register(wire.end, select.POLLIN)
        batch: list[tuple[bytes, bytes]] = []
        while True:
            kind, body = self._next_from_client()
            if kind == b"X":
                return
            if kind not in (b"H", b"S"):
                batch.append((kind, body))
            if kind in (b"S", b"Q"):
                answer = self._answer(batch)
                self.client.send(answer[: self.told])
                if self.told is not None:
                    raise Dropped
                batch.clear()
                self.preparing = ""

    def _next_from_client(self) -> tuple[bytes, bytes]:
        while (found := self.client.arrived()) is None:
            self._wait()
            # PostgreSQL sends something unasked only when it ends the session. assumes: ended_session_is_57p01
            if last_words := self._relayed():
                self.client.send(last_words)
        return found

    def _wait(self, timeout: float | None = None) -> None:
        """Read what arrives from either side. The session ends when the client is gone, even if PostgreSQL is busy."""
        for number, _ in self.poll.poll(timeout):
            (self.client if number == self.client.end.fileno() else self.upstream.wire).fill()

    def _relayed(self) -> bytearray:
        """Return the messages that have arrived from PostgreSQL."""
        relayed = bytearray()
        while found := self.upstream.wire.arrived():
            kind, body = found
            if kind == b"E" and self.preparing:
                self._record(self.preparing, ())
            # assumes: conflicts_are_xx000
            if kind == b"E" and PostgresError(body).fields["C"] == "40001":
                body = error_message(OTHER, str(SNAPSHOT_CONFLICT))[5:]
            if kind == b"Z":
                self.upstream.status = body
                self.at_rest = True
            relayed += message(kind, body)
        return relayed

    def _answer(self, batch: list[tuple[bytes, bytes]]) -> bytes:
        """Answer the messages between two Syncs: all of them by PostgreSQL or, for COPY, all by the stand-in."""
        own, forwarded = bytearray(), bytearray()
        try:
            for kind, body in batch:
                answer, forward = self._handle(kind, body)
                own += answer
                forwarded += forward
        except StatementRefused as refusal:
            if self.preparing:
                self._record(self.preparing, ())
            own += self._fail(refusal)
        return bytes(own) + message(b"Z", self.upstream.status) if own else self._exchange(forwarded)

    def _exchange(self, forwarded: bytearray) -> bytes:
        """Have PostgreSQL answer, and pass its answer on as it arrives. Statements run here and nowhere else."""
        self.at_rest = False
        self.upstream.wire.send(forwarded + message(b"S"))
        relayed = bytearray()
        while True:
            relayed += self._relayed()
            if self.at_rest:
                return bytes(relayed)
            if self.told is None:
                self.client.send(relayed)
                relayed.clear()
            self._wait()

    def _handle(self, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        """Return what the stand-in itself answers to a message, and what it passes on."""
        if kind == b"P":
            return self._prepare(body)
        if kind == b"B":
            return self._bind(body)
        if kind == b"C":
            self.prepared.pop(body[1:-1], None)
            return b"", message(kind, body)
        if kind == b"D" and self.prepared[body[1:-1]].translation.copy:
            return message(b"t", b"\0\0") + message(b"n"), b""
        if kind == b"E" and self.bound_copy:
            return self._copy(self.bound_copy), b""
        if kind in (b"D", b"E"):
            return b"", message(kind, body)
        raise StatementRefused(f"the stand-in for Redshift does not know messages of kind {kind!r}", NOT_SUPPORTED)

    def _prepare(self, body: bytes) -> tuple[bytes, bytes]:
        name, sql, rest = body.split(b"\0", 2)
        types = struct.unpack_from(f"!{struct.unpack_from('!h', rest)[0]}i", rest, 2)
        self.preparing = sql.decode()
        translation = translate(self.preparing)
        created = sum(self.created[table] for table in translation.tables)
        prepared = self.prepared[name] = _Prepared(self.preparing, translation, types, created)
        if prepared.translation.copy:
            return message(b"1"), b""
        return b"", message(b"P", name + b"\0" + prepared.translation.sql.encode() + b"\0" + rest)

    def _bind(self, body: bytes) -> tuple[bytes, bytes]:
        _, name, rest = body.split(b"\0", 2)
        prepared = self.prepared[name]
        self._record(prepared.sql, bound_values(rest, prepared.types))
        self._meet_faults(prepared.sql)
        # A plan is made when a statement is prepared. https://docs.aws.amazon.com/redshift/latest/dg/r_PREPARE.html
        if prepared.created != sum(self.created[table] for table in prepared.translation.tables):
            raise StatementRefused("a table was created anew after the statement was prepared", OTHER)
        self.created[prepared.translation.creates] += 1
        self.bound_copy = prepared.translation.copy
        if self.bound_copy:
            return message(b"2"), b""
        if prepared.translation.asks_for_last_copy and self.upstream.status != FAILED:
            self.upstream.query(last_copy(*self.last_copy))
        return b"", message(b"B", body)

    def _record(self, sql: str, values: tuple[str | None, ...]) -> None:
        self.server.stand_in.record(Statement(self.upstream.process, sql, values, self.database))

    def _meet_faults(self, what: str) -> None:
        """Make the fault happen that a test has set for a statement or for the log-in."""
        try:
            for fault in self.server.stand_in.faults.get(self.database, ()):
                if fault.happens_at(what):
                    self.told = fault.happen()
        except StatementRefused:
            if what == "COMMIT":
                # After a failure there is no transaction any more.
                self.upstream.query("ROLLBACK")
            raise

    def _fail(self, refusal: StatementRefused) -> bytes:
        """Send an error of the stand-in's own, which ends the client's transaction as one of PostgreSQL's would."""
        if self.upstream.status == IN_TRANSACTION:
            with suppress(PostgresError):
                self.upstream.query("this is an error")
        return error_message(refusal.code, str(refusal), refusal.detail)

    def _copy(self, copy: CopyStatement) -> bytes:
        """Run a COPY in the client's transaction, or in one of its own."""
        query, alone = next(self.server.stand_in.query_ids), self.upstream.status == IDLE
        if alone:
            self.upstream.query("BEGIN")
        try:
            answer = self._load(copy, query)
        except PostgresError as error:
            answer = message(b"E", error.body)
        except StatementRefused as refusal:
            answer = self._fail(refusal)
        except LoadError as error:
            self.last_copy = (next(self.server.stand_in.stl_ids), 0)
            self._report(query, [error])
            # assumes: copy_fails_whole
            why = f"Load into table '{copy.table_name}' failed.  Check 'stl_load_errors' system table for details."
            answer = self._fail(StatementRefused(why, OTHER))
        if alone:
            # It rolls back if the COPY has failed. assumes: copy_rolls_back
            self.upstream.query("COMMIT")
        return answer

    def _report(self, query: int, errors: list[LoadError]) -> None:
        """Record errors on a connection of their own, because the record outlives the client's transaction."""
        with self.server.stand_in.postgres.administer(self.database) as connection:
            for error in errors:
                connection.query(insert_load_error(query, self.upstream.process, self.database, error))

    def _load(self, copy: CopyStatement, query: int) -> bytes:
        # assumes: copy_needs_assumerole
        if self.upstream.query(f"SELECT may_assume({literal(copy.iam_role)})") != [("t",)]:
            lacks = f'does not have ASSUMEROLE permission on IAM role "{copy.iam_role}" for COPY'
            raise StatementRefused(f"User {self.user} {lacks}", OTHER)
        started = datetime.datetime.now(datetime.UTC)
        errors: list[LoadError] = []
        files = load(copy, self.server.stand_in.files, self.upstream, lambda: self._wait(0), errors)
        if errors:
            self._report(query, errors)
        # On the client's connection: the loading transaction also reads how many lines were scanned.
        self.upstream.query(insert_load_report(query, self.upstream.process, copy, files, started))
        rows = sum(file.rows for file in files)
        # assumes: sys_ids_are_not_stl_ids
        self.last_copy = (next(self.server.stand_in.stl_ids), rows)
        said = f"Load into table '{copy.table_name}' completed, {rows} record(s) loaded successfully."
        return message(b"N", f"SINFO\0C00000\0M{said}\0\0".encode()) + message(b"C", f"COPY {rows}\0".encode())

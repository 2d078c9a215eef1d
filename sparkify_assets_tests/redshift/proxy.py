"""The proxy: what a client of Redshift meets. TLS, log-in, sessions, errors, and a record of what was sent.

It relays messages between `redshift_connector` and PostgreSQL, one thread a session, and carries COPY out itself. What
a statement means is in `statements.py`, what a record of COPY may be in `copy.py`.
"""

import datetime
import ipaddress
import itertools
import secrets
import select
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sparkify_assets_tests.redshift.copy import Files, load
from sparkify_assets_tests.redshift.postgres import (
    FAILED,
    IDLE,
    IN_TRANSACTION,
    Connection,
    Postgres,
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
from sparkify_assets_tests.redshift.statements import (
    NOT_SUPPORTED,
    OTHER,
    SYSTEM_OBJECTS,
    CopyStatement,
    LoadError,
    Statement,
    StatementRefused,
    Translation,
    insert_load_detail,
    insert_load_error,
    last_copy,
    translate,
)

_TLS_REQUEST = struct.pack("!i", 80877103)
_LOGIN_SECONDS = 10.0
# What the connector says of itself beside these is Redshift's own: PostgreSQL refuses it.
_STARTUP_PARAMETERS = ("user", "database", "application_name")


@dataclass
class StandIn:
    """A running stand-in for Redshift, and how to log in to it."""

    port: int
    ca_file: Path
    password: str
    postgres: Postgres
    files: Files
    host: str = "localhost"
    user: str = "loader"
    query_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _recordings: list[list[Statement]] = field(default_factory=list)

    def create_database(self, name: str) -> None:
        """Make an empty database that `user` owns."""
        with self.postgres.administer("postgres") as connection:
            connection.query(f'CREATE DATABASE "{name}" OWNER {self.user} STRATEGY file_copy')

    def drop_database(self, name: str) -> None:
        """Drop a database; whoever is connected to it is thrown out."""
        with self.postgres.administer("postgres") as connection:
            connection.query(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def recording(self) -> Iterator[list[Statement]]:
        """The statements that clients send while the context lasts."""
        recording: list[Statement] = []
        self._recordings.append(recording)
        try:
            yield recording
        finally:
            # By identity: two recordings may hold the same.
            self._recordings[:] = [each for each in self._recordings if each is not recording]

    def record(self, statement: Statement) -> None:
        for recording in tuple(self._recordings):
            recording.append(statement)


@contextmanager
def running_redshift(s3_endpoint: str) -> Iterator[StandIn]:
    """A stand-in for Redshift that reads what it copies from this S3, and lives as long as the context."""
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        files = Files(s3_endpoint)
        stack.callback(files.close)
        server = _Server(_make_certificate(postgres.folder))
        server.stand_in = StandIn(
            port=server.server_address[1],
            ca_file=postgres.folder / "ca.pem",
            password=secrets.token_urlsafe(),
            postgres=postgres,
            files=files,
        )
        with postgres.administer("template1") as connection:
            password = literal(server.stand_in.password)
            connection.query(f"CREATE ROLE {server.stand_in.user} LOGIN PASSWORD {password}; {SYSTEM_OBJECTS}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        stack.callback(server.stop)
        yield server.stand_in


def _make_certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for this machine's loopback, signed by an authority of its own, which is left in `ca.pem`."""
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, server = (
        x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)]) for text in ("CA", "localhost")
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder(authority, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - day).not_valid_after(now + day).add_extension(extension, critical=True)
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    own = x509.BasicConstraints(ca=True, path_length=0)
    (folder / "ca.pem").write_bytes(certificate(authority, authority_key, own))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(certificate(server, key, x509.SubjectAlternativeName(names)) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


class _Server(socketserver.ThreadingTCPServer):
    """Takes connections on a free port of the loopback."""

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


class _LoginRefused(Exception):
    """A client that is not let in: why, and the SQLSTATE."""

    def __init__(self, message: str, code: str = "28000") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Prepared:
    """A statement that a client has prepared: as it was sent, as it is run, and the types of its parameters."""

    sql: str
    translation: Translation
    types: tuple[int, ...]


class _Session(socketserver.BaseRequestHandler):
    """A client's session, from its first byte to its last."""

    server: _Server

    def handle(self) -> None:
        self.request.settimeout(_LOGIN_SECONDS)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = Wire(self.request)
        self.prepared: dict[bytes, _Prepared] = {}
        self.bound_copy: CopyStatement | None = None
        self.last_copy = (-1, 0)
        self.preparing = ""
        with suppress(OSError):
            try:
                self._begin_tls()
                self._log_in()
                self._serve()
            except _LoginRefused as refusal:
                self.client.send(error_message(refusal.code, str(refusal), severity="FATAL"))

    def finish(self) -> None:
        self.server.open.discard(self.client)
        self.client.close()
        if hasattr(self, "upstream"):
            # assumes: lost_session_rolls_back
            # PostgreSQL rolls back what this session has begun, also in the middle of a statement.
            self.upstream.wire.close()

    def _begin_tls(self) -> None:
        if self.client.untyped_message() != _TLS_REQUEST:
            # assumes: plain_connections_refused
            raise _LoginRefused("no pg_hba.conf entry for this host: SSL off")
        self.client.send(b"S")
        self.client = Wire(self.server.tls.wrap_socket(self.request, server_side=True))
        self.server.open.add(self.client)

    def _log_in(self) -> None:
        sent = startup_parameters(self.client.untyped_message())
        parameters = {name: sent[name] for name in _STARTUP_PARAMETERS if sent.get(name)}
        if (user := parameters.get("user")) != self.server.stand_in.user:
            raise _LoginRefused(f'password authentication failed for user "{user}"')
        self.database = parameters.get("database", "")
        self.upstream = Connection(self.server.stand_in.postgres.connect())
        self.upstream.wire.send(startup_message(parameters))
        answer = bytearray()
        while True:
            kind, body = self.upstream.wire.message()
            if kind == b"E":
                error = PostgresError(body).fields
                # assumes: wrong_password_is_28000
                raise _LoginRefused(error["M"], "28000" if error["C"] == "28P01" else error["C"])
            if kind == b"K":
                self.upstream.process = struct.unpack_from("!i", body)[0]
            answer += message(kind, body)
            if kind == b"Z":
                self.client.send(answer)
                self.client.end.settimeout(None)
                return
            if kind == b"R" and body == struct.pack("!i", 3):
                # It wants the password.
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
                self.client.send(self._answer(batch))
                batch.clear()
                self.preparing = ""

    def _next_from_client(self) -> tuple[bytes, bytes]:
        while (found := self.client.arrived()) is None:
            self._wait()
            # PostgreSQL speaks up by itself only to say why it ends the session.
            if last_words := self._relayed():
                self.client.send(last_words)
        return found

    def _wait(self, timeout: float | None = None) -> None:
        """Take what comes from either side; a client that is gone ends the session, whatever PostgreSQL is doing."""
        for number, _ in self.poll.poll(timeout):
            (self.client if number == self.client.end.fileno() else self.upstream.wire).fill()

    def _relayed(self) -> bytearray:
        """The messages that have arrived from PostgreSQL."""
        relayed = bytearray()
        while found := self.upstream.wire.arrived():
            kind, body = found
            if kind == b"E" and self.preparing:
                self._record(self.preparing, ())
            if kind == b"Z":
                self.upstream.status = body
                self.at_rest = True
            relayed += message(kind, body)
        return relayed

    def _answer(self, batch: list[tuple[bytes, bytes]]) -> bytes:
        """The answer to the messages between two Syncs, which are all PostgreSQL's or, for COPY, all ours."""
        own, forwarded = bytearray(), bytearray()
        try:
            for kind, body in batch:
                answer, forward = self._handle(kind, body)
                own += answer
                forwarded += forward
        except StatementRefused as refusal:
            if self.preparing:
                self._record(self.preparing, ())
            own += self._fail(refusal.code, str(refusal))
        return bytes(own) + message(b"Z", self.upstream.status) if own else self._exchange(forwarded)

    def _exchange(self, forwarded: bytearray) -> bytes:
        """Have PostgreSQL answer, and pass on what it says as it comes. The one place where statements are run."""
        self.at_rest = False
        self.upstream.wire.send(forwarded + message(b"S"))
        while True:
            relayed = self._relayed()
            if self.at_rest:
                return bytes(relayed)
            self.client.send(relayed)
            self._wait()

    def _handle(self, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        """What is answered to a message by us, and what is sent on."""
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
        prepared = self.prepared[name] = _Prepared(self.preparing, translate(self.preparing), types)
        if prepared.translation.copy:
            return message(b"1"), b""
        return b"", message(b"P", name + b"\0" + prepared.translation.sql.encode() + b"\0" + rest)

    def _bind(self, body: bytes) -> tuple[bytes, bytes]:
        _, name, rest = body.split(b"\0", 2)
        prepared = self.prepared[name]
        self._record(prepared.sql, bound_values(rest, prepared.types))
        self.bound_copy = prepared.translation.copy
        if self.bound_copy:
            return message(b"2"), b""
        if prepared.translation.asks_for_last_copy and self.upstream.status != FAILED:
            self.upstream.query(last_copy(*self.last_copy))
        return b"", message(b"B", body)

    def _record(self, sql: str, values: tuple[str | None, ...]) -> None:
        self.server.stand_in.record(Statement(self.upstream.process, sql, values, self.database))

    def _fail(self, code: str, text: str) -> bytes:
        """An error of our own, which ends the client's transaction as one of PostgreSQL's would."""
        if self.upstream.status == IN_TRANSACTION:
            with suppress(PostgresError):
                self.upstream.query("this is an error")
        return error_message(code, text)

    def _copy(self, copy: CopyStatement) -> bytes:
        """Carry out a COPY in the client's transaction, or in one of its own."""
        query, alone = next(self.server.stand_in.query_ids), self.upstream.status == IDLE
        if alone:
            self.upstream.query("BEGIN")
        try:
            answer = self._load(copy, query)
        except PostgresError as error:
            answer = message(b"E", error.body)
        except StatementRefused as refusal:
            answer = self._fail(refusal.code, str(refusal))
        except LoadError as error:
            self.last_copy = (query, 0)
            # Over a connection of its own: what is noted outlives the client's transaction.
            with self.server.stand_in.postgres.administer(self.database) as connection:
                connection.query(insert_load_error(query, self.upstream.process, self.database, error))
            # assumes: copy_fails_whole
            why = f"Load into table '{copy.table_name}' failed.  Check 'stl_load_errors' system table for details."
            answer = self._fail(OTHER, why)
        if alone:
            # Rolls back where the COPY has failed. assumes: copy_rolls_back
            self.upstream.query("COMMIT")
        return answer

    def _load(self, copy: CopyStatement, query: int) -> bytes:
        started = datetime.datetime.now(datetime.UTC)
        files = load(copy, self.server.stand_in.files, self.upstream, lambda: self._wait(0))
        # Over the client's connection: the transaction that loads also reads how many lines were scanned.
        self.upstream.query(insert_load_detail(query, files, started))
        rows = sum(file.rows for file in files)
        self.last_copy = (query, rows)
        said = f"Load into table '{copy.table_name}' completed, {rows} record(s) loaded successfully."
        return message(b"N", f"SINFO\0C00000\0M{said}\0\0".encode()) + message(b"C", f"COPY {rows}\0".encode())

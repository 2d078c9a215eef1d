"""The cluster that the live tests run on: the stand-in, or with `--live` the one that the environment names.

On a real one they change only a schema with a random name, temporary tables, objects under a random prefix in
SPARKIFY_WORK, and users, roles and masking policies with random names, and they leave none of these.
"""

import gc
import itertools
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import pytest
import redshift_connector
from redshift_connector.core import Connection
from redshift_connector.error import Error

from sparkify_assets.errors import SettingsError
from sparkify_assets.lake.s3 import S3Place, open_client
from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets.model import Column
from sparkify_assets.settings import Redshift, read_settings
from sparkify_assets.warehouse.redshift.copy import Copier
from sparkify_assets.warehouse.redshift.login import Login, log_in
from sparkify_assets_tests.aws import s3_at
from sparkify_assets_tests.engines import ROLE
from sparkify_assets_tests.redshift.proxy import StandIn

# No statement of a test takes this long: one that waits in vain is canceled.
LONGEST_MILLISECONDS = 60_000
# How far behind a system view may be, in tests that are not about that.
LATEST_SECONDS = 20.0
_NEEDED = (
    "set SPARKIFY_WAREHOUSE=redshift, SPARKIFY_LAKE, SPARKIFY_WORK=s3://bucket/prefix, SPARKIFY_REDSHIFT_HOST, PORT, "
    "DATABASE, IAM_ROLE and a way to log in, and AWS's own variables"
)
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Refusal:
    """The answer to a statement that is refused: a SQLSTATE and words."""

    code: str
    words: str

    @classmethod
    def of(cls, error: Exception) -> "Refusal":
        answer = error.args[0] if error.args else ""
        return cls(answer.get("C", ""), answer.get("M", "")) if isinstance(answer, dict) else cls("", str(error))


class Session:
    """A session of `redshift_connector`, in which each statement is its own transaction unless it begins one."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        connection.autocommit = True
        self._cursor = connection.cursor()
        self._cursor.paramstyle = "named"

    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows, if it has any."""
        self._cursor.execute(sql, values) if values else self._cursor.execute(sql)
        return [tuple(row) for row in self._cursor.fetchall()] if self._cursor.description else []

    def one(self, sql: str) -> Any:
        """Return the one value that a statement selects."""
        ((value,),) = self.run(sql)
        return value

    def eventually(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a system view once it has any."""
        deadline = time.monotonic() + LATEST_SECONDS
        while not (rows := self.run(sql)):
            assert time.monotonic() < deadline, f"after {LATEST_SECONDS:.0f} s there is no row: {sql}"
        return rows

    def refusal(self, sql: str) -> Refusal:
        """Return the answer to a statement that has to be refused."""
        try:
            rows = self.run(sql)
        except Error as error:
            return Refusal.of(error)
        pytest.fail(f"Redshift took {sql[:200]!r}, and answered {rows}")


@dataclass(frozen=True)
class Cluster:
    """Where and how to log in, a schema for tables, and a place for objects that COPY reads."""

    settings: Redshift
    log_in: Callable[[], Login]
    work: S3Work
    schema: str
    live: bool

    @contextmanager
    def connect(self, **changed: object) -> Iterator[Session]:
        """Open a session, which rolls back what is not committed when the context ends."""
        login = self.log_in()
        settings: dict[str, Any] = {
            "host": self.settings.host,
            "port": self.settings.port,
            "database": self.settings.database,
            "user": login.user,
            "password": login.password,
            "sslmode": "verify-full",
            "application_name": "sparkify-live",
        }
        connection = redshift_connector.connect(**(settings | changed))
        try:
            session = Session(connection)
            session.run(f"SET statement_timeout TO {LONGEST_MILLISECONDS}")
            yield session
        finally:
            with suppress(Error, OSError):
                connection.close()

    def refused_login(self, **changed: object) -> Refusal:
        """Return the answer to a log-in that has to be refused. The connector then leaves its socket open."""
        try:
            with self.connect(**changed):
                pytest.fail("Redshift let it in")
        except Error as error:
            return Refusal.of(error)
        finally:
            gc.collect()

    def as_superuser(self, sql: str, request: pytest.FixtureRequest) -> None:
        """Run a statement of PostgreSQL's as the stand-in's superuser."""
        stand_in: StandIn = request.getfixturevalue("stand_in")
        with stand_in.postgres.administer(self.settings.database) as connection:
            connection.query(sql)

    def table(self, session: Session, columns: str) -> str:
        """Create a table that all sessions see, and return its name."""
        name = f"{self.schema}.table_{next(_NUMBERS)}"
        session.run(f"CREATE TABLE {name} ({columns})")
        return name

    def put(self, name: str, data: bytes) -> str:
        """Put an object where COPY can read it, and return its unique URL."""
        return self.work.write(f"files/{next(_NUMBERS)}/{name}", data)

    def copy(
        self,
        session: Session,
        table: str,
        columns: Sequence[str],
        urls: Sequence[str],
        *,
        packed: bool = False,
        region: str = "",
        manifest: object = None,
        jsonpaths: object = None,
        most_errors: int = 0,
    ) -> None:
        """Run COPY as the platform sends it, with another region, manifest or jsonpaths if one is given."""
        copier = Copier(self.work, self.settings.iam_role, region or self.work.region)
        named = [Column(name, "", nullable=True, meaning="", comment="") for name in columns]
        statement = copier.statement(table, named, urls, packed=packed, most_errors=most_errors)
        for word, other in (("FROM", manifest), ("JSON", jsonpaths)):
            if other is not None:
                url = self.work.keep("others", json.dumps(other).encode())
                statement = re.sub(rf"{word} '[^']*'", f"{word} '{url}'", statement)
        session.run(statement)

    def copy_files(self, session: Session, table: str, *files: bytes, packed: bool = False) -> list[str]:
        """Copy files into column `a` of a table, and return their URLs."""
        urls = [self.put("file.json", data) for data in files]
        self.copy(session, table, ["a"], urls, packed=packed)
        return urls

    def fail_to_copy(self, session: Session, table: str, *files: bytes) -> list[str]:
        """Copy files of which COPY has to refuse a record, and return their URLs."""
        urls = [self.put("file.json", data) for data in files]
        try:
            self.copy(session, table, ["a"], urls)
        except Error as error:
            refusal = Refusal.of(error)
            assert f"Load into table '{table}' failed" in refusal.words, f"COPY answered {refusal}"
            return urls
        pytest.fail(f"COPY accepted it, and stored {session.run(f'SELECT a FROM {table}')}")


@pytest.fixture
def session(cluster: Cluster) -> Iterator[Session]:
    """A session on the cluster."""
    with cluster.connect() as session:
        yield session


@pytest.fixture
def cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The cluster that these tests are about."""
    if request.config.option.live:
        real: Cluster = request.getfixturevalue("real_cluster")
        return real
    imitated: Cluster = request.getfixturevalue("imitated_cluster")
    stand_in: StandIn = request.getfixturevalue("stand_in")
    monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
    return imitated


@pytest.fixture(scope="module")
def imitated_cluster(stand_in: StandIn, moto: str) -> Iterator[Cluster]:
    """A database on the stand-in and a bucket on moto, which no test of a module empties."""
    client = s3_at(moto)
    client.create_bucket(Bucket="live")
    stand_in.create_database("live")
    settings = Redshift(host=stand_in.host, port=stand_in.port, database="live", user=stand_in.user, iam_role=ROLE)
    work = S3Work(S3Place("live", "work/"), client)
    # Each database begins with this one schema, which is dropped with the database.
    yield Cluster(settings, lambda: Login(stand_in.user, stand_in.password), work, "public", live=False)
    stand_in.drop_database("live")


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[Cluster]:
    """The cluster that the environment names."""
    try:
        settings = read_settings()
        if settings.warehouse != "redshift":
            _skip(f"SPARKIFY_WAREHOUSE is {settings.warehouse}")
    except SettingsError as error:
        _skip(str(error))
    name = secrets.token_hex(6)
    place = S3Place.parse(settings.work)
    client = open_client(place.bucket, "signed", "SPARKIFY_WORK")
    work = S3Work(S3Place(place.bucket, f"{place.prefix}live-{name}/"), client)
    cluster = Cluster(settings.redshift, partial(log_in, settings.redshift), work, f"sparkify_live_{name}", live=True)
    with ExitStack() as stack:
        stack.callback(client.close)
        stack.callback(_delete_objects, client, work.place)
        with cluster.connect() as session:
            session.run(f"CREATE SCHEMA {cluster.schema}")
        stack.callback(_drop_schema, cluster)
        yield cluster


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"--live needs a cluster of Redshift's ({reason}): {_NEEDED}")


def _drop_schema(cluster: Cluster) -> None:
    with cluster.connect() as session:
        session.run(f"DROP SCHEMA {cluster.schema} CASCADE")


def _delete_objects(client: Any, place: S3Place) -> None:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix)
    for page in pages:
        if found := [{"Key": entry["Key"]} for entry in page.get("Contents", ())]:
            client.delete_objects(Bucket=place.bucket, Delete={"Objects": found, "Quiet": True})

"""The stand-in itself: who may log in, which statements run and how, what is refused, recorded and rolled back."""

import gc
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
from redshift_connector.cursor import Cursor
from redshift_connector.error import Error, InterfaceError, ProgrammingError

from sparkify_assets import model, queries
from sparkify_assets.insights import rebuilding as insights
from sparkify_assets.load import audits, partitions
from sparkify_assets.queries import Query
from sparkify_assets_tests.faults import SERIALIZABLE_CONFLICT, Fault
from sparkify_assets_tests.redshift.postgres import running_postgres
from sparkify_assets_tests.redshift.proxy import StandIn


@pytest.fixture(scope="module")
def server(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in with a database."""
    stand_in.create_database("dev")
    yield stand_in
    stand_in.drop_database("dev")


@pytest.fixture(autouse=True)
def trusted(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))


@contextmanager
def session(stand_in: StandIn, **changed: Any) -> Iterator[Cursor]:
    """The unmodified connector, in a session where each statement is its own transaction unless it begins one."""
    settings: dict[str, Any] = {
        "host": stand_in.host,
        "port": stand_in.port,
        "user": stand_in.user,
        "password": stand_in.password,
        "database": "dev",
        "sslmode": "verify-full",
        "application_name": "tests",
    }
    with closing(redshift_connector.connect(**(settings | changed))) as connection:
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def cursor(server: StandIn) -> Iterator[Cursor]:
    with session(server) as cursor:
        yield cursor


def code_of(caught: pytest.ExceptionInfo[Exception]) -> str:
    """Return the SQLSTATE in an error of the connector, which has PostgreSQL's fields."""
    return str(caught.value.args[0]["C"])


def answer(cursor: Cursor, sql: str) -> Any:
    """Return the first row."""
    return tuple(cursor.execute(sql).fetchone() or ())


def test_the_connector_as_it_is_logs_in_and_asks(cursor: Cursor) -> None:
    cursor.execute("SELECT CAST(%s AS VARCHAR) || '!', %s + 1", ("é", 2))
    assert cursor.fetchall() == (["é!", 3],)


def refused(stand_in: StandIn, **changed: Any) -> tuple[type[Exception], str]:
    """Return the error of a failed log-in, and its SQLSTATE or text. The connector then leaves its socket open."""
    try:
        with session(stand_in, **changed):
            raise AssertionError("this log-in succeeds")
    except (InterfaceError, ProgrammingError) as error:
        answer = error.args[0]
        return type(error), answer["C"] if isinstance(answer, dict) else str(error)
    finally:
        gc.collect()


LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@LEFT_OPEN
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"password": "wrong"}, (InterfaceError, "28000")),
        ({"user": "somebody"}, (InterfaceError, "28000")),
        ({"ssl": False}, (InterfaceError, "28000")),
        ({"database": "nowhere"}, (ProgrammingError, "3D000")),
    ],
)
def test_who_is_not_let_in(server: StandIn, changed: Any, error: tuple[type[Exception], str]) -> None:
    assert refused(server, **changed) == error


@LEFT_OPEN
def test_a_certificate_of_another_authority_is_not_trusted(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    kind, text = refused(server)
    assert kind is InterfaceError
    assert "CERTIFICATE_VERIFY_FAILED" in text


def test_a_failed_log_in_keeps_nobody_else_out(server: StandIn) -> None:
    with session(server, host="127.0.0.1") as cursor:
        assert answer(cursor, "SELECT 1") == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        "VACUUM",
        "GRANT SELECT ON t TO somebody",
        "TRUNCATE t",
        "SET search_path TO public",
        "SHOW search_path",
        "CREATE VIEW v AS SELECT 1 AS n",
        "DROP SCHEMA public",
        "CREATE TABLE copy_of_t AS SELECT 1 AS n",
        "CREATE TABLE t (n NUMERIC)",
        "CREATE TABLE t (n INTEGER DEFAULT 1)",
        "CREATE TABLE t (name VARCHAR)",
        "SELECT LISTAGG(name) FROM t",
        "SELECT no_such_function(1)",
        "SELECT CAST('abc' AS VARCHAR(2))",
        "SELECT DISTINCT ON (n) n FROM t",
        "SELECT name ILIKE 'a' FROM t",
        "SELECT DATEADD(month, 1, GETDATE())",
        "SELECT SYSDATE",
        "SELECT EXTRACT(epoch FROM GETDATE())",
        r"SELECT 'a\d'",
        "SELECT n FROM (SELECT 1 AS n)",
        "SELECT 1; SELECT 2",
        "SELECT c.oid FROM pg_class AS c JOIN users AS u ON u.name = c.relname",
        "COPY t (n) FROM 's3://b/m' IAM_ROLE 'arn:aws:iam::123456789012:role/r' CSV",
        "INSERT INTO t VALUES (1) RETURNING n",
    ],
)
def test_what_the_stand_in_does_not_know_it_refuses(cursor: Cursor, sql: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute(sql)
    assert code_of(caught) in ("0A000", "42601")
    assert answer(cursor, "SELECT 1") == (1,)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("7 / 2, -7 / 2, -7 % 3", (3, -3, -1)),
        ("'a' < 'b', 'B' < 'a', 'é' > 'z'", (True, True, True)),
        ("'a' = 'a  ', 'a  ' <> 'a', NULLIF(' ', '')", (True, False, None)),
        (
            "LEN('é '), RIGHT('abc', LEN('bc')), MD5('é')",
            (2, "bc", hashlib.md5("é".encode(), usedforsecurity=False).hexdigest()),
        ),
        ("NVL(NULL, 1), NVL2(NULL, 1, 2), CAST(12 AS VARCHAR) || NULL", (1, 2, None)),
        (
            "IS_VALID_JSON('{\"a\": 1}'), IS_VALID_JSON('{'), PG_LAST_COPY_ID(), PG_LAST_COPY_COUNT()",
            (True, False, -1, 0),
        ),
        ("EXTRACT(dow FROM CAST('2018-11-04' AS DATE)), EXTRACT(week FROM CAST('2018-12-31' AS DATE))", (0, 1)),
        (
            "CAST(DATEADD(ms, CAST(86399999 % 86400000 AS INTEGER), DATEADD(day, 1, CAST('1970-01-01' AS TIMESTAMP))) "
            "AS VARCHAR)",
            ("1970-01-02 23:59:59.999",),
        ),
    ],
)
def test_statements_mean_what_they_mean_on_redshift(cursor: Cursor, sql: str, expected: tuple[object, ...]) -> None:
    assert answer(cursor, f"SELECT {sql}") == expected


def test_texts_that_differ_only_in_trailing_blanks_are_equal_wherever_compared(cursor: Cursor) -> None:
    cursor.execute("CREATE TEMP TABLE names (name VARCHAR(8))")
    cursor.execute("INSERT INTO names VALUES ('a'), ('a '), ('b'), ('B')")
    assert cursor.execute("SELECT COUNT(*) AS n FROM names GROUP BY name ORDER BY n").fetchall() == ([1], [1], [2])
    assert answer(cursor, "SELECT COUNT(DISTINCT name), SUM(LEN(name)) FROM names") == (3, 5)
    assert answer(cursor, "SELECT COUNT(*) FROM names AS a JOIN names AS b ON a.name = b.name") == (6,)
    assert answer(cursor, "SELECT COUNT(*) FROM names WHERE name IN ('a  ', 'b ')") == (3,)


def all_statements() -> list[Query]:
    made = insights.in_order()
    of_insights = [insight.table.full_name for insight in made]
    audited = [audits.audits_of(table) for table in (*partitions.DAY_TABLES, *partitions.CATALOG_TABLES, *of_insights)]
    return [
        *map(queries.query, [*queries.names("load"), *queries.names("read")]),
        *(audits.statement(audit, of_load=part) for found in audited for audit in found for part in (False, True)),
        *(queries.insert_insight(insight) for insight in made),
        *(insights.deletion(insight, whole=False) for insight in made if insight.affected),
        *(partitions.count_by_day_query(model.table(table)) for table in partitions.DAY_TABLES),
    ]


_DAYS = ("log_date", "first_day", "last_day", "first_affected", "last_affected")
_VALUES = {**dict.fromkeys(_DAYS), "file": "x", "most": 5, "run_id": "r", "change": 1, "insight": "x"}


def test_every_statement_of_the_platform_runs(server: StandIn) -> None:
    server.create_database("platform")
    with session(server, database="platform") as cursor:
        cursor.paramstyle = "named"
        for schema in model.SCHEMAS:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table in model.tables().values():
            for statement in table.statements:
                cursor.execute(statement.rstrip(";"))
        for name in ("staging.staging_events", "staging.staging_songs", "staging.rejected_records"):
            landed = model.table(name).landed_columns or model.table(name).columns[1:]
            fields = ", ".join(f"{column.name} {column.type}" for column in landed)
            cursor.execute(f"CREATE TEMP TABLE landed_{model.table(name).name} (log_date DATE, {fields})")
        for query in sorted(all_statements(), key=lambda query: ("/drop_" in query.name) - ("/create_" in query.name)):
            cursor.execute(query.sql, _VALUES)
    server.drop_database("platform")


def test_bytes_are_counted_and_null_is_kept_out(cursor: Cursor) -> None:
    cursor.execute(
        "CREATE TEMP TABLE held (name VARCHAR(4) ENCODE lzo, n INTEGER NOT NULL, PRIMARY KEY (n), "
        "FOREIGN KEY (n) REFERENCES elsewhere (n)) DISTSTYLE KEY DISTKEY (n) COMPOUND SORTKEY (n, name)"
    )
    cursor.execute("INSERT INTO held VALUES ('éé', 1), (NULL, 1)")
    for row in ("('ééé', 2)", "('abcde', 2)"):
        with pytest.raises(ProgrammingError, match=r"value too long for type character varying\(4\)"):
            cursor.execute(f"INSERT INTO held VALUES {row}")
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute("INSERT INTO held VALUES ('a', NULL)")
    assert code_of(caught) == "23502"
    assert answer(cursor, "SELECT COUNT(*) FROM held") == (2,)


def test_a_transaction_is_whole_private_and_fails_whole(server: StandIn, cursor: Cursor) -> None:
    cursor.execute("BEGIN")
    cursor.execute("CREATE TABLE made (n INTEGER)")
    cursor.execute("INSERT INTO made VALUES (1)")
    with session(server) as other, pytest.raises(ProgrammingError, match="does not exist"):
        other.execute("SELECT n FROM made")
    for refused in ("VACUUM", "SELECT 1", "COPY made (n) FROM 's3://x/y'"):
        with pytest.raises(ProgrammingError):
            cursor.execute(refused)
    cursor.execute("ROLLBACK")
    with pytest.raises(ProgrammingError, match="does not exist"):
        cursor.execute("SELECT n FROM made")


def until_so_many_wait(server: StandIn, sessions: int) -> None:
    deadline = time.monotonic() + 60
    with server.postgres.administer("dev") as connection:
        while connection.query("SELECT COUNT(*) FROM pg_locks WHERE NOT granted") != [(str(sessions),)]:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_a_lock_is_waited_for_and_what_was_committed_meanwhile_is_seen(server: StandIn) -> None:
    script = """
import sys, redshift_connector
connection = redshift_connector.connect(**eval(sys.argv[1]))
connection.autocommit = True
cursor = connection.cursor()
for sql in sys.argv[2:]:
    cursor.execute(sql)
    print(list(cursor.fetchall()) if sql.startswith("SELECT") else sql, flush=True)
"""
    settings = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": "dev",
        "application_name": "tests",
    }

    def start(*statements: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "ignore", "-c", script, repr(settings), *statements]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    with session(server) as cursor:
        cursor.execute("CREATE TABLE load_lock (locked BOOLEAN)")
        cursor.execute("BEGIN")
        cursor.execute("LOCK load_lock")
        with ExitStack() as ended:
            waiting = ended.enter_context(start("BEGIN", "LOCK load_lock", "SELECT COUNT(*) FROM load_lock"))
            killed = ended.enter_context(start("BEGIN", "LOCK load_lock", "SELECT 1"))
            # A failed test does not wait for sessions that wait for its lock.
            ended.callback(waiting.kill)
            ended.callback(killed.kill)
            assert waiting.stdout is not None
            try:
                until_so_many_wait(server, 2)
                killed.send_signal(signal.SIGKILL)
                until_so_many_wait(server, 1)
                cursor.execute("INSERT INTO load_lock VALUES (TRUE)")
            finally:
                cursor.execute("COMMIT")
            assert [line.strip() for line in waiting.stdout] == ["BEGIN", "LOCK load_lock", "[[1]]"]
        # Both are gone, and so are their locks.
        cursor.execute("SET statement_timeout TO 5000")
        cursor.execute("BEGIN")
        cursor.execute("LOCK load_lock")
        cursor.execute("COMMIT")
        cursor.execute("DROP TABLE IF EXISTS load_lock")


def test_a_temporary_table_outlives_a_commit_and_is_the_sessions_own(server: StandIn, cursor: Cursor) -> None:
    cursor.execute("BEGIN")
    cursor.execute("CREATE TEMP TABLE landed (n INTEGER)")
    cursor.execute("COMMIT")
    cursor.execute("INSERT INTO landed VALUES (1)")
    with session(server) as other, pytest.raises(ProgrammingError, match="does not exist"):
        other.execute("SELECT n FROM landed")


def test_what_clients_send_is_recorded_with_its_values(server: StandIn, cursor: Cursor) -> None:
    (process,) = answer(cursor, "SELECT PG_BACKEND_PID()")
    with server.recording() as statements:
        cursor.execute("BEGIN READ ONLY")
        cursor.execute("SELECT %s, %s, %s, %s", ("a", 70_000, 1.5, None))
        for refused in ("VACUUM", "SELECT nothing"):
            with pytest.raises(ProgrammingError):
                cursor.execute(refused)
        cursor.execute("ROLLBACK")
    cursor.execute("SELECT 1")
    assert [(statement.sql, statement.values) for statement in statements] == [
        ("BEGIN READ ONLY", ()),
        ("SELECT $1, $2, $3, $4", ("a", "70000", "1.5", None)),
        ("VACUUM", ()),
        ("SELECT nothing", ()),
        ("ROLLBACK", ()),
    ]
    assert {replace(statement, sql="", values=()) for statement in statements} == {
        replace(statements[0], session=process, database="dev", sql="", values=())
    }


def test_an_error_at_will_leaves_the_transaction_as_any_other(server: StandIn, cursor: Cursor) -> None:
    for at, after in (("SELECT 1", "25P02"), ("COMMIT", "42P01")):
        cursor.execute("BEGIN")
        cursor.execute("CREATE TABLE begun (n INTEGER)")
        with server.failing("dev", fault := Fault(at, error=SERIALIZABLE_CONFLICT)):
            with pytest.raises(ProgrammingError) as caught:
                cursor.execute(at)
            with pytest.raises(ProgrammingError) as caught_then:
                cursor.execute("SELECT n FROM begun")
        assert (caught.value.args[0]["M"], caught.value.args[0]["D"][:12]) == ("1023", "Serializable")
        assert (fault.happened, code_of(caught), code_of(caught_then)) == (1, "XX000", after)
        cursor.execute("ROLLBACK")


def test_a_connection_dropped_at_will_is_that_of_one_database(server: StandIn, cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE kept (n INTEGER)")
    for nth, (sent, rows) in enumerate([(None, 0), (0, 1), (5, 2)], 1):
        with server.failing("another", Fault(".*")), server.failing("dev", fault := Fault("INSERT.*", delivered=sent)):
            with pytest.raises((Error, OSError)), session(server) as dropped:
                dropped.execute("INSERT INTO kept VALUES (1)")
            assert fault.happened == 1, nth
            assert answer(cursor, "SELECT COUNT(*) FROM kept") == (rows,)


def test_a_session_stalls_until_its_fault_is_over(server: StandIn, cursor: Cursor) -> None:
    with ThreadPoolExecutor(1) as pool:
        with server.failing("dev", fault := Fault("SELECT 1", stalls=True)):
            waiting = pool.submit(answer, cursor, "SELECT 1")
            with pytest.raises(TimeoutError):
                waiting.result(0.1)
        assert (waiting.result(5), fault.happened) == ((1,), 1)


def test_a_dropped_database_ends_its_sessions(server: StandIn) -> None:
    server.create_database("short_lived")
    with session(server, database="short_lived") as cursor:
        server.drop_database("short_lived")
        with pytest.raises((Error, OSError)):
            cursor.execute("SELECT 1")


def test_a_server_is_gone_with_its_context() -> None:
    with running_postgres() as server, server.administer("postgres") as connection:
        assert connection.query("SELECT 1, NULL") == [("1", None)]
        (process,) = connection.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")[0]
    deadline = time.monotonic() + 5
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{process}").exists()
    assert not server.folder.exists()
    assert os.path.exists(server.folder.parent)

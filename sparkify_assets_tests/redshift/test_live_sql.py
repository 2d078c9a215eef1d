"""What Redshift is assumed to do apart from reading files: log-in, transactions, locks, and SQL.

A test for each row of `assumptions.py` that is not in `test_live.py`. Values come from tables, because the leader node,
which is another engine, evaluates a SELECT without a table.
"""

import hashlib
import socket
import ssl
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redshift_connector.core import Connection
from redshift_connector.error import Error

from sparkify_assets_tests.redshift.conftest import Cluster, Refusal, Session

# How long to watch a statement that has to wait, and how long any other may take.
WATCHED_SECONDS, SOON_SECONDS = 0.4, 300.0
LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def filled(session: Session, columns: str, *rows: str) -> None:
    """Create the session's table `t` and fill it."""
    session.run(f"CREATE TEMP TABLE t ({columns})")
    session.run(f"INSERT INTO t VALUES {', '.join(f'({row})' for row in rows)}")


# Log-in.


@LEFT_OPEN
def test_wrong_password_is_28000(cluster: Cluster) -> None:
    if cluster.live:
        pytest.skip("repeated failed log-ins lock an account: not for a real one")
    assert cluster.refused_login(password="wrong").code == "28000"  # noqa: S106
    assert cluster.refused_login(user="somebody").code == "28000"


@LEFT_OPEN
def test_plain_connections_refused(cluster: Cluster) -> None:
    # A made-up name and password: if the connection is accepted, no secret has been sent unencrypted.
    refusal = cluster.refused_login(ssl=False, user="nobody_of_sparkify", password="none")  # noqa: S106
    assert refusal.code == "28000"
    assert "SSL off" in refusal.words, f"it is refused for another reason: {refusal.words}"


def test_password_is_asked_for_inside_tls(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, bool]] = []
    answer = Connection.handle_AUTHENTICATION_REQUEST

    def noting(connection: Connection, data: bytes, cursor: Any) -> None:
        asked.append((int.from_bytes(data[:4]), isinstance(connection._usock, ssl.SSLSocket)))
        answer(connection, data, cursor)

    monkeypatch.setattr(Connection, "handle_AUTHENTICATION_REQUEST", noting)
    with cluster.connect():
        pass
    # 0 is the end of a log-in.
    methods = {method for method, _ in asked} - {0}
    assert methods
    assert methods <= {3, 5, 13, 14}
    assert all(is_inside for _, is_inside in asked)


# Transactions.


def test_snapshot_isolation(cluster: Cluster) -> None:
    with cluster.connect() as reader, cluster.connect() as writer:
        table = cluster.table(reader, "a INTEGER")
        count = f"SELECT COUNT(*) FROM {table}"
        reader.run("BEGIN")
        writer.run(f"INSERT INTO {table} VALUES (1)")
        assert reader.one(count) == 1, "the snapshot is that of BEGIN"
        writer.run(f"INSERT INTO {table} VALUES (2)")
        assert reader.one(count) == 1, "there is no snapshot"
        reader.run("COMMIT")
        assert reader.one(count) == 2


def watched(pool: ThreadPoolExecutor, session: Session, sql: str) -> Future[list[tuple[Any, ...]]]:
    """A statement that has to wait."""
    answer = pool.submit(session.run, sql)
    wait([answer], WATCHED_SECONDS)
    assert not answer.done(), f"{sql} did not wait: {answer.exception() or answer.result()}"
    return answer


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("LOCK {}", "LOCK {}"),
        ("LOCK {}", "SELECT COUNT(*) FROM {}"),
        ("LOCK {}", "INSERT INTO {} VALUES (1)"),
        ("SELECT COUNT(*) FROM {}", "LOCK {}"),
        ("INSERT INTO {} VALUES (1)", "LOCK {}"),
    ],
)
def test_lock_excludes_everyone(cluster: Cluster, first: str, second: str) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.connect() as waiting, cluster.connect() as holder:
        table = cluster.table(holder, "a INTEGER")
        for session in (holder, waiting):
            session.run("BEGIN")
        holder.run(first.format(table))
        answer = watched(pool, waiting, second.format(table))
        holder.run("COMMIT")
        answer.result(SOON_SECONDS)


def test_lock_comes_before_snapshot(cluster: Cluster) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.connect() as waiting, cluster.connect() as holder:
        lock, table = cluster.table(holder, "a INTEGER"), cluster.table(holder, "a INTEGER")
        for session in (holder, waiting):
            session.run("BEGIN")
        holder.run(f"LOCK {lock}")
        holder.run(f"INSERT INTO {table} VALUES (1)")
        answer = watched(pool, waiting, f"LOCK {lock}")
        holder.run("COMMIT")
        answer.result(SOON_SECONDS)
        assert waiting.one(f"SELECT COUNT(*) FROM {table}") == 1, "LOCK has taken the snapshot when it began to wait"


def test_lost_session_rolls_back(cluster: Cluster) -> None:
    with cluster.connect() as other, cluster.connect() as lost:
        table = cluster.table(other, "a INTEGER")
        lost.run("BEGIN")
        lost.run(f"LOCK {table}")
        lost.run(f"INSERT INTO {table} VALUES (1)")
        # As for a killed process: the socket closes without a message.
        lost.connection._usock.shutdown(socket.SHUT_RDWR)
        began = time.monotonic()
        other.run("BEGIN")
        other.run("SET statement_timeout TO 60000")
        try:
            other.run(f"LOCK {table}")
        except Error as error:
            pytest.fail(f"the lock is held for more than {time.monotonic() - began:.0f} s: {Refusal.of(error)}")
        assert other.one(f"SELECT COUNT(*) FROM {table}") == 0


def test_failed_transaction_takes_no_statement(session: Session) -> None:
    filled(session, "a INTEGER NOT NULL", "1")
    session.run("BEGIN")
    session.refusal("INSERT INTO t VALUES (NULL)")
    assert session.refusal("SELECT a FROM t").code == "25P02"
    assert session.refusal("INSERT INTO t VALUES (2)").code == "25P02"
    session.run("ROLLBACK")
    assert session.run("SELECT a FROM t") == [(1,)]


def test_ddl_rolls_back(cluster: Cluster, session: Session) -> None:
    kept = cluster.table(session, "a INTEGER")
    schema, name = kept.split(".")
    session.run("BEGIN")
    made = cluster.table(session, "a INTEGER")
    session.run(f"COMMENT ON TABLE {kept} IS 'kept'")
    session.run("ROLLBACK")
    session.refusal(f"SELECT a FROM {made}")
    comment = (
        "SELECT OBJ_DESCRIPTION(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = '{schema}' AND c.relname = '{name}'"
    )
    assert session.one(comment) is None
    session.run("BEGIN")
    session.run(f"DROP TABLE IF EXISTS {kept}")
    session.run("ROLLBACK")
    assert session.run(f"SELECT a FROM {kept}") == []


def test_temporary_tables_are_the_sessions(cluster: Cluster, session: Session) -> None:
    with cluster.connect() as other:
        session.run("BEGIN")
        filled(session, "a INTEGER", "1")
        session.run("COMMIT")
        assert session.run("SELECT a FROM t") == [(1,)]
        other.refusal("SELECT a FROM t")
        filled(other, "a INTEGER", "2")
        assert session.run("SELECT a FROM t") == [(1,)]


def test_keys_not_enforced(cluster: Cluster, session: Session) -> None:
    parent = cluster.table(session, "a INTEGER NOT NULL, PRIMARY KEY (a)")
    child = cluster.table(session, f"a INTEGER, FOREIGN KEY (a) REFERENCES {parent} (a)")
    session.run(f"INSERT INTO {parent} VALUES (1), (1)")
    session.run(f"INSERT INTO {child} VALUES (2)")
    assert session.run(f"SELECT a FROM {parent}") == [(1,), (1,)]


def test_not_null_enforced(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER NOT NULL)")
    session.refusal("INSERT INTO t VALUES (NULL)")
    session.refusal("INSERT INTO t SELECT CAST(NULL AS INTEGER)")
    cluster.fail_to_copy(session, "t", b'{"a": null}')
    assert session.run("SELECT a FROM t") == []


# SQL.


@pytest.mark.parametrize("type_", ["VARCHAR(4)", "CHAR(4)"])
def test_varchar_counts_bytes(session: Session, type_: str) -> None:
    full, over = ("éé", "ééé") if type_.startswith("VARCHAR") else ("abcd", "abcde")
    filled(session, "full_text VARCHAR(64), over VARCHAR(64)", f"'{full}', '{over}'")
    session.run(f"CREATE TEMP TABLE narrow (a {type_})")
    session.run("INSERT INTO narrow SELECT full_text FROM t")
    session.refusal("INSERT INTO narrow SELECT over FROM t")
    session.refusal(f"INSERT INTO narrow VALUES ('{over}')")
    assert session.run("SELECT a FROM narrow") == [(full,)]


def test_varchar_without_length_is_256(session: Session) -> None:
    filled(session, "a VARCHAR(1000)", f"'{'x' * 1000}'")
    assert int(str(session.one("SELECT LEN(CAST(a AS VARCHAR)) FROM t"))) >= 256


def test_backslash_escapes_in_literals(session: Session) -> None:
    filled(session, "a VARCHAR(8)", r"'x\\y'")
    assert session.run("SELECT a, LEN(a) FROM t") == [(r"x\y", 3)]
    assert session.run(r"SELECT a FROM t WHERE a = 'x\\y'") == [(r"x\y",)]


def test_len_counts_characters(session: Session) -> None:
    filled(session, "a VARCHAR(64)", "'é😀'")
    assert session.one("SELECT LEN(a) FROM t") == 2


def test_md5_is_hexadecimal(session: Session) -> None:
    filled(session, "a VARCHAR(64)", "'é😀 '")
    assert session.one("SELECT MD5(a) FROM t") == hashlib.md5("é😀 ".encode(), usedforsecurity=False).hexdigest()


def test_text_order_is_bytewise(session: Session) -> None:
    texts = ["é", "a b", "😀", "Z", "ab", "a", "｡", "_", "B", "1", "10", "2", "z"]
    filled(session, "a VARCHAR(8)", *(f"'{text}'" for text in texts))
    ordered = sorted(texts, key=str.encode)
    assert [text for (text,) in session.run("SELECT a FROM t ORDER BY a")] == ordered
    assert session.run("SELECT MIN(a), MAX(a) FROM t") == [(ordered[0], ordered[-1])]
    assert session.one("SELECT COUNT(*) FROM t WHERE a < 'a'") == ordered.index("a")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("SELECT COUNT(*) FROM t WHERE a = 'x  '", 3),
        ("SELECT COUNT(*) FROM t WHERE a IN ('x   ', 'y ')", 4),
        ("SELECT COUNT(*) FROM t WHERE a <> 'x'", 1),
        ("SELECT COUNT(DISTINCT a) FROM t", 2),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT a FROM t) AS d", 2),
        ("SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM t GROUP BY a) AS g", 3),
        ("SELECT MAX(n) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY LEN(a)) AS n FROM t) AS g", 3),
        ("SELECT COUNT(*) FROM t JOIN t AS other ON other.a = t.a", 10),
        ("SELECT COUNT(*) FROM t WHERE NULLIF(a, 'x ') IS NULL", 3),
        ("SELECT COUNT(*) FROM t WHERE a > 'x'", 1),
        ("SELECT SUM(LEN(a)) FROM t", 7),
    ],
)
def test_trailing_blanks_compare_equal(session: Session, asked: str, expected: int) -> None:
    filled(session, "a VARCHAR(8)", "'x'", "'x '", "'x  '", "'y'")
    assert session.one(asked) == expected


def test_integer_division_truncates(session: Session) -> None:
    filled(session, "a BIGINT, b INTEGER", "7, 2", "-7, 2", "7, -2")
    assert sorted(session.run("SELECT a / b, a % b FROM t")) == [(-3, -1), (-3, 1), (3, 1)]


def test_extract_counts_sunday_as_zero(session: Session) -> None:
    days = {"2018-11-04": (0, 44), "2018-11-10": (6, 45), "2018-12-31": (1, 1), "2021-01-01": (5, 53)}
    filled(session, "d DATE, m TIMESTAMP", *(f"'{day}', '{day} 23:59:59'" for day in days))
    for column in ("d", "m"):
        rows = session.run(f"SELECT EXTRACT(dow FROM {column}), EXTRACT(week FROM {column}) FROM t ORDER BY d")
        assert rows == list(days.values())
        assert {type(value) for row in rows for value in row} == {int}


def test_dateadd_takes_integers(session: Session) -> None:
    moments = [0, 86_399_999, 1_541_106_106_796, 4_102_444_800_001]
    sql = (
        "SELECT DATEADD(ms, CAST(ts % 86400000 AS INTEGER), "
        "DATEADD(day, CAST(ts / 86400000 AS INTEGER), CAST('1970-01-01' AS TIMESTAMP))) FROM t ORDER BY ts"
    )
    filled(session, "ts BIGINT", *map(str, moments))
    expected = [(datetime(1970, 1, 1) + timedelta(milliseconds=ts),) for ts in moments]
    assert session.run(sql) == expected


def test_getdate_is_utc_in_seconds(session: Session) -> None:
    session.run("BEGIN")
    first = session.one("SELECT GETDATE()")
    assert first.tzinfo is None
    assert abs(first - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)
    deadline = time.monotonic() + SOON_SECONDS
    while (later := session.one("SELECT GETDATE()")) == first:
        assert time.monotonic() < deadline, "GETDATE() is of when the transaction began"
    assert (first.microsecond, later.microsecond) == (0, 0)


@pytest.mark.parametrize("catalog", ["pg_class", "pg_namespace", "pg_attribute", "pg_tables"])
def test_system_catalog_apart_from_tables(session: Session, catalog: str) -> None:
    name = {"pg_class": "relname", "pg_namespace": "nspname", "pg_attribute": "attname"}.get(catalog, "tablename")
    filled(session, "a VARCHAR(128)", "'t'")
    session.refusal(f"SELECT COUNT(*) FROM {catalog} AS c JOIN t ON t.a = c.{name}")
    assert session.one(f"SELECT COUNT(*) FROM {catalog}") > 0

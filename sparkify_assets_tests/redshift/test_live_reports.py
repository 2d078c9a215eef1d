"""What Redshift is assumed to report about a COPY: a test for each such row of `assumptions.py`, on the stand-in or
with `--live` on a cluster.
"""

import gzip

import pytest

from sparkify_assets_tests.redshift.conftest import Cluster, Session

ERRORS = "FROM sys_load_error_detail WHERE session_id = PG_BACKEND_PID()"
LATEST = (
    "SELECT query_id FROM (SELECT query_id, RANK() OVER (ORDER BY start_time DESC) AS age FROM sys_load_history "
    "WHERE session_id = PG_BACKEND_PID()) AS copied WHERE age = 1"
)
DETAIL = f"FROM sys_load_detail WHERE query_id IN ({LATEST})"
GOOD, BAD = b'{"a": 1}\n', b'{"a": "x"}\n'


def test_last_copy_is_of_the_session(cluster: Cluster, session: Session) -> None:
    last = "SELECT PG_LAST_COPY_ID(), PG_LAST_COPY_COUNT()"
    with cluster.connect() as other:
        for each in (session, other):
            each.run("CREATE TEMP TABLE t (a INTEGER)")
        cluster.copy_files(session, "t", GOOD * 2)
        ((first, count),) = session.run(last)
        cluster.copy_files(other, "t", GOOD * 3)
        assert (count, other.run(last)[0][1]) == (2, 3)
        assert session.run(last) == [(first, 2)]
        cluster.copy_files(session, "t", GOOD, GOOD * 4)
        ((second, count),) = session.run(last)
        assert second != first
        assert count == 5


def test_load_history_columns(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    began = session.one("SELECT GETDATE()")
    cluster.copy_files(session, "t", GOOD, GOOD * 2)
    asked = "TRIM(table_name), TRIM(status), loaded_rows, start_time"
    ((table, status, rows, start),) = session.run(
        f"SELECT {asked} FROM sys_load_history WHERE session_id = PG_BACKEND_PID() AND query_id IN ({LATEST})"
    )
    assert (table, status, rows) == ("t", "completed", 3)
    assert start >= began


def test_sys_ids_are_not_stl_ids(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    cluster.copy_files(session, "t", GOOD)
    by_stl = session.one("SELECT COUNT(*) FROM sys_load_detail WHERE query_id = PG_LAST_COPY_ID()")
    assert session.one(f"SELECT COUNT(*) {DETAIL}") == 1
    # On a cluster they may happen to be equal: nothing relies on either.
    assert by_stl == 0 or cluster.live


def test_load_detail_columns(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    urls = cluster.copy_files(session, "t", GOOD, GOOD * 2)
    rows = session.run(f"SELECT file_name, bytes_scanned, lines_scanned {DETAIL} ORDER BY lines_scanned")
    assert rows == [(urls[0].ljust(256), len(GOOD), 1), (urls[1].ljust(256), 2 * len(GOOD), 2)]


def test_load_detail_cuts_names(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    url = cluster.put(f"{'long' * 100}.json", GOOD)
    cluster.copy(session, "t", ["a"], [url])
    assert session.one(f"SELECT file_name {DETAIL}") == url[:256]


def test_load_detail_readable_at_once(cluster: Cluster, session: Session) -> None:
    session.run("BEGIN")
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    (url,) = cluster.copy_files(session, "t", GOOD * 2)
    assert session.run(f"SELECT TRIM(file_name), lines_scanned {DETAIL}") == [(url, 2)]
    (url,) = cluster.copy_files(session, "t", GOOD)
    assert session.run(f"SELECT TRIM(file_name), lines_scanned {DETAIL}") == [(url, 1)]
    session.run("COMMIT")
    assert session.run(f"SELECT TRIM(file_name), lines_scanned {DETAIL}") == [(url, 1)]


@pytest.mark.parametrize(
    ("data", "lines", "packed"),
    [
        (GOOD, 1, False),
        (GOOD.rstrip(), 1, False),
        (GOOD + b"\n\n" + GOOD, 4, False),
        (b"\n \n" + GOOD + b"\t\n", 4, False),
        (GOOD + b" ", 2, False),
        (GOOD.rstrip() * 3, 1, False),
        (b'{\n"a":\n1\n}', 4, False),
        (b"\n", 1, False),
        (GOOD + b"\n" + GOOD, 3, True),
    ],
)
def test_lines_scanned_counts_every_line(
    cluster: Cluster, session: Session, data: bytes, lines: int, packed: bool
) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    cluster.copy_files(session, "t", gzip.compress(data) if packed else data, packed=packed)
    assert session.run(f"SELECT lines_scanned {DETAIL}") == [(lines,)]


def test_load_error_detail_columns(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    _, bad = cluster.fail_to_copy(session, "t", GOOD, GOOD + BAD + GOOD)
    asked = "file_name, line_number, column_name, error_code, error_message"
    (row,) = session.eventually(f"SELECT {asked} {ERRORS}")
    assert row[:4] == (bad.ljust(256), 2, "a".ljust(127), 1207)
    assert len(row[4]) == 512


def test_load_error_line_is_the_records_last(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    cluster.fail_to_copy(session, "t", GOOD + b'\n{\n"a":\n"x"\n}\n' + GOOD)
    assert session.eventually(f"SELECT line_number {ERRORS}") == [(6,)]


def test_load_error_readable_after_rollback(cluster: Cluster, session: Session) -> None:
    session.run("BEGIN")
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    (url,) = cluster.fail_to_copy(session, "t", BAD)
    session.run("ROLLBACK")
    assert session.run(f"SELECT TRIM(file_name) {ERRORS}") == [(url,)]


BROKEN = [b'{"a": "x"}', b'{"a": 1', b"}", b"[]", b'{"a": "\xff"}', b'{"a": 99999999999}']


def test_copy_goes_on_at_the_next_line(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    data = b"".join(b'{"a": %d}\n%s\n' % (number, line) for number, line in enumerate(BROKEN))
    url = cluster.put("broken.json", data + GOOD)
    cluster.copy(session, "t", ["a"], [url], most_errors=100_000)
    assert session.run("SELECT a FROM t ORDER BY a") == [(0,), (1,), (1,), (2,), (3,), (4,), (5,)]
    reported = session.eventually(f"SELECT TRIM(file_name), line_number {ERRORS} ORDER BY line_number")
    assert reported == [(url, 2 * number) for number in range(1, len(BROKEN) + 1)]

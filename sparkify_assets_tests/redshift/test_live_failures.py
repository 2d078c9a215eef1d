"""What Redshift is assumed to report about tables, and about transactions, sessions and log-ins that fail: a test for
each such row of `assumptions.py`, on the stand-in or with `--live` on a cluster.
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from redshift_connector.error import ProgrammingError

from sparkify_assets_tests.faults import LOGIN, STARTING, Fault
from sparkify_assets_tests.redshift.conftest import Cluster, Refusal
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.test_live_sql import LEFT_OPEN, SOON_SECONDS, watched


def test_conflicts_are_xx000(cluster: Cluster) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.connect() as second, cluster.connect() as first:
        table = cluster.table(first, "a INTEGER")
        first.run(f"INSERT INTO {table} VALUES (0)")
        for session in (first, second):
            session.run("BEGIN")
            session.run(f"SELECT a FROM {table}")
        first.run(f"UPDATE {table} SET a = 1")
        answer = watched(pool, second, f"UPDATE {table} SET a = 2")
        first.run("COMMIT")
        error = answer.exception(SOON_SECONDS)
        assert isinstance(error, ProgrammingError), "both have changed the same row"
        refusal = Refusal.of(error)
        assert refusal.code == "XX000"
        # Which one depends on the database's isolation: SERIALIZABLE or SNAPSHOT.
        assert re.search("1023|conflict with concurrent transaction", refusal.words), refusal.words


def test_ended_session_is_57p01(cluster: Cluster) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.connect() as ended, cluster.connect() as other:
        table = cluster.table(other, "a INTEGER")
        process = ended.one("SELECT PG_BACKEND_PID()")
        for session in (other, ended):
            session.run("BEGIN")
        other.run(f"LOCK {table}")
        answer = watched(pool, ended, f"LOCK {table}")
        other.run(f"SELECT PG_TERMINATE_BACKEND({process})")
        assert answer.exception(SOON_SECONDS)
        # The connector itself only reports that the connection broke.
        error = ended.connection.error
        assert error is not None, "the session ended without a word"
        assert Refusal.of(error).code == "57P01"


def test_canceled_statement_leaves_its_session(cluster: Cluster) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.connect() as canceled, cluster.connect() as other:
        table = cluster.table(other, "a INTEGER")
        process = canceled.one("SELECT PG_BACKEND_PID()")
        other.run("BEGIN")
        other.run(f"LOCK {table}")
        canceled.run("BEGIN")
        answer = watched(pool, canceled, f"LOCK {table}")
        other.run(f"SELECT PG_CANCEL_BACKEND({process})")
        error = answer.exception(SOON_SECONDS)
        assert isinstance(error, ProgrammingError), "it was not canceled"
        assert Refusal.of(error).code == "57014"
        canceled.run("ROLLBACK")
        assert canceled.one("SELECT PG_BACKEND_PID()") == process


@LEFT_OPEN
def test_starting_cluster_is_57p03(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    if cluster.live:
        pytest.skip("a real cluster is not restarted for a test")
    stand_in: StandIn = request.getfixturevalue("stand_in")
    with stand_in.failing(cluster.settings.database, Fault(LOGIN, error=STARTING)):
        assert cluster.refused_login().code == "57P03"


def test_svv_views_show_types_and_comments(cluster: Cluster) -> None:
    with cluster.connect() as session:
        table = cluster.table(session, "a VARCHAR(12), b DOUBLE PRECISION, c TIMESTAMP")
        session.run(f"COMMENT ON TABLE {table} IS 'What it is.'")
        session.run(f"COMMENT ON COLUMN {table}.b IS 'What this is.'")
        schema, name = table.split(".")
        found = f"WHERE table_schema = '{schema}' AND table_name = '{name}'"
        assert session.one(f"SELECT remarks FROM svv_tables {found}") == "What it is."
        columns = "column_name, data_type, character_maximum_length, remarks"
        rows = session.run(f"SELECT {columns} FROM svv_columns {found} ORDER BY ordinal_position")
        assert [tuple(row) for row in rows] == [
            ("a", "character varying", 12, None),
            ("b", "double precision", None, "What this is."),
            ("c", "timestamp without time zone", None, None),
        ]


def test_comments_are_read_by_obj_description(cluster: Cluster) -> None:
    with cluster.connect() as session:
        table = cluster.table(session, "a INTEGER")
        session.run(f"COMMENT ON TABLE {table} IS 'What it is.'")
        schema, name = table.split(".")
        assert (
            session.one(
                "SELECT OBJ_DESCRIPTION(c.oid) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                f"WHERE n.nspname = '{schema}' AND c.relname = '{name}'"
            )
            == "What it is."
        )


def test_vacuum_takes_a_table_outside_of_transactions(cluster: Cluster) -> None:
    name = f"{cluster.schema}.emptied"
    with cluster.connect() as session:
        session.run(f"CREATE TABLE {name} (a INTEGER)")
        session.run(f"VACUUM DELETE ONLY {name} TO 100 PERCENT")
        session.run("BEGIN")
        assert "transaction" in session.refusal(f"VACUUM DELETE ONLY {name} TO 100 PERCENT").words
        session.run("ROLLBACK")

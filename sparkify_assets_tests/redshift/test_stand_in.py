"""The stand-in runs every statement of the platform, and refuses what it does not know.

What it imitates of Redshift is in the tests of the assumptions, `test_live*.py`.
"""

import pytest
from sqlglot import parse_one

from sparkify_assets import model
from sparkify_assets_tests.redshift.conftest import Cluster, Session
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.rules import RULES, Rule, refuse
from sparkify_assets_tests.redshift.sent import queries_with_parameters

UNKNOWN = (
    "VACUUM",
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
    "GRANT SELECT ON t TO somebody",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE readers",
    "GRANT ALL ON TABLE t TO ROLE readers",
    "GRANT ROLE readers TO ROLE readers",
    "CREATE ROLE more LOGIN",
    "DROP ROLE readers",
    "ALTER MASKING POLICY hidden USING (value)",
    "ATTACH MASKING POLICY hidden ON t (a) TO PUBLIC",
    "ATTACH MASKING POLICY hidden ON t (a) TO ROLE readers PRIORITY 1",
    "ATTACH MASKING POLICY hidden ON t (a, b) TO ROLE readers",
)


@pytest.fixture
def cluster(imitated_cluster: Cluster, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
    return imitated_cluster


def test_what_it_does_not_know_it_refuses(session: Session) -> None:
    codes = {sql: session.refusal(sql).code for sql in UNKNOWN}
    assert {sql: code for sql, code in codes.items() if code not in ("0A000", "42601")} == {}
    assert session.one("SELECT 1") == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.what)
def test_what_aws_refuses_it_refuses_with_the_address(session: Session, rule: Rule) -> None:
    assert rule.address.startswith("https://")
    assert rule.address in session.refusal(rule.example).words


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET n = 1 FROM u WHERE t.n = u.n",
        "DELETE FROM t USING u WHERE (t.n = u.n + 1 AND u.m > t.n)",
        "SELECT t.n FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.n = t.n)",
        "SELECT t.n FROM t LEFT JOIN (SELECT MAX(u.m) OVER () AS m FROM u) AS w ON w.m = t.n",
        "SELECT CAST('1.7976931348623157E308' AS DOUBLE PRECISION), 4102444800000, 0.25 FROM t",
    ],
)
def test_what_aws_documents_passes_the_rules(statement: str) -> None:
    refuse(parse_one(statement, read="redshift"))


def test_a_statement_is_not_run_whose_table_was_created_anew(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.run("CREATE TEMP TABLE t (n INTEGER)")
    # The driver numbers its statements: this one's number is not used again.
    for n in range(9):
        session.run(f"SELECT {n}")
    assert session.run("SELECT n FROM t") == []
    # As if the driver did not forget it after DROP and CREATE, as it does not after CREATE TABLE AS.
    caches = [cache for some in session.connection._caches.values() for cache in some.values()]
    remembered = [{key: ps for key, ps in cache["ps"].items() if "FROM t" in str(key)} for cache in caches]
    kept = {ps["statement_name_bin"] for some in remembered for ps in some.values()}
    close = session.connection.close_prepared_statement
    monkeypatch.setattr(
        session.connection, "close_prepared_statement", lambda name: None if name in kept else close(name)
    )
    session.run("DROP TABLE t")
    session.run("CREATE TEMP TABLE t (n INTEGER)")
    for cache, statements in zip(caches, remembered, strict=True):
        cache["ps"].update(statements)
    assert kept
    assert "created anew" in session.refusal("SELECT n FROM t").words


_DAYS = ("log_date", "first_day", "last_day", "first_affected", "last_affected")
_OF_PARTS = [f"{name}_{part}" for name in _DAYS for part in range(2)]
_VALUES = {**dict.fromkeys([*_DAYS, *_OF_PARTS]), "file": "x", "most": 5, "run_id": "r", "change": 1, "insight": "x"}


def test_every_statement_of_the_platform_runs(cluster: Cluster, stand_in: StandIn) -> None:
    stand_in.create_database("platform")
    with cluster.connect(database="platform") as session:
        for schema in model.SCHEMAS:
            session.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table in model.tables().values():
            for statement in table.statements:
                session.run(statement.rstrip(";"))
        for name in ("staging.staging_events", "staging.staging_songs", "staging.rejected_records"):
            landed = model.table(name).landed_columns or model.table(name).columns[1:]
            fields = ", ".join(f"{column.name} {column.type}" for column in landed)
            session.run(f"CREATE TEMP TABLE landed_{model.table(name).name} (log_date DATE, {fields})")
        for query in sorted(
            queries_with_parameters(), key=lambda query: ("/drop_" in query.name) - ("/create_" in query.name)
        ):
            session.run(query.sql, **_VALUES)
    stand_in.drop_database("platform")

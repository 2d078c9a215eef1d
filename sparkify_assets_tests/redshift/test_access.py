"""Users, roles and masks on the stand-in: which statements about them it does not know, and which are wrong."""

from collections.abc import Iterator

import pytest

from sparkify_assets_tests.redshift.conftest import Cluster, Session
from sparkify_assets_tests.redshift.postgres import ADMINISTRATOR
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.test_live_sql import LEFT_OPEN

MASK = "WITH (value VARCHAR(16)) USING (CAST(NULL AS VARCHAR(16)))"


@pytest.fixture
def cluster(imitated_cluster: Cluster, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("SSL_CERT_FILE", str(stand_in.ca_file))
    return imitated_cluster


@pytest.fixture
def table(session: Session, cluster: Cluster) -> Iterator[str]:
    """A table, the role `readers`, and two policies: `hidden` for its texts, `other` for longer ones."""
    name = cluster.table(session, "a VARCHAR(16), b INTEGER")
    session.run("CREATE ROLE readers")
    session.run(f"CREATE MASKING POLICY hidden {MASK}")
    session.run(f"CREATE MASKING POLICY other {MASK.replace('16', '17')}")
    yield name
    session.run(f"DROP TABLE {name}")
    session.run("DROP MASKING POLICY hidden")
    session.run("DROP MASKING POLICY other")
    session.run("DROP ROLE readers FORCE")


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON TABLE {table} TO readers",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE readers",
        "GRANT ALL ON TABLE {table} TO ROLE readers",
        "GRANT ROLE readers TO ROLE readers",
        "CREATE ROLE more LOGIN",
        "DROP ROLE readers",
        "ALTER MASKING POLICY hidden USING (value)",
        "ATTACH MASKING POLICY hidden ON {table} (a) TO PUBLIC",
        "ATTACH MASKING POLICY hidden ON {table} (a) TO ROLE readers PRIORITY 1",
        "ATTACH MASKING POLICY hidden ON {table} (a, b) TO ROLE readers",
    ],
)
def test_other_forms_are_refused(session: Session, table: str, statement: str) -> None:
    assert session.refusal(statement.format(table=table)).code in ("0A000", "42601")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"CREATE MASKING POLICY hidden {MASK}", "42710"),
        ("CREATE MASKING POLICY more WITH (value CHAR(1)) USING (CAST(no_value AS CHAR(1)))", "42703"),
        ("ATTACH MASKING POLICY more ON {table} (a) TO ROLE readers", "42704"),
        ("ATTACH MASKING POLICY hidden ON {table} (c) TO ROLE readers", "42704"),
        ("ATTACH MASKING POLICY hidden ON {table} (b) TO ROLE readers", "42704"),
        ("ATTACH MASKING POLICY other ON {table} (a) TO ROLE readers", "42704"),
        ("ATTACH MASKING POLICY hidden ON public.nowhere (a) TO ROLE readers", "42P01"),
        ("ATTACH MASKING POLICY hidden ON {table} (a) TO ROLE nobody", "42704"),
        ("DETACH MASKING POLICY hidden ON {table} (a) FROM ROLE readers", "42704"),
        ("DROP MASKING POLICY more", "42704"),
        ("GRANT SELECT ON TABLE {table} TO ROLE nobody", "42704"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_an_error(session: Session, table: str, statement: str, code: str) -> None:
    assert session.refusal(statement.format(table=table)).code == code


def test_masks_roll_back(session: Session, table: str) -> None:
    session.run("BEGIN")
    session.run(f"ATTACH MASKING POLICY hidden ON {table} (a) TO ROLE readers")
    session.run("ROLLBACK")
    assert session.run("SELECT policy_name FROM svv_attached_masking_policy") == []


def test_users_and_roles_go_with_the_last_database_that_knows_them(
    session: Session, cluster: Cluster, stand_in: StandIn
) -> None:
    stand_in.create_database("short_lived")
    with cluster.connect(database="short_lived") as other:
        other.run("CREATE ROLE readers")
        other.run("CREATE USER ana PASSWORD 'Abcdefg1'")
        other.run("GRANT ROLE readers TO ana")
        other.run("GRANT USAGE ON SCHEMA public TO ROLE readers")
        assert session.run("SELECT role_name FROM svv_roles") == [("readers",)]
    stand_in.drop_database("short_lived")
    assert session.run("SELECT role_name FROM svv_roles") == []
    assert session.run("SELECT usename FROM pg_user WHERE usename = 'ana'") == []


@LEFT_OPEN
def test_who_administers_postgresql_is_nobody_here(cluster: Cluster) -> None:
    assert cluster.refused_login(user=ADMINISTRATOR).code == "28000"

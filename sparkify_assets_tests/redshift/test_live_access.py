"""What Redshift is assumed to do with users, roles, privileges and masks: a test for each such row of `assumptions.py`,
on the stand-in or with `--live` on a cluster, where it takes a superuser.

Users and roles belong to the whole cluster. Those of these tests have random names, and are dropped after each.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

import pytest
from redshift_connector.error import Error

from sparkify_assets_tests.redshift.conftest import Cluster, Refusal, Session
from sparkify_assets_tests.redshift.statements import translate

MASK = "WITH (value VARCHAR(16)) USING (CAST(CASE WHEN value IS NOT NULL THEN '***' END AS VARCHAR(16)))"
SECADMIN = "SELECT user_name FROM svv_user_grants WHERE user_name = CURRENT_USER AND role_name = 'sys:secadmin'"
SUPERUSER = "SELECT usename FROM pg_user WHERE usename = CURRENT_USER AND usesuper"


@dataclass(frozen=True)
class Access:
    """A role, a user who has it, a table on which neither has a privilege yet, and the administrator of all three."""

    cluster: Cluster
    admin: Session
    role: str
    user: str
    password: str
    policy: str
    table: str

    def connected(self) -> AbstractContextManager[Session]:
        """Open a session of the user."""
        return self.cluster.connect(user=self.user, password=self.password)

    def grant(self, privileges: str) -> None:
        """Grant the role this privilege on the table."""
        self.admin.run(f"GRANT USAGE ON SCHEMA {self.cluster.schema} TO ROLE {self.role}")
        self.admin.run(f"GRANT {privileges} ON TABLE {self.table} TO ROLE {self.role}")

    def found(self, columns: str, view: str, where: str) -> list[tuple[object, ...]]:
        """Return what the administrator sees in a view."""
        return [tuple(row) for row in self.admin.run(f"SELECT {columns} FROM {view} WHERE {where} ORDER BY {columns}")]


@pytest.fixture
def access(cluster: Cluster, session: Session) -> Iterator[Access]:
    if cluster.live and not session.run(SUPERUSER):
        pytest.skip("users, roles and masks take a superuser")
    chance = secrets.token_hex(4)
    # Not named like the platform's roles: it drops unknown roles with such names.
    names = {"role": f"live_role_{chance}", "user": f"live_user_{chance}", "policy": f"live_policy_{chance}"}
    table = cluster.table(session, "a INTEGER, b VARCHAR(16)")
    session.run(f"INSERT INTO {table} VALUES (1, 'secret'), (2, NULL)")
    given = Access(cluster, session, password=f"Aa1{secrets.token_hex(12)}", table=table, **names)
    try:
        session.run(f"CREATE ROLE {given.role}")
        session.run(f"CREATE USER {given.user} PASSWORD '{given.password}'")
        session.run(f"GRANT ROLE {given.role} TO {given.user}")
        yield given
    finally:
        for undo in (
            "ROLLBACK",
            f"REVOKE ASSUMEROLE ON '{cluster.settings.iam_role}' FROM ROLE {given.role} FOR COPY",
            f"DETACH MASKING POLICY {given.policy} ON {table} (b) FROM ROLE {given.role}",
            f"DROP MASKING POLICY {given.policy}",
            f"DROP TABLE {table}",
            f"REVOKE USAGE ON SCHEMA {cluster.schema} FROM ROLE {given.role}",
            f"DROP ROLE {given.role} FORCE",
            f"DROP USER {given.user}",
        ):
            with suppress(Error):
                session.run(undo)


def test_roles_grant_their_users(access: Access) -> None:
    read, write = f"SELECT a FROM {access.table} ORDER BY a", f"INSERT INTO {access.table} VALUES (3)"
    with access.connected() as session:
        assert session.refusal(read).code == "42501"
        access.grant("SELECT")
        assert session.run(read) == [(1,), (2,)]
        assert session.refusal(write).code == "42501"
        access.admin.run(f"REVOKE SELECT ON TABLE {access.table} FROM ROLE {access.role}")
        assert session.refusal(read).code == "42501"


def test_what_is_not_permitted_is_42501(access: Access) -> None:
    with access.connected() as session:
        for statement in (
            f"SELECT a FROM {access.table}",
            f"DROP TABLE {access.table}",
            f"CREATE ROLE {access.role}_2",
            f"CREATE MASKING POLICY {access.policy} {MASK}",
        ):
            assert session.refusal(statement).code == "42501", statement


def test_grants_take_several_tables(access: Access) -> None:
    other = access.cluster.table(access.admin, "a INTEGER")
    try:
        access.grant("SELECT")
        both = f"{access.table}, {other}"
        access.admin.run(f"GRANT SELECT, DELETE ON TABLE {both} TO ROLE {access.role}")
        access.admin.run(f"REVOKE DELETE ON TABLE {both} FROM ROLE {access.role}")
        with access.connected() as session:
            assert session.one(f"SELECT COUNT(*) FROM {other}") == 0
            assert session.refusal(f"DELETE FROM {other}").code == "42501"
    finally:
        access.admin.run(f"DROP TABLE {other}")


def test_lock_is_for_who_may_change(access: Access) -> None:
    with access.connected() as session:
        for privileges in ("SELECT", "SELECT, INSERT"):
            access.grant(privileges)
            session.run("BEGIN")
            assert session.refusal(f"LOCK {access.table}").code == "42501"
            session.run("ROLLBACK")
        access.grant("SELECT, INSERT, UPDATE, DELETE")
        session.run("BEGIN")
        session.run(f"LOCK {access.table}")


def test_drop_role_force_takes_it_from_users(access: Access) -> None:
    access.admin.run(f"DROP ROLE {access.role} FORCE")
    assert access.found("role_name", "svv_roles", f"role_name = '{access.role}'") == []
    with access.connected() as session:
        assert session.run("SELECT role_name FROM svv_user_grants WHERE user_name = CURRENT_USER") == []


def test_svv_roles_show_every_role(access: Access) -> None:
    found = f"SELECT role_name FROM svv_roles WHERE role_name = '{access.role}'"
    assert access.admin.run(found) == [(access.role,)]
    access.admin.run(f"CREATE ROLE {access.role}_2")
    try:
        with access.connected() as session:
            # Including roles that the user does not have.
            assert session.run(found.replace(access.role, f"{access.role}_2")) == [(f"{access.role}_2",)]
    finally:
        access.admin.run(f"DROP ROLE {access.role}_2 FORCE")


def test_svv_user_grants_say_who_is_secadmin(access: Access) -> None:
    assert access.admin.run(SUPERUSER) or access.admin.run(SECADMIN)
    with access.connected() as session:
        assert session.run(SUPERUSER) == []
        assert session.run(SECADMIN) == []
        own = "SELECT role_name FROM svv_user_grants WHERE user_name = CURRENT_USER"
        assert session.run(own) == [(access.role,)]


def test_privileges_are_seen_by_who_administers_them(access: Access) -> None:
    access.grant("SELECT, INSERT")
    schema, table = access.table.split(".")
    ours = f"identity_type = 'role' AND identity_name = '{access.role}'"
    uses = access.found(
        "namespace_name, privilege_type", "svv_schema_privileges", f"{ours} AND privilege_scope = 'SCHEMA'"
    )
    assert uses == [(schema, "USAGE")]
    grants = access.found("namespace_name, relation_name, privilege_type", "svv_relation_privileges", ours)
    assert grants == [(schema, table, "INSERT"), (schema, table, "SELECT")]


def test_masking_policies_hold_for_a_role(access: Access) -> None:
    access.grant("SELECT")
    access.admin.run(f"CREATE MASKING POLICY {access.policy} {MASK}")
    access.admin.run(f"ATTACH MASKING POLICY {access.policy} ON {access.table} (b) TO ROLE {access.role}")
    schema, table = access.table.split(".")
    columns = "policy_name, schema_name, table_name, grantee, grantee_type, output_columns"
    ((*place, masked),) = access.found(columns, "svv_attached_masking_policy", f"policy_name = '{access.policy}'")
    assert place == [access.policy, schema, table, access.role, "role"]
    assert json.loads(str(masked)) == ["b"]
    # The administrator is not masked; on the stand-in nobody is.
    rows = f"SELECT a, b FROM {access.table} ORDER BY a"
    assert access.admin.run(rows) == [(1, "secret"), (2, None)]
    with access.connected() as session:
        assert session.run(rows) == [(1, "***" if access.cluster.live else "secret"), (2, None)]
    access.admin.run(f"DETACH MASKING POLICY {access.policy} ON {access.table} (b) FROM ROLE {access.role}")
    assert access.found(columns, "svv_attached_masking_policy", f"policy_name = '{access.policy}'") == []
    with access.connected() as session:
        assert session.run(rows) == [(1, "secret"), (2, None)]


def test_a_column_has_one_policy_for_a_role(access: Access) -> None:
    attach = f"ATTACH MASKING POLICY {{}} ON {access.table} (b) TO ROLE {access.role}"
    for policy in (access.policy, f"{access.policy}_2"):
        access.admin.run(f"CREATE MASKING POLICY {policy} {MASK}")
    try:
        access.admin.run(attach.format(access.policy))
        access.admin.refusal(attach.format(f"{access.policy}_2"))
    finally:
        access.admin.run(f"DROP MASKING POLICY {access.policy}_2")


def test_attached_policies_cannot_be_dropped(access: Access) -> None:
    access.admin.run(f"CREATE MASKING POLICY {access.policy} {MASK}")
    access.admin.run(f"ATTACH MASKING POLICY {access.policy} ON {access.table} (b) TO ROLE {access.role}")
    access.admin.refusal(f"DROP MASKING POLICY {access.policy}")
    of_it = f"policy_name = '{access.policy}' AND policy_database = CURRENT_DATABASE()"
    assert access.found("policy_name", "svv_masking_policy", of_it) == [(access.policy,)]


def test_masking_views_are_for_secadmins(access: Access) -> None:
    access.admin.run(f"CREATE MASKING POLICY {access.policy} {MASK}")
    access.admin.run(f"ATTACH MASKING POLICY {access.policy} ON {access.table} (b) TO ROLE {access.role}")
    with access.connected() as session:
        assert session.run("SELECT policy_name FROM svv_masking_policy") == []
        assert session.run("SELECT policy_name FROM svv_attached_masking_policy") == []


COPIED = b'{"a": 1}\n'


def may_copy(access: Access) -> bool:
    """Return whether the user may COPY with the cluster's IAM role."""
    with access.connected() as session:
        session.run("CREATE TEMP TABLE t (a INTEGER)")
        try:
            access.cluster.copy(session, "t", ["a"], [access.cluster.put("file.json", COPIED)])
        except Error as error:
            words = Refusal.of(error).words
            assert f"User {access.user} does not have ASSUMEROLE permission on IAM role" in words, words
            return False
        return session.run("SELECT a FROM t") == [(1,)]


def is_public(access: Access) -> bool:
    return bool(access.found("iam_arn", "svv_iam_privileges", "identity_type = 'public' AND command_type = 'COPY'"))


def test_roles_are_everybodys_until_taken_back(access: Access, request: pytest.FixtureRequest) -> None:
    if not access.cluster.live:
        access.cluster.as_superuser("INSERT INTO iam_privilege VALUES ('ALL', 'COPY', 'public', 'public')", request)
    # A cluster on which it was taken back is left as it is.
    assert may_copy(access) == is_public(access)
    if not access.cluster.live:
        access.cluster.as_superuser("CALL revoke_assumerole()", request)
        assert not may_copy(access)


def test_copy_needs_assumerole(access: Access, request: pytest.FixtureRequest) -> None:
    if is_public(access):
        pytest.skip("on this cluster every user may assume every role: run `sparkify schema apply` as a superuser")
    assert not may_copy(access)
    grant = f"GRANT ASSUMEROLE ON '{access.cluster.settings.iam_role}' TO ROLE {access.role} FOR COPY"
    if access.cluster.live:
        access.admin.run(grant)
    else:
        access.cluster.as_superuser(translate(grant).sql, request)
    assert may_copy(access)

"""Statements that sqlglot does not parse, recognized by their words, each in the few forms that are sent.

They are about transactions, columns and settings, and about access: users, roles and privileges, which are
PostgreSQL's own, and masks, which are recorded but mask nothing. Their tables and views are in `access.sql`.
"""

import re

# The name of a table, with or without a schema; any other name.
NAME = r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?"
_NAME = r"[a-z_][a-z0-9_]*"
_TABLE = rf"{_NAME}\.{_NAME}"
_PRIVILEGES = r"(?:SELECT|INSERT|UPDATE|DELETE)"
_TYPE = r"(?:VARCHAR|CHAR)\(\d+\)"


def _some(what: str) -> str:
    return rf"{what}(?:, {what})*"


# What is sent, and what PostgreSQL runs instead; PostgreSQL does not distinguish roles from users.
PLAIN = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # assumes: snapshot_isolation
        (r"BEGIN(?: TRANSACTION| WORK)?", "BEGIN"),
        (r"BEGIN(?: TRANSACTION| WORK)? READ ONLY", "BEGIN READ ONLY"),
        (r"(?:COMMIT|END)(?: TRANSACTION| WORK)?", "COMMIT"),
        (r"(?:ROLLBACK|ABORT)(?: TRANSACTION| WORK)?", "ROLLBACK"),
        # assumes: lock_excludes_everyone, lock_comes_before_snapshot, lock_is_for_who_may_change
        (rf"LOCK(?: TABLE)? ({NAME})", r"LOCK TABLE \1 IN ACCESS EXCLUSIVE MODE"),
        (rf"ALTER TABLE ({NAME}) ADD COLUMN (\w+) (INTEGER|BIGINT|DOUBLE PRECISION|DATE|TIMESTAMP)", r"\g<0>"),
        (
            rf"ALTER TABLE ({NAME}) ADD COLUMN (\w+) VARCHAR\((\d+)\)",
            r"\g<0>, ADD CHECK (CASE WHEN octet_length(\2) > \3 THEN too_long(\3) ELSE TRUE END)",
        ),
        # assumes: vacuum_takes_a_table_outside_of_transactions
        (rf"VACUUM DELETE ONLY ({_TABLE}) TO 100 PERCENT", r"VACUUM \1"),
        (rf"ALTER TABLE ({NAME}) DROP COLUMN (\w+)", r"\g<0>"),
        (r"SET statement_timeout (?:TO|=) (\d+)", r"SET statement_timeout TO \1"),
        # PostgreSQL does not have this setting, but keeps any under a prefix.
        (r"SET query_group (?:TO|=) ('[^'\\]*')", r"SET redshift.query_group TO \1"),
        # assumes: roles_grant_their_users, what_is_not_permitted_is_42501
        (rf"CREATE USER ({_NAME}) PASSWORD ('[^'\\]+')", r"CREATE ROLE \1 LOGIN PASSWORD \2"),
        (rf"CREATE USER ({_NAME}) PASSWORD DISABLE", r"CREATE ROLE \1 LOGIN"),
        (rf"DROP USER ({_NAME})", r"DROP ROLE \1"),
        (rf"CREATE ROLE ({_NAME})", r"CREATE ROLE \1"),
        # assumes: drop_role_force_takes_it_from_users
        (rf"DROP ROLE ({_NAME}) FORCE", r"DROP ROLE \1"),
        (rf"GRANT ROLE ({_NAME}) TO ({_NAME})", r"GRANT \1 TO \2"),
        # assumes: grants_take_several_tables
        (rf"(GRANT USAGE ON SCHEMA {_some(_NAME)} TO) ROLE ({_NAME})", r"\1 \2"),
        (rf"(REVOKE (?:USAGE|CREATE) ON SCHEMA {_some(_NAME)} FROM) ROLE ({_NAME})", r"\1 \2"),
        (rf"(GRANT {_some(_PRIVILEGES)} ON TABLE {_some(_TABLE)} TO) ROLE ({_NAME})", r"\1 \2"),
        (rf"(REVOKE {_some(_PRIVILEGES)} ON TABLE {_some(_TABLE)} FROM) ROLE ({_NAME})", r"\1 \2"),
        (r"REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL", "CALL revoke_assumerole()"),
        (rf"GRANT ASSUMEROLE ON ('[^'\\]+') TO ROLE ({_NAME}) FOR COPY", r"CALL grant_assumerole(\1, '\2', 'role')"),
        (rf"GRANT ASSUMEROLE ON ('[^'\\]+') TO ({_NAME}) FOR COPY", r"CALL grant_assumerole(\1, '\2', 'user')"),
        # assumes: masking_policies_hold_for_a_role
        (
            rf"CREATE MASKING POLICY ({_NAME}) WITH \(({_NAME}) ({_TYPE})\) USING \((CAST\(.+ AS \3\))\)",
            r"CALL create_masking_policy('\1', '\3', $x$SELECT \4 FROM (SELECT 'x'::\3 AS \2) AS t$x$)",
        ),
        (
            rf"ATTACH MASKING POLICY ({_NAME}) ON ({_TABLE}) \(({_NAME})\) TO ROLE ({_NAME})",
            r"CALL attach_masking_policy('\1', '\2', '\3', '\4')",
        ),
        (
            rf"DETACH MASKING POLICY ({_NAME}) ON ({_TABLE}) \(({_NAME})\) FROM ROLE ({_NAME})",
            r"CALL detach_masking_policy('\1', '\2', '\3', '\4')",
        ),
        (rf"DROP MASKING POLICY ({_NAME})", r"CALL drop_masking_policy('\1')"),
    )
)

# Users and roles belong to the server: those that no database uses any more are dropped with the last one.
FORGET_ROLES = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT rolname FROM pg_roles WHERE oid >= 16384 AND rolname <> 'loader' AND NOT EXISTS (
        SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid
    ) LOOP EXECUTE format('DROP ROLE %I', name); END LOOP;
END $$
"""

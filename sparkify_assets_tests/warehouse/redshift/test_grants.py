"""Roles as planned and applied: each has what is declared and nothing else, whatever was there before; these statements
attach the masks; and nothing is unmasked wherever an apply breaks off.

What users of the roles can do is in `test_users_of_roles.py`.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from sparkify_assets import model
from sparkify_assets.errors import ConnectionLost, QueryError
from sparkify_assets.model.roles import ROLES, Role
from sparkify_assets.report.answers import ask
from sparkify_assets.report.terminal.schema_changes import print_changes
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.faults import Fault
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.roles import ANALYST, INSIGHT, LOADER, administer, as_user, declaring

LONG_POLICY, POLICY = "sparkify_masked_varchar_1024_c57bb243", "sparkify_masked_varchar_256_589cb297"
STAR = "sparkify.artists, sparkify.page_views, sparkify.songplays, sparkify.songs, sparkify.time, sparkify.users"
INSIGHTS = ", ".join(insight.table.full_name for insight in model.insights().values())
SUMMARIES = ", ".join(summary.table.full_name for summary in model.summaries().values())
EVERY_TABLE = (
    "ops.audits, ops.changed_days, ops.changed_users, ops.forgotten, ops.insight_ledger, ops.lake, ops.load_ledger, "
    f"ops.load_lock, {STAR}, staging.rejected_records, staging.staging_events, staging.staging_songs, {SUMMARIES}, "
    f"{INSIGHTS}"
)
# All statements for a database that has the tables and nothing else.
STATEMENTS = [
    "CREATE ROLE sparkify_loader",
    "CREATE ROLE sparkify_analyst",
    f"CREATE MASKING POLICY {LONG_POLICY} WITH (value VARCHAR(1024)) "
    "USING (CAST(CASE WHEN value IS NOT NULL THEN '***' END AS VARCHAR(1024)))",
    f"CREATE MASKING POLICY {POLICY} WITH (value VARCHAR(256)) "
    "USING (CAST(CASE WHEN value IS NOT NULL THEN '***' END AS VARCHAR(256)))",
    f"ATTACH MASKING POLICY {LONG_POLICY} ON sparkify.page_views (user_agent) TO ROLE sparkify_analyst",
    f"ATTACH MASKING POLICY {LONG_POLICY} ON sparkify.songplays (user_agent) TO ROLE sparkify_analyst",
    f"ATTACH MASKING POLICY {POLICY} ON sparkify.users (first_name) TO ROLE sparkify_analyst",
    f"ATTACH MASKING POLICY {POLICY} ON sparkify.users (last_name) TO ROLE sparkify_analyst",
    "GRANT USAGE ON SCHEMA staging, sparkify, ops, insights TO ROLE sparkify_loader",
    "GRANT USAGE ON SCHEMA sparkify, insights TO ROLE sparkify_analyst",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {EVERY_TABLE} TO ROLE sparkify_loader",
    f"GRANT SELECT ON TABLE {STAR}, {INSIGHTS} TO ROLE sparkify_analyst",
]


@pytest.fixture
def unprivileged(redshift_without_tables: Platform, stand_in: StandIn) -> Iterator[Platform]:
    """A platform whose user owns the tables, and may not create roles."""
    with stand_in.postgres.administer("postgres") as connection:
        connection.query(f"ALTER ROLE {stand_in.user} NOCREATEROLE")
        yield redshift_without_tables
        connection.query(f"ALTER ROLE {stand_in.user} CREATEROLE")


def planned(warehouse: RedshiftWarehouse) -> list[str]:
    return [change.statement for change in warehouse.plan_schema()]


class TestApplying:
    def test_the_statements_are_these(self, redshift: Platform) -> None:
        assert planned(declaring(redshift, *ROLES)) == STATEMENTS

    def test_what_is_run_is_what_was_planned_and_then_there_is_nothing_left(
        self, redshift_without_tables: Platform, stand_in: StandIn
    ) -> None:
        warehouse = declaring(redshift_without_tables, *ROLES)
        before = planned(warehouse)
        assert before[-len(STATEMENTS) :] == STATEMENTS
        with stand_in.recording() as sent:
            warehouse.apply_schema()
        assert [statement.sql for statement in sent][-len(before) :] == before
        assert planned(warehouse) == []
        with stand_in.recording() as sent:
            assert warehouse.apply_schema() == []
        assert not [s.sql for s in sent if not s.sql.startswith(("SELECT", "SET"))]

    def test_what_was_granted_by_hand_is_taken_away(self, governed: Platform, stand_in: StandIn) -> None:
        administer(
            governed,
            "GRANT USAGE ON SCHEMA staging TO ROLE sparkify_analyst",
            "GRANT SELECT ON TABLE staging.staging_events TO ROLE sparkify_analyst",
            "GRANT INSERT, DELETE ON TABLE sparkify.songs, sparkify.users TO ROLE sparkify_analyst",
            "CREATE ROLE sparkify_friends",
            "GRANT USAGE ON SCHEMA sparkify TO ROLE sparkify_friends",
            "GRANT SELECT ON TABLE sparkify.users TO ROLE sparkify_friends",
            f"ATTACH MASKING POLICY {POLICY} ON sparkify.users (first_name) TO ROLE sparkify_friends",
            "CREATE ROLE friends",
            "GRANT SELECT ON TABLE sparkify.users TO ROLE friends",
        )
        analyst = as_user(governed, stand_in, "ana", ANALYST)
        assert ask(analyst.warehouse, "SELECT COUNT(*) FROM staging.staging_events", staging=True).rows == [(0,)]
        warehouse = declaring(governed, *ROLES)
        assert planned(warehouse) == [
            "REVOKE DELETE, INSERT ON TABLE sparkify.songs, sparkify.users FROM ROLE sparkify_analyst",
            "REVOKE SELECT ON TABLE staging.staging_events FROM ROLE sparkify_analyst",
            "REVOKE SELECT ON TABLE sparkify.users FROM ROLE sparkify_friends",
            "REVOKE USAGE ON SCHEMA staging FROM ROLE sparkify_analyst",
            "REVOKE USAGE ON SCHEMA sparkify FROM ROLE sparkify_friends",
            f"DETACH MASKING POLICY {POLICY} ON sparkify.users (first_name) FROM ROLE sparkify_friends",
            "DROP ROLE sparkify_friends FORCE",
        ]
        warehouse.apply_schema()
        assert planned(warehouse) == []
        with pytest.raises(QueryError, match="permission denied"):
            ask(analyst.warehouse, "SELECT COUNT(*) FROM staging.staging_events", staging=True)
        assert ("friends",) in governed.values("SELECT role_name FROM svv_roles")

    def test_what_was_taken_away_by_hand_is_given_again(self, governed: Platform) -> None:
        administer(
            governed,
            "REVOKE SELECT ON TABLE sparkify.time FROM ROLE sparkify_analyst",
            "REVOKE USAGE ON SCHEMA insights FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {POLICY} ON sparkify.users (last_name) FROM ROLE sparkify_analyst",
        )
        warehouse = declaring(governed, *ROLES)
        assert planned(warehouse) == [
            "REVOKE SELECT ON TABLE sparkify.users FROM ROLE sparkify_analyst",
            f"ATTACH MASKING POLICY {POLICY} ON sparkify.users (last_name) TO ROLE sparkify_analyst",
            "GRANT USAGE ON SCHEMA insights TO ROLE sparkify_analyst",
            "GRANT SELECT ON TABLE sparkify.time, sparkify.users TO ROLE sparkify_analyst",
        ]
        warehouse.apply_schema()
        assert planned(warehouse) == []

    def test_a_role_that_is_not_declared_any_more_is_dropped_for_its_users_too(
        self, governed: Platform, stand_in: StandIn
    ) -> None:
        analyst = as_user(governed, stand_in, "ana", ANALYST)
        warehouse = declaring(governed, LOADER)
        assert planned(warehouse) == [
            f"REVOKE SELECT ON TABLE {INSIGHTS}, {STAR} FROM ROLE sparkify_analyst",
            "REVOKE USAGE ON SCHEMA insights, sparkify FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {LONG_POLICY} ON sparkify.page_views (user_agent) FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {LONG_POLICY} ON sparkify.songplays (user_agent) FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {POLICY} ON sparkify.users (first_name) FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {POLICY} ON sparkify.users (last_name) FROM ROLE sparkify_analyst",
            f"DROP MASKING POLICY {LONG_POLICY}",
            f"DROP MASKING POLICY {POLICY}",
            "DROP ROLE sparkify_analyst FORCE",
        ]
        warehouse.apply_schema()
        assert planned(warehouse) == []
        with pytest.raises(QueryError, match="permission denied for schema sparkify"):
            ask(analyst.warehouse, "SELECT * FROM sparkify.songs")

    def test_a_name_that_is_not_masked_any_more_is_shown_again(self, governed: Platform) -> None:
        warehouse = declaring(governed, LOADER, replace(ANALYST, masked=("first_name", "last_name")))
        assert planned(warehouse) == [
            f"DETACH MASKING POLICY {LONG_POLICY} ON sparkify.page_views (user_agent) FROM ROLE sparkify_analyst",
            f"DETACH MASKING POLICY {LONG_POLICY} ON sparkify.songplays (user_agent) FROM ROLE sparkify_analyst",
            f"DROP MASKING POLICY {LONG_POLICY}",
        ]

    def test_a_policy_that_is_used_for_others_too_is_not_dropped(self, governed: Platform) -> None:
        administer(
            governed,
            "CREATE ROLE friends",
            f"ATTACH MASKING POLICY {LONG_POLICY} ON sparkify.songplays (user_agent) TO ROLE friends",
        )
        warehouse = declaring(governed, LOADER, replace(ANALYST, masked=("first_name", "last_name")))
        assert not [statement for statement in planned(warehouse) if statement.startswith("DROP")]
        warehouse.apply_schema()
        assert planned(warehouse) == []

    def test_another_mask_is_another_policy_and_meanwhile_the_table_is_closed(
        self, governed: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.grants.MASK", "?")
        warehouse = declaring(governed, LOADER, replace(ANALYST, masked=("user_agent",)))
        closed, *_, made, of_views, of_plays, opened, _, _ = planned(warehouse)
        new = made.split()[3]
        assert new != LONG_POLICY
        assert closed == "REVOKE SELECT ON TABLE sparkify.page_views, sparkify.songplays FROM ROLE sparkify_analyst"
        assert of_views == f"ATTACH MASKING POLICY {new} ON sparkify.page_views (user_agent) TO ROLE sparkify_analyst"
        assert of_plays == f"ATTACH MASKING POLICY {new} ON sparkify.songplays (user_agent) TO ROLE sparkify_analyst"
        assert opened == "GRANT SELECT ON TABLE sparkify.page_views, sparkify.songplays TO ROLE sparkify_analyst"
        warehouse.apply_schema()
        assert planned(warehouse) == []

    def test_an_insight_that_comes_later_is_readable_and_masked(self, governed: Platform, contract: Contract) -> None:
        contract.write("insights/agents.sql", INSIGHT)
        *_, attached, for_loaders, for_analysts = planned(declaring(governed, *ROLES))
        assert (
            attached == f"ATTACH MASKING POLICY {LONG_POLICY} ON insights.agents (user_agent) TO ROLE sparkify_analyst"
        )
        assert for_loaders == "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE insights.agents TO ROLE sparkify_loader"
        assert for_analysts == "GRANT SELECT ON TABLE insights.agents TO ROLE sparkify_analyst"

    def test_a_table_is_closed_before_it_gets_a_column_to_be_masked(
        self, governed: Platform, contract: Contract
    ) -> None:
        contract.write("sparkify/artists.sql", with_first_name("artists"))
        first, second, *_, attached, opened = planned(declaring(governed, *ROLES))
        assert first == "REVOKE SELECT ON TABLE sparkify.artists FROM ROLE sparkify_analyst"
        assert second == "ALTER TABLE sparkify.artists ADD COLUMN first_name VARCHAR(256)"
        assert attached == f"ATTACH MASKING POLICY {POLICY} ON sparkify.artists (first_name) TO ROLE sparkify_analyst"
        assert opened == "GRANT SELECT ON TABLE sparkify.artists TO ROLE sparkify_analyst"


def with_first_name(table: str) -> str:
    """Return the DDL of a table of the star with one more column at its end."""
    sql = (model.FOLDER / f"sparkify/{table}.sql").read_text("utf-8")
    comment = f"COMMENT ON COLUMN sparkify.{table}.first_name IS 'First name.';\n"
    changed = sql.replace("    PRIMARY KEY", "    first_name VARCHAR(256),\n    PRIMARY KEY")
    assert changed != sql
    return f"{changed.rstrip()}\n{comment}"


class TestWithoutTheRightTo:
    def test_a_first_load_makes_tables_and_no_roles(self, unprivileged: Platform) -> None:
        write_day(unprivileged.lake, DAY, [event()])
        assert unprivileged.load(DAY).state == "loaded"
        assert unprivileged.values("SELECT role_name FROM svv_roles") == []
        assert planned(declaring(unprivileged, *ROLES)) == STATEMENTS

    def test_applying_makes_the_tables_and_says_who_makes_the_roles(
        self, unprivileged: Platform, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert print_changes(unprivileged.warehouse.apply_schema(), applied=True)
        printed = capsys.readouterr().out
        assert printed.count("-- not run, roles and masks are seen and made by a superuser") == 1
        assert printed.endswith(f"{len(STATEMENTS)} left to you, for the reasons above.\n")
        assert unprivileged.values("SELECT COUNT(*) FROM sparkify.songs") == [(0,)]
        assert [c.statement for c in unprivileged.warehouse.plan_schema() if not c.refused] == []

    def test_a_table_is_closed_all_the_same_before_it_gets_a_column_to_be_masked(
        self, governed: Platform, stand_in: StandIn, contract: Contract
    ) -> None:
        analyst = as_user(governed, stand_in, "ana", ANALYST)
        contract.write("sparkify/artists.sql", with_first_name("artists"))
        with stand_in.postgres.administer("postgres") as connection:
            connection.query(f"ALTER ROLE {stand_in.user} NOCREATEROLE")
            governed.warehouse.apply_schema()
            connection.query(f"ALTER ROLE {stand_in.user} CREATEROLE")
        with pytest.raises(QueryError, match="permission denied"):
            ask(analyst.warehouse, "SELECT first_name FROM sparkify.artists")
        governed.warehouse.apply_schema()
        assert ask(analyst.warehouse, "SELECT first_name FROM sparkify.artists").rows == []


SHOWS_AGENTS = replace(ANALYST, masked=("first_name", "last_name"))
SHOWS_ALL = replace(ANALYST, masked=())
READS_STAGING_TOO = replace(ANALYST, schemas=("staging", "sparkify", "insights"))
# The roles declared before and after, and what a role sees instead of a masked text.
CHANGES: dict[str, tuple[Sequence[Role], Sequence[Role], str]] = {
    "both come": ((), ROLES, "***"),
    "both go": (ROLES, (), "***"),
    "more is masked": ((LOADER, SHOWS_ALL), ROLES, "***"),
    "less is masked": (ROLES, (LOADER, SHOWS_AGENTS), "***"),
    "more is read": (ROLES, (LOADER, READS_STAGING_TOO), "***"),
    "less is read": ((LOADER, READS_STAGING_TOO), ROLES, "***"),
    "it is masked in another way": (ROLES, ROLES, "?"),
}


@pytest.mark.exhaustive(3)
@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_read_unmasked_wherever_an_apply_breaks_off(
    redshift: Platform, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, chance: random.Random, change: str
) -> None:
    before, after, seen_as = CHANGES[change]

    def prepare() -> tuple[RedshiftWarehouse, list[str]]:
        """Apply the roles from before; return the warehouse that declares those from after, and its statements."""
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.grants.MASK", "***")
        declaring(redshift, *before).apply_schema()
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.grants.MASK", seen_as)
        warehouse = declaring(redshift, *after)
        return warehouse, planned(warehouse)

    _, statements = prepare()
    assert len(statements) > 1
    every = range(1, len(statements) + 1)
    for number in chance.sample(every, min(number_of_examples(3, thorough=len(every)), len(every))):
        warehouse, again = prepare()
        assert again == statements
        # The statement takes effect, and no answer arrives.
        fault = Fault("(?:CREATE|ATTACH|DETACH|DROP|GRANT|REVOKE) .*", number, delivered=0)
        with stand_in.failing(redshift.settings.redshift.database, fault), pytest.raises(ConnectionLost):
            warehouse.apply_schema()
        assert unmasked(redshift, before, after) == set(), statements[number - 1]
        warehouse.apply_schema()
        assert planned(warehouse) == []
        assert unmasked(redshift, after, after) == set()


def unmasked(platform: Platform, before: Sequence[Role], after: Sequence[Role]) -> set[tuple[str, str]]:
    """Return the columns that analysts read unmasked although they are declared as masked: now, or before if analysts
    are no longer declared to read the table."""
    declared: dict[str, set[str]] = {}
    for role in (*before, *after):
        if role.name == ANALYST.name:
            declared |= {t.full_name: {column.name for column in t.columns} & {*role.masked} for t in role.tables}
    read = platform.values(
        "SELECT namespace_name || '.' || relation_name AS name FROM svv_relation_privileges "
        f"WHERE identity_name = '{ANALYST.name}' AND privilege_type = 'SELECT'"
    )
    masked = platform.values(
        "SELECT schema_name || '.' || table_name AS name, output_columns FROM svv_attached_masking_policy "
        f"WHERE grantee = '{ANALYST.name}'"
    )
    shown = {(str(name), column) for (name,) in read for column in declared[str(name)]}
    return shown - {(str(name), column) for name, columns in masked for column in json.loads(str(columns))}

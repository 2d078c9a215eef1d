"""The cluster's IAM role: taken back from everybody by a superuser, and left to those who load."""

from collections.abc import Iterator

import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.model.roles import ROLES
from sparkify_assets_tests.engines import ROLE
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.roles import ANALYST, LOADER, as_user, declaring

NEW_CLUSTER = """
DELETE FROM pg_catalog.iam_privilege;
INSERT INTO pg_catalog.iam_privilege VALUES ('ALL', 'COPY', 'public', 'public'), ('ALL', 'UNLOAD', 'public', 'public')
"""
TAKE_BACK = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL"


@pytest.fixture
def new_cluster(redshift: Platform, stand_in: StandIn) -> Platform:
    """A database of a cluster on which nobody has taken back its IAM roles."""
    with stand_in.postgres.administer(redshift.settings.redshift.database) as connection:
        connection.query(NEW_CLUSTER)
    write_day(redshift.lake, DAY, [event()])
    redshift.open_lake()
    return redshift


@pytest.fixture
def superuser(new_cluster: Platform, stand_in: StandIn) -> Iterator[Platform]:
    """The same, for a user who is a superuser."""
    with stand_in.postgres.administer("postgres") as connection:
        connection.query(f"ALTER ROLE {stand_in.user} SUPERUSER")
        yield new_cluster
        connection.query(f"ALTER ROLE {stand_in.user} NOSUPERUSER")


def of_iam_roles(platform: Platform) -> list[str]:
    return [change.statement for change in platform.warehouse.plan_schema() if "ASSUMEROLE" in change.statement]


def test_a_superuser_leaves_it_to_those_who_load(superuser: Platform) -> None:
    granted = f"GRANT ASSUMEROLE ON '{ROLE}' TO ROLE sparkify_loader FOR COPY"
    assert of_iam_roles(superuser) == [TAKE_BACK, granted]
    superuser.warehouse.apply_schema()
    assert superuser.warehouse.plan_schema() == []


def test_then_the_loader_may_copy_and_an_analyst_may_not(superuser: Platform, stand_in: StandIn) -> None:
    superuser.warehouse.apply_schema()
    assert as_user(superuser, stand_in, "lou", LOADER).load(DAY).records == 1
    with pytest.raises(WarehouseError, match="User ann does not have ASSUMEROLE permission on IAM role"):
        declaring(as_user(superuser, stand_in, "ann", ANALYST), *ROLES).probe(superuser.open_lake(), [])


def test_whoever_owns_the_tables_keeps_loading(new_cluster: Platform, stand_in: StandIn) -> None:
    database = new_cluster.settings.redshift.database
    with stand_in.postgres.administer(database) as connection:
        connection.query(f"CREATE ROLE {database}_owner LOGIN; ALTER TABLE sparkify.time OWNER TO {database}_owner")
        connection.query(f"ALTER ROLE {stand_in.user} SUPERUSER")
        try:
            assert f"GRANT ASSUMEROLE ON '{ROLE}' TO {database}_owner FOR COPY" in of_iam_roles(new_cluster)
        finally:
            connection.query(f"ALTER ROLE {stand_in.user} NOSUPERUSER")


def test_who_is_no_superuser_is_shown_what_one_has_to_run(new_cluster: Platform) -> None:
    (change,) = (c for c in new_cluster.warehouse.apply_schema() if "ASSUMEROLE" in c.statement)
    assert change.statement == TAKE_BACK
    assert "every user of the cluster may COPY the raw lake, past all masks" in change.refused
    # It stays possible to load.
    assert new_cluster.load(DAY).records == 1
    assert of_iam_roles(new_cluster) == [TAKE_BACK]

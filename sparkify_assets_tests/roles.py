"""Roles in tests: other declarations, users of roles who log in, and manual changes."""

from dataclasses import replace

from sparkify_assets.model.roles import ROLES, Role
from sparkify_assets.warehouse.redshift.connection import connect
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

LOADER, ANALYST = ROLES
# An insight by a column that is masked for analysts.
INSIGHT = """-- Plays by browser.
-- Key: user_agent
SELECT
    user_agent,  -- VARCHAR(1024): The browser.
    COUNT(*) AS plays  -- BIGINT NOT NULL: How often it played.
FROM sparkify.songplays
GROUP BY user_agent, LEN(user_agent)
"""


def administer(platform: Platform, *statements: str) -> None:
    """Run statements as an administrator, by hand."""
    with connect(platform.settings.redshift, "the stand-in") as connection:
        for statement in statements:
            connection.execute("by hand", statement)


def as_user(platform: Platform, stand_in: StandIn, user: str, role: Role) -> Platform:
    """The platform as a new user of a role sees it; the user is created as the guide says."""
    administer(platform, f"CREATE USER {user} PASSWORD '{stand_in.password}'", f"GRANT ROLE {role.name} TO {user}")
    settings = replace(platform.settings, redshift=replace(platform.settings.redshift, user=user))
    return Platform.on_redshift(platform.folder, settings)


def declaring(platform: Platform, *roles: Role) -> RedshiftWarehouse:
    """The platform's warehouse, with these roles declared."""
    warehouse = platform.warehouse
    assert isinstance(warehouse, RedshiftWarehouse)
    return RedshiftWarehouse(platform.settings.redshift, warehouse._work, platform.settings.scratch, roles)

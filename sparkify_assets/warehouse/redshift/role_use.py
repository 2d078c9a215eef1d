"""Who may have COPY assume the platform's IAM role: on a new cluster everybody, until a superuser takes that back.

Whoever may assume it can COPY the raw lake into a table of their own, past all masks. Who may read tables is in
`grants.py`.
"""

from collections.abc import Iterator, Sequence

from sparkify_assets.model.roles import Role
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.redshift.copy import identifier, literal
from sparkify_assets.warehouse.session import SchemaChange

# It concerns all IAM roles of the cluster: AWS has no narrower way to begin.
# https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT-usage-notes.html#r_GRANT-usage-notes-assumerole
TAKE_BACK = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL"
FOR_A_SUPERUSER = (
    "until a superuser runs this, every user of the cluster may COPY the raw lake, past all masks: run `sparkify "
    "schema apply` as a superuser"
)


def role_use_changes(connection: Connection, iam_role: str, declared: Sequence[Role]) -> list[SchemaChange]:
    """Return what leaves the IAM role to those who load. It runs after the declared roles are created."""
    found = connection.system("assumers")
    is_public = any(row["identity_type"] == "public" for row in found)
    if not connection.system("superuser"):
        return [SchemaChange(TAKE_BACK, FOR_A_SUPERUSER)] if is_public else []
    granted = {
        (str(row["identity_type"]), str(row["identity_name"]))
        for row in found
        if row["command_type"] == "COPY" and row["iam_arn"] == iam_role
    }
    missing = [loader for loader in _loaders(connection, declared) if loader not in granted]
    take_back = [TAKE_BACK] if is_public or missing else []
    return [SchemaChange(statement) for statement in (*take_back, *_grants(iam_role, missing))]


def _loaders(connection: Connection, declared: Sequence[Role]) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of those who load: the roles that may insert, and the owners of the tables."""
    yield from (("role", role.name) for role in declared if "INSERT" in role.privileges)
    yield from sorted(("user", str(row["name"])) for row in connection.system("owners"))


def _grants(iam_role: str, loaders: Sequence[tuple[str, str]]) -> Iterator[str]:
    for kind, name in loaders:
        grantee = f"{'ROLE ' if kind == 'role' else ''}{identifier(name)}"
        yield f"GRANT ASSUMEROLE ON {literal(iam_role)} TO {grantee} FOR COPY"

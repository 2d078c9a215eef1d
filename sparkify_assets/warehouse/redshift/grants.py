"""The declared roles on Redshift: how the database differs from them, and which statements change that.

A role loses what it has beyond its declaration, and a role that is no longer declared is dropped. A role never reads an
unmasked column that is declared as masked: its tables are closed to it until every mask is attached. What each role may
do is declared in `model/roles.py`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sparkify_assets import model
from sparkify_assets.model.roles import MASK, PREFIX, Role
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.redshift.copy import identifier, literal
from sparkify_assets.warehouse.redshift.redshift_tables import Found
from sparkify_assets.warehouse.session import Row, SchemaChange

_POLICY_PREFIX = f"{PREFIX}masked_"
_NOT_OURS_TO_DO = (
    "roles and masks are seen and made by a superuser, or by the tables' owner with the role sys:secadmin: run "
    "`sparkify schema apply` as one of these; this user does not see which roles and masks exist"
)


@dataclass(frozen=True, order=True)
class Grant:
    """A privilege of a role on a schema or a table, which is named as in a statement."""

    role: str
    on: str
    privilege: str


@dataclass(frozen=True, order=True)
class Mask:
    """A masking policy that is attached to columns of a table for a role."""

    role: str
    table: str
    columns: tuple[str, ...]
    policy: str


@dataclass(frozen=True)
class RolesFound:
    """What the database holds of the platform's roles. It is complete only if this user administers them. Policies in
    `in_use` are also attached for others."""

    administered: bool
    roles: frozenset[str]
    uses: frozenset[Grant]
    grants: frozenset[Grant]
    masks: frozenset[Mask]
    policies: frozenset[str]
    in_use: frozenset[str]


def roles_found(connection: Connection) -> RolesFound:
    """Read what the database holds."""
    attached = [(str(row["grantee_type"]), _mask(row)) for row in connection.system("masks")]
    ours = frozenset(
        mask
        for kind, mask in attached
        if kind == "role" and mask.role.startswith(PREFIX) and mask.table.split(".")[0] in model.SCHEMAS
    )
    return RolesFound(
        administered=bool(connection.system("superuser") or connection.system("secadmin")),
        roles=frozenset(
            str(row["role_name"]) for row in connection.system("roles") if str(row["role_name"]).startswith(PREFIX)
        ),
        uses=_granted(connection.system("schema_privileges"), "namespace_name"),
        grants=_granted(connection.system("table_privileges"), "namespace_name", "relation_name"),
        masks=ours,
        policies=frozenset(str(row["policy_name"]) for row in connection.system("masking_policies")),
        in_use=frozenset(mask.policy for _, mask in attached if mask not in ours),
    )


def _mask(row: Row) -> Mask:
    columns = tuple(json.loads(str(row["output_columns"])))
    return Mask(str(row["grantee"]), _named(row, "schema_name", "table_name"), columns, str(row["policy_name"]))


def _granted(rows: list[Row], *parts: str) -> frozenset[Grant]:
    """Return the privileges of the platform's roles. These parts of a row name what a privilege is on."""
    grants = (Grant(str(r["identity_name"]), _named(r, *parts), str(r["privilege_type"]).upper()) for r in rows)
    return frozenset(grant for grant in grants if grant.role.startswith(PREFIX))


def _named(row: Row, *parts: str) -> str:
    return ".".join(identifier(str(row[part])) for part in parts)


def closings(there: RolesFound, tables: Found, declared: Sequence[Role]) -> list[SchemaChange]:
    """Return what has to run before tables change: it closes to a role each table that lacks a mask for it. Afterwards
    `role_changes` opens the table again."""
    closed = sorted(_closed(there, tables, declared))
    return [SchemaChange(statement) for statement in _grant("REVOKE", "TABLE", closed, "FROM")]


def _closed(there: RolesFound, tables: Found, declared: Sequence[Role]) -> set[Grant]:
    """Return the privileges to revoke first, granted or not, because not every user sees what is granted. A user who
    does not see masks either closes each table that is about to get a masked column."""

    def unmasked(mask: Mask) -> bool:
        if there.administered:
            return mask not in there.masks
        return not tables.columns.get(mask.table, {}).keys() >= set(mask.columns)

    return {
        Grant(mask.role, mask.table, "SELECT")
        for mask in _wanted_masks(declared)
        if mask.role in there.roles and mask.table in tables.tables and unmasked(mask)
    }


def role_changes(there: RolesFound, tables: Found, declared: Sequence[Role]) -> list[SchemaChange]:
    """Return what makes the roles those that are declared, in order; it runs after `closings`."""
    reason = "" if there.administered else _NOT_OURS_TO_DO
    return [SchemaChange(statement, reason) for statement in _statements(there, tables, declared)]


def _statements(there: RolesFound, tables: Found, declared: Sequence[Role]) -> Iterator[str]:
    names = [role.name for role in declared]
    uses = [Grant(role.name, schema, "USAGE") for role in declared for schema in role.schemas]
    grants = [
        Grant(r.name, table.full_name, privilege) for r in declared for table in r.tables for privilege in r.privileges
    ]
    masks = _wanted_masks(declared)
    policies = {
        _policy(type_): type_ for type_ in sorted({column.type for r in declared for _, column in r.masked_columns})
    }
    granted = there.grants - _closed(there, tables, declared)

    yield from (f"CREATE ROLE {name}" for name in names if name not in there.roles)
    yield from _grant("REVOKE", "TABLE", sorted(granted - set(grants)), "FROM")
    yield from _grant("REVOKE", "SCHEMA", sorted(there.uses - set(uses)), "FROM")
    # This may detach the mask of a column that gets another policy: its table is closed until then.
    for mask in sorted(there.masks - set(masks)):
        yield f"DETACH MASKING POLICY {_place_of(mask)} FROM ROLE {identifier(mask.role)}"
    for policy, type_ in policies.items():
        if policy not in there.policies:
            yield f"CREATE MASKING POLICY {policy} WITH (value {type_}) USING ({_expression(type_)})"
    for mask in masks:
        if mask not in there.masks:
            yield f"ATTACH MASKING POLICY {_place_of(mask)} TO ROLE {mask.role}"
    yield from _grant("GRANT", "SCHEMA", [use for use in uses if use not in there.uses], "TO")
    yield from _grant("GRANT", "TABLE", [grant for grant in grants if grant not in granted], "TO")
    for policy in sorted(there.policies - policies.keys() - there.in_use):
        if policy.startswith(_POLICY_PREFIX):
            yield f"DROP MASKING POLICY {identifier(policy)}"
    # FORCE takes the role away from its users.
    yield from (f"DROP ROLE {identifier(name)} FORCE" for name in sorted(there.roles - set(names)))


def _wanted_masks(declared: Sequence[Role]) -> list[Mask]:
    return [
        Mask(role.name, table.full_name, (column.name,), _policy(column.type))
        for role in declared
        for table, column in role.masked_columns
    ]


def _policy(type_: str) -> str:
    """Return a policy's name, which includes a hash of its expression, so that another mask is another policy. Redshift
    rewrites the expressions that it stores, so those cannot be compared."""
    digest = hashlib.sha256(_expression(type_).encode()).hexdigest()[:8]
    return f"{_POLICY_PREFIX}{re.sub('[^a-z0-9]+', '_', type_.lower()).strip('_')}_{digest}"


def _expression(type_: str) -> str:
    # Redshift requires an expression of the input's type, also for a constant.
    return f"CAST(CASE WHEN value IS NOT NULL THEN {literal(MASK)} END AS {type_})"


def _place_of(mask: Mask) -> str:
    return f"{identifier(mask.policy)} ON {mask.table} ({', '.join(map(identifier, mask.columns))})"


def _grant(verb: str, kind: str, grants: Iterable[Grant], to: str) -> Iterator[str]:
    """Return as few statements as possible: a role's objects with the same privileges share one."""
    privileges: dict[tuple[str, str], list[str]] = {}
    for grant in grants:
        privileges.setdefault((grant.role, grant.on), []).append(grant.privilege)
    objects: dict[tuple[str, str], list[str]] = {}
    for (role, on), some in privileges.items():
        objects.setdefault((role, ", ".join(some)), []).append(on)
    for (role, listed), places in objects.items():
        yield f"{verb} {listed} ON {kind} {', '.join(places)} {to} ROLE {identifier(role)}"

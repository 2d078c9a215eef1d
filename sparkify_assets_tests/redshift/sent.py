"""The statements that the platform sends to Redshift: those that are written down, and those that it puts together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparkify_assets import model, queries
from sparkify_assets.insights import rebuilding as insights
from sparkify_assets.load import audits, partitions
from sparkify_assets.model.roles import ROLES
from sparkify_assets.queries import Query
from sparkify_assets.queries.undoing import undo_misreadings
from sparkify_assets.warehouse.redshift import connection
from sparkify_assets.warehouse.redshift.day_copies import doubts
from sparkify_assets.warehouse.redshift.grants import Grant, Mask, RolesFound, role_changes
from sparkify_assets.warehouse.redshift.redshift_tables import NOTHING_YET
from sparkify_assets.warehouse.redshift.role_use import TAKE_BACK
from sparkify_assets_tests.redshift.constructs import Sent

_SYSTEM = Path(connection.__file__).parent / "system"
_COMMENTS = re.compile(r"--[^\n]*\n?")


def queries_with_parameters() -> list[Query]:
    """Return what the loads, the insights, the audits and the pages run."""
    of_insights = [insight.table.full_name for insight in model.insights().values()]
    made = [*model.summaries().values(), *model.insights().values()]
    audited = [audits.audits_of(table) for table in (*partitions.DAY_TABLES, *partitions.CATALOG_TABLES, *of_insights)]
    return [
        *(queries.query(name) for folder in ("load", "read", "report", "rebuild") for name in queries.names(folder)),
        *(audits.statement(audit, scope) for found in audited for audit in found for scope in audits.Scope),
        *(
            audits.measures(audit, scope, 2)
            for found in audited
            for audit in found
            if audit.kind == "measure"
            for scope in (audits.Scope.LOAD, audits.Scope.DAYS)
        ),
        *(queries.insert_insight(insight) for insight in made),
        *(deletion for insight in made for deletion in insights.deletions(insight, whole=False)),
        *(insights.deletions(made[0], whole=True)),
        *(partitions.count_by_day_query(model.table(table)) for table in partitions.DAY_TABLES),
        *undo_misreadings(),
        *(doubts(model.table(name)) for name in ("staging.staging_events", "staging.staging_songs")),
    ]


def all_statements() -> Iterator[Sent]:
    """Yield every statement, without its comments, and with a text in place of each parameter."""
    for query in queries_with_parameters():
        yield Sent(query.name, _without_parameters(query.sql))
    for path in sorted(_SYSTEM.glob("*.sql")):
        yield Sent(f"system/{path.stem}", _without_parameters(path.read_text("utf-8")))
    for table in model.tables().values():
        for statement in table.statements:
            yield Sent(f"making {table.full_name}", statement.rstrip(";"))

    yield from (Sent("as it runs", statement) for statement in _PUT_TOGETHER)
    for change in (
        *role_changes(_NO_ROLES, NOTHING_YET, ROLES),
        *role_changes(_OTHER_ROLES, NOTHING_YET, ROLES),
    ):
        yield Sent("sparkify schema apply", change.statement)


# What the platform puts together, in the form in which it is sent: tests record it, and find no other forms.
_PUT_TOGETHER = (
    "BEGIN",
    "BEGIN READ ONLY",
    "COMMIT",
    "ROLLBACK",
    "LOCK ops.load_lock",
    "SET statement_timeout TO 14400000",
    "SET query_group TO 'sparkify'",
    "CREATE SCHEMA IF NOT EXISTS ops",
    "CREATE TEMP TABLE landed_staging_events (log_date DATE, ts BIGINT NOT NULL, page VARCHAR(64) NOT NULL)",
    "DROP TABLE IF EXISTS landed_staging_events",
    "INSERT INTO landed_staging_events (log_date, ts) SELECT CAST('2018-11-01' AS DATE) AS log_date, ts FROM arrived_0 "
    "UNION ALL SELECT CAST('2018-11-02' AS DATE) AS log_date, ts FROM arrived_1",
    "DROP TABLE arrived_0, arrived_1",
    "ALTER TABLE sparkify.users ADD COLUMN level VARCHAR(64)",
    "ALTER TABLE sparkify.users DROP COLUMN level",
    "COPY landed_staging_events (ts, page) FROM 's3://bucket/work/manifests/0' IAM_ROLE "
    "'arn:aws:iam::123456789012:role/sparkify-copy' REGION 'us-west-2' MANIFEST FORMAT AS JSON "
    "'s3://bucket/work/jsonpaths/0' GZIP TIMEFORMAT 'auto' MAXERROR 0 COMPUPDATE OFF STATUPDATE OFF",
    TAKE_BACK,
    "GRANT ASSUMEROLE ON 'arn:aws:iam::123456789012:role/sparkify-copy' TO ROLE sparkify_loader FOR COPY",
)
_NONE: frozenset[Any] = frozenset()
_NO_ROLES = RolesFound(True, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE)
_OTHER_ROLES = RolesFound(
    administered=True,
    roles=frozenset({"sparkify_former"}),
    uses=frozenset({Grant("sparkify_former", "ops", "USAGE")}),
    grants=frozenset({Grant("sparkify_former", "sparkify.users", "SELECT")}),
    masks=frozenset({Mask("sparkify_former", "sparkify.users", ("level",), "sparkify_masked_0")}),
    policies=frozenset({"sparkify_masked_0"}),
    in_use=_NONE,
)


def _without_parameters(sql: str) -> str:
    return re.sub(r"(?<![:\w]):[a-z0-9_]+\b", "'x'", _COMMENTS.sub("", sql)).strip()

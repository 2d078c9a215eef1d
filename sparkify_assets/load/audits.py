"""The audits: what has to be true of the tables, each as a statement that returns the rows that break the rule.

The audits of keys, foreign keys and NOT NULL are made from the contract. The others are files in
`queries/audits/<table>/`, whose first line says what has to be true and whether the audit is blocking. An audit runs
over the partitions that a load has affected, over log days as they stand, or over its whole table. `publish.py` decides
what a finding leads to.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from sparkify_assets import model, queries
from sparkify_assets.errors import ContractError
from sparkify_assets.load.partitions import AFFECTED, CATALOG_TABLES, DAY_TABLES, OF_DAYS, affected_rows, rows_of_days
from sparkify_assets.model import Table
from sparkify_assets.model.roles import masked
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.session import Row, Session, Value
from sparkify_assets.warehouse.translations import selected_columns

SAMPLE_ROWS = 20
_SAMPLE_BYTES = 60_000
_TEXT_SHOWN = 200
# So many parts of a load are measured in one statement.
_MEASURED_AT_ONCE = 10
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")

# Recorded beside the audits: keys that the contract does not know, in the records that the validator read.
KNOWN_KEYS = "keys_of_the_contract"
# The audit that fails where a file cannot be loaded.
FILES_LOADABLE = "files_loadable"


class Scope(Enum):
    """The rows that an audit looks at: those that a load of log days has affected, those of log days as they stand, or
    its whole table."""

    LOAD = 0
    DAYS = 1
    TABLE = 2


_LOG_DATE = (AFFECTED["log_date"], OF_DAYS["log_date"])
# What the names that audits read from stand for: a table, and its rows that a load has affected, or that days have.
_AUDITED = {
    **{
        f"audited_{table.name}": (table.full_name, affected_rows(table), rows_of_days(table))
        for table in model.tables_named(DAY_TABLES)
    },
    "audited_load_ledger": ("(SELECT * FROM ops.load_ledger WHERE log_date IS NOT NULL) AS days", *_LOG_DATE),
    "audited_rejected_records": (
        "(SELECT * FROM staging.rejected_records WHERE log_date IS NOT NULL) AS days",
        *_LOG_DATE,
    ),
    "audited_audits": ("ops.audits", *_LOG_DATE),
    "audited_events": ("staging.staging_events", AFFECTED["start_date"], OF_DAYS["start_date"]),
    # Users whose latest event, or registration, lies in the log days; staged events of users who are not in the table.
    "audited_latest_users": ("sparkify.users", *["latest_log_date BETWEEN :first_day AND :last_day"] * 2),
    "audited_registered_users": (
        "(SELECT * FROM sparkify.users WHERE registered_at IS NOT NULL) AS registered",
        *["registration_event_log_date BETWEEN :first_day AND :last_day"] * 2,
    ),
    "audited_events_of_nobody": (
        "staging.staging_events",
        "user_id IN (SELECT user_id FROM affected_users WHERE log_date BETWEEN :first_day AND :last_day "
        "AND user_id NOT IN (SELECT user_id FROM sparkify.users))",
        "log_date BETWEEN :first_day AND :last_day AND user_id NOT IN (SELECT user_id FROM sparkify.users)",
    ),
}
_AUDITED_NAME = re.compile(r"\b(?P<from>FROM|JOIN) (?P<name>audited_\w+)(?: AS (?P<alias>\w+))?")
_KIND = re.compile(r"-- (?P<kind>blocking|warning|measure): (?P<meaning>.+)")


@dataclass(frozen=True)
class Audit:
    """What has to be true of a table. `kind`: blocking, warning, or measure, which returns figures and not rows."""

    table: Table
    name: str
    kind: str
    meaning: str
    sql: str

    @property
    def blocking(self) -> bool:
        return self.kind == "blocking"


@dataclass(frozen=True)
class Finding:
    """What an audit found: how many rows break its rule, and the first of them (or a measure's figures) as JSON."""

    audit: Audit
    passed: bool
    failing_rows: int
    sample: str

    @classmethod
    def recorded(cls, audit: Audit, row: Row) -> "Finding":
        """Return what `ops.audits` has of an audit."""
        return cls(audit, bool(row["passed"]), int(str(row["failing_rows"])), str(row["sample"]))

    @property
    def blocks(self) -> bool:
        """Whether this keeps a load from being published."""
        return self.audit.blocking and not self.passed

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to find in any part of what was audited."""
        return self.passed and self.audit.kind != "measure"


class AuditsFailed(Exception):
    """Blocking audits found rows."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(", ".join(f"{f.audit.table.name}.{f.audit.name}" for f in findings if f.blocks))
        self.findings = findings


@cache
def audits_of(full_name: str) -> tuple[Audit, ...]:
    """Return every audit of a table."""
    table = model.table(full_name)
    return (*_promised(table), *_written(table))


@cache
def catalog_links() -> tuple[Audit, ...]:
    """Return the audits of the plays that a new song catalog could break."""
    return tuple(
        audit
        for key in model.table("sparkify.songplays").foreign_keys
        if key.references in CATALOG_TABLES
        for audit in audits_of("sparkify.songplays")
        if audit.name == f"{key.column}_found"
    )


def is_blocking(table_name: str, audit_name: str) -> bool:
    """Tell from the names that the warehouse records whether an audit is blocking."""
    audit = audit_named(table_name, audit_name)
    return audit is not None and audit.blocking


def audit_named(table_name: str, audit_name: str) -> Audit | None:
    """Return the audit of a load by the names that the warehouse records; None if there is none by that name."""
    of_table = [audits_of(name) for name in (*DAY_TABLES, *CATALOG_TABLES) if name.endswith(f".{table_name}")]
    return next((audit for audits in of_table for audit in audits if audit.name == audit_name), None)


def run_audits(session: Session, audits: Iterable[Audit], **affected: Value) -> list[Finding]:
    """Run the audits: over the partitions that the values name, or over whole tables if there are none."""
    return _run_all(session, tuple(audits), Scope.LOAD if affected else Scope.TABLE, affected)


def audit_days(session: Session, audits: Iterable[Audit], **days: Value) -> list[Finding]:
    """Run the audits over the rows that log days have, whoever loaded them."""
    return _run_all(session, tuple(audits), Scope.DAYS, days)


def run_of_parts(session: Session, audit: Audit, parts: Sequence[Mapping[str, Value]]) -> list[Finding]:
    """Run an audit over the partitions of each part of a load, which its values name."""
    return _run_parts(session, audit, Scope.LOAD, parts)


def audit_each_day(session: Session, audit: Audit, days: Sequence[Mapping[str, Value]]) -> list[Finding]:
    """Run an audit over the rows that each of several log days has."""
    return _run_parts(session, audit, Scope.DAYS, days)


def _run_parts(session: Session, audit: Audit, scope: Scope, parts: Sequence[Mapping[str, Value]]) -> list[Finding]:
    if audit.kind != "measure":
        return [_run(session, audit, scope, values) for values in parts]
    found = []
    for begin in range(0, len(parts), _MEASURED_AT_ONCE):
        some = parts[begin : begin + _MEASURED_AT_ONCE]
        values = {f"{name}_{number}": value for number, part in enumerate(some) for name, value in part.items()}
        rows = session.fetch(measures(audit, scope, len(some)), **values)
        for row in sorted(rows, key=lambda row: int(str(row["part"]))):
            found.append(_measured(audit, {name: value for name, value in row.items() if name != "part"}))
    return found


def _run_all(session: Session, audits: tuple[Audit, ...], scope: Scope, values: Mapping[str, Value]) -> list[Finding]:
    clean = set[int]()
    counted = tuple(number for number, audit in enumerate(audits) if audit.kind != "measure")
    if len(counted) > 1:
        rows = session.fetch(counts(audits, scope), **values)
        clean = {int(str(row["audit"])) for row in rows if not row["failing_rows"]}
    return [
        Finding(audit, passed=True, failing_rows=0, sample="[]")
        if number in clean
        else _run(session, audit, scope, values)
        for number, audit in enumerate(audits)
    ]


def run_blocking_audits(session: Session, audits: Iterable[Audit], **affected: Value) -> tuple[Finding, ...]:
    """Run the audits as `run_audits` does. Raise `AuditsFailed` if one of them keeps this from being published."""
    findings = tuple(run_audits(session, audits, **affected))
    if any(finding.blocks for finding in findings):
        raise AuditsFailed(findings)
    return findings


def _run(session: Session, audit: Audit, scope: Scope, values: Mapping[str, Value]) -> Finding:
    rows = session.fetch(statement(audit, scope), **values)
    if audit.kind == "measure":
        return _measured(audit, rows[0])
    counts = [row.pop("failing_rows") for row in rows]
    failing = int(str(counts[0])) if counts else 0
    return Finding(audit, not failing, failing, as_json(rows))


def _measured(audit: Audit, row: Row) -> Finding:
    passed = bool(row.pop("passed"))
    return Finding(audit, passed, 0 if passed else 1, as_json([row]))


@cache
def measures(audit: Audit, scope: Scope, parts: int) -> Query:
    """Return the statement that measures so many parts; the values of each end with its number."""
    sql = statement(audit, scope).sql
    each = [_PARAMETER.sub(rf":\g<1>_{number}", sql) for number in range(parts)]
    selects = (
        f"SELECT {number} AS part, measured.*\nFROM (\n{of_part}\n) AS measured" for number, of_part in enumerate(each)
    )
    return Query(f"audits/{audit.table.name}/{audit.name} of parts", "\nUNION ALL\n".join(selects))


@cache
def counts(audits: Sequence[Audit], scope: Scope) -> Query:
    """Return the statement that counts what all audits find at once, but for measures, which have no rows to count."""
    selects = [
        f"SELECT {number} AS audit, COUNT(*) AS failing_rows FROM (\n{audit.sql}\n) AS finding"
        for number, audit in enumerate(audits)
        if audit.kind != "measure"
    ]
    return Query("audits/counts", _looking_at("\nUNION ALL\n".join(selects), scope))


@cache
def statement(audit: Audit, scope: Scope) -> Query:
    """Return the statement that runs an audit over the rows of a scope."""
    sql = audit.sql
    if audit.kind != "measure":
        order = ", ".join(f"{column} NULLS LAST" for column in selected_columns(sql))
        sql = (
            f"SELECT COUNT(*) OVER () AS failing_rows, finding.*\nFROM (\n{sql}\n) AS finding\n"
            f"ORDER BY {order}\nLIMIT {SAMPLE_ROWS}"
        )
    return Query(f"audits/{audit.table.name}/{audit.name}", _looking_at(sql, scope))


def _looking_at(sql: str, scope: Scope) -> str:
    """The statement with what its audits read from in the place of each name. (DuckDB would keep a copy of what a WITH
    clause names, if it is read twice.)"""

    def rows(found: re.Match[str]) -> str:
        table, *conditions = _AUDITED[found["name"]]
        where = "" if scope is Scope.TABLE else f" WHERE {conditions[scope.value]}"
        return f"{found['from']} (SELECT * FROM {table}{where}) AS {found['alias'] or found['name']}"

    return _AUDITED_NAME.sub(rows, sql)


def _written(table: Table) -> Iterator[Audit]:
    for name in queries.names(f"audits/{table.name}"):
        first, _, sql = queries.query(name).sql.partition("\n")
        kind = _KIND.fullmatch(first)
        if not kind:
            raise ContractError(
                f"queries/{name}.sql begins with {first!r}: expected `-- blocking: what has to be true`"
            )
        yield Audit(table, name.rsplit("/", 1)[1], kind["kind"], kind["meaning"], sql)


def _promised(table: Table) -> Iterator[Audit]:
    """Yield the audits that follow from what the contract promises of a table."""

    def blocking(name: str, meaning: str, sql: str) -> Audit:
        return Audit(table, name, "blocking", meaning, sql)

    audited = f"audited_{table.name}" if f"audited_{table.name}" in _AUDITED else table.full_name
    required = [column.name for column in table.columns if not column.nullable]
    is_missing = " OR ".join(f"{name} IS NULL" for name in required)
    yield blocking(
        "not_null",
        f"None of these is null: {', '.join(required)}.",
        f"SELECT {', '.join(required)} FROM {audited} WHERE {is_missing}",
    )
    if table.primary_key:
        key = ", ".join(table.primary_key)
        # Redshift ignores blanks at the end of a text when it compares texts.
        exactly = [f"LEN({name})" for name in table.primary_key if table.column(name).is_text]
        yield blocking(
            "unique_key",
            f"No two rows have the same {key}.",
            f"SELECT {key}, COUNT(*) AS copies FROM {audited} "
            f"GROUP BY {', '.join([key, *exactly])} HAVING COUNT(*) > 1",
        )
    for foreign in table.foreign_keys:
        end = " || CHR(1)" if table.column(foreign.column).is_text else ""
        shown = ", ".join(dict.fromkeys(f"referring.{name}" for name in (*table.primary_key, foreign.column)))
        yield blocking(
            f"{foreign.column}_found",
            f"Every {foreign.column} is found in {foreign.references}.",
            f"SELECT {shown} FROM {audited} AS referring LEFT JOIN {foreign.references} AS referred "
            f"ON referred.{foreign.referenced_column}{end} = referring.{foreign.column}{end} "
            f"WHERE referring.{foreign.column} IS NOT NULL AND referred.{foreign.referenced_column} IS NULL",
        )


def as_json(rows: Sequence[Row]) -> str:
    """Return rows as JSON: masked, long texts cut, and no more rows than fit into a column of the warehouse."""
    shown = [
        {
            name: value if isinstance(value, int | float | None) else str(value)[:_TEXT_SHOWN]
            for name, value in row.items()
        }
        for row in map(masked, rows)
    ]
    while len((text := json.dumps(shown, ensure_ascii=False)).encode()) > _SAMPLE_BYTES:
        shown.pop()
    return text

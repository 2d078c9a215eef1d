"""The statements: Redshift's SQL translated so that PostgreSQL runs it with the same meaning, and what that takes.

What is not on the lists here is refused: the stand-in never guesses. How COPY loads is in `copy.py`.
"""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from sparkify_assets_tests.redshift.copy_statements import CopyStatement, parse_copy
from sparkify_assets_tests.redshift.plain import PLAIN
from sparkify_assets_tests.redshift.refusal import OTHER as OTHER
from sparkify_assets_tests.redshift.refusal import SYNTAX_ERROR
from sparkify_assets_tests.redshift.refusal import StatementRefused as StatementRefused
from sparkify_assets_tests.redshift.rules import refuse

# The error that refuses an unknown statement gives a better message than sqlglot's log.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

# What each new database starts with.
SYSTEM_OBJECTS = "".join((Path(__file__).parent / f"{name}.sql").read_text("utf-8") for name in ("system", "access"))


@dataclass(frozen=True)
class Statement:
    """A statement as a client sent it: its session, and its values as texts."""

    session: int
    sql: str
    values: tuple[str | None, ...]
    database: str


@dataclass(frozen=True)
class Translation:
    """What PostgreSQL has to run, or the COPY to run instead; whether the statement asks about the last COPY; and the
    tables that it names, with the one that it creates."""

    sql: str
    copy: CopyStatement | None = None
    asks_for_last_copy: bool = False
    tables: frozenset[str] = frozenset()
    creates: str = ""


@lru_cache(maxsize=10_000)
def translate(sql: str) -> Translation:
    """Translate a statement of Redshift's for PostgreSQL."""
    text = _LEADING_COMMENTS.sub("", sql).strip().rstrip(";").rstrip()
    if re.match(r"COPY\b", text, re.IGNORECASE):
        return Translation("", copy=parse_copy(text))
    for pattern, replacement in PLAIN:
        if pattern.fullmatch(text):
            return Translation(pattern.sub(replacement, text))
    _refuse_lone_backslashes(text)
    if re.search(r"\b(?:SYSDATE|CURRENT_TIMESTAMP)\b", text, re.IGNORECASE):
        raise StatementRefused("the stand-in knows no clock but GETDATE()")
    statement = _parse(text)
    tables = frozenset(table.name.lower() for table in statement.find_all(exp.Table))
    creates = statement.find(exp.Table) if isinstance(statement, exp.Create) and statement.kind == "TABLE" else None
    translated = _render(statement)
    return Translation(
        translated,
        asks_for_last_copy="PG_LAST_COPY_" in translated.upper(),
        tables=tables,
        creates=creates.name.lower() if creates else "",
    )


_LEADING_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+", re.DOTALL)


def _refuse_lone_backslashes(sql: str) -> None:
    # assumes: backslash_escapes_in_literals
    for text in re.findall(r"'(?:[^'\\]|''|\\.)*'", sql, re.DOTALL):
        if re.search(r"\\[^\\]", text.replace("\\\\", "")):
            raise StatementRefused(f"a single backslash in {text[:60]} escapes what follows it: write two of them")


def _parse(sql: str) -> exp.Expr:
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="redshift") if statement]
    except SqlglotError as error:
        raise StatementRefused(f"syntax error, as sqlglot reads Redshift: {error}", SYNTAX_ERROR) from error
    if len(statements) != 1:
        raise StatementRefused(f"cannot insert multiple commands into a prepared statement: {sql[:80]}", SYNTAX_ERROR)
    return statements[0]


def _render(statement: exp.Expr) -> str:
    refuse(statement)
    _refuse_unknown(statement)
    # Innermost first: sqlglot does not look again into what a rule has replaced.
    for node in reversed(list(statement.walk())):
        replaced = _translated(node)
        if replaced is not node:
            node.replace(replaced)
    if isinstance(statement, exp.Create):
        _define_table(statement)
    try:
        return statement.sql("postgres", unsupported_level=ErrorLevel.RAISE, comments=False)
    except SqlglotError as error:
        raise StatementRefused(f"PostgreSQL has no equivalent of this statement: {error}") from error


def _refuse_unknown(statement: exp.Expr) -> None:
    shown = statement.sql("redshift")[:80]
    if not isinstance(statement, _STATEMENTS) or (isinstance(statement, exp.Drop) and statement.kind != "TABLE"):
        raise StatementRefused(f"the stand-in for Redshift does not know this statement: {shown}")
    for node in statement.walk():
        name = type(node).__name__
        if _DIFFERENT.fullmatch(name) or (isinstance(node, exp.Func) and not _FUNCTIONS.fullmatch(name)):
            raise StatementRefused(f"the stand-in does not know {node.sql('redshift')[:80]}: see _FUNCTIONS")
        if isinstance(node, exp.Distinct) and node.args.get("on"):
            raise StatementRefused("Redshift does not know DISTINCT ON")
        if isinstance(node, exp.Anonymous) and not _NAMED_FUNCTIONS.fullmatch(node.name.upper()):
            raise StatementRefused(f"the stand-in does not know the function {node.name}: see _NAMED_FUNCTIONS")
        if isinstance(node, exp.Identifier) and node.name != node.name.lower():
            # Redshift folds quoted names as well; PostgreSQL does not.
            node.set("this", node.name.lower())
    tables = {table.name for table in statement.find_all(exp.Table)} - {
        cte.alias for cte in statement.find_all(exp.CTE)
    }
    if tables & _CATALOG and tables - _CATALOG:
        raise StatementRefused("Specified types or functions not supported on Redshift tables.")


# In these PostgreSQL does what Redshift does, without a rule.
# assumes: ddl_rolls_back, temporary_tables_are_the_sessions, failed_transaction_takes_no_statement
_STATEMENTS = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Comment)
# assumes: md5_is_hexadecimal, len_counts_characters, integer_division_truncates, text_order_is_bytewise
# assumes: windows_over_aggregates, lag_and_lead_give_null_at_the_ends, floor_of_a_double_is_whole, delete_joins
# assumes: posix_patterns_anchor_and_count, replace_replaces_everywhere, trim_removes_blanks_alone
# assumes: aggregates_compare_with_a_subquery, split_part_returns_the_first_part
# assumes: delete_compares_with_a_subquery, comments_are_read_by_obj_description
# By sqlglot's names: functions with the same meaning on both, or with a rule below.
_FUNCTIONS = re.compile(
    "Anonymous|And|Case|Cast|Chr|Coalesce|Count|CurrentDatabase|CurrentTimestamp|CurrentUser|Exists|Extract|Floor|If|Lag|"
    "Lead|Left|Length|Lower|MD5|Max|Min|Nullif|Nvl2|Or|Rank|RegexpLike|RegexpReplace|Replace|Right|RowNumber|SplitPart|"
    "Sum|TimestampTrunc|Trim|TsOrDsAdd|TsOrDsDiff|Upper"
)
_NAMED_FUNCTIONS = re.compile(
    "PG_(?:LAST_COPY_COUNT|LAST_COPY_ID|BACKEND_PID|CANCEL_BACKEND|TERMINATE_BACKEND)|IS_VALID_JSON|OBJ_DESCRIPTION"
)
# What has different meanings on the two, or is known to PostgreSQL alone.
_DIFFERENT = re.compile(
    "AtTimeZone|Collate|Command|Escape|Glob|ILike|Into|Lateral|Lock|OnConflict|Pivot|Returning|SimilarTo|"
    "TableSample|TryCast"
)
# assumes: system_catalog_apart_from_tables
_CATALOG = {"pg_class", "pg_namespace", "pg_attribute", "pg_description", "pg_tables", "pg_user"}


def _translated(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.TsOrDsAdd):
        return _moved_in_time(node)
    if isinstance(node, exp.CurrentTimestamp):
        return exp.Anonymous(this="GETDATE")
    if isinstance(node, exp.TimestampTrunc):
        return _truncated(node)
    if isinstance(node, exp.TsOrDsDiff) and node.text("unit").upper() != "DAY":
        # assumes: datediff_counts_days
        raise StatementRefused(f"the stand-in does not know DATEDIFF by {node.text('unit')}: it counts boundaries")
    if isinstance(node, exp.RegexpReplace):
        # assumes: regexp_replace_replaces_everywhere
        node.set("modifiers", exp.Literal.string("g"))
        return node
    if isinstance(node, exp.Extract):
        return _part_of_time(node)
    if isinstance(node, exp.Cast):
        return _cast(node)
    if isinstance(node, exp.Subquery) and not node.alias and isinstance(node.parent, exp.From | exp.Join):
        raise StatementRefused("subquery in FROM must have an alias", SYNTAX_ERROR)
    return node


def _moved_in_time(node: exp.TsOrDsAdd) -> exp.Expr:
    # assumes: dateadd_takes_integers
    unit = {"MS": "MILLISECOND"}.get(node.text("unit").upper(), node.text("unit").upper())
    if unit not in ("MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK"):
        raise StatementRefused(f"the stand-in does not know DATEADD by {unit}: the ends of months differ")
    interval = exp.Interval(this=exp.Literal.string("1"), unit=exp.var(unit))
    step = exp.Mul(this=exp.paren(node.expression.copy()), expression=interval)
    return exp.paren(exp.Add(this=exp.paren(node.this.copy()), expression=step))


def _truncated(node: exp.TimestampTrunc) -> exp.Expr:
    """Have DATE_TRUNC return a timestamp without a time zone; on PostgreSQL that of a date has one."""
    # assumes: weeks_are_truncated_to_monday
    if node.text("unit").upper() not in ("WEEK", "MONTH"):
        raise StatementRefused(f"the stand-in does not know DATE_TRUNC by {node.text('unit')}")
    node.set("this", exp.cast(node.this.copy(), "timestamp"))
    return node


def _part_of_time(node: exp.Extract) -> exp.Expr:
    """Have EXTRACT return an integer, as on Redshift; on PostgreSQL it is a numeric."""
    # assumes: extract_counts_sunday_as_zero
    if node.name.upper() not in ("HOUR", "DAY", "WEEK", "MONTH", "YEAR", "DOW", "MINUTE"):
        raise StatementRefused(f"the stand-in does not know EXTRACT({node.name} FROM ...)")
    return exp.cast(node.copy(), "int")


def _cast(node: exp.Cast) -> exp.Expr:
    if node.is_type("varchar") and not node.to.expressions:
        # assumes: varchar_without_length_is_256
        return exp.cast(node.this.copy(), "varchar(256)")
    if not node.is_type("date", "timestamp", "int", "bigint", "double", "boolean"):
        raise StatementRefused(f"the stand-in does not know a cast to {node.to.sql('redshift')}: it may cut text")
    return node


def _define_table(statement: exp.Create) -> None:
    """Keep of CREATE TABLE what both know, and add checks that count bytes."""
    if statement.kind == "SCHEMA":
        return
    schema = statement.this
    if statement.kind != "TABLE" or not isinstance(schema, exp.Schema) or statement.expression:
        raise StatementRefused(f"the stand-in does not know this CREATE: {statement.sql('redshift')[:80]}")
    if properties := statement.args.get("properties"):
        kept = [each for each in properties.expressions if not isinstance(each, _PHYSICAL)]
        if any(not isinstance(each, exp.TemporaryProperty) for each in kept):
            raise StatementRefused(f"the stand-in does not know a property of {statement.sql('redshift')[:80]}")
        properties.set("expressions", kept)
    # assumes: keys_not_enforced
    columns = [part for part in schema.expressions if not isinstance(part, exp.PrimaryKey | exp.ForeignKey)]
    if strange := [part for part in columns if not isinstance(part, exp.ColumnDef)]:
        raise StatementRefused(f"the stand-in does not know {strange[0].sql('redshift')[:80]} in a table")
    fitting = [_define_column(column) for column in columns]
    checks = [check for check in fitting if check]
    schema.set("expressions", columns)
    if checks:
        schema.append("expressions", exp.Var(this=f"CHECK ({' AND '.join(checks)})"))


_PHYSICAL = (exp.DistKeyProperty, exp.DistStyleProperty, exp.SortKeyProperty)
_TYPES = ("VARCHAR", "CHAR", "INT", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN")


def _define_column(column: exp.ColumnDef) -> str | None:
    """Keep of a column what both know, and return the condition that its text is not too long."""
    kind = column.args["kind"]
    if kind.this.value not in _TYPES or (kind.is_type("varchar", "char") and not kind.expressions):
        raise StatementRefused(f"the stand-in does not know a column of {kind.sql('redshift')}")
    # assumes: not_null_enforced
    constraints = [each for each in column.constraints if not isinstance(each.kind, exp.EncodeColumnConstraint)]
    if strange := [each for each in constraints if not isinstance(each.kind, exp.NotNullColumnConstraint)]:
        raise StatementRefused(f"the stand-in does not know {strange[0].sql('redshift')} of a column")
    column.set("constraints", constraints)
    if not kind.expressions:
        return None
    # assumes: varchar_counts_bytes
    size = kind.expressions[0].name
    return f"CASE WHEN octet_length({column.this.sql('postgres')}) > {size} THEN too_long({size}) ELSE TRUE END"

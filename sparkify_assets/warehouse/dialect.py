"""From Redshift's dialect to DuckDB's: what sqlglot does by itself, and the rules that it lacks.

A statement that cannot be translated faithfully is an error, never passed through. If a query needs a new rule, first
see whether the query can be written another way.
"""

import logging
from collections.abc import Callable
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError


class TranslationError(ValueError):
    """A statement that is not Redshift's, or that DuckDB cannot run as Redshift would."""


# What it logs about a statement it does not understand is said better by the rule that refuses it.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

Rule = Callable[[exp.Expr], exp.Expr]


@cache
def translate(sql: str) -> str:
    """A statement of Redshift's dialect as DuckDB runs it; named parameters keep their names."""
    return render(parse(sql))


def parse(sql: str) -> exp.Expr:
    """One statement of Redshift's dialect."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="redshift") if statement]
    except SqlglotError as error:
        raise TranslationError(f"this is not a statement of Redshift's dialect: {_one_line(error)}") from error
    if len(statements) != 1:
        raise TranslationError(f"{len(statements)} statements were given: expected one")
    return statements[0]


def render(statement: exp.Expr) -> str:
    """A parsed statement as DuckDB runs it."""
    statement = statement.copy()
    for rule in RULES:
        statement = statement.transform(rule)
    try:
        return statement.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise TranslationError(f"DuckDB has no like of this statement: {_one_line(error)}") from error


def _one_line(error: SqlglotError) -> str:
    """The error without the terminal codes and line ends that sqlglot writes around the place."""
    return " ".join(str(error).replace("\033[4m", "").replace("\033[0m", "").split())


def refuse_unknown_statements(node: exp.Expr) -> exp.Expr:
    """What sqlglot does not understand it hands through as it is; here that is an error."""
    if isinstance(node, exp.Command):
        raise TranslationError(f"this statement is not understood: {node.sql('redshift')[:80]}")
    return node


def drop_physical_design(node: exp.Expr) -> exp.Expr:
    """DuckDB knows neither distribution nor sort keys nor encodings."""
    if isinstance(node, exp.Properties):
        node.set("expressions", [p for p in node.expressions if not isinstance(p, _PHYSICAL)])
    if isinstance(node, exp.ColumnDef):
        node.set("constraints", [c for c in node.constraints if not isinstance(c.kind, exp.EncodeColumnConstraint)])
    return node


_PHYSICAL = (exp.DistKeyProperty, exp.DistStyleProperty, exp.SortKeyProperty)


def drop_promises(node: exp.Expr) -> exp.Expr:
    """Keys and NOT NULL are audited, not enforced: an audit names the rows, and Redshift enforces no key either."""
    if isinstance(node, exp.Schema):
        node.set("expressions", [part for part in node.expressions if not isinstance(part, _KEYS)])
    if isinstance(node, exp.ColumnDef):
        node.set("constraints", [c for c in node.constraints if not isinstance(c.kind, _PROMISES)])
    return node


_KEYS = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
_PROMISES = (exp.NotNullColumnConstraint, exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint, exp.Reference)


def utc_now(node: exp.Expr) -> exp.Expr:
    """GETDATE() and SYSDATE are a TIMESTAMP in UTC, not one with a time zone."""
    if isinstance(node, exp.CurrentTimestamp) and not isinstance(node.parent, exp.AtTimeZone):
        return exp.cast(exp.AtTimeZone(this=exp.CurrentTimestamp(), zone=exp.Literal.string("UTC")), "timestamp")
    return node


def concat_with_null(node: exp.Expr) -> exp.Expr:
    """CONCAT with a null is null on Redshift; DuckDB leaves the null out."""
    if isinstance(node, exp.Concat):
        first, *rest = node.expressions
        for part in rest:
            first = exp.DPipe(this=first, expression=part, safe=False)
        return exp.paren(first)
    return node


def replace_all_matches(node: exp.Expr) -> exp.Expr:
    """REGEXP_REPLACE replaces every match on Redshift; DuckDB only the first, unless told."""
    if isinstance(node, exp.RegexpReplace) and not node.args.get("modifiers"):
        node.set("modifiers", exp.Literal.string("g"))
    return node


def sunday_is_zero(node: exp.Expr) -> exp.Expr:
    """Redshift's DOW, WEEKDAY and DAYOFWEEK all begin with 0 on Sunday."""
    if isinstance(node, exp.Extract) and node.name.upper() in ("DOW", "WEEKDAY", "DAYOFWEEK", "DW"):
        node.set("this", exp.var("DOW"))
    return node


def truncate_to_day(node: exp.Expr) -> exp.Expr:
    """TRUNC(x) is a number's whole part or a timestamp's day on Redshift; DuckDB only knows the first."""
    if isinstance(node, exp.Trunc) and not node.args.get("decimals"):
        raise TranslationError("TRUNC(x) means a number or a day: write CAST(x AS DATE) or TRUNC(x, 0)")
    return node


def refuse_cutting_casts(node: exp.Expr) -> exp.Expr:
    """A cast to VARCHAR(n) cuts at n bytes on Redshift; DuckDB would not cut at all."""
    if isinstance(node, exp.Cast) and node.to.is_type("varchar", "char") and node.to.expressions:
        raise TranslationError(f"{node.sql('redshift')} cuts: write LEFT(x, n), or a cast to VARCHAR")
    return node


RULES: tuple[Rule, ...] = (
    refuse_unknown_statements,
    drop_physical_design,
    drop_promises,
    utc_now,
    concat_with_null,
    replace_all_matches,
    sunday_is_zero,
    truncate_to_day,
    refuse_cutting_casts,
)


@cache
def parameters(sql: str) -> tuple[str, ...]:
    """The names of a statement's parameters."""
    return tuple(sorted({placeholder.name for placeholder in parse(sql).find_all(exp.Placeholder)}))

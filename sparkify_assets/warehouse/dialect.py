"""From Redshift's dialect to DuckDB's: what sqlglot does by itself, and the rules that it lacks.

A statement that cannot be translated faithfully is an error, never passed through. If a query needs a new rule, first
see whether the query can be written another way.
"""

import logging
import re
from collections.abc import Callable
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from sparkify_assets.errors import TranslationError

# What it logs about a statement it does not understand is said better by the rule that refuses it.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

Rule = Callable[[exp.Expr], exp.Expr]


@cache
def translate(sql: str) -> str:
    """A statement of Redshift's dialect as DuckDB runs it; named parameters keep their names."""
    statement = _apply(RULES, parse(sql))
    try:
        return statement.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise TranslationError(f"DuckDB has no like of this statement: {_one_line(error)}") from error
    except RecursionError as error:
        raise TranslationError("the statement is nested too deeply to be written: use fewer brackets") from error


def parse(sql: str) -> exp.Expr:
    """One statement of Redshift's dialect."""
    try:
        parsed = sqlglot.parse(sql, read="redshift")
    except SqlglotError as error:
        raise TranslationError(f"this is not a statement of Redshift's dialect: {_one_line(error)}") from error
    except RecursionError as error:
        raise TranslationError("the statement is nested too deeply to be read: write it with fewer brackets") from error
    # A comment after the last semicolon is none.
    statements = [statement for statement in parsed if statement and not isinstance(statement, exp.Semicolon)]
    if len(statements) != 1:
        raise TranslationError(f"{len(statements)} statements were given: expected one")
    return statements[0]


def parse_question(sql: str) -> exp.Query:
    """One SELECT of Redshift's dialect; anything that could change the warehouse is refused."""
    statement = parse(sql)
    changing = statement.find(*_CHANGES)
    if changing or not isinstance(statement, exp.Query):
        raise TranslationError(
            f"the statement is {_kind(changing or statement)}: expected one SELECT; only `sparkify load` changes data"
        )
    return statement


_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Command, exp.Into)


def _kind(statement: exp.Expr) -> str:
    return str(statement.this).upper() if isinstance(statement, exp.Command) else statement.key.upper()


def _apply(rules: tuple[Rule, ...], statement: exp.Expr) -> exp.Expr:
    """Each rule on each node, innermost first: sqlglot's own transform never looks into what a rule has replaced."""
    for node in reversed(list(statement.walk())):
        replaced = node
        for rule in rules:
            replaced = rule(replaced)
        if node is statement:
            statement = replaced
        elif replaced is not node:
            node.replace(replaced)
    return statement


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


@cache
def without_promises(sql: str) -> str:
    """A statement for Redshift, its keys and NOT NULL left out. Its planner trusts keys, also those that do not hold:
    the audit that looks for two rows of one key would be answered that there are none."""
    return _apply((drop_promises,), parse(sql)).sql("redshift")


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
    if isinstance(node, exp.RegexpReplace):
        modifiers = node.args.get("modifiers")
        node.set("modifiers", exp.Literal.string("g" + (modifiers.name if modifiers else "")))
    return node


def average_of_integers(node: exp.Expr) -> exp.Expr:
    """AVG of integers is an integer on Redshift; DuckDB's is a double. Division gives both what their type gives."""
    average = node.this if isinstance(node, exp.Window) else node
    if not isinstance(average, exp.Avg) or (node is average and isinstance(node.parent, exp.Window)):
        return node
    parts: list[exp.Expr] = [function(this=average.this.copy()) for function in (exp.Sum, exp.Count)]
    if isinstance(node, exp.Window):
        over, parts = parts, [node.copy(), node.copy()]
        for window, function in zip(parts, over, strict=True):
            window.set("this", function)
    return exp.paren(exp.Div(this=parts[0], expression=exp.func("NULLIF", parts[1], exp.Literal.number(0))))


def decimal_without_places(node: exp.Expr) -> exp.Expr:
    """DECIMAL is DECIMAL(18, 0) on Redshift, DECIMAL(18, 3) on DuckDB."""
    if isinstance(node, exp.DataType) and node.is_type("decimal") and not node.expressions:
        return exp.DataType.build("DECIMAL(18, 0)")
    return node


def escape_in_like(node: exp.Expr) -> exp.Expr:
    r"""In a pattern of LIKE, \ takes the next character as it is; DuckDB has to be told."""
    if isinstance(node, exp.Like | exp.ILike) and not isinstance(node.parent, exp.Escape):
        pattern = node.expression
        if not isinstance(pattern, exp.Literal) or "\\" in pattern.name:
            return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))
    return node


def nothing_between_listed(node: exp.Expr) -> exp.Expr:
    """LISTAGG puts nothing between the values unless told; sqlglot would put a comma."""
    if isinstance(node, exp.GroupConcat) and not node.args.get("separator"):
        node.set("separator", exp.Literal.string(""))
    return node


def truncate_to_timestamp(node: exp.Expr) -> exp.Expr:
    """DATE_TRUNC gives a timestamp on Redshift; DuckDB's of a date is a date."""
    if isinstance(node, exp.TimestampTrunc):
        node.set("this", exp.cast(node.this.copy(), "timestamp"))
    return node


def refuse_what_differs(node: exp.Expr) -> exp.Expr:
    """What both engines understand, each in its own way."""
    for differs, remedy in _DIFFERENT:
        if differs(node):
            raise TranslationError(f"{node.sql('redshift')[:80]} has another meaning on DuckDB: {remedy}")
    return node


def _cuts(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Cast):
        return False
    return node.to.is_type("char", "nchar", "bpchar") or (
        node.to.is_type("varchar", "nvarchar") and bool(node.to.expressions)
    )


def _has_format_of_its_own(node: exp.Expr) -> bool:
    """Whether a date format holds more than numbers: sqlglot leaves what it does not know in it, as text."""
    if not isinstance(node, exp.TimeToStr | exp.StrToTime | exp.StrToDate):
        return False
    format_ = node.args["format"]
    return not isinstance(format_, exp.Literal) or not re.fullmatch(r"(?:%[YymdHIMSjV]|[^%A-Za-z])*", format_.name)


_SECONDS = re.compile(r"EPOCH|(?:M|U|MILLI|MICRO)?S(?:EC(?:OND?)?S?)?", re.IGNORECASE)
_DIFFERENT: tuple[tuple[Callable[[exp.Expr], bool], str], ...] = (
    (
        lambda node: isinstance(node, exp.Trunc) and not node.args.get("decimals"),
        "write CAST(x AS DATE) for a day, or TRUNC(x, 0) for a number",
    ),
    (_cuts, "write LEFT(x, n), or a cast to VARCHAR"),
    (_has_format_of_its_own, "write a format of YYYY, MM, DD, HH24, MI, SS, DDD and IW"),
    (lambda node: isinstance(node, exp.SimilarTo), "write LIKE, or ~ with a regular expression"),
    (
        lambda node: isinstance(node, exp.Extract) and bool(_SECONDS.fullmatch(node.name)),
        "EXTRACT and DATE_PART disagree on seconds and what is smaller: write DATEDIFF(ms, from, to)",
    ),
    (
        lambda node: isinstance(node, exp.Substring) and isinstance(node.args.get("start"), exp.Neg),
        "write RIGHT(x, n)",
    ),
    (
        lambda node: isinstance(node, exp.RegexpReplace) and bool(re.search(r"[$\\]", node.text("replacement"))),
        "a replacement has to be plain text",
    ),
    (
        lambda node: isinstance(node, exp.GroupConcat) and isinstance(node.this, exp.Distinct),
        "list the values of a subquery that holds each once",
    ),
    (lambda node: isinstance(node, exp.ParseJSON), "write JSON_EXTRACT_PATH_TEXT(text, key)"),
    (
        lambda node: isinstance(node, exp.Distinct) and node.args.get("on") is not None,
        "write QUALIFY ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...) = 1",
    ),
)


RULES: tuple[Rule, ...] = (
    refuse_unknown_statements,
    refuse_what_differs,
    drop_physical_design,
    drop_promises,
    utc_now,
    concat_with_null,
    replace_all_matches,
    average_of_integers,
    decimal_without_places,
    escape_in_like,
    nothing_between_listed,
    truncate_to_timestamp,
)


@cache
def parameters(sql: str) -> tuple[str, ...]:
    """The names of a statement's parameters."""
    return tuple(sorted({placeholder.name for placeholder in parse(sql).find_all(exp.Placeholder)}))

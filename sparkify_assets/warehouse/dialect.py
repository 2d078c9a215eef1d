"""Translation from Redshift's dialect to DuckDB's: sqlglot does most of it, and the rules here do the rest.

A statement that cannot be translated faithfully is an error; it is never passed through. If a query needs a new rule,
first try to write the query another way.
"""

import logging
import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from sparkify_assets.errors import TranslationError

# The rule that refuses an unknown statement gives a better message than sqlglot's log.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

Rule = Callable[[exp.Expr], exp.Expr]


def translate(sql: str) -> str:
    """Return a statement of Redshift's dialect as DuckDB runs it; named parameters keep their names."""
    statement = _apply(_without((*_PHYSICAL, *_PROMISES), parse(sql)))
    try:
        return statement.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise TranslationError(f"DuckDB has no equivalent of this statement: {_one_line(error)}") from error
    except RecursionError as error:
        raise TranslationError("the statement is nested too deeply to be written: use fewer brackets") from error


# How sqlglot describes what it cannot read.
_INCOMPLETE = re.compile(r"Required keyword: ")
_EXPECTED = re.compile(r"Expect(?:ed|ing) (.+?)(?: but got .*)?$")


def parse(sql: str) -> exp.Expr:
    """Parse one statement of Redshift's dialect."""
    try:
        parsed = sqlglot.parse(sql, read="redshift")
    except SqlglotError as error:
        raise TranslationError(f"this is not a statement of Redshift's dialect: {_explained(error)}") from error
    except RecursionError as error:
        raise TranslationError("the statement is nested too deeply to be read: write it with fewer brackets") from error
    # A comment after the last semicolon is not a statement.
    statements = [statement for statement in parsed if statement and not isinstance(statement, exp.Semicolon)]
    if len(statements) != 1:
        raise TranslationError(f"{len(statements)} statements were given: expected one")
    return statements[0]


def _apply(statement: exp.Expr) -> exp.Expr:
    """Apply each rule to each node, innermost first. sqlglot's own transform skips what a rule has replaced."""
    for node in reversed(list(statement.walk())):
        replaced = node
        for rule in RULES:
            replaced = rule(replaced)
        if node is statement:
            statement = replaced
        elif replaced is not node:
            node.replace(replaced)
    return statement


def _explained(error: SqlglotError) -> str:
    """Return where a statement cannot be read, and why. sqlglot's own message names its classes."""
    found = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    if not found.get("line"):
        return _one_line(error)
    at, description = str(found.get("highlight") or ""), str(found["description"])
    if _INCOMPLETE.match(description):
        what = f"something is missing at {at!r}"
    elif expected := _EXPECTED.match(description):
        what = f"expected {expected[1]} at {at!r}"
    else:
        what = f"{at!r} is not expected here"
    # sqlglot counts to the end of the word.
    return f"line {found['line']}, column {found['col'] - max(len(at) - 1, 0)}: {what}"


def _one_line(error: SqlglotError) -> str:
    """Return the error without the terminal codes and line ends with which sqlglot highlights the place."""
    return " ".join(str(error).replace("\033[4m", "").replace("\033[0m", "").split())


def refuse_unknown_statements(node: exp.Expr) -> exp.Expr:
    """Refuse what sqlglot does not understand and would pass through unchanged."""
    if isinstance(node, exp.Command):
        raise TranslationError(f"this statement is not understood: {node.sql('redshift')[:80]}")
    return node


def without_promises(sql: str) -> str:
    """Return a statement for Redshift without its keys and NOT NULL. Redshift's planner trusts keys even if they do not
    hold: it would tell an audit that no two rows share a key."""
    return _without(_PROMISES, parse(sql)).sql("redshift")


def _without(kinds: tuple[type[exp.Expr], ...], statement: exp.Expr) -> exp.Expr:
    """Drop these parts of a CREATE TABLE."""
    for part in list(statement.find_all(*kinds)):
        (part.parent if isinstance(part.parent, exp.ColumnConstraint) else part).pop()
    return statement


# DuckDB has no distribution keys, sort keys and encodings.
_PHYSICAL = (exp.DistKeyProperty, exp.DistStyleProperty, exp.SortKeyProperty, exp.EncodeColumnConstraint)
# Audits check keys and NOT NULL instead and name the rows; Redshift enforces no key either.
_PROMISES = (
    *(exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint),
    *(exp.NotNullColumnConstraint, exp.PrimaryKeyColumnConstraint, exp.Reference),
)


def utc_now(node: exp.Expr) -> exp.Expr:
    """Make GETDATE() and SYSDATE a TIMESTAMP in UTC, as on Redshift, not one with a time zone."""
    if isinstance(node, exp.CurrentTimestamp) and not isinstance(node.parent, exp.AtTimeZone):
        return exp.cast(exp.AtTimeZone(this=exp.CurrentTimestamp(), zone=exp.Literal.string("UTC")), "timestamp")
    return node


def concat_with_null(node: exp.Expr) -> exp.Expr:
    """Write CONCAT as `||`: with a null it is null on Redshift, while DuckDB's CONCAT leaves the null out."""
    if isinstance(node, exp.Concat):
        first, *rest = node.expressions
        for part in rest:
            first = exp.DPipe(this=first, expression=part, safe=False)
        return exp.paren(first)
    return node


def replace_all_matches(node: exp.Expr) -> exp.Expr:
    """Have REGEXP_REPLACE replace every match, as on Redshift; DuckDB replaces only the first without this flag."""
    if isinstance(node, exp.RegexpReplace):
        modifiers = node.args.get("modifiers")
        node.set("modifiers", exp.Literal.string("g" + (modifiers.name if modifiers else "")))
    return node


def average_of_integers(node: exp.Expr) -> exp.Expr:
    """Write AVG as SUM / COUNT: of integers AVG is an integer on Redshift and a double on DuckDB; of both, division
    returns what Redshift does."""
    average = node.this if isinstance(node, exp.Window) else node
    if not isinstance(average, exp.Avg) or (node is average and isinstance(node.parent, exp.Window)):
        return node

    def instead(function: type[exp.AggFunc]) -> exp.Expr:
        """Put a function in the place of AVG, over the same window if there is one."""
        return node.transform(lambda part: function(this=part.this) if isinstance(part, exp.Avg) else part)

    count = exp.func("NULLIF", instead(exp.Count), exp.Literal.number(0))
    return exp.paren(exp.Div(this=instead(exp.Sum), expression=count))


def decimal_without_places(node: exp.Expr) -> exp.Expr:
    """Write DECIMAL as DECIMAL(18, 0), which it is on Redshift; on DuckDB it is DECIMAL(18, 3)."""
    if isinstance(node, exp.DataType) and node.is_type("decimal") and not node.expressions:
        return exp.DataType.build("DECIMAL(18, 0)")
    return node


def escape_in_like(node: exp.Expr) -> exp.Expr:
    r"""Declare \ as the escape character of LIKE, which it is on Redshift; DuckDB has none by default."""
    if isinstance(node, exp.Like | exp.ILike) and not isinstance(node.parent, exp.Escape):
        pattern = node.expression
        if not isinstance(pattern, exp.Literal) or "\\" in pattern.name:
            return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))
    return node


def trim_blanks_alone(node: exp.Expr) -> exp.Expr:
    """Have TRIM without characters remove blanks, as on Redshift; DuckDB removes every kind of Unicode's spaces."""
    if isinstance(node, exp.Trim) and not node.expression:
        node.set("expression", exp.Literal.string(" "))
    return node


def nothing_between_listed(node: exp.Expr) -> exp.Expr:
    """Have LISTAGG without a separator put nothing between the values; sqlglot would put a comma."""
    if isinstance(node, exp.GroupConcat) and not node.args.get("separator"):
        node.set("separator", exp.Literal.string(""))
    return node


def refuse_what_differs(node: exp.Expr) -> exp.Expr:
    """Refuse what both engines accept with different meanings, and say what to write instead."""
    for kind, differs, remedy in _DIFFERENT:
        if isinstance(node, kind) and differs(node):
            raise TranslationError(f"{node.sql('redshift')[:80]} has another meaning on DuckDB: {remedy}")
    return node


def _cuts(cast: exp.Expr) -> bool:
    """Return whether a cast may shorten its text: a cast to CHAR, or to VARCHAR with a length."""
    type_ = cast.args["to"]
    return bool(
        type_.is_type("char", "nchar", "bpchar") or (type_.is_type("varchar", "nvarchar") and type_.expressions)
    )


def _has_unknown_format(node: exp.Expr) -> bool:
    """Return whether a date format holds more than numbers: sqlglot keeps unknown parts of a format as text."""
    format_ = node.args["format"]
    return not isinstance(format_, exp.Literal) or not re.fullmatch(r"(?:%[YymdHIMSjV]|[^%A-Za-z])*", format_.name)


def _always(node: exp.Expr) -> bool:
    return True


_SECONDS = re.compile(r"EPOCH|(?:M|U|MILLI|MICRO)?S(?:EC(?:OND?)?S?)?", re.IGNORECASE)
_Kinds = type[exp.Expr] | tuple[type[exp.Expr], ...]
_DIFFERENT: tuple[tuple[_Kinds, Callable[[exp.Expr], object], str], ...] = (
    (exp.Trunc, lambda n: not n.args.get("decimals"), "write CAST(x AS DATE) for a day, or TRUNC(x, 0) for a number"),
    (exp.Cast, _cuts, "write LEFT(x, n), or a cast to VARCHAR"),
    (
        (exp.TimeToStr, exp.StrToTime, exp.StrToDate),
        _has_unknown_format,
        "write a format of YYYY, MM, DD, HH24, MI, SS, DDD and IW",
    ),
    (exp.SimilarTo, _always, "write LIKE, or ~ with a regular expression"),
    (
        exp.Extract,
        lambda n: _SECONDS.fullmatch(n.name),
        "EXTRACT and DATE_PART differ for seconds and smaller units: write DATEDIFF(ms, from, to)",
    ),
    (exp.Substring, lambda n: isinstance(n.args.get("start"), exp.Neg), "write RIGHT(x, n)"),
    (exp.RegexpReplace, lambda n: re.search(r"[$\\]", n.text("replacement")), "a replacement has to be plain text"),
    (exp.GroupConcat, lambda n: isinstance(n.this, exp.Distinct), "list the values of a subquery with SELECT DISTINCT"),
    (exp.ParseJSON, _always, "write JSON_EXTRACT_PATH_TEXT(text, key)"),
    (
        exp.Distinct,
        lambda n: n.args.get("on"),
        "write QUALIFY ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...) = 1",
    ),
)


RULES: tuple[Rule, ...] = (
    refuse_unknown_statements,
    refuse_what_differs,
    utc_now,
    concat_with_null,
    replace_all_matches,
    average_of_integers,
    decimal_without_places,
    escape_in_like,
    trim_blanks_alone,
    nothing_between_listed,
)

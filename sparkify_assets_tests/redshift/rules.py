"""What AWS refuses of statements that parse: each rule with the address where that is written.

A rule takes a parsed statement and returns what is wrong with it. What only the stand-in does not know is refused in
`statements.py`; what depends on the session (roles, prepared statements) in `proxy.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from sparkify_assets_tests.redshift.refusal import NOT_SUPPORTED, StatementRefused

_GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"
_MOST_DIGITS = 38


@dataclass(frozen=True)
class Rule:
    """What is refused: where that is written, how it is found, and a statement of which it is true."""

    what: str
    address: str
    find: Callable[[exp.Expr], bool]
    example: str


def refuse(statement: exp.Expr) -> None:
    """Raise an error if a rule refuses the statement."""
    for rule in RULES:
        if rule.find(statement):
            raise StatementRefused(f"{rule.what}: {rule.address}", NOT_SUPPORTED)


def _has_long_number(statement: exp.Expr) -> bool:
    numbers = (Decimal(literal.name) for literal in statement.find_all(exp.Literal) if not literal.is_string)
    return any(max(number.adjusted() + 1, -int(number.as_tuple().exponent)) > _MOST_DIGITS for number in numbers)


def _has_reserved_name(statement: exp.Expr) -> bool:
    reserved = set(_RESERVED.split())
    # Examples of AWS select c.oid from PG_CLASS: after a dot there is no doubt.
    names = (
        name
        for name in statement.find_all(exp.Identifier)
        if not (isinstance(name.parent, exp.Column) and name.parent.table)
    )
    return any(not name.quoted and name.name.upper() in reserved for name in names)


def _joins_target_unequally(statement: exp.Expr) -> bool:
    """Whether UPDATE FROM or DELETE USING has no equality between the target alone and another table."""
    others = _other_tables(statement)
    if not others:
        return False
    target = statement.this.alias_or_name
    where = statement.args.get("where")
    return not any(
        isinstance(part, exp.EQ) and _is_of_both(part, target, others)
        for part in _conjuncts(where.this if where else exp.true())
    )


def _other_tables(statement: exp.Expr) -> set[str]:
    if isinstance(statement, exp.Update):
        source = statement.args.get("from_") or statement.args.get("from")
        return {source.this.alias_or_name} if source else set()
    if isinstance(statement, exp.Delete):
        return {each.alias_or_name for each in statement.args.get("using") or ()}
    return set()


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And | exp.Paren):
        for part in (condition.this, condition.args.get("expression")):
            if part is not None:
                yield from _conjuncts(part)
    else:
        yield condition


def _is_of_both(equality: exp.EQ, target: str, others: set[str]) -> bool:
    sides = [{column.table or target for column in side.find_all(exp.Column)} for side in equality.unnest_operands()]
    return any(one == {target} and two and two <= others for one, two in (sides, sides[::-1]))


def _outer_names(subquery: exp.Expr) -> set[str]:
    """The tables of outer queries that a subquery's columns name."""
    own = {table.alias_or_name for table in subquery.find_all(exp.Table, exp.Subquery)}
    return {column.table for column in subquery.find_all(exp.Column) if column.table} - own


def _subqueries(statement: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs in conditions and lists of columns: those in FROM cannot name outer tables."""
    for select in statement.find_all(exp.Select):
        parent = select.parent
        if isinstance(parent, exp.Subquery):
            parent = parent.parent
        if isinstance(
            parent, exp.Exists | exp.In | exp.Predicate | exp.Not | exp.Alias | exp.Select | exp.Any | exp.All
        ):
            yield select


def _skips_a_level(statement: exp.Expr) -> bool:
    for inner in _subqueries(statement):
        outer = inner.find_ancestor(exp.Select)
        if outer is not None and _outer_names(inner):
            nearest = {table.alias_or_name for table in outer.find_all(exp.Table, exp.Subquery)}
            if _outer_names(inner) - nearest:
                return True
    return False


def _is_correlated_in_outer_join(statement: exp.Expr) -> bool:
    return any(
        _outer_names(inner)
        for join in statement.find_all(exp.Join)
        if join.side and join.args.get("on")
        for inner in join.args["on"].find_all(exp.Select)
    )


def _is_correlated_with_window(statement: exp.Expr) -> bool:
    return any(inner.find(exp.Window) and _outer_names(inner) for inner in _subqueries(statement))


def _groups_by_correlated(statement: exp.Expr) -> bool:
    for select in statement.find_all(exp.Select):
        correlated = {
            column.alias
            for column in select.expressions
            if (inner := column.find(exp.Select)) is not None and _outer_names(inner)
        }
        group = select.args.get("group")
        if group and correlated & {each.name for each in group.expressions}:
            return True
    return False


def _names_leader_function(statement: exp.Expr) -> bool:
    names = {call.sql_name().upper() for call in statement.find_all(exp.Func)}
    names |= {call.name.upper() for call in statement.find_all(exp.Anonymous)}
    return not names.isdisjoint(_OF_THE_LEADER.split()) and statement.find(exp.Table) is not None


_OF_THE_LEADER = """
CURRENT_SCHEMA CURRENT_SCHEMAS HAS_DATABASE_PRIVILEGE HAS_SCHEMA_PRIVILEGE HAS_TABLE_PRIVILEGE AGE CURRENT_TIME
LOCALTIME ISFINITE NOW GETBIT GET_BYTE SET_BIT SET_BYTE TO_ASCII
"""
_RESERVED = """
AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64 BACKUP BETWEEN BINARY
BLANKSASNULL BOTH BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CREDENTIALS CROSS CURRENT_DATE
CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG DELTA DELTA32K DESC
DISABLE DISTINCT DO ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION END EXCEPT EXPLICIT FALSE FOR FOREIGN FREEZE
FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE IN INITIALLY INNER INTERSECT
INTERVAL INTO IS ISNULL JOIN LANGUAGE LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LUN LUNS LZO LZOP MINUS
MOSTLY13 MOSTLY32 MOSTLY8 NATURAL NEW NOT NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD ON ONLY OPEN OR ORDER OUTER
OVERLAPS PARALLEL PARTITION PERCENT PERMISSIONS PLACING PRIMARY RAW READRATIO RECOVER REFERENCES REJECTLOG RESORT
RESPECT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE SYSTEM TABLE TAG TDES TEXT255 TEXT32K THEN
TIMESTAMP TO TOP TRAILING TRUE TRUNCATECOLUMNS UNION UNIQUE USER USING VERBOSE WALLET WHEN WHERE WITH WITHOUT
"""
_CORRELATED = f"{_GUIDE}r_correlated_subqueries.html"

RULES = (
    Rule(
        "a number without quotes is a decimal, which has 38 digits at most",
        f"{_GUIDE}r_numeric_literals201.html",
        _has_long_number,
        "SELECT n FROM t WHERE n < 1.7976931348623157E308",
    ),
    Rule(
        "a reserved word is a name only in quotes",
        f"{_GUIDE}r_pg_keywords.html",
        _has_reserved_name,
        "SELECT n AS tag FROM t",
    ),
    Rule(
        "Target table must be part of an equijoin predicate",
        "https://github.com/airbytehq/airbyte/issues/83304",
        _joins_target_unequally,
        "UPDATE t SET n = 1 FROM u WHERE t.n >= u.n",
    ),
    Rule(
        "a correlated subquery skips a level",
        _CORRELATED,
        _skips_a_level,
        "SELECT n FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE NOT EXISTS (SELECT 1 FROM v WHERE v.n = t.n))",
    ),
    Rule(
        "a correlated subquery is part of an outer join's condition",
        _CORRELATED,
        _is_correlated_in_outer_join,
        "SELECT t.n FROM t LEFT JOIN u ON t.n = u.n AND u.m = (SELECT MAX(v.m) FROM v WHERE v.n = u.n)",
    ),
    Rule(
        "a correlated subquery has a window function",
        _CORRELATED,
        _is_correlated_with_window,
        "SELECT n FROM t WHERE n NOT IN (SELECT SUM(u.m) OVER () FROM u WHERE u.n = t.n)",
    ),
    Rule(
        "a query is grouped by what a correlated subquery returns",
        _CORRELATED,
        _groups_by_correlated,
        "SELECT t.n, (SELECT COUNT(u.n) FROM u WHERE u.n = t.n) AS found FROM t GROUP BY found, t.n",
    ),
    Rule(
        "a function of the leader node stands beside a table",
        f"{_GUIDE}c_SQL_functions_leader_node_only.html",
        _names_leader_function,
        "SELECT n FROM t WHERE HAS_TABLE_PRIVILEGE('t', 'select')",
    ),
)

"""Of what the platform's statements consist, and where AWS documents each part: the table in `docs/redshift.md`.

A part without an address is assumed; a row of `assumptions.py` is named in its place, and so is the live test that
settles it. Which statements there are is in `sent.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp

from sparkify_assets_tests.redshift.assumptions import ASSUMPTIONS

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Sent:
    """A statement that the platform sends, and what it is called."""

    name: str
    sql: str


@cache
def constructs_of(sql: str) -> frozenset[str]:
    """Return the parts of a statement, as the table names them."""
    for word, name in _BY_THEIR_BEGINNING.items():
        if sql.startswith(word):
            return frozenset({name})
    if sql.startswith("COPY "):
        return frozenset({"COPY FROM a manifest, JSON with JSONPaths, GZIP"})
    return frozenset(_parts(sqlglot.parse_one(sql, read="redshift")))


def _parts(statement: exp.Expr) -> Iterator[str]:
    for node in statement.walk():
        name = _part(node)
        if name:
            yield name


def _part(node: exp.Expr) -> str:
    for kind, name in _NAMING.items():
        if isinstance(node, kind):
            return name(node)
    return _NAMES.get(type(node).__name__, f"? {type(node).__name__}")


def _delete(node: exp.Expr) -> str:
    if node.args.get("using"):
        return "DELETE USING"
    compared = [each for each in node.find_all(exp.Subquery) if not isinstance(each.parent, exp.In)]
    return "DELETE, comparing with a subquery" if compared else "DELETE"


def _window(node: exp.Expr) -> str:
    select, over = node.find_ancestor(exp.Select), f"{type(node.this).__name__} OVER"
    return f"{over} in a grouped query" if select and select.args.get("group") else over


# For these the name depends on more than the parser's.
_NAMING: dict[type[exp.Expr], Callable[[exp.Expr], str]] = {
    exp.Anonymous: lambda node: f"{node.name.upper()}()",
    exp.Cast: lambda node: f"CAST AS {node.args['to'].this.value}",
    exp.Create: lambda node: f"CREATE {'TEMP ' if node.find(exp.TemporaryProperty) else ''}{node.args['kind']}",
    exp.Delete: _delete,
    exp.Drop: lambda node: f"DROP {node.args['kind']}",
    exp.Extract: lambda node: f"EXTRACT({node.name.lower()})",
    exp.In: lambda node: "IN (SELECT)" if node.args.get("query") else "IN (list)",
    exp.Join: lambda node: f"{node.text('side') or ('INNER' if node.args.get('on') else 'CROSS')} JOIN",
    exp.TimestampTrunc: lambda node: f"DATE_TRUNC({node.text('unit').lower()})",
    exp.TsOrDsAdd: lambda node: f"DATEADD({node.text('unit').lower()})",
    exp.TsOrDsDiff: lambda node: f"DATEDIFF({node.text('unit').lower()})",
    exp.Update: lambda node: "UPDATE FROM",
    exp.Window: _window,
}
# By the parser's names; what is part of another construct has none of its own.
_UNNAMED = """
Alias CTE Column ColumnConstraint ColumnDef CommentColumnConstraint DataType DataTypeParam EQ IndexParameters From
GT GTE Identifier If LT LTE Literal NEQ Neg Null Ordered Paren Parameter Placeholder PrimaryKey Properties Schema
Star Subquery Table TableAlias TemporaryProperty Tuple Var Where WindowSpec
"""
_NAMES = dict.fromkeys(_UNNAMED.split(), "") | {
    "Add": "+ - * / %",
    "And": "AND, OR, NOT",
    "Between": "BETWEEN",
    "Boolean": "TRUE and FALSE",
    "Case": "CASE",
    "Chr": "CHR",
    "Coalesce": "NVL",
    "Comment": "COMMENT ON",
    "Count": "COUNT",
    "CurrentDatabase": "CURRENT_DATABASE()",
    "CurrentTimestamp": "GETDATE()",
    "CurrentUser": "CURRENT_USER",
    "DPipe": "||",
    "DistKeyProperty": "DISTSTYLE, DISTKEY, SORTKEY",
    "DistStyleProperty": "DISTSTYLE, DISTKEY, SORTKEY",
    "Distinct": "DISTINCT",
    "Div": "+ - * / %",
    "Exists": "EXISTS",
    "Floor": "FLOOR",
    "ForeignKey": "FOREIGN KEY",
    "Group": "GROUP BY",
    "Having": "HAVING",
    "Insert": "INSERT INTO … SELECT",
    "Is": "IS NULL",
    "Lag": "LAG",
    "Lead": "LEAD",
    "Left": "LEFT and RIGHT",
    "Length": "LEN",
    "Like": "LIKE",
    "Limit": "LIMIT",
    "MD5": "MD5",
    "Max": "MAX and MIN",
    "Min": "MAX and MIN",
    "Mod": "+ - * / %",
    "Mul": "+ - * / %",
    "Not": "AND, OR, NOT",
    "NotNullColumnConstraint": "NOT NULL",
    "Nullif": "NULLIF",
    "Nvl2": "NVL2",
    "Or": "AND, OR, NOT",
    "Order": "ORDER BY … NULLS",
    "Rank": "RANK",
    "Reference": "FOREIGN KEY",
    "RegexpLike": "~",
    "RegexpReplace": "REGEXP_REPLACE",
    "Replace": "REPLACE",
    "Right": "LEFT and RIGHT",
    "RowNumber": "ROW_NUMBER",
    "Select": "SELECT",
    "SortKeyProperty": "DISTSTYLE, DISTKEY, SORTKEY",
    "SplitPart": "SPLIT_PART",
    "Sub": "+ - * / %",
    "Sum": "SUM",
    "Trim": "TRIM",
    "Union": "UNION, UNION ALL",
    "Values": "VALUES",
    "With": "WITH",
}
_BY_THEIR_BEGINNING = {
    "BEGIN": "BEGIN, COMMIT, ROLLBACK",
    "COMMIT": "BEGIN, COMMIT, ROLLBACK",
    "ROLLBACK": "BEGIN, COMMIT, ROLLBACK",
    "LOCK ": "LOCK",
    "SET statement_timeout": "SET statement_timeout",
    "SET query_group": "SET query_group",
    "ALTER TABLE ": "ALTER TABLE ADD COLUMN, DROP COLUMN",
    "CREATE ROLE ": "CREATE ROLE, DROP ROLE FORCE",
    "DROP ROLE ": "CREATE ROLE, DROP ROLE FORCE",
    "GRANT ASSUMEROLE ": "GRANT and REVOKE ASSUMEROLE",
    "REVOKE ASSUMEROLE ": "GRANT and REVOKE ASSUMEROLE",
    "GRANT ": "GRANT and REVOKE on schemas and tables, for roles",
    "REVOKE ": "GRANT and REVOKE on schemas and tables, for roles",
    "CREATE MASKING POLICY ": "CREATE, ATTACH, DETACH, DROP MASKING POLICY",
    "ATTACH MASKING POLICY ": "CREATE, ATTACH, DETACH, DROP MASKING POLICY",
    "DETACH MASKING POLICY ": "CREATE, ATTACH, DETACH, DROP MASKING POLICY",
    "DROP MASKING POLICY ": "CREATE, ATTACH, DETACH, DROP MASKING POLICY",
}
# Where each construct is documented: a page of AWS's guide; or the row of `assumptions.py` where it is not.
DOCUMENTED = {
    "+ - * / %": "r_OPERATOR_SYMBOLS.html",
    "ALTER TABLE ADD COLUMN, DROP COLUMN": "r_ALTER_TABLE.html",
    "AND, OR, NOT": "r_logical_condition.html",
    "BEGIN, COMMIT, ROLLBACK": "r_BEGIN.html",
    "BETWEEN": "r_range_condition.html",
    "CASE": "r_CASE_function.html",
    "CAST AS BIGINT": "r_CAST_function.html",
    "CAST AS DATE": "r_CAST_function.html",
    "CAST AS DOUBLE": "r_CAST_function.html",
    "CAST AS INT": "r_CAST_function.html",
    "CAST AS TIMESTAMP": "r_CAST_function.html",
    "CAST AS VARCHAR": "r_CAST_function.html",
    "CHR": "r_CHR.html",
    "COMMENT ON": "r_COMMENT.html",
    "COPY FROM a manifest, JSON with JSONPaths, GZIP": "r_COPY.html",
    "COUNT": "r_COUNT.html",
    "CREATE, ATTACH, DETACH, DROP MASKING POLICY": "t_ddm.html",
    "CREATE ROLE, DROP ROLE FORCE": "r_DROP_ROLE.html",
    "CREATE SCHEMA": "r_CREATE_SCHEMA.html",
    "CREATE TABLE": "r_CREATE_TABLE_NEW.html",
    "CREATE TEMP TABLE": "r_CREATE_TABLE_NEW.html",
    "CROSS JOIN": "r_Join_examples.html",
    "CURRENT_DATABASE()": "r_CURRENT_DATABASE.html",
    "CURRENT_USER": "r_CURRENT_USER.html",
    "Count OVER": "r_WF_COUNT.html",
    "DATEADD(day)": "r_DATEADD_function.html",
    "DATEADD(millisecond)": "r_DATEADD_function.html",
    "DATEDIFF(day)": "r_DATEDIFF_function.html",
    "DATE_TRUNC(month)": "r_DATE_TRUNC.html",
    "DATE_TRUNC(week)": "r_DATE_TRUNC.html",
    "DELETE": "r_DELETE.html",
    "DELETE USING": "r_DELETE.html",
    "DISTINCT": "r_SELECT_list.html",
    "DISTSTYLE, DISTKEY, SORTKEY": "r_CREATE_TABLE_NEW.html",
    "DROP TABLE": "r_DROP_TABLE.html",
    "EXTRACT(day)": "r_EXTRACT_function.html",
    "EXTRACT(dow)": "r_EXTRACT_function.html",
    "EXTRACT(hour)": "r_EXTRACT_function.html",
    "EXTRACT(month)": "r_EXTRACT_function.html",
    "EXTRACT(week)": "r_EXTRACT_function.html",
    "EXTRACT(year)": "r_EXTRACT_function.html",
    "FLOOR": "r_FLOOR.html",
    "FOREIGN KEY": "t_Defining_constraints.html",
    "FULL JOIN": "r_Join_examples.html",
    "GETDATE()": "r_GETDATE.html",
    "GRANT and REVOKE ASSUMEROLE": "r_GRANT-usage-notes.html",
    "GRANT and REVOKE on schemas and tables, for roles": "r_GRANT.html",
    "GROUP BY": "r_GROUP_BY_clause.html",
    "HAVING": "r_HAVING_clause.html",
    "IN (SELECT)": "r_in_condition.html",
    "IN (list)": "r_in_condition.html",
    "INNER JOIN": "r_Join_examples.html",
    "INSERT INTO … SELECT": "r_INSERT_30.html",
    "IS NULL": "r_null_condition.html",
    "LAG": "r_WF_LAG.html",
    "LEAD": "r_WF_LEAD.html",
    "LEFT JOIN": "r_Join_examples.html",
    "LEFT and RIGHT": "r_LEFT.html",
    "LEN": "r_LEN.html",
    "LIKE": "r_patternmatching_condition_like.html",
    "LIMIT": "r_ORDER_BY_clause.html",
    "LOCK": "r_LOCK.html",
    "Lag OVER": "r_WF_LAG.html",
    "Lead OVER": "r_WF_LEAD.html",
    "MAX and MIN": "r_MAX.html",
    "MD5": "r_MD5.html",
    "Max OVER": "r_WF_MAX.html",
    "NOT NULL": "r_CREATE_TABLE_NEW.html",
    "NULLIF": "r_NULLIF_function.html",
    "NVL": "r_NVL_function.html",
    "NVL2": "r_NVL2.html",
    "ORDER BY … NULLS": "r_ORDER_BY_clause.html",
    "PG_BACKEND_PID()": "PG_BACKEND_PID.html",
    "PG_LAST_COPY_COUNT()": "PG_LAST_COPY_COUNT.html",
    "RANK": "r_WF_RANK.html",
    "REGEXP_REPLACE": "REGEXP_REPLACE.html",
    "REPLACE": "r_REPLACE.html",
    "ROW_NUMBER": "r_WF_ROW_NUMBER.html",
    "RowNumber OVER": "r_WF_ROW_NUMBER.html",
    "SELECT": "r_SELECT_synopsis.html",
    "SET query_group": "r_query_group.html",
    "SET statement_timeout": "r_statement_timeout.html",
    "SPLIT_PART": "SPLIT_PART.html",
    "SUM": "r_SUM.html",
    "Sum OVER": "r_WF_SUM.html",
    "TRIM": "r_TRIM.html",
    "TRUE and FALSE": "r_Boolean_type.html",
    "UNION, UNION ALL": "r_UNION.html",
    "UPDATE FROM": "r_UPDATE.html",
    "WITH": "r_WITH_clause.html",
    "||": "r_concat_op.html",
    "~": "pattern-matching-conditions-posix.html",
}
ASSUMED = {
    "DELETE, comparing with a subquery": "delete_compares_with_a_subquery",
    "OBJ_DESCRIPTION()": "comments_are_read_by_obj_description",
    "Rank OVER in a grouped query": "windows_over_aggregates",
    "RowNumber OVER in a grouped query": "windows_over_aggregates",
    "Sum OVER in a grouped query": "windows_over_aggregates",
}


def table(statements: Iterable[Sent]) -> Iterator[str]:
    """Yield the rows of the table: each construct, how many statements have it, one of them, and where it is from."""
    found: dict[str, list[str]] = {}
    for statement in statements:
        for construct in constructs_of(statement.sql):
            found.setdefault(construct, []).append(statement.name)
    yield "| construct | statements | for example | known from |"
    yield "|---|---|---|---|"
    for construct, names in sorted(found.items()):
        page, row = DOCUMENTED.get(construct, ""), ASSUMED.get(construct, "")
        known = f"[AWS's guide]({GUIDE}{page})" if page else f"*assumed*: `{row}`"
        yield f"| {construct.replace('|', chr(92) + '|')} | {len(names)} | {min(names)} | {known} |"


def assumed_rows() -> Iterator[str]:
    """Yield what only a real cluster can settle."""
    yield "| assumption | what Redshift is taken to do |"
    yield "|---|---|"
    for assumption in ASSUMPTIONS:
        if assumption.basis == "assumed":
            yield f"| `{assumption.name}` | {assumption.what} |"

"""What people may ask: one SELECT from tables of the contract, with functions that compute, and with so many rows.

Whether a question may be asked is decided here, on the parsed statement, before an engine sees it. Which functions are
allowed is in `allowed_functions.py`. How a question is asked belongs to the sessions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import TokenType, exp, tokenize

from sparkify_assets import model
from sparkify_assets.errors import QueryError, TranslationError
from sparkify_assets.warehouse import allowed_functions
from sparkify_assets.warehouse.allowed_functions import ALLOWED, ALLOWED_NAMES
from sparkify_assets.warehouse.dialect import parse

# A client holds the whole answer in memory: so many rows of plays take about a gigabyte.
ANSWERED_ROWS = 1_000_000
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Command, exp.Into, exp.Lock)
_LIST = allowed_functions.__name__.replace(".", "/") + ".py"


@dataclass(frozen=True)
class Question:
    """A question that may be asked: its statement, which has a LIMIT of `most` rows and one, or fewer; the tables that
    it reads; and whether the order of its rows counts. `read_question` makes it."""

    sql: str
    most: int
    tables: tuple[str, ...]
    is_ordered: bool

    def refuse_too_many(self, rows: Sequence[object]) -> None:
        """Refuse an answer of too many rows."""
        if len(rows) > self.most:
            raise QueryError(
                f"the answer has more than {self.most:,} rows: expected {self.most:,} at most; ask for sums, or for a "
                "part of the rows, such as those of a day"
            )


def read_question(sql: str, most: int = ANSWERED_ROWS) -> Question:
    """Read a question, and refuse one that may not be asked."""
    try:
        statement = parse(sql)
    except TranslationError as error:
        raise QueryError(str(error)) from error
    changing = statement.find(*_CHANGES)
    if changing or not isinstance(statement, exp.Query):
        raise QueryError(
            f"the statement is {_kind(changing or statement)}: expected one SELECT; only `sparkify load` changes data"
        )
    _refuse_recursion(statement)
    _refuse_functions(statement)
    tables = _tables_of(statement)
    return Question(_limited(sql, statement, most), most, tables, statement.args.get("order") is not None)


def _kind(statement: exp.Expr) -> str:
    return str(statement.this).upper() if isinstance(statement, exp.Command) else statement.key.upper()


def _refuse_recursion(statement: exp.Query) -> None:
    """Refuse WITH RECURSIVE, where the engines differ in which table a name means."""
    if any(each.args.get("recursive") for each in statement.find_all(exp.With)):
        raise QueryError("the question has WITH RECURSIVE: expected WITH alone; list the rows with UNION ALL instead")


def _refuse_functions(statement: exp.Query) -> None:
    """Refuse functions that are not allowed. One with a schema is somebody's own, whatever its name is."""
    refused = {
        _name_of_function(function)
        for function in statement.find_all(exp.Func, exp.UDTF)
        if isinstance(function.parent, exp.Dot) or not _is_allowed(function)
    }
    if refused:
        raise QueryError(
            f"the question calls {', '.join(sorted(refused))}: expected functions that only compute; {_LIST} lists them"
        )


def _is_allowed(function: exp.Expr) -> bool:
    if isinstance(function, exp.Anonymous):
        return function.name.upper() in ALLOWED_NAMES
    # Rows that are written out, and a subquery that sees the tables before it, are no functions.
    return type(function) in ALLOWED or type(function) in (exp.Values, exp.Lateral)


def _name_of_function(function: exp.Expr) -> str:
    if isinstance(function, exp.Func) and not isinstance(function, exp.Anonymous):
        return function.sql_name()
    return (function.name or function.key).upper()[:80]


def _tables_of(statement: exp.Query) -> tuple[str, ...]:
    """Return the tables that a question reads, which have to be tables of the contract."""
    found = dict.fromkeys(_name_of_table(table) for table in statement.find_all(exp.Table) if not _is_cte(table))
    unknown = [name for name in found if name not in model.tables()]
    if unknown:
        raise QueryError(
            f"the query reads {', '.join(unknown)}: expected tables of the warehouse, with their schema: "
            f"{', '.join(model.tables())}"
        )
    return tuple(found)


def _name_of_table(table: exp.Table) -> str:
    """Return a table's name in lower case, as Redshift folds it."""
    if all(isinstance(part, exp.Identifier) for part in table.parts):
        # A dot within a name does not divide it.
        return ".".join(f'"{part.name}"' if "." in part.name else part.name for part in table.parts).lower()
    return str(table.this.key)


def _is_cte(table: exp.Table) -> bool:
    """Return whether a table's name is that of a CTE which is visible there: in the query that begins with it, and in
    the CTEs after it. sqlglot's scopes do not serve: they take an alias for a table within LATERAL."""
    if table.db or not isinstance(table.this, exp.Identifier):
        return False
    name = _folded(table.this)
    node: exp.Expr = table
    while parent := node.parent:
        ctes: list[exp.Expr] = []
        if isinstance(parent, exp.With):
            ctes = parent.expressions[: node.index]
        elif (own := parent.args.get("with_")) is not None and own is not node:
            ctes = own.expressions
        if any(_folded(cte.args["alias"].this) == name for cte in ctes):
            return True
        node = parent
    return False


def _folded(identifier: exp.Identifier) -> str:
    """Return a name as an engine compares it that tells quoted names apart. Where one does not, fewer are the same."""
    return identifier.name if identifier.quoted else identifier.name.lower()


def _limited(sql: str, statement: exp.Query, most: int) -> str:
    """Return the statement with a LIMIT, its own or one more row than there may be. It is appended to the text, which
    otherwise runs on Redshift as it is written. Redshift's driver receives all rows before it returns the first."""
    limit = statement.args.get("limit")
    if limit is None:
        return f"{_without_end(sql)}\nLIMIT {most + 1}"
    number = limit.args.get("expression")
    is_number = isinstance(number, exp.Literal) and not number.is_string and re.fullmatch(r"\d{1,9}", number.name)
    if not is_number or limit.args.get("limit_options") or int(number.name) > most:
        raise QueryError(
            f"the question has {limit.sql('redshift').strip()[:40]}: expected LIMIT with a number of {most:,} at most; "
            "ask for sums, or for a part of the rows, such as those of a day"
        )
    return _without_end(sql)


def _without_end(sql: str) -> str:
    """Return a statement without its semicolon and the comments after it."""
    tokens = [token for token in tokenize(sql, read="redshift") if token.token_type is not TokenType.SEMICOLON]
    return sql[: tokens[-1].end + 1]

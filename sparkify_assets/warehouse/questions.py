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
from sparkify_assets.model.roles import ANALYST
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


def read_question(sql: str, most: int = ANSWERED_ROWS, staging: bool = False) -> Question:
    """Read a question, and refuse one that may not be asked. What is asked of the loader's warehouse may read `staging`
    and its ledgers; everything else is asked of what analysts may read."""
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
    if not staging:
        _refuse_unpublished(tables)
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
        _called(function)
        for function in statement.find_all(exp.Func)
        if isinstance(function.parent, exp.Dot) or not _is_allowed(function)
    }
    if refused:
        raise QueryError(
            f"the question calls {', '.join(sorted(refused))}: expected functions that only compute; {_LIST} lists them"
        )


def _is_allowed(function: exp.Func) -> bool:
    return type(function) in ALLOWED or (isinstance(function, exp.Anonymous) and _called(function) in ALLOWED_NAMES)


def _called(function: exp.Func) -> str:
    """Return the name of a function."""
    return function.name.upper()[:80] if isinstance(function, exp.Anonymous) else function.sql_name()


def _tables_of(statement: exp.Query) -> tuple[str, ...]:
    """Return the tables that a question reads, which have to be tables of the contract."""
    found = dict.fromkeys(_name_of_table(table) for table in statement.find_all(exp.Table) if not _is_cte(table))
    unknown = [name for name in found if name not in model.tables()]
    if unknown:
        near = [full for name in unknown for full in model.nearest_tables(name)]
        meant = f" (did you mean {' or '.join(dict.fromkeys(near))}?)" if near else ""
        raise QueryError(
            f"the query reads {', '.join(unknown)}: expected tables of the warehouse, with their schema{meant}: "
            f"{', '.join(model.tables())}"
        )
    return tuple(found)


def _refuse_unpublished(tables: Sequence[str]) -> None:
    """Refuse tables that analysts may not read."""
    readable = {table.full_name for table in ANALYST.tables}
    if unpublished := [name for name in tables if name not in readable]:
        raise QueryError(
            f"the query reads {', '.join(unpublished)}: expected tables of {' and '.join(ANALYST.schemas)}, which are "
            "what is published; `sparkify query --staging` asks the loader's warehouse, when no load has it"
        )


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
    number = _number_in(limit)
    if number is None or number > most:
        raise QueryError(
            f"the question has {limit.sql('redshift').strip()[:40]}: expected LIMIT with a number of {most:,} at most; "
            "ask for sums, or for a part of the rows, such as those of a day"
        )
    return _without_end(sql)


def _number_in(limit: exp.Expr) -> int | None:
    """Return the number of a LIMIT, if that is all it has: with PERCENT, WITH TIES or BY, a number is no bound."""
    number = limit.args.get("expression")
    is_alone = [name for name, value in limit.args.items() if value] == ["expression"]
    if is_alone and isinstance(number, exp.Literal) and not number.is_string and re.fullmatch(r"\d{1,9}", number.name):
        return int(number.name)
    return None


def _without_end(sql: str) -> str:
    """Return a statement without its semicolon and the comments after it."""
    tokens = [token for token in tokenize(sql, read="redshift") if token.token_type is not TokenType.SEMICOLON]
    return sql[: tokens[-1].end + 1]

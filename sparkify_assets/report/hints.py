"""What may be wrong with a question that an engine could not answer: columns that no table of it has."""

from collections.abc import Iterator
from difflib import get_close_matches

from sqlglot import exp

from sparkify_assets import model
from sparkify_assets.warehouse.dialect import parse
from sparkify_assets.warehouse.questions import Question


def hints(question: Question) -> str:
    """Return which columns are unknown, where each is, and which were probably meant; nothing if all are known."""
    return "".join(f"; {hint}" for hint in dict.fromkeys(_unknown_columns(question)))


def _unknown_columns(question: Question) -> Iterator[str]:
    statement = parse(question.sql)
    columns = {column.name for name in question.tables for column in model.table(name).columns}
    named = {
        alias.alias.lower() for alias in statement.find_all(exp.Alias, exp.TableAlias, exp.Subquery) if alias.alias
    }
    named |= {column.name.lower() for alias in statement.find_all(exp.TableAlias) for column in alias.columns}
    for column in statement.find_all(exp.Column):
        name = column.name.lower()
        if name and name not in columns | named:
            near = get_close_matches(name, columns, n=3)
            meant = f": did you mean {' or '.join(near)}?" if near else ", see `sparkify tables`"
            yield f"no table of the question has the column {column.name} ({_place_of(column.this)}){meant}"


def _place_of(name: exp.Expr) -> str:
    # sqlglot counts to the end of the name.
    return f"line {name.meta['line']}, column {name.meta['col'] - len(name.name) + 1}" if name.meta else "somewhere"

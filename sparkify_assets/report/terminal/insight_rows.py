"""`sparkify insight`: the list of insights, and the first rows of one, in its own order.

How rows are printed is in `report/answers.py`, how insights are rebuilt in `insights/`.
"""

import sys

from sparkify_assets import model
from sparkify_assets.errors import QueryError
from sparkify_assets.model import Insight
from sparkify_assets.queries import Query
from sparkify_assets.report.answers import write_answer
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.questions import read_question
from sparkify_assets.warehouse.session import Answer, Warehouse


def print_insights(settings: Settings, name: str | None, limit: int, layout: str) -> None:
    """Print the first rows of an insight, or, without a name, the list of them."""
    if name is None:
        write_answer(list_insights(), layout, sys.stdout)
        return
    answer, is_outdated = read_insight(open_warehouse(settings), name, limit)
    write_answer(answer, layout, sys.stdout)
    if is_outdated:
        # On stderr, so that it never gets between the rows.
        print(f"sparkify: {name} is outdated: `sparkify load` rebuilds it", file=sys.stderr)


def list_insights() -> Answer:
    """Return every insight, with what it holds."""
    return Answer(("insight", "what it holds"), [(name, each.table.meaning) for name, each in model.insights().items()])


def read_insight(warehouse: Warehouse, name: str, limit: int) -> tuple[Answer, bool]:
    """Return the first rows of an insight, and whether it is outdated."""
    if name not in model.insights():
        raise QueryError(f"there is no insight {name}: expected one of {', '.join(model.insights())}")
    if limit < 1:
        raise QueryError(f"--limit is {limit}: expected 1 or more; leave it out for the first 10 rows")
    question = read_question(rows_in_order(model.insights()[name], limit).sql)
    is_outdated = name in warehouse.published_state().outdated
    with warehouse.for_questions() as session:
        return session.ask(question), is_outdated


def rows_in_order(insight: Insight, limit: int | None = None) -> Query:
    """Return the query for an insight's rows, or the first of them, by rank where there is one, then by key."""
    table = insight.table
    names = [column.name for column in table.columns]
    places = dict.fromkeys((*(name for name in names if name == "rank"), *table.primary_key))
    # Redshift ignores trailing blanks when it compares texts; here they count.
    orders = [f"{name} || CHR(1)" if table.column(name).is_text else name for name in places]
    order = ", ".join(f"{each} NULLS LAST" for each in orders)
    return Query(
        f"reading {table.full_name}",
        f"SELECT {', '.join(names)} FROM {table.full_name} ORDER BY {order}{f' LIMIT {limit}' if limit else ''}",
    )

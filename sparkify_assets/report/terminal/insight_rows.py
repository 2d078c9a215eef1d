"""`sparkify insight`: which insights there are, and the first rows of one, in its own order.

How an answer is written is in `tables.py`; how insights are made, in `insights.py` of the package.
"""

import sys

from sparkify_assets import model
from sparkify_assets.errors import QueryError
from sparkify_assets.insights.rebuilding import stale_insights
from sparkify_assets.model import Insight
from sparkify_assets.queries import Query
from sparkify_assets.report.answers import write_answer
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Answer, Warehouse


def print_insights(settings: Settings, name: str | None, limit: int, layout: str) -> None:
    """The first rows of an insight, or, where none is named, which there are. That one is behind the star is said on
    stderr, so that it never comes between the rows."""
    if name is None:
        write_answer(list_insights(), layout, sys.stdout)
        return
    answer, is_behind = read_insight(open_warehouse(settings), name, limit)
    write_answer(answer, layout, sys.stdout)
    if is_behind:
        print(f"sparkify: {name} is behind the star: `sparkify load` makes it again", file=sys.stderr)


def list_insights() -> Answer:
    """Every insight, with what it holds."""
    return Answer(("insight", "what it holds"), [(name, each.table.meaning) for name, each in model.insights().items()])


def read_insight(warehouse: Warehouse, name: str, limit: int) -> tuple[Answer, bool]:
    """The first rows of an insight; and whether it is behind the star."""
    if name not in model.insights():
        raise QueryError(f"there is no insight {name}: expected one of {', '.join(model.insights())}")
    if limit < 1:
        raise QueryError(f"--limit is {limit}: expected 1 or more; leave it out for the first 10 rows")
    with warehouse.reader() as session:
        is_behind = name in stale_insights(session)
        return session.ask(rows_in_order(model.insights()[name], limit)), is_behind


def rows_in_order(insight: Insight, limit: int | None = None) -> Query:
    """The question for an insight's rows, or the first of them: by rank, where it has one, then by key."""
    table = insight.table
    names = [column.name for column in table.columns]
    places = dict.fromkeys((*(name for name in names if name == "rank"), *table.primary_key))
    # Blanks at the end of a text count, which Redshift leaves out when it compares texts.
    orders = [f"{name} || CHR(1)" if table.column(name).is_text else name for name in places]
    order = ", ".join(f"{each} NULLS LAST" for each in orders)
    return Query(
        f"reading {table.full_name}",
        f"SELECT {', '.join(names)} FROM {table.full_name} ORDER BY {order}{f' LIMIT {limit}' if limit else ''}",
    )

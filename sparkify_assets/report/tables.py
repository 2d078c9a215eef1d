"""Questions that users ask of the warehouse, and their answers as a table, CSV or JSON."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from sqlglot import exp

from sparkify_assets.queries import Query
from sparkify_assets.warehouse import Row, Warehouse
from sparkify_assets.warehouse.dialect import TranslationError, parse


class CannotRead(ValueError):
    """A statement that is not a question."""


@dataclass(frozen=True)
class Answer:
    rows: Sequence[Row]

    @property
    def columns(self) -> list[str]:
        return list(self.rows[0]) if self.rows else []


def ask(warehouse: Warehouse, sql: str) -> Answer:
    """The rows of one SELECT in Redshift's dialect; anything that could change the warehouse is refused."""
    try:
        statement = parse(sql)
    except TranslationError as error:
        raise CannotRead(str(error)) from error
    changing = next(
        statement.find_all(exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Command, exp.Into), None
    )
    if not isinstance(statement, exp.Query) or changing:
        raise CannotRead(
            f"the statement is {(changing or statement).key.upper()}: expected one SELECT; only `sparkify load` "
            "changes data"
        )
    with warehouse.reader() as session:
        return Answer(session.fetch(Query("query", sql)))


def write_table(answer: Answer, layout: str, out: TextIO) -> None:
    """Write an answer as a table for people, or as CSV or JSON for programs."""
    if layout == "json":
        json.dump(answer.rows, out, ensure_ascii=False, indent=1, default=str)
        out.write("\n")
    elif layout == "csv":
        writer = csv.writer(out)
        writer.writerow(answer.columns)
        writer.writerows(row.values() for row in answer.rows)
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, header_style="bold")
        for name in answer.columns:
            numeric = all(isinstance(row[name], int | float | None) for row in answer.rows)
            table.add_column(name, justify="right" if numeric else "left")
        for row in answer.rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        console = Console(file=out, highlight=False)
        console.print(table, f"[dim]{len(answer.rows)} rows[/dim]", sep="\n")

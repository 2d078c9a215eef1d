"""Users' questions to the warehouse, and their answers as a table, CSV or JSON. Files belong in `answer_files.py`."""

import json
from typing import TextIO

from sparkify_assets.errors import QueryError
from sparkify_assets.queries.csv_rows import write_rows
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.tables import answer_about_tables
from sparkify_assets.report.visible import visible
from sparkify_assets.warehouse.session import Answer, Warehouse


def ask(warehouse: Warehouse, sql: str, staging: bool = False) -> Answer:
    """Return the answer to one SELECT in Redshift's dialect, or to a question about the tables. With `staging`, the
    loader's warehouse is asked."""
    if (about_tables := answer_about_tables(sql)) is not None:
        return about_tables
    # Imported here: sqlglot, which reads questions, takes longer than what is asked of the tables.
    from sparkify_assets.report.hints import hints
    from sparkify_assets.warehouse.questions import read_question

    question = read_question(sql, staging=staging)
    with warehouse.reader() if staging else warehouse.for_questions() as session:
        try:
            return session.ask(question)
        except QueryError as error:
            raise QueryError(f"{error}{hints(question)}") from error


def write_answer(answer: Answer, layout: str, out: TextIO) -> None:
    """Write an answer as a table for people, or as CSV or JSON for programs. On a terminal, people read these too."""
    if layout == "table":
        _print_table(answer, out)
        return
    text = _as_json(answer) if layout == "json" else write_rows([answer.columns, *answer.rows])
    out.write(visible(text) if out.isatty() else text)


def _as_json(answer: Answer) -> str:
    refuse_shared_names(answer)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return f"{json.dumps(rows, ensure_ascii=False, indent=1, default=str)}\n"


def refuse_shared_names(answer: Answer) -> None:
    """Refuse columns that share a name, for formats that find a value by its column's name."""
    shared = {name for name in answer.columns if answer.columns.count(name) > 1}
    if shared:
        raise QueryError(f"more than one column is named {', '.join(sorted(shared))}: name them apart with AS")


def _print_table(answer: Answer, out: TextIO) -> None:
    # Imported here: CSV and JSON do without.
    from rich.table import Table

    from sparkify_assets.report.terminal.console import PlainConsole, styled

    table = Table(box=None, header_style="bold")
    for place, name in enumerate(answer.columns):
        is_number = all(isinstance(row[place], int | float | None) for row in answer.rows)
        table.add_column(styled(name), justify="right" if is_number else "left")
    for row in answer.rows:
        table.add_row(*(styled("" if value is None else str(value)) for value in row))
    console = PlainConsole(file=out)
    console.print(table)
    console.print(counted(len(answer.rows), "row"), style="dim")

"""The data dictionary: every table and column with its meaning, lineage, audits, statements and a few rows.

`build_dictionary` fills `templates/dictionary.html`, `build_markdown` `templates/dictionary.md`. Both are pure;
`write_dictionary` reads rows and writes files. What they say about a table is in `entries.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import SettingsError
from sparkify_assets.model import Table
from sparkify_assets.model.roles import MASK
from sparkify_assets.queries import model_version
from sparkify_assets.queries.lineage import Source, column_sources
from sparkify_assets.report.answer_files import write_whole
from sparkify_assets.report.pages import entries
from sparkify_assets.report.pages.examples import Examples, masked_columns, read_examples, texts_of
from sparkify_assets.report.pages.templates import render
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse

COMMAND = ".venv/bin/sparkify dictionary --out docs/dictionary.md"


def write_dictionary(settings: Settings, file: Path) -> None:
    """Write the dictionary: a `.html` file is a page with rows of the warehouse, a `.md` file Markdown without rows."""
    tables = list(model.tables().values())
    if file.suffix not in (".html", ".md"):
        raise SettingsError(f"--out is {file}: expected a name that ends in .html or .md")
    if file.suffix == ".md":
        text = build_markdown(tables)
    else:
        text = build_dictionary(tables, read_examples(open_warehouse(settings, only_reads=True), tables))
    write_whole(file, text)


def build_dictionary(tables: Sequence[Table], rows: Examples | None) -> str:
    """Return the page of these tables, with example rows, or without (None) if there is no warehouse."""
    return render(
        "dictionary.html",
        **_shared(tables),
        tables=len(tables),
        columns=sum(len(table.columns) for table in tables),
        model=model_version(),
        examples=None if rows is None else {table.full_name: texts_of(table, rows) for table in tables},
        mask=MASK,
        masked_columns=masked_columns,
        anchor_of=_anchors(tables),
    )


def build_markdown(tables: Sequence[Table]) -> str:
    """Return the dictionary of these tables as Markdown, for `docs/`: all but the page's rows and drawings."""
    return render("dictionary.md", **_shared(tables), command=COMMAND)


def _shared(tables: Sequence[Table]) -> dict[str, object]:
    return {
        "parts": list(entries.parts_of(tables)),
        "full_meaning": entries.full_meaning,
        "kinds_of_audit": entries.KINDS_OF_AUDIT,
        "written_by_the_platform": entries.WRITTEN_BY_THE_PLATFORM,
    }


def _anchors(tables: Iterable[Table]) -> Callable[[Source], str]:
    """Return what finds a column's place on the page. A field of the lake leads to the column that is read from it."""
    read_from: dict[Source, str] = {}
    for landed in (each for each in tables if each.landed_columns):
        for column, sources in column_sources(landed.full_name).items():
            for source in sources:
                read_from.setdefault(source, f"{landed.full_name}.{column}")
    return lambda source: read_from.get(source, f"{source.table}.{source.column}")

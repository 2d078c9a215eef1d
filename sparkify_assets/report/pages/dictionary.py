"""The data dictionary as a page: every table and column with its meaning, its way from the lake, its audits, its
statements, and a few of its rows. `build_dictionary` is pure; `write_dictionary` reads rows and writes files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import SettingsError
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import model_version
from sparkify_assets.queries.lineage import Source, column_sources
from sparkify_assets.report.answer_files import replacing
from sparkify_assets.report.pages.dictionary_markdown import build_markdown
from sparkify_assets.report.pages.entries import (
    KINDS_OF_AUDIT,
    Entry,
    Part,
    meaning_said,
    null_said,
    parts_of,
    path_said,
    statement_title,
)
from sparkify_assets.report.pages.examples import MASK, Examples, is_masked, read_examples
from sparkify_assets.report.pages.lineage_graph import draw
from sparkify_assets.report.pages.page import (
    Html,
    badge,
    code,
    details,
    element,
    join,
    link,
    listing,
    note,
    notice,
    page,
    scrolling,
    table,
)
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Value

_TEXT_SHOWN = 60
_FOLDER = Path(__file__).parent

AnchorOf = Callable[[Source], str]


def write_dictionary(settings: Settings, file: Path) -> None:
    """Write the dictionary as what the file's name says: a page with rows of the warehouse, or Markdown without."""
    tables = list(model.tables().values())
    if file.suffix not in (".html", ".md"):
        raise SettingsError(f"--out is {file}: expected a name that ends in .html or .md")
    if file.suffix == ".md":
        text = build_markdown(tables)
    else:
        text = build_dictionary(tables, read_examples(open_warehouse(settings), tables))
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as partial:
        partial.write_text(text, "utf-8")


def build_dictionary(tables: Sequence[Table], rows: Examples | None) -> str:
    """The page: all that is said of these tables, with these rows of them; None where there is no warehouse."""
    parts = list(parts_of(tables))
    anchor_of = _anchors(tables)
    columns = sum(len(each.columns) for each in tables)
    return page(
        title="Sparkify data dictionary",
        lead=f"What every table and column means, where it comes from and what is checked: {len(tables)} tables, "
        f"{columns} columns. Made from the contract and the statements, model {model_version()}.",
        navigation=join(_contents(part) for part in parts),
        main=join([_filter(), *(_part(part, rows, anchor_of) for part in parts)]),
        style=(_FOLDER / "dictionary.css").read_text("utf-8"),
        script=(_FOLDER / "dictionary.js").read_text("utf-8"),
    )


def _anchors(tables: Iterable[Table]) -> AnchorOf:
    """Where on the page a column is; a field of the lake is where the column is that is read from it."""
    read_from: dict[Source, str] = {}
    for landed in (each for each in tables if each.landed_columns):
        for column, sources in column_sources(landed.full_name).items():
            for source in sources:
                read_from.setdefault(source, f"{landed.full_name}.{column}")
    return lambda source: read_from.get(source, f"{source.table}.{source.column}")


def _contents(part: Part) -> Html:
    links = (element("li", link(entry.table.full_name, entry.table.name)) for entry in part.entries)
    return element("div", element("h2", part.title), element("ul", *links), data_part=True)


def _filter() -> Html:
    """Shown by the script that it needs."""
    return element(
        "form",
        element("label", "Filter tables and columns", for_="filter", class_="unseen"),
        element("input", type="search", id="filter", placeholder="Filter tables and columns", autocomplete="off"),
        element("output", for_="filter"),
        class_="filter",
        role="search",
        hidden=True,
    )


def _part(part: Part, rows: Examples | None, anchor_of: AnchorOf) -> Html:
    cards = (_card(entry, rows, anchor_of) for entry in part.entries)
    return element("section", element("h2", part.title), element("p", part.about, class_="muted"), *cards)


def _card(entry: Entry, rows: Examples | None, anchor_of: AnchorOf) -> Html:
    name = entry.table.full_name
    return element(
        "article",
        element("h3", name, id=f"{name}-name"),
        element("p", entry.table.meaning),
        _facts(entry),
        element("h4", "Columns"),
        element("div", _columns(entry), data_columns=True),
        element("h4", "Lineage"),
        _lineage(entry, anchor_of),
        element("h4", "Example rows"),
        _examples(entry, rows),
        element("h4", "Audits"),
        _audits(entry),
        element("h4", "Filled by"),
        _statements(entry),
        id=name,
        class_="card",
        data_table=f"{name} {entry.table.meaning}",
        aria_labelledby=f"{name}-name",
    )


def _facts(entry: Entry) -> Html:
    facts = {
        "Primary key": ", ".join(entry.table.primary_key) or "none",
        "Distribution": entry.distribution,
        "Sort key": entry.sort_key,
    }
    return element(
        "dl",
        *(element("div", element("dt", term), element("dd", code(said))) for term, said in facts.items()),
        class_="facts",
    )


def _columns(entry: Entry) -> Html:
    return table(
        f"Columns of {entry.table.full_name}",
        ["column, key", "meaning", "type", "field in the lake"],
        [
            [
                join([code(column.name), *_key(entry, column)]),
                meaning_said(column),
                join([code(column.type.lower()), _below(null_said(column))]),
                join(map(code, entry.fields(column)), Html("<br>")) or element("span", "none", class_="nil"),
            ]
            for column in entry.table.columns
        ],
        row_ids=[f"{entry.table.full_name}.{column.name}" for column in entry.table.columns],
    )


def _key(entry: Entry, column: Column) -> Iterator[Html]:
    if entry.is_key(column):
        yield _below(badge("primary key", "accent"))
    if reference := entry.reference(column):
        target = f"{reference.references}.{reference.referenced_column}"
        short = f"{reference.references.rpartition('.')[2]}.{reference.referenced_column}"
        yield _below(link(target, "→ ", short, title=f"foreign key to {target}"))


def _below(said: object) -> Html:
    """A line of its own, below what it is about."""
    return element("small", said)


def _lineage(entry: Entry, anchor_of: AnchorOf) -> Html:
    if not entry.has_lineage:
        return notice("Written by the platform itself, from what it meets while it loads.")
    drawing = scrolling(f"Lineage of {entry.table.full_name}", draw(entry.table, anchor_of))
    unmade = join((code(column.name) for column in entry.table.columns if not entry.is_made(column)), ", ")
    remark = note("Made of no other column: ", unmade, ". Counted, constant, or found while loading.")
    return join([element("figure", drawing, class_="graph"), remark if unmade else "", _lineage_as_text(entry)])


def _lineage_as_text(entry: Entry) -> Html:
    made = (column for column in entry.table.columns if entry.is_made(column))
    ways = (element("li", path_said(path)) for column in made for path in entry.paths(column))
    return details(f"The lineage of {entry.table.name} as text", element("ul", *ways))


def _examples(entry: Entry, rows: Examples | None) -> Html:
    name, columns = entry.table.full_name, entry.table.columns
    if rows is None:
        load, again = code("sparkify load"), code("sparkify dictionary")
        return notice("There is no warehouse yet to read rows from: ", load, " makes it, then ", again, " shows some.")
    if not rows.get(name):
        return notice("The table is empty.")
    shown = table(
        f"Example rows of {name}",
        [column.name for column in columns],
        [[MASK if is_masked(column) else _value(row[column.name]) for column in columns] for row in rows[name]],
        kind="data",
    )
    masked = ", ".join(column.name for column in columns if is_masked(column))
    return join([shown, note(f"{MASK} masks what is personal, or may be: {masked}.") if masked else ""])


def _value(value: Value) -> Html | str:
    if value is None:
        return element("span", "null", class_="nil")
    said = value.isoformat(" ", "milliseconds") if isinstance(value, datetime) else str(value)
    return said if len(said) <= _TEXT_SHOWN else f"{said[: _TEXT_SHOWN - 1]}…"


def _audits(entry: Entry) -> Html:
    if not entry.audits:
        return notice("None of its own: the audits of the other tables read it.")
    shown = table(
        f"Audits of {entry.table.full_name}",
        ["audit", "kind", "what ought to be true"],
        [
            [code(audit.name), badge(audit.kind, "accent" if audit.blocking else "plain"), audit.meaning]
            for audit in entry.audits
        ],
    )
    kinds = dict.fromkeys(audit.kind for audit in entry.audits)
    explained = "; ".join(f"a {kind} {KINDS_OF_AUDIT[kind]}" for kind in kinds)
    return join([shown, note(explained.capitalize(), ".")])


def _statements(entry: Entry) -> Html:
    if not entry.statements:
        return notice("No statement: the platform adds its rows one by one.")
    return join(details(code(statement_title(each)), listing(each.sql)) for each in entry.statements)

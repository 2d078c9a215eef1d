"""The data dictionary as a page: every table and column with its meaning, lineage, audits, statements and a few rows.

`build_dictionary` is pure; `write_dictionary` reads rows and writes files. What is the same in Markdown is in
`entries.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from sparkify_assets import model
from sparkify_assets.errors import SettingsError
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import model_version
from sparkify_assets.queries.lineage import Source, column_sources
from sparkify_assets.report.answer_files import replacing
from sparkify_assets.report.pages.dictionary_markdown import build_markdown
from sparkify_assets.report.pages.entries import (
    KINDS_OF_AUDIT,
    WRITTEN_BY_THE_PLATFORM,
    Entry,
    Part,
    full_meaning,
    nullability,
    parts_of,
    path_text,
    statement_title,
)
from sparkify_assets.report.pages.examples import MASK, Examples, is_masked, read_examples
from sparkify_assets.report.pages.lineage_graph import draw
from sparkify_assets.report.pages.page import (
    badge,
    code,
    details,
    element,
    facts,
    link,
    listing,
    note,
    notice,
    page,
    scrolling,
    table,
)
from sparkify_assets.report.phrases import cut
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Value

_TEXT_SHOWN = 60
_FOLDER = Path(__file__).parent

AnchorOf = Callable[[Source], str]


def write_dictionary(settings: Settings, file: Path) -> None:
    """Write the dictionary: a `.html` file is a page with rows of the warehouse, a `.md` file Markdown without rows."""
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
    """Return the page of these tables, with example rows, or without (None) if there is no warehouse."""
    parts = list(parts_of(tables))
    anchor_of = _anchors(tables)
    columns = sum(len(each.columns) for each in tables)
    return page(
        title="Sparkify data dictionary",
        lead=f"What every table and column means, where it comes from and what is checked: {len(tables)} tables, "
        f"{columns} columns. Generated from the contract and the statements, model {model_version()}.",
        navigation=Markup().join(_contents(part) for part in parts),
        main=Markup().join([_filter(), *(_part(part, rows, anchor_of) for part in parts)]),
        style=(_FOLDER / "dictionary.css").read_text("utf-8"),
        script=(_FOLDER / "dictionary.js").read_text("utf-8"),
    )


def _anchors(tables: Iterable[Table]) -> AnchorOf:
    """Return what finds a column's place on the page. A field of the lake leads to the column that is read from it."""
    read_from: dict[Source, str] = {}
    for landed in (each for each in tables if each.landed_columns):
        for column, sources in column_sources(landed.full_name).items():
            for source in sources:
                read_from.setdefault(source, f"{landed.full_name}.{column}")
    return lambda source: read_from.get(source, f"{source.table}.{source.column}")


def _contents(part: Part) -> Markup:
    links = (element("li", link(entry.table.full_name, entry.table.name)) for entry in part.entries)
    return element("div", element("h2", part.title), element("ul", *links), data_part=True)


def _filter() -> Markup:
    """Return the filter, hidden until the script that it needs shows it."""
    return element(
        "form",
        element("label", "Filter tables and columns", for_="filter", class_="unseen"),
        element("input", type="search", id="filter", placeholder="Filter tables and columns", autocomplete="off"),
        element("output", for_="filter"),
        class_="filter",
        role="search",
        hidden=True,
    )


def _part(part: Part, rows: Examples | None, anchor_of: AnchorOf) -> Markup:
    cards = (_card(entry, rows, anchor_of) for entry in part.entries)
    return element("section", element("h2", part.title), element("p", part.about, class_="muted"), *cards)


def _card(entry: Entry, rows: Examples | None, anchor_of: AnchorOf) -> Markup:
    name = entry.table.full_name
    return element(
        "article",
        element("h3", name, id=f"{name}-name"),
        element("p", entry.table.meaning),
        _facts(entry),
        element("h4", "Columns"),
        element("div", _columns(entry), data_columns=True),
        element("h4", "Lineage"),
        *_lineage(entry, anchor_of),
        element("h4", "Example rows"),
        *_examples(entry, rows),
        element("h4", "Audits"),
        *_audits(entry),
        element("h4", "Filled by"),
        *_statements(entry),
        id=name,
        class_="card",
        data_table=f"{name} {entry.table.meaning}",
        aria_labelledby=f"{name}-name",
    )


def _facts(entry: Entry) -> Markup:
    keys = ", ".join(entry.table.primary_key) or "none"
    shown = (("Primary key", keys), ("Distribution", entry.distribution), ("Sort key", entry.sort_key))
    return facts((name, code(value)) for name, value in shown)


def _columns(entry: Entry) -> Markup:
    return table(
        f"Columns of {entry.table.full_name}",
        ["column, key", "meaning", "type", "field in the lake"],
        [
            [
                Markup().join([code(column.name), *_key(entry, column)]),
                full_meaning(column),
                code(column.type.lower()) + _below(nullability(column)),
                Markup("<br>").join(map(code, entry.fields(column))) or element("span", "none", class_="nil"),
            ]
            for column in entry.table.columns
        ],
        row_ids=[f"{entry.table.full_name}.{column.name}" for column in entry.table.columns],
    )


def _key(entry: Entry, column: Column) -> Iterator[Markup]:
    if entry.is_key(column):
        yield _below(badge("primary key", "accent"))
    if reference := entry.reference(column):
        yield _below(link(reference, "→ ", reference.partition(".")[2], title=f"foreign key to {reference}"))


def _below(content: object) -> Markup:
    """Return content as a line of its own."""
    return element("small", content)


def _lineage(entry: Entry, anchor_of: AnchorOf) -> Iterator[Markup]:
    if not entry.has_lineage:
        yield notice(WRITTEN_BY_THE_PLATFORM)
        return
    drawing = scrolling(f"Lineage of {entry.table.full_name}", draw(entry.table, anchor_of))
    yield element("figure", drawing, class_="graph")
    made = [column for column in entry.table.columns if entry.is_made(column)]
    if unmade := [code(column.name) for column in entry.table.columns if column not in made]:
        yield note("Made from no other column: ", Markup(", ").join(unmade), ". Counted, constant, or found by a load.")
    paths = (element("li", path_text(path)) for column in made for path in entry.paths(column))
    yield details(f"The lineage of {entry.table.name} as text", element("ul", *paths))


def _examples(entry: Entry, rows: Examples | None) -> Iterator[Markup]:
    name, columns = entry.table.full_name, entry.table.columns
    if rows is None:
        commands = code("sparkify load"), ", then ", code("sparkify dictionary")
        yield notice("There is no warehouse yet to read rows from. Run ", *commands, ".")
    elif not rows.get(name):
        yield notice("The table is empty.")
    else:
        yield table(
            f"Example rows of {name}",
            [column.name for column in columns],
            [[MASK if is_masked(column) else _value(row[column.name]) for column in columns] for row in rows[name]],
            kind="data",
        )
        if masked := [column.name for column in columns if is_masked(column)]:
            yield note(f"{MASK} hides values that are or may be personal: {', '.join(masked)}.")


def _value(value: Value) -> Markup | str:
    if value is None:
        return element("span", "null", class_="nil")
    return cut(value.isoformat(" ", "milliseconds") if isinstance(value, datetime) else str(value), _TEXT_SHOWN)


def _audits(entry: Entry) -> Iterator[Markup]:
    if not entry.audits:
        yield notice("This table has no audits of its own. Audits of other tables read it.")
        return
    yield table(
        f"Audits of {entry.table.full_name}",
        ["audit", "kind", "what must be true"],
        [
            [code(audit.name), badge(audit.kind, "accent" if audit.blocking else "plain"), audit.meaning]
            for audit in entry.audits
        ],
    )
    kinds = dict.fromkeys(audit.kind for audit in entry.audits)
    yield note("; ".join(f"{kind}: {KINDS_OF_AUDIT[kind]}" for kind in kinds).capitalize(), ".")


def _statements(entry: Entry) -> Iterator[Markup]:
    if not entry.statements:
        yield notice("No statement fills this table: the platform adds its rows one by one.")
    for statement in entry.statements:
        yield details(code(statement_title(statement)), listing(statement.sql))

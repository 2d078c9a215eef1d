"""The data dictionary as a page: complete, correct, safe and accessible."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from sparkify_assets import model
from sparkify_assets.load.audits import audits_of
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries.lineage import statements_filling
from sparkify_assets.report.pages.dictionary import build_dictionary
from sparkify_assets.report.pages.entries import WRITTEN_BY_THE_PLATFORM, Entry, full_meaning
from sparkify_assets.report.pages.examples import is_masked
from sparkify_assets.warehouse.session import Row
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.report.reading import Element, Page, loaded_from_elsewhere

pytestmark = pytest.mark.check

TABLES = list(model.tables().values())
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"
INSIGHT = """-- Plays on gramophones.
-- Key: day
SELECT
    start_date AS day,  -- DATE NOT NULL: The day of the gramophone.
    COUNT(songplay_id) AS plays  -- BIGINT NOT NULL: How many.
FROM sparkify.songplays
GROUP BY start_date
"""


def example_rows(value: object) -> dict[str, list[Row]]:
    return {table.full_name: [{column.name: value for column in table.columns}] for table in TABLES}


@pytest.fixture(scope="module")
def html() -> str:
    return build_dictionary(TABLES, example_rows("an example"))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def cards(page: Page) -> dict[str, Element]:
    """The part of the page about each table."""
    return {card["id"]: card for card in page.all("article")}


@pytest.fixture(scope="module")
def rows(page: Page) -> dict[str, Element]:
    """The row about each column."""
    return {row["id"]: row for row in page.all("tr")}


def test_there_is_one_part_for_each_table_and_one_row_for_each_column(page: Page) -> None:
    shown = Counter(each["id"] for tag in ("article", "tr") for each in page.all(tag) if "id" in each.attributes)
    columns = [f"{table.full_name}.{column.name}" for table in TABLES for column in table.columns]
    expected = Counter([*(table.full_name for table in TABLES), *columns])
    offenders = [f"{name}: {shown[name]}" for name in sorted(shown | expected) if shown[name] != expected[name]]
    assert not offenders, "\n".join(offenders)


def test_every_table_and_column_has_its_meaning_type_and_nulls(
    cards: dict[str, Element], rows: dict[str, Element]
) -> None:
    offenders = [table.full_name for table in TABLES if table.meaning not in cards[table.full_name].text]
    offenders += [
        f"{table.full_name}.{column.name}: {row.text}"
        for table in TABLES
        for column in table.columns
        for row in [rows[f"{table.full_name}.{column.name}"]]
        if not row.text.startswith(column.name)
        or full_meaning(column) not in row.text
        or f"{column.type.lower()} {'may be' if column.nullable else 'never'} null" not in row.text
        or (column.source is not None and f"$.{column.source}" not in row.text)
    ]
    assert not offenders, "\n".join(offenders)


def test_keys_are_shown_and_link_to_what_they_refer_to(page: Page, rows: dict[str, Element]) -> None:
    primary = [f"{table.full_name}.{name}" for table in TABLES for name in table.primary_key]
    foreign = {
        f"{table.full_name}.{key.column}": f"#{key.references}.{key.referenced_column}"
        for table in TABLES
        for key in table.foreign_keys
    }
    assert primary
    assert foreign
    offenders = [f"{column}: {rows[column].text}" for column in primary if "primary key" not in rows[column].text]
    for column, target in foreign.items():
        links = [link["href"] for link in page.within(rows[column], "a")]
        if target not in links:
            offenders.append(f"{column} links to {links}, expected {target}")
    assert not offenders, "\n".join(offenders)


def test_every_column_is_drawn_back_to_the_lake_or_a_ledger_and_its_paths_are_listed(
    page: Page, cards: dict[str, Element]
) -> None:
    offenders = [problem for table in TABLES for problem in wrong_paths(page, cards[table.full_name], Entry(table))]
    assert not offenders, "\n".join(offenders)


# The lake, and what the platform itself writes.
BEGINNINGS = ("log_data.", "song_data.", *(f"{table.full_name}." for table in TABLES if not Entry(table).made))


def wrong_paths(page: Page, card: Element, entry: Entry) -> Iterator[str]:
    name = entry.table.full_name
    if not entry.made:
        if WRITTEN_BY_THE_PLATFORM not in card.text:
            yield f"{name} is not said to be written by the platform"
        return
    drawings = page.within(card, "svg")
    nodes = [{link["data-node"] for link in page.within(svg, "a")} for svg in drawings]
    listed = [item.text for item in page.within(card, "li")]
    for column in entry.table.columns:
        full_name = f"{name}.{column.name}"
        if [full_name in drawn for drawn in nodes] != [True]:
            yield f"{full_name} is not in the one drawing, of {len(drawings)}"
        paths = [path for path in listed if path.endswith(f" → {full_name}")]
        if len(paths) != sum(len(path) > 1 for path in entry.paths(column)):
            yield f"{full_name} has the paths {paths}"
        yield from (path for path in paths if not path.startswith(BEGINNINGS))


def test_statements_and_audits_are_shown(page: Page, cards: dict[str, Element]) -> None:
    offenders = []
    for table in TABLES:
        name, card = table.full_name, cards[table.full_name]
        shown = ["".join(listing.texts) for listing in page.within(card, "pre")]
        if shown != [statement.sql for statement in statements_filling(name)]:
            offenders.append(f"{name} shows {shown}")
        audits = audits_of(name) if name in (*DAY_TABLES, *CATALOG_TABLES) else ()
        described = {f"{audit.name} {audit.kind} {' '.join(audit.meaning.split())}" for audit in audits}
        offenders += [f"{name}: {audit}" for audit in described if audit not in card.text]
    assert not offenders, "\n".join(offenders)


def test_personal_values_are_masked_in_any_rows(page: Page) -> None:
    for table in TABLES:
        captions = page.all("caption")
        rows = next(c.parents[-1] for c in captions if c.text == f"Example rows of {table.full_name}")
        (_, values) = page.within(rows, "tr")
        assert values.text == " ".join("***" if is_masked(column) else "an example" for column in table.columns)


def test_hostile_text_in_rows_and_meanings_is_shown_and_not_run(contract: Contract) -> None:
    contract.change("users", ("Dimension: everyone", HOSTILE.replace("'", "''")), ("F or M", "</td><script>1</script>"))
    tables = list(model.tables().values())
    page = Page(build_dictionary(tables, example_rows(HOSTILE)))
    assert len(list(page.all("script"))) == 1
    assert not list(page.all("img"))
    assert HOSTILE in page.one("article", id="sparkify.users").text
    assert "</td><script>1</script>" in page.one("tr", id="sparkify.users.gender").text
    assert not [name for e in page.elements for name in e.attributes if name.startswith("on")]


def test_nulls_look_unlike_texts_and_long_texts_are_cut() -> None:
    table = model.table("sparkify.songs")
    row: Row = {column.name: None for column in table.columns} | {"title": "x" * 1000, "song_id": "null"}
    page = Page(build_dictionary([table], {table.full_name: [row]}))
    nulls = [each for each in page.all("span", **{"class": "nil"}) if each.text == "null"]
    assert len(nulls) == len(table.columns) - 2
    assert f"{'x' * 59}…" in page.one("article").text
    assert "x" * 60 not in page.one("article").text


def test_without_a_warehouse_a_notice_takes_the_place_of_rows() -> None:
    page = Page(build_dictionary(TABLES, None))
    assert sum("There is no warehouse yet" in card.text for card in page.all("article")) == len(TABLES)
    empty = Page(build_dictionary(TABLES, {}))
    assert sum("The table is empty" in card.text for card in empty.all("article")) == len(TABLES)


def test_a_new_table_of_the_contract_is_on_the_page(contract: Contract) -> None:
    contract.write("insights/gramophones.sql", INSIGHT)
    page = Page(build_dictionary(list(model.tables().values()), None))
    assert "Plays on gramophones." in page.one("article", id="insights.gramophones").text
    assert "The day of the gramophone." in page.one("tr", id="insights.gramophones.day").text
    assert "Insights" in [heading.text for heading in page.all("h2")]


def test_it_is_self_contained_in_less_than_a_megabyte(page: Page, html: str) -> None:
    assert not loaded_from_elsewhere(page)
    assert len(html.encode()) < 1_000_000


def test_every_link_has_a_target_and_every_id_is_unique(page: Page) -> None:
    ids = [element["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= set(ids)
    assert {e["aria-labelledby"] for e in page.elements if "aria-labelledby" in e.attributes} <= set(ids)


def test_headings_skip_no_level_and_every_table_has_a_caption_of_its_own(page: Page) -> None:
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch(r"h\d", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    captions = [caption.text for caption in page.all("caption")]
    assert len(captions) == len(set(captions)) == len(list(page.all("table")))


def test_the_filter_has_a_label_and_is_hidden_until_its_script_runs(page: Page) -> None:
    form = page.one("form")
    assert "hidden" in form.attributes
    (label,), (box,) = page.within(form, "label"), page.within(form, "input")
    assert (label["for"], label.text) == (box["id"], "Filter tables and columns")
    # The elements that the script looks for.
    cards = [card for card in page.all("article") if "data-table" in card.attributes]
    assert len(cards) == len(TABLES)
    assert len([part for part in page.all("div") if "data-columns" in part.attributes]) == len(TABLES)

"""The data dictionary as a page: complete, correct, safe and accessible."""

import re
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
from sparkify_assets_tests.report.reading import Page, loaded_from_elsewhere

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

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)


def example_rows(value: object) -> dict[str, list[Row]]:
    return {table.full_name: [{column.name: value for column in table.columns}] for table in TABLES}


@pytest.fixture(scope="module")
def html() -> str:
    return build_dictionary(TABLES, example_rows("an example"))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@each_table
def test_every_table_and_column_is_on_the_page_with_its_meaning_type_and_nulls(page: Page, table: model.Table) -> None:
    card = page.one("article", id=table.full_name)
    assert table.meaning in card.text
    for column in table.columns:
        row = page.one("tr", id=f"{table.full_name}.{column.name}")
        assert row.text.startswith(column.name)
        assert full_meaning(column) in row.text
        assert f"{column.type.lower()} {'may be' if column.nullable else 'never'} null" in row.text
        assert column.source is None or f"$.{column.source}" in row.text


@each_table
def test_keys_are_shown_and_link_to_what_they_refer_to(page: Page, table: model.Table) -> None:
    for name in table.primary_key:
        assert "primary key" in page.one("tr", id=f"{table.full_name}.{name}").text
    for key in table.foreign_keys:
        row = page.one("tr", id=f"{table.full_name}.{key.column}")
        assert f"#{key.references}.{key.referenced_column}" in [link["href"] for link in page.within(row, "a")]


@each_table
def test_every_column_is_drawn_back_to_the_lake_and_its_paths_are_listed(page: Page, table: model.Table) -> None:
    entry = Entry(table)
    if not entry.made:
        assert WRITTEN_BY_THE_PLATFORM in page.one("article", id=table.full_name).text
        return
    (svg,) = page.within(page.one("article", id=table.full_name), "svg")
    nodes = {link["data-node"] for link in page.within(svg, "a")}
    assert nodes >= {f"{table.full_name}.{column.name}" for column in table.columns}
    listed = [item.text for item in page.within(page.one("article", id=table.full_name), "li")]
    for column in table.columns:
        paths = [path for path in listed if path.endswith(f" → {table.full_name}.{column.name}")]
        assert len(paths) == sum(len(path) > 1 for path in entry.paths(column))
        assert all(path.startswith(("log_data.", "song_data.")) for path in paths)


@each_table
def test_its_statements_and_audits_are_shown(page: Page, table: model.Table) -> None:
    card = page.one("article", id=table.full_name)
    shown = [listing.texts for listing in page.within(card, "pre")]
    assert ["".join(texts) for texts in shown] == [statement.sql for statement in statements_filling(table.full_name)]
    if table.full_name in (*DAY_TABLES, *CATALOG_TABLES):
        for audit in audits_of(table.full_name):
            assert f"{audit.name} {audit.kind} {' '.join(audit.meaning.split())}" in card.text


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

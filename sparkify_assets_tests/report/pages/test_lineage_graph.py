"""The drawing of a table's lineage: layers from the lake to the table, and nothing overlaps."""

from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from sparkify_assets import model
from sparkify_assets.model import Table
from sparkify_assets.queries.lineage import FILE_NAME, Source
from sparkify_assets.report.pages import lineage_graph
from sparkify_assets.report.pages.lineage_graph import (
    Box,
    Layout,
    edges_of,
    lay_out,
)
from sparkify_assets.report.pages.templates import render

MADE_OF_OTHERS = [table for table in model.tables().values() if edges_of(table)]
EVENTS, SONGPLAYS = "staging.staging_events", "sparkify.songplays"
each_table = pytest.mark.parametrize("table", MADE_OF_OTHERS, ids=lambda table: table.full_name)


def test_a_field_of_a_record_is_named_as_a_path_in_it() -> None:
    assert Source("log_data", "firstName").full_name == "log_data.$.firstName"
    assert Source("log_data", FILE_NAME).full_name == "log_data.file name"
    assert Source(EVENTS, "first_name").full_name == "staging.staging_events.first_name"


@each_table
def test_the_lake_is_on_the_left_and_every_column_right_of_its_sources(table: Table) -> None:
    layout = lay_out(table)
    for source, made in edges_of(table):
        assert layout.layers[source] < layout.layers[made]
    assert {layout.layers[slot] for slot in sources_of(layout) if "." not in slot.table} == {0}
    assert {slot.column for slot in sources_of(layout) if slot.table == table.full_name} == {
        column.name for column in table.columns
    }


@each_table
def test_nothing_overlaps(table: Table) -> None:
    for (one, top), (other, other_top) in combinations(lay_out(table).boxes, 2):
        if one.layer == other.layer:
            assert top + one.height <= other_top + 0.01 or other_top + other.height <= top + 0.01


@each_table
def test_a_line_passes_every_layer_in_a_lane_of_its_own(table: Table) -> None:
    layout = lay_out(table)
    for line in layout.lines:
        assert all(layout.layers[right] == layout.layers[left] + 1 for left, right in pairwise(line))
    lanes = [slot for line in layout.lines for slot in line[1:-1]]
    assert len(lanes) == len(set(lanes))


@each_table
def test_everything_is_within_the_picture(table: Table) -> None:
    layout = lay_out(table)
    assert min(top for _, top in layout.boxes) == 0
    assert layout.width > 0
    assert all(top + box.height <= layout.height for box, top in layout.boxes)


def test_a_table_stands_beside_the_lines_that_pass_it() -> None:
    songplays = lay_out(model.table(SONGPLAYS))
    (songs,) = (box.layer for box, _ in songplays.boxes if box.table == "sparkify.songs")
    assert any(box.layer == songs and not box.table for box, _ in songplays.boxes)


def drawing(table: Table, anchor: str = "to.") -> ElementTree.Element:
    svg = render(
        "lineage.svg",
        layout=lay_out(table),
        anchor_of=lambda source: anchor + source.column,
    )
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


@each_table
def test_every_column_is_a_link_with_a_title_and_the_keyboard_reaches_those_of_the_table(table: Table) -> None:
    svg = drawing(table)
    links = {link.attrib["data-node"]: link for link in svg.iter("a")}
    assert set(links) == {slot.full_name for slot in sources_of(lay_out(table))}
    for name, link in links.items():
        assert [title.text for title in link.iter("title")] == [name]
        assert link.attrib["href"].startswith("#to.")
        assert ("tabindex" not in link.attrib) == name.startswith(f"{table.full_name}.")
    ends = {(line.attrib["data-from"], line.attrib["data-to"]) for line in svg.iter("path")}
    assert ends == {(source.full_name, made.full_name) for source, made in edges_of(table)}


def test_the_drawing_has_a_title() -> None:
    svg = drawing(model.table(SONGPLAYS))
    assert svg.findtext("title") == "Where the columns of sparkify.songplays come from"
    assert svg.attrib["role"] == "group"


def test_text_in_the_drawing_is_escaped() -> None:
    hostile = '"><script>&'
    svg = drawing(model.table(SONGPLAYS), hostile)
    assert {link.attrib["href"][: len(hostile) + 1] for link in svg.iter("a")} == {f"#{hostile}"}


def test_tables_that_are_made_from_each_other_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Source("a.one", "x"), Source("a.other", "y")
    monkeypatch.setattr(lineage_graph, "edges_of", lambda table: {(one, other), (other, one)})
    with pytest.raises(ValueError, match=r"a\.one, a\.other; expected statements that lead from the lake one way"):
        lay_out(model.table(SONGPLAYS))


def sources_of(layout: Layout) -> list[Source]:
    return [slot for box, _ in layout.boxes for slot in box.slots if isinstance(slot, Source)]


def test_columns_from_the_same_tables_are_beside_each_other() -> None:
    goal = next(box for box, _ in lay_out(model.table(SONGPLAYS)).boxes if box.table == SONGPLAYS)
    assert isinstance(goal, Box)
    assert [slot.column for slot in goal.slots[-2:] if isinstance(slot, Source)] == ["song_id", "artist_id"]

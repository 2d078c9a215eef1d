"""The drawing of a table's lineage: layers from the lake to the table, and nothing overlaps."""

from collections import Counter
from collections.abc import Iterator
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

pytestmark = pytest.mark.check

EVENTS, SONGPLAYS = "staging.staging_events", "sparkify.songplays"
Layouts = list[tuple[Table, Layout]]


@pytest.fixture(scope="module")
def layouts() -> Layouts:
    """The layout of every table that is made of others."""
    found = [(table, lay_out(table)) for table in model.tables().values() if edges_of(table)]
    assert found
    return found


def test_a_field_of_a_record_is_named_as_a_path_in_it() -> None:
    assert Source("log_data", "firstName").full_name == "log_data.$.firstName"
    assert Source("log_data", FILE_NAME).full_name == "log_data.file name"
    assert Source(EVENTS, "first_name").full_name == "staging.staging_events.first_name"


def test_the_lake_is_on_the_left_and_every_column_right_of_its_sources(layouts: Layouts) -> None:
    offenders = [f"{table.full_name}: {problem}" for table, layout in layouts for problem in misplaced(table, layout)]
    assert not offenders, "\n".join(offenders)


def misplaced(table: Table, layout: Layout) -> Iterator[str]:
    for source, made in edges_of(table):
        if layout.layers[source] >= layout.layers[made]:
            yield f"{source.full_name} is not left of {made.full_name}"
    lake = {layout.layers[slot] for slot in sources_of(layout) if "." not in slot.table}
    # The calendar is made from the ledger alone.
    if lake != (set() if table.full_name == "ops.calendar" else {0}):
        yield f"the lake is in the layers {lake}, expected the first"
    shown = {slot.column for slot in sources_of(layout) if slot.table == table.full_name}
    if shown != {column.name for column in table.columns}:
        yield f"the columns shown are {shown}"


def test_nothing_overlaps(layouts: Layouts) -> None:
    offenders = [
        f"{table.full_name}, layer {one.layer}: {one.table or one.slots} and {other.table or other.slots}"
        for table, layout in layouts
        for (one, top), (other, other_top) in combinations(layout.boxes, 2)
        if one.layer == other.layer and top + one.height > other_top + 0.01 and other_top + other.height > top + 0.01
    ]
    assert not offenders, "\n".join(offenders)


def test_a_line_passes_every_layer_in_a_lane_of_its_own(layouts: Layouts) -> None:
    jumps = [
        f"{table.full_name}: a line from {left} to {right}"
        for table, layout in layouts
        for line in layout.lines
        for left, right in pairwise(line)
        if layout.layers[right] != layout.layers[left] + 1
    ]
    shared = [
        f"{table.full_name}: {number} lines in {lane}"
        for table, layout in layouts
        for lane, number in Counter(slot for line in layout.lines for slot in line[1:-1]).items()
        if number > 1
    ]
    assert not jumps + shared, "\n".join(jumps + shared)


def test_everything_is_within_the_picture(layouts: Layouts) -> None:
    offenders = [
        f"{table.full_name}: {layout.width} by {layout.height}, boxes from {highest} to {lowest}"
        for table, layout in layouts
        for highest in [min(top for _, top in layout.boxes)]
        for lowest in [max(top + box.height for box, top in layout.boxes)]
        if highest != 0 or lowest > layout.height or layout.width <= 0
    ]
    assert not offenders, "\n".join(offenders)


def test_a_table_stands_beside_the_lines_that_pass_it() -> None:
    songplays = lay_out(model.table(SONGPLAYS))
    (songs,) = (box.layer for box, _ in songplays.boxes if box.table == "sparkify.songs")
    assert any(box.layer == songs and not box.table for box, _ in songplays.boxes)


def drawing(layout: Layout, anchor: str = "to.") -> ElementTree.Element:
    svg = render("lineage.svg", layout=layout, anchor_of=lambda source: anchor + source.column)
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def test_every_column_is_a_link_with_a_title_and_the_keyboard_reaches_those_of_the_table(layouts: Layouts) -> None:
    offenders = [f"{table.full_name}: {problem}" for table, layout in layouts for problem in misdrawn(table, layout)]
    assert not offenders, "\n".join(offenders)


def misdrawn(table: Table, layout: Layout) -> Iterator[str]:
    svg = drawing(layout)
    links = {link.attrib["data-node"]: link for link in svg.iter("a")}
    if set(links) != {slot.full_name for slot in sources_of(layout)}:
        yield f"the links are {sorted(links)}"
    for name, link in links.items():
        if [title.text for title in link.iter("title")] != [name]:
            yield f"{name} has another title"
        if not link.attrib["href"].startswith("#to."):
            yield f"{name} leads to {link.attrib['href']}"
        if ("tabindex" not in link.attrib) != name.startswith(f"{table.full_name}."):
            yield f"{name} is {'not ' if 'tabindex' in link.attrib else ''}reached by the keyboard"
    ends = {(line.attrib["data-from"], line.attrib["data-to"]) for line in svg.iter("path")}
    if ends != {(source.full_name, made.full_name) for source, made in edges_of(table)}:
        yield f"the lines are {sorted(ends)}"


def test_the_drawing_has_a_title() -> None:
    svg = drawing(lay_out(model.table(SONGPLAYS)))
    assert svg.findtext("title") == "Where the columns of sparkify.songplays come from"
    assert svg.attrib["role"] == "group"


def test_text_in_the_drawing_is_escaped() -> None:
    hostile = '"><script>&'
    svg = drawing(lay_out(model.table(SONGPLAYS)), hostile)
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
    last = [slot.column for slot in goal.slots[-3:] if isinstance(slot, Source)]
    assert last == ["song_id", "artist_id", "catalog_artist_id"]

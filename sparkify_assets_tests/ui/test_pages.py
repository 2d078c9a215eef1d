"""What the UI shows of the tables: their lineage, their columns, and the figures and checks of their loads."""

import re

from playwright.sync_api import Locator, Page, expect

from sparkify_assets.load.audits import audits_of
from sparkify_assets.model import table

SONGPLAYS = "sparkify.songplays"
GROUPS = {
    "lake": {"log_data", "song_data"},
    "staging": {"staging_events", "staging_songs"},
    "star": {"songplays", "users", "songs", "artists", "time"},
    # There are others, whose names are longer than their boxes.
    "insights": {"song_popularity", "artist_popularity", "peak_usage", "user_activity", "retention", "dashboard"},
}
# All boxes at one moment, by the name in them: each group holds its tables and nothing else. Insights that are not
# listed above are ignored.
LIE_IN_THEIR_GROUPS = """groups => {
  const boxes = {};
  for (const node of document.querySelectorAll("foreignObject"))
    if (node.textContent) boxes[node.textContent.split("Latest event")[0]] = node.getBoundingClientRect();
  const within = (inner, outer) =>
    outer.left <= inner.left && inner.right <= outer.right && outer.top <= inner.top && inner.bottom <= outer.bottom;
  const known = Object.values(groups).flat();
  return Object.keys(groups).every(group => boxes[group]) && known.every(name => boxes[name]) &&
    Object.keys(groups).every(group => Object.keys(boxes).every(name =>
      name === group || (group === "insights" && !known.includes(name)) ||
      within(boxes[name], boxes[group]) === groups[group].includes(name)));
}"""
PLOTTED = {
    "dagster/partition_row_count",
    "dagster/row_count",
    "match_rate",
    "records_per_second",
    "rejects",
    "rows",
    "seconds",
}


def test_the_lineage_graph_shows_every_table_in_its_group(page: Page, ui: str) -> None:
    # The graph draws only what fits the window.
    page.set_viewport_size({"width": 3400, "height": 4800})
    page.goto(ui)
    page.get_by_role("link", name="Lineage").click()
    for group in GROUPS:
        expect(nodes(page).get_by_text(group, exact=True)).to_be_visible()
    # "Expand all groups" in the graph's menu.
    page.keyboard.press("Alt+e")
    for name in set().union(*GROUPS.values()):
        expect(nodes(page).get_by_text(name, exact=True)).to_be_visible()
    # Repeated until it holds: boxes change their sizes while they are filled.
    page.wait_for_function(LIE_IN_THEIR_GROUPS, arg={group: sorted(names) for group, names in GROUPS.items()})


def test_the_graph_leads_from_events_through_plays_to_time_and_insights(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/songplays")
    page.get_by_role("tab", name="Lineage").click()
    page.get_by_role("button", name="Upstream").click()
    shows_exactly(page, {"staging_events", "songs", "songplays"})
    page.get_by_role("button", name="Downstream").click()
    # One step down; the dashboard is one step further.
    shows_exactly(page, {"songplays", "time", *GROUPS["insights"] - {"dashboard"}})


def test_a_table_shows_its_columns_with_types_and_meanings(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/songplays")
    shown = page.get_by_role("table").filter(has=page.get_by_role("cell", name="Column name")).get_by_role("row")
    columns = table(SONGPLAYS).columns
    expect(shown).to_have_count(1 + len(columns))
    for row, column in zip(shown.all()[1:], columns, strict=True):
        name, kind, meaning = row.get_by_role("cell").all()
        expect(name).to_have_text(column.name)
        expect(kind).to_contain_text(column.type.lower())
        expect(meaning).to_have_text(column.meaning)
    expect(page.get_by_text(table(SONGPLAYS).meaning)).to_be_visible()


def test_a_table_plots_the_numbers_of_its_loads_over_the_days(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/songplays")
    page.get_by_role("button", name="Plots").click()
    expect(page.get_by_role("button", name="Partitions")).to_be_visible()
    for name in PLOTTED:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("canvas")).to_have_count(len(PLOTTED))


def test_a_table_shows_its_checks_with_meanings_and_results(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/songplays")
    page.get_by_role("tab", name="Checks").click()
    audits = audits_of(SONGPLAYS)
    expect(page.get_by_text(f"Checks ({len(audits)})")).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(len(audits))
    for audit in audits:
        page.get_by_text(audit.name, exact=True).first.click()
        expect(page.get_by_text(audit.meaning, exact=True)).to_be_visible()
        expect(page.get_by_text("Passed", exact=True)).to_be_visible()


def nodes(page: Page) -> Locator:
    """The boxes of a graph that have text: its tables, and the groups around them."""
    return page.locator("foreignObject").filter(has_text=re.compile("."))


def shows_exactly(page: Page, names: set[str]) -> None:
    """Check that the graph shows these tables and no others."""
    for name in set().union(*GROUPS.values()):
        expect(nodes(page).get_by_text(name, exact=True)).to_have_count(1 if name in names else 0)


def test_an_insight_shows_its_chart(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/song_popularity")
    row = page.get_by_role("row").filter(has=page.get_by_text("chart", exact=True))
    row.get_by_text("Show Markdown").click()
    chart = page.get_by_role("dialog").get_by_role("img", name="Most played songs")
    expect(chart).to_be_visible()
    assert chart.evaluate("image => image.complete && image.naturalWidth > 200")

"""What the UI shows of the tables, and what is started in it by clicks and followed until it succeeds.

One file, so that one UI serves all of it.
"""

import re
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from sparkify_assets.load.audits import audits_of
from sparkify_assets.model import table
from sparkify_assets_tests.ui.attacking import RESUME, asked, hostile_page
from sparkify_assets_tests.ui.running import DAYS, UI

SONGPLAYS = "sparkify.songplays"
GROUPS = {
    "lake": {"log_data", "song_data"},
    "staging": {"staging_events", "staging_songs"},
    "star": {"songplays", "page_views", "users", "songs", "artists", "time"},
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
GO = "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }"
PLOTTED = {
    "batch_days",
    "batch_seconds",
    "bytes",
    "dagster/partition_row_count",
    "dagster/row_count",
    "match_rate",
    "records",
    "rejects",
    "rows",
}

# Neither the first day nor the last, which pages show in more than one place.
ONE_DAY = DAYS[1]
FIRST, *_, LAST = BACKFILLED = DAYS[3:6]
BAD_DAY = DAYS[6]


def test_the_lineage_graph_shows_every_table_in_its_group_wherever_the_ui_is_opened(stranger: Page, ui: str) -> None:
    # The graph draws only what fits the window.
    stranger.set_viewport_size({"width": 4200, "height": 7200})
    stranger.goto(f"{ui}/asset-groups")
    # Nobody has to expand a group: the UI has done it.
    for name in set().union(*GROUPS.values()):
        expect(nodes(stranger).get_by_text(name, exact=True)).to_be_visible()
    # What is only observed does not look as if it was missing.
    for name in GROUPS["lake"]:
        expect(nodes(stranger).filter(has=stranger.get_by_text(name, exact=True))).to_contain_text("Observed")
    # Repeated until it holds: boxes change their sizes while they are filled.
    stranger.wait_for_function(LIE_IN_THEIR_GROUPS, arg={group: sorted(names) for group, names in GROUPS.items()})


def test_the_graph_leads_from_events_through_plays_to_time_and_insights(page: Page, ui: str) -> None:
    visit(page, f"{ui}/assets/songplays")
    page.get_by_role("tab", name="Lineage").click()
    page.get_by_role("button", name="Upstream").click()
    shows_exactly(page, {"staging_events", "songs", "songplays"})
    page.get_by_role("button", name="Downstream").click()
    # One step down; the dashboard is one step further.
    shows_exactly(page, {"songplays", "time", *GROUPS["insights"] - {"dashboard"}})


def test_a_table_shows_its_columns_with_types_and_meanings(page: Page, ui: str) -> None:
    visit(page, f"{ui}/assets/songplays")
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
    visit(page, f"{ui}/assets/songplays")
    page.get_by_role("button", name="Plots").click()
    expect(page.get_by_role("button", name="Partitions")).to_be_visible()
    for name in PLOTTED:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("canvas")).to_have_count(len(PLOTTED))


def test_the_ui_opens_on_the_assets(page: Page, ui: str) -> None:
    page.goto(ui)
    expect(page.get_by_role("link", name=re.compile("artist_popularity$")).first).to_be_visible()
    assert page.url == f"{ui}/assets"


def test_a_table_links_to_its_days_and_the_dashboard_to_its_page(page: Page, ui: str) -> None:
    for asset, address, title in (
        ("songplays", "/sparkify/days/songplays", "Days of songplays"),
        ("dashboard", "/sparkify/dashboard", "Overview"),
    ):
        visit(page, f"{ui}/assets/{asset}")
        with page.expect_popup() as opened:
            page.get_by_role("link", name=address).first.click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text(title)
        opened.value.close()


def test_a_table_shows_its_checks_with_meanings_and_results(page: Page, ui: str) -> None:
    visit(page, f"{ui}/assets/songplays")
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


def test_the_dashboard_is_drawn_by_a_click_and_shows_the_charts(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/dashboard")
    page.get_by_role("button").filter(has_text=re.compile("^Materialize$")).click()
    follow(page)
    succeeds(page)
    visit(page, f"{ui}/assets/dashboard")
    row = page.get_by_role("row").filter(has=page.get_by_text("song_popularity", exact=True))
    row.get_by_text("Show Markdown").click()
    chart = page.get_by_role("dialog").get_by_role("img", name="Most played songs")
    expect(chart).to_be_visible()
    assert chart.evaluate("image => image.complete && image.naturalWidth > 200")


def test_one_day_is_loaded_by_a_click(page: Page, ui: str) -> None:
    dialog = asked_to_materialize(page, ui, str(ONE_DAY))
    dialog.get_by_role("button", name="Launch 1 run").click()
    follow(page)
    succeeds(page)
    expect(page.get_by_text(f"partition: {ONE_DAY}")).to_be_visible()
    is_loaded_by(page, ui, ONE_DAY, run_shown(page))


def test_a_backfill_of_three_days_is_one_run_whose_log_is_read_while_it_goes_on(
    page: Page, ui: str, running: UI
) -> None:
    dialog = asked_to_materialize(page, ui, f"[{FIRST}...{LAST}]")
    expect(dialog.get_by_text("3 partitions")).to_be_visible()
    expect(dialog.get_by_text("Backfills all partitions in a single run.")).to_be_visible()
    with running.held() as let_it_load:
        dialog.get_by_role("button", name="Launch backfill").click()
        follow(page)
        page.get_by_role("tab", name="Runs").click()
        runs = page.get_by_role("link", name=re.compile(r"^run [0-9a-f]{8}$"))
        expect(runs).to_have_count(1)
        runs.click()
        expect(page.get_by_text(f"loading {FIRST} to {LAST}", exact=True)).to_be_visible()
        let_it_load()
        expect(page.get_by_text(re.compile(f"^{FIRST}: loaded"))).to_be_visible()
        expect(page.get_by_text("Started", exact=True)).to_be_visible()
    succeeds(page)
    page.get_by_role("button", name="View tags and config").click()
    tags = page.get_by_role("dialog")
    expect(tags.get_by_text(f"asset_partition_range_start: {FIRST}")).to_be_visible()
    expect(tags.get_by_text(f"asset_partition_range_end: {LAST}")).to_be_visible()
    run = run_shown(page)
    for day in BACKFILLED:
        is_loaded_by(page, ui, day, run)


def test_the_checks_of_days_are_run_alone_by_their_job(page: Page, ui: str) -> None:
    page.goto(f"{ui}/locations/sparkify_assets/jobs/check_days/playground")
    page.get_by_role("button", name="Launch Run").click()
    succeeds(page)
    run = run_shown(page)
    visit(page, f"{ui}/assets/songplays?view=checks&checkDetail=unique_key")
    expect(page.locator(f"a[href*='/runs/{run}']").first).to_be_visible()
    expect(page.get_by_role("cell", name="the rows as they stand")).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()


def test_a_range_with_a_bad_day_keeps_the_others_and_shows_the_bad_one_until_it_is_mended(
    page: Page, ui: str, lake: Path
) -> None:
    (file,) = lake.glob(f"**/{BAD_DAY}*.json")
    good = file.read_bytes()
    file.write_bytes(b"[]\n" * 101)
    dialog = asked_to_materialize(page, ui, f"[{BAD_DAY}...{DAYS[-1]}]")
    dialog.get_by_role("button", name="Launch backfill").click()
    follow(page)
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_text("Failure")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^run [0-9a-f]{8}$")).click()
    expect(page.get_by_text(f"{BAD_DAY} was refused").first).to_be_visible()
    # The page shows the end of the log.
    lines = f"loading {BAD_DAY} to {DAYS[-1]}", f"{DAYS[-1]}: loaded", f"{BAD_DAY}: refused"
    run = page.url.rpartition("/runs/")[2].partition("?")[0]
    (logged,) = asked(
        ui,
        f"""{{ logsForRun(runId: "{run}") {{ ... on EventConnection {{ events {{ ... on MessageEvent {{
        message }} }} }} }} }}""",
    ).values()
    messages = [entry["message"] for entry in logged["events"]]
    assert all(any(message.startswith(line) for message in messages) for line in lines)
    states = state_of_days(ui)
    assert states == {"songplays": {"FAILED": [str(BAD_DAY)]}, "users": {"FAILED": [str(BAD_DAY)]}}
    file.write_bytes(good)
    dialog = asked_to_materialize(page, ui, str(BAD_DAY), "users")
    dialog.get_by_role("button", name="Launch 1 run").click()
    follow(page)
    succeeds(page)
    assert state_of_days(ui) == {"songplays": {}, "users": {}}


def state_of_days(ui: str) -> dict[str, dict[str, list[str]]]:
    """The days of two tables that are not materialized, by their state."""
    found = asked(
        ui,
        """{ assetNodes(assetKeys: [{path: ["songplays"]}, {path: ["users"]}]) { assetKey { path }
        assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey } } } } }""",
    )
    return {
        node["assetKey"]["path"][0]: {
            each["status"]: [each["startKey"]]
            for each in node["assetPartitionStatuses"]["ranges"]
            if each["status"] != "MATERIALIZED"
        }
        for node in found["assetNodes"]
    }


def test_a_page_of_another_origin_starts_nothing_and_programs_still_work(stranger: Page, ui: str) -> None:
    state = """{ instance { autoMaterializePaused }
        assetOrError(assetKey: {path: ["songs"]}) { ... on Asset { assetMaterializations { timestamp } } } }"""
    before, runs = asked(ui, state), runs_asked_for(ui)
    with hostile_page(ui) as elsewhere:
        stranger.goto(elsewhere)
        stranger.wait_for_function("window.outcomes")
        outcomes = stranger.evaluate("window.outcomes")
    assert (asked(ui, state), runs_asked_for(ui)) == (before, runs)
    assert outcomes["socket"] == "failed"
    assert outcomes["fetch as JSON"] == "failed"
    assert before["instance"] == {"autoMaterializePaused": True}
    # What the page tried works for a program on this machine.
    asked(ui, RESUME)
    assert asked(ui, state)["instance"] == {"autoMaterializePaused": False}
    asked(ui, RESUME.replace("false", "true"))


def runs_asked_for(ui: str) -> set[str]:
    """The runs that no sensor has started: after a load the insights follow by themselves."""
    found = asked(ui, "{ runsOrError { ... on Runs { results { runId tags { key } } } } }")["runsOrError"]["results"]
    return {run["runId"] for run in found if "dagster/sensor_name" not in {tag["key"] for tag in run["tags"]}}


def test_the_ui_is_not_shown_in_a_frame(stranger: Page, ui: str) -> None:
    with hostile_page(ui) as elsewhere:
        stranger.goto(elsewhere)
        stranger.wait_for_function("window.outcomes")
        (frame,) = (frame for frame in stranger.frames if frame.name == "shown")
        assert frame.url == "chrome-error://chromewebdata/"


def visit(page: Page, address: str) -> None:
    """Go to an address as a click on a link does. A page that is loaded anew has no notifications of earlier runs."""
    if page.url == "about:blank":
        page.goto(address)
    else:
        page.evaluate(GO, address)


def asked_to_materialize(page: Page, ui: str, partitions: str, name: str = "songplays") -> Locator:
    """The dialog that launches runs, with these partitions of a table selected."""
    page.goto(f"{ui}/assets/{name}")
    page.get_by_role("button", name="Materialize…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(partitions)
    dialog.get_by_role("textbox").press("Enter")
    return dialog


def follow(page: Page) -> None:
    """Follow the link of the notification about the launch."""
    page.get_by_role("region", name="Notifications").get_by_role("link", name="View").click()


def succeeds(page: Page) -> None:
    """Wait until the page's run succeeds."""
    ended = page.get_by_text(re.compile("^(Success|Failure)$"))
    expect(ended).to_be_visible()
    expect(ended).to_have_text("Success")


def run_shown(page: Page) -> str:
    """The run that a page shows, by the part of its id that is displayed."""
    return page.url.rpartition("/runs/")[2][:8]


def is_loaded_by(page: Page, ui: str, day: date, run: str) -> None:
    """Check that the table's page shows this run as the last that loaded the day."""
    visit(page, f"{ui}/assets/songplays?view=partitions")
    page.get_by_text(str(day), exact=True).first.click()
    expect(page.get_by_role("link", name=run, exact=True)).to_be_visible()

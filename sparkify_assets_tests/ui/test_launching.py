"""A day, a backfill and a check, started with clicks in the UI and followed until they succeed."""

import re
from datetime import date

from playwright.sync_api import Locator, Page, expect

from sparkify_assets_tests.ui.running import DAYS

# Neither the first day nor the last, which pages show in more than one place.
ONE_DAY = DAYS[1]
FIRST, *_, LAST = BACKFILLED = DAYS[3:6]


def test_one_day_is_loaded_by_a_click(page: Page, ui: str) -> None:
    dialog = asked_to_materialize(page, ui, str(ONE_DAY))
    dialog.get_by_role("button", name="Launch 1 run").click()
    follow(page)
    succeeds(page)
    expect(page.get_by_text(f"partition: {ONE_DAY}")).to_be_visible()
    is_loaded_by(page, ui, ONE_DAY, run_shown(page))


def test_a_backfill_of_three_days_is_one_run(page: Page, ui: str) -> None:
    dialog = asked_to_materialize(page, ui, f"[{FIRST}...{LAST}]")
    expect(dialog.get_by_text("3 partitions")).to_be_visible()
    expect(dialog.get_by_text("Backfills all partitions in a single run.")).to_be_visible()
    dialog.get_by_role("button", name="Launch backfill").click()
    follow(page)
    page.get_by_role("tab", name="Runs").click()
    succeeds(page)
    runs = page.get_by_role("link", name=re.compile(r"^run [0-9a-f]{8}$"))
    expect(runs).to_have_count(1)
    runs.click()
    page.get_by_role("button", name="View tags and config").click()
    tags = page.get_by_role("dialog")
    expect(tags.get_by_text(f"asset_partition_range_start: {FIRST}")).to_be_visible()
    expect(tags.get_by_text(f"asset_partition_range_end: {LAST}")).to_be_visible()
    run = run_shown(page)
    for day in BACKFILLED:
        is_loaded_by(page, ui, day, run)


def test_one_check_is_run_alone_and_passes(page: Page, ui: str) -> None:
    page.goto(f"{ui}/assets/songplays")
    page.get_by_role("tab", name="Checks").click()
    page.get_by_text("unique_key", exact=True).first.click()
    page.get_by_role("button").filter(has_text=re.compile("^Execute$")).click()
    follow(page)
    succeeds(page)
    run = run_shown(page)
    page.goto(f"{ui}/assets/songplays?view=checks&checkDetail=unique_key")
    expect(page.locator(f"a[href*='/runs/{run}']").first).to_be_visible()
    expect(page.get_by_role("cell", name="the whole table")).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()


def asked_to_materialize(page: Page, ui: str, partitions: str) -> Locator:
    """The dialog that launches runs, with these partitions of the plays selected."""
    page.goto(f"{ui}/assets/songplays")
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
    page.goto(f"{ui}/assets/songplays?view=partitions")
    page.get_by_text(str(day), exact=True).first.click()
    expect(page.get_by_role("link", name=run, exact=True)).to_be_visible()

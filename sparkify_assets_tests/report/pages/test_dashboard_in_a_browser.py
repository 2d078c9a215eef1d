"""The dashboard in a real browser, which fails the test if the page requests anything or raises an error."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sparkify_assets.report.charts.insight_charts import CHARTS
from sparkify_assets.report.charts.theme import colours
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.report.conftest import HOSTILE_SONG


@pytest.fixture(scope="session")
def address(dashboard: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("dashboard") / "dashboard.html"
    file.write_text(dashboard, "utf-8")
    return file.as_uri()


def open_dashboard(page: Page, address: str, *, width: int = 1280, scheme: str = "light") -> None:
    """Open the page and wait until every chart is drawn."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)
    expect(page.locator("[data-drawn]")).to_have_count(len(CHARTS))


def test_the_page_shows_what_the_warehouse_holds(page: Page, address: str, listened: Platform) -> None:
    open_dashboard(page, address)
    ((plays,),) = listened.values("SELECT COUNT(*) FROM sparkify.songplays")
    expect(page.locator(".headline div", has_text="Plays").first.locator("dd")).to_have_text(f"{plays}")
    ((title, most),) = listened.values(
        "SELECT song_title, plays FROM insights.song_popularity ORDER BY plays DESC, song_title LIMIT 1"
    )
    card = page.locator("#song_popularity")
    card.get_by_text("The figures").click()
    expect(card.locator("tbody tr").first.locator("td").first).to_have_text(str(title))
    expect(card.locator("tbody tr").first.locator("td").nth(2)).to_have_text(str(most))
    expect(card.locator("svg").get_by_text(str(title))).to_be_visible()
    ((at_noon,),) = listened.values("SELECT plays FROM insights.peak_usage WHERE weekday = 4 AND hour = 12")
    cell = page.locator('#peak_usage path[aria-label*="Thursday, 12:00 to 13:00"]')
    assert f"Plays: {at_noon}; Days: 2; Listeners: 2" in (cell.get_attribute("aria-label") or "")
    expect(page.locator("#peak_usage path[aria-roledescription='rect mark']")).to_have_count(7 * 24)


def test_hostile_text_is_shown_in_the_chart(page: Page, address: str) -> None:
    open_dashboard(page, address)
    expect(page.locator("#song_popularity svg").get_by_text(HOSTILE_SONG)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways_and_charts_have_the_colours_of_the_scheme(
    page: Page, address: str, width: int, scheme: str
) -> None:
    open_dashboard(page, address, width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in CHARTS:
        chart, place = page.locator(f"#{name} svg").bounding_box(), page.locator(f"#{name} .chart").bounding_box()
        assert chart
        assert place
        assert chart["width"] <= place["width"] + 1, name
        assert chart["width"] >= place["width"] * 0.9, name
    bar = page.locator("#song_popularity path[aria-roledescription='bar']").first
    expect(bar).to_have_attribute("fill", colours(scheme)["accent"])


def test_charts_follow_when_the_window_or_the_scheme_changes(page: Page, address: str) -> None:
    open_dashboard(page, address)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-drawn=dark]")).to_have_count(len(CHARTS))
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#peak_usage svg")).to_have_attribute("width", "324")

"""The served dashboard in a real browser: every section, filter and way down, by pointer, keyboard and touch, with and
without a script, in both schemes and widths. The fixture `page` fails the test if anything is loaded from elsewhere, or
the console has an error.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sparkify_assets.errors import QuestionStopped
from sparkify_assets.report.explorer.explorer_view import SECTIONS
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.sections import PARTS
from sparkify_assets_tests.platforms import Platform

# What axe calls serious or critical is no matter of taste.
SERIOUS = {"serious", "critical"}
RUN = "() => axe.run(document, {resultTypes: ['violations']})"
# From a section, the link that leads down, and the page that it leads to.
WAYS_DOWN = (
    ("songs", "#songs tbody th a", "song"),
    ("songs", "#artists tbody th a", "artist"),
    ("where", "#places tbody th a", "place"),
    ("where", "#browsers tbody th a", "browser"),
    ("when", "#hours tbody a.s6", "hour"),
    ("who", "#segments tbody th a", "listeners"),
    ("overview", ".to-plays a", "plays"),
)


@cache
def axe() -> str:
    """The script of axe-core, which a package brings."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def problems_of(page: Page) -> list[str]:
    """What is wrong with the page for people, as axe finds it, and by its width."""
    # Not as a script of the page, which its policy would refuse.
    page.evaluate(axe())
    found: dict[str, Any] = page.evaluate(RUN)
    wrong = [
        f"{page.url}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wrong + ([f"{page.url} is {wide} px too wide"] if wide > 0 else [])


def opened(page: Page, address: str, *, width: int = 1400, scheme: Any = "light") -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(address)


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_everyone_can_use_every_section_and_what_lies_below_it(
    page: Page, address: str, width: int, scheme: str
) -> None:
    wrong = []
    for section, title in SECTIONS.items():
        opened(page, f"{address}/{section}", width=width, scheme=scheme)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        wrong += problems_of(page)
        for _, link, below in [way for way in WAYS_DOWN if way[0] == section]:
            page.locator(link).first.click()
            page.wait_for_url(re.compile(f"/dashboard/{below}\\?|/dashboard/{below}$"))
            expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
            # Below, the parts are those of the sections.
            wrong += problems_of(page) if scheme == "light" else []
            # The way back.
            page.get_by_role("navigation", name="Where you are").get_by_role("link").last.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert not wrong, "\n".join(wrong)


def test_a_filter_changes_the_figures_the_address_and_the_way_back(page: Page, address: str, weeks: Platform) -> None:
    opened(page, f"{address}?period=all")
    plays = page.locator(".figure").first
    place, expected = weeks.values(
        "SELECT location, COUNT(*) FROM sparkify.songplays GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )[0]
    page.get_by_label("Place").select_option(str(place))
    expect(plays).to_have_text(f"{expected:,}")
    assert "place=" in page.url
    # The field that was set keeps the focus.
    expect(page.get_by_label("Place")).to_be_focused()
    page.get_by_role("link", name="Paid", exact=True).click()
    page.wait_for_url(re.compile("level=paid"))
    ((paid,),) = weeks.values(f"SELECT COUNT(*) FROM sparkify.songplays WHERE level = 'paid' AND location = '{place}'")
    expect(plays).to_have_text(f"{paid:,}")
    # What the browser goes back to is what was there, and a copy of the address shows the same.
    page.go_back()
    page.wait_for_url(lambda url: "level" not in url)
    expect(plays).to_have_text(f"{expected:,}")
    page.reload()
    expect(plays).to_have_text(f"{expected:,}")
    page.get_by_role("link", name="Reset").click()
    page.wait_for_url(lambda url: "place" not in url)
    page.locator("[name=from]").fill("2018-11-21")
    page.wait_for_url(re.compile("from=2018-11-21"))
    page.get_by_role("link", name="Everything").click()
    page.wait_for_url(re.compile("period=all"))


def test_without_a_script_the_filters_have_a_button(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/songs?sort=rise&level=paid")
        page.get_by_label("Browser").select_option(index=1)
        page.get_by_role("button", name="Show").click()
        assert {"sort=rise", "level=paid"} <= set(page.url.partition("?")[2].split("&"))
        assert "browser=" in page.url
        expect(page.locator("#songs tbody th a").first).to_be_visible()
        # Nothing is offered that would do nothing.
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_the_keyboard_leads_from_mark_to_mark_and_down(page: Page, address: str) -> None:
    opened(page, f"{address}/when")
    first = page.locator("#hours [data-mark]").first
    first.focus()
    expect(page.locator(".tip")).to_contain_text("Mondays, 00:00 to 01:00 UTC")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip")).to_contain_text("Tuesdays, 01:00 to 02:00 UTC")
    page.keyboard.press("Escape")
    expect(page.locator(".tip")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tuesdays, 01:00 to 02:00 UTC")
    expect(page.locator("main")).to_be_focused()


def test_a_tap_says_what_a_mark_is_and_a_second_one_opens_it(browser: Browser, address: str) -> None:
    with browser.new_context(has_touch=True, viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{address}/when")
        mark = page.locator("#days [data-mark]").first
        mark.tap()
        expect(page.locator(".tip")).to_contain_text("plays")
        expect(page.locator(".tip")).to_contain_text("Tap again to open")
        mark.tap()
        page.wait_for_url(re.compile("from=2018-11-19&to=2018-11-19"))


def test_a_statement_is_shown_copied_and_gives_the_rows_of_the_page(
    browser: Browser, address: str, weeks: Platform
) -> None:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(f"{address}/where?period=all")
        page.locator("#places").get_by_text("How this is counted").click()
        page.locator("#places").get_by_role("button", name="Copy the SQL").click()
        expect(page.locator("#places").get_by_role("button", name="Copied")).to_be_visible()
        sql = page.evaluate("navigator.clipboard.readText()")
        shown = page.locator("#places tbody tr").first.locator("th a").inner_text()
    with weeks.warehouse.for_questions() as session:
        from sparkify_assets.warehouse.questions import read_question

        assert session.ask(read_question(sql)).rows[0][0] == shown


@contextmanager
def slow_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A page whose question ends only if it is stopped; the event that says so."""
    stopped = threading.Event()

    class Slow:
        def stop(self) -> None:
            stopped.set()

    def slow(questions: PageQuestions) -> str:
        with questions.button.stopping(Slow()):  # type: ignore[arg-type]
            stopped.wait()
        raise QuestionStopped("stopped")

    monkeypatch.setitem(PARTS, "data", (slow,))
    yield stopped
    stopped.set()


def test_a_slow_question_is_stopped_by_a_click(page: Page, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(page, address)
    with slow_page(monkeypatch) as stopped:
        page.get_by_role("link", name="Data", exact=True).click()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator(".asking")).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        stopped.wait()


def test_a_page_can_be_printed_without_what_only_a_screen_can_use(page: Page, address: str) -> None:
    opened(page, address)
    page.emulate_media(media="print")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("#figures")).to_be_visible()

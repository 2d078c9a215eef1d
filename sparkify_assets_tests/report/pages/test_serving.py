"""Our own pages at an address: drawn anew after a change, shown while a load holds the warehouse, and escaped."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sparkify_assets.report.addresses import DASHBOARD, DICTIONARY, days_of
from sparkify_assets.report.pages.serving import ServedPages
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.processes import held
from sparkify_assets_tests.report.reading import Page

pytestmark = pytest.mark.check


def ask(pages: ServedPages, address: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """The status, the headers and the body that answer a request."""
    answers: list[Any] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    async def receive() -> MutableMapping[str, Any]:
        # The reader stays until all is there.
        return await asyncio.Event().wait() and {}

    path, _, query = address.partition("?")
    scope = {"type": "http", "path": path, "query_string": query.encode(), "method": method, "headers": []}
    asyncio.run(pages(scope, receive, send))
    start, *bodies = answers
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(body.get("body", b"") for body in bodies).decode()


def page_of(pages: ServedPages, address: str) -> Page:
    status, _, body = ask(pages, address)
    assert status == 200, body
    return Page(body)


def cells(page: Page, day: str) -> list[str]:
    """What a day's row says."""
    return [cell.text for cell in page.within(page.one("tr", id=day), "td")]


def test_a_page_is_served_with_links_to_the_others(listened: Platform) -> None:
    pages = ServedPages(listened.settings, beside=(("Dagster", "/"),))
    status, headers, body = ask(pages, days_of("songplays"))
    assert (status, headers["cache-control"]) == (200, "no-store")
    page = Page(body)
    (others,) = page.all("nav", **{"class": "pages"})
    links = {link["href"] for link in page.within(others, "a")}
    assert {DASHBOARD, DICTIONARY, days_of("songplays"), "/"} <= links
    assert page.one("a", href=days_of("songplays"))["aria-current"] == "page"
    assert ask(pages, days_of("songplays"), "HEAD")[2] == ""
    assert ask(pages, "/sparkify")[1]["location"] == DASHBOARD


def test_every_table_of_the_dictionary_has_a_place_to_link_to(listened: Platform) -> None:
    assert page_of(ServedPages(listened.settings), DICTIONARY).one("article", id="sparkify.songplays")


def test_a_day_shows_its_rows_its_rejects_and_its_match_rate(listened: Platform) -> None:
    page = page_of(ServedPages(listened.settings), days_of("songplays"))
    rows, rate, records, rejected, files, checks, _ = cells(page, str(DAY))
    assert (rows, rate, records, rejected, files, checks) == ("9", "44.4%", "10", "1", "1", "passed")


def test_a_day_on_redshift_shows_the_same(redshift: Platform) -> None:
    write_day(redshift.lake, DAY, [event(), "no JSON"])
    redshift.load(DAY)
    page = page_of(ServedPages(redshift.settings), days_of("songplays"))
    assert cells(page, str(DAY))[:6] == ["1", "0.0%", "2", "1", "1", "passed"]


def test_a_page_is_drawn_anew_after_a_change_and_a_refused_day_is_refused_in_every_table(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    pages = ServedPages(embedded.settings)
    assert cells(page_of(pages, days_of("users")), str(DAY))[0] == "1"
    first = ask(pages, days_of("users"))
    assert ask(pages, days_of("users")) == first
    write_day(embedded.lake, NEXT_DAY, ["no JSON"] * 200)
    embedded.load(NEXT_DAY)
    assert "refused" in cells(page_of(pages, days_of("users")), str(NEXT_DAY))[-2]
    assert "failed: files_loadable" in cells(page_of(pages, days_of("staging_events")), str(NEXT_DAY))[-2]
    write_day(embedded.lake, NEXT_DAY, [event(userId="9")])
    embedded.load(NEXT_DAY)
    assert cells(page_of(pages, days_of("users")), str(NEXT_DAY))[-2] == "passed"


def test_a_load_that_holds_the_warehouse_leaves_the_page_that_was_drawn_last(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    embedded.make_insights()
    pages = ServedPages(embedded.settings)
    days = days_of("time")
    assert cells(page_of(pages, days), str(DAY))[0] == "1"
    with held(embedded.settings.duckdb):
        page = page_of(pages, days)
        assert "Shown as of" in page.one("p", role="status").text
        assert cells(page, str(DAY))[0] == "1"
        status, _, body = ask(pages, days_of("users"))
        assert status == 503
        # Readers elsewhere get to know no folder of this machine.
        assert embedded.settings.duckdb.name in body
        assert str(embedded.folder) not in body
        # The dashboard reads what is published.
        assert ask(pages, DASHBOARD)[0] == 200
    pages.close()
    assert not list(page_of(ServedPages(embedded.settings), days).all("p", role="status"))


def test_without_a_warehouse_the_pages_say_what_to_do(embedded: Platform) -> None:
    pages = ServedPages(embedded.settings)
    assert "sparkify load" in page_of(pages, days_of("songplays")).one("p", **{"class": "notice"}).text


@pytest.mark.parametrize(
    "address", ["/sparkify/nothing", "/sparkify/days/songs", "/sparkify/days/time/<b>", "/sparkify/days"]
)
def test_an_address_without_a_page_is_not_found(embedded: Platform, address: str) -> None:
    status, _, body = ask(ServedPages(embedded.settings), address)
    assert status == 404
    assert "<b>" not in body


def test_the_days_before_and_after_those_of_a_page_are_linked(embedded: Platform) -> None:
    settings = replace(embedded.settings, start_date=DAY - timedelta(days=800), end_date=DAY)
    pages = ServedPages(settings)
    last, earlier = days_of("time"), days_of("time", DAY - timedelta(days=366))
    assert page_of(pages, last).one("a", href=earlier).text == "Earlier days"
    assert page_of(pages, earlier).one("a", href=days_of("time", DAY)).text == "Later days"

"""The served dashboard, page by page: what it shows, how it says what went wrong, and what it gives away."""

import asyncio
import csv
import io
import re
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from typing import Any

import duckdb
import pytest

from sparkify_assets.errors import QuestionStopped
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.explorer import sections
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.sections import PARTS
from sparkify_assets.report.pages.serving import ServedPages
from sparkify_assets_tests.lakes import DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.report.conftest import HOSTILE_ARTIST, HOSTILE_SONG
from sparkify_assets_tests.report.pages.test_serving import ask
from sparkify_assets_tests.report.reading import Page

ASKED_OF = {
    "song": "?song=Leuchtturm&artist=Die+Nordlichter",
    "artist": "?artist=Die+Nordlichter",
    "place": "?place=Fargo,+ND-MN",
    "browser": "?browser=Other",
    "listeners": "?listeners=new",
    "hour": "?weekday=4&hour=12",
}


@pytest.fixture
def pages(listened: Platform) -> Iterator[ServedPages]:
    with closing(ServedPages(listened.settings)) as served:
        yield served


def page_at(pages: ServedPages, address: str) -> Page:
    status, _, body = ask(pages, f"{DASHBOARD}{address}")
    assert status == 200, body
    return Page(body)


@pytest.mark.parametrize("page", PARTS)
def test_every_page_is_whole_says_how_it_counts_and_loads_only_its_own_files(
    pages: ServedPages, listened: Platform, page: str
) -> None:
    status, headers, body = ask(
        pages, f"{DASHBOARD}/{page}{ASKED_OF.get(page, '')}{'&' if page in ASKED_OF else '?'}period=all"
    )
    assert (status, headers["cache-control"]) == (200, "no-store")
    read = Page(body)
    assert not list(read.all("section", **{"class": "part wrong"})), body
    for part in read.all("section"):
        assert read.within(part, "details"), part
    assert str(listened.folder) not in body
    # Its policy lets nothing else run, so there is nothing else.
    assert [script["src"].startswith(f"{DASHBOARD}/files/") for script in read.all("script")] == [True]
    assert not [
        e for e in read.elements if "style" in e.attributes or any(name.startswith("on") for name in e.attributes)
    ]
    assert "default-src 'none'" in read.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    # What the lake holds is text.
    assert HOSTILE_SONG not in body
    assert HOSTILE_ARTIST not in body
    # Nobody's name.
    assert "Holm" not in body


def test_the_files_of_a_page_are_there_and_kept(pages: ServedPages) -> None:
    page = page_at(pages, "")
    for address in (page.one("script")["src"], page.one("link")["href"]):
        status, headers, body = ask(pages, address)
        assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert body
    assert ask(pages, f"{DASHBOARD}/files/other.js")[0] == 404


def test_figures_are_those_of_the_filter(pages: ServedPages, listened: Platform) -> None:
    page = page_at(pages, f"?from={DAY}&to={DAY}&place=Fargo,+ND-MN")
    ((plays, listeners),) = listened.values(
        "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM sparkify.songplays "
        f"WHERE start_date = DATE '{DAY}' AND location = 'Fargo, ND-MN'"
    )
    shown = [element.text for element in page.all("dd", **{"class": "figure"})]
    assert shown[:2] == [f"{plays}", f"{listeners}"]


def test_an_answer_is_sent_whole_as_csv_and_as_parquet(pages: ServedPages, listened: Platform, tmp_path: Any) -> None:
    link = next(e["href"] for e in page_at(pages, "/songs?period=all").all("a") if "songs.csv" in e["href"])
    status, headers, body = ask(pages, link)
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="songs.csv"')
    rows = list(csv.DictReader(io.StringIO(body)))
    ((songs,),) = listened.values(
        "SELECT COUNT(DISTINCT (song_title_clean, artist_name_clean)) FROM sparkify.songplays"
    )
    assert len(rows) == songs
    assert HOSTILE_SONG in {row["song_title"] for row in rows}
    file = tmp_path / "songs.parquet"
    file.write_bytes(sent(pages, link.replace("songs.csv", "songs.parquet")))
    assert duckdb.read_parquet(str(file)).count("*").fetchall() == [(songs,)]


def sent(pages: ServedPages, address: str) -> bytes:
    """What is sent, as it is."""
    answers: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return await asyncio.Event().wait() and {}

    path, _, query = address.partition("?")
    scope = {"type": "http", "path": path, "query_string": query.encode(), "method": "GET", "headers": []}
    asyncio.run(pages(scope, receive, send))
    return b"".join(answer.get("body", b"") for answer in answers)


def test_a_table_that_is_cut_says_so_and_leads_on(pages: ServedPages) -> None:
    page = page_at(pages, "/plays?period=all")
    (more,) = page.all("div", **{"class": "more"})
    assert "11 of 11 plays, the latest first" in more.text


def test_what_cannot_be_answered_says_why_and_the_rest_is_there(pages: ServedPages) -> None:
    page = page_at(pages, "/problems?period=all&artist=Die+Nordlichter")
    wrong = [section.text for section in page.all("section", **{"class": "part wrong"})]
    assert wrong
    assert all("page views are of no song" in text for text in wrong)
    assert page.one("section", id="unsound")


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nothing", 404, "There is no page at this address"),
        ("?from=<b>", 400, "expected a day such as 2018-11-30"),
        ("/answers/nothing.csv", 404, "There is no answer at this address"),
        ("/answers/songs.exe", 404, "expected .csv or .parquet"),
        ("/answers/songs.csv?hour=99", 400, "expected a number from 0 to 23"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_words(
    pages: ServedPages, address: str, status: int, words: str
) -> None:
    found, _, body = ask(pages, f"{DASHBOARD}{address}")
    assert (found, words in Page(body).one("p", **{"class": "lead"}).text) == (status, True), body
    assert "<b>" not in body


def test_before_anything_is_loaded_the_page_says_what_to_do(embedded: Platform) -> None:
    with closing(ServedPages(embedded.settings)) as pages:
        status, _, body = ask(pages, DASHBOARD)
        assert status == 503
        assert "sparkify load" in Page(body).one("p", **{"class": "lead"}).text
        assert str(embedded.folder) not in body
        # And once something is, it shows it.
        write_day(embedded.lake, DAY, [event()])
        embedded.load(DAY)
        embedded.make_insights()
        assert ask(pages, DASHBOARD)[0] == 200


def test_a_question_of_a_reader_who_has_left_is_stopped(pages: ServedPages, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, stopped, ended = (threading.Event() for _ in range(3))

    class Slow:
        """A session whose statement ends only if it is stopped."""

        def stop(self) -> None:
            stopped.set()

    def slow(questions: PageQuestions) -> str:
        with questions.button.stopping(Slow()):  # type: ignore[arg-type]
            begun.set()
            # It ends at last, so that the test fails instead of hanging.
            stopped.wait(60)
        ended.set()
        raise QuestionStopped("stopped")

    monkeypatch.setitem(sections.PARTS, "data", (slow,))
    answers: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    async def receive() -> MutableMapping[str, Any]:
        # The reader has seen the head of the page, and leaves.
        await asyncio.to_thread(begun.wait)
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": f"{DASHBOARD}/data", "query_string": b"", "method": "GET", "headers": []}
    asyncio.run(pages(scope, receive, send))
    ended.wait()
    assert stopped.is_set()
    sent_before = b"".join(answer.get("body", b"") for answer in answers).decode()
    assert re.search("<h1>Data</h1>", sent_before)
    assert "</html>" not in sent_before


def test_every_page_is_answered_on_redshift_too(redshift: Platform) -> None:
    events = [event(itemInSession=n, ts=at(DAY, n / 10)) for n in range(8)]
    write_day(redshift.lake, DAY, [*events, event(page="Home", status=404, itemInSession=9), "no JSON"])
    redshift.load(DAY)
    redshift.make_insights()
    with closing(ServedPages(redshift.settings)) as pages:
        for page in PARTS:
            read = page_at(pages, f"/{page}{ASKED_OF.get(page, '')}{'&' if page in ASKED_OF else '?'}period=all")
            assert not [part.text for part in read.all("section", **{"class": "part wrong"})]
        assert next(page_at(pages, "?period=all").all("dd", **{"class": "figure"})).text == "8"

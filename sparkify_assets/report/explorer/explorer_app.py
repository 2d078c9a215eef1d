"""The served dashboard as an application: which address is which page, and what is sent.

A page is sent as it is answered: what stands above its parts at once, each part when its question is answered. If the
reader leaves before that, or stops it, the question that is being answered is stopped, too.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache, partial
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from sparkify_assets.errors import FilterError, QuestionStopped, SparkifyError, WarehouseError, WarehouseMissing
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.asking.asker import Asked, Asker, StopButton
from sparkify_assets.report.asking.downloads import MEDIA_TYPES, as_file
from sparkify_assets.report.asking.filters import Covered, Filter, read_options
from sparkify_assets.report.explorer.explorer_pages import Frame, foot, head, message_head
from sparkify_assets.report.explorer.explorer_view import View, read_view
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.sections import PARTS, Drawn
from sparkify_assets.report.pages.templates import render, source
from sparkify_assets.report.visible import without_folders
from sparkify_assets.warehouse.session import Warehouse

T = TypeVar("T")

# By which the script knows what is whole.
_END_OF_PART = "<!-- part -->\n"
_SENT = {"cache-control": "no-store"}
# The address of a file has its digest, so that it is never another one.
_KEPT = {"cache-control": "public, max-age=31536000, immutable"}
# So many readers are answered at once; others wait for their turn.
_AT_ONCE = 8
_NOTHING_LOADED = "no log day is loaded yet: run `sparkify load` first"
# A longer list can no longer be looked through.
_MOST_PLACES = 1_000


class Explorer:
    """The pages, answered by one asker, until it is closed. `links` lead to the other pages at the same address."""

    def __init__(self, warehouse: Warehouse, links: Sequence[tuple[str, str]]) -> None:
        self._opened = ExitStack()
        self._asker = self._opened.enter_context(Asker(warehouse))
        self._frame = Frame(f"{DASHBOARD}/files/{_style()[0]}", f"{DASHBOARD}/files/{_script()[0]}", links)
        self._threads = self._opened.enter_context(ThreadPoolExecutor(_AT_ONCE, "dashboard"))

    def close(self) -> None:
        self._opened.close()

    def prepare(self) -> None:
        """Open what is asked, so that the first page is as quick as the next."""
        with suppress(WarehouseError):
            self._choices(StopButton())

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route(DASHBOARD, self._page),
                Route(f"{DASHBOARD}/files/{{name}}", _file),
                Route(f"{DASHBOARD}/answers/{{question}}.{{kind}}", self._answer),
                Route(f"{DASHBOARD}/{{page}}", self._page),
            ]
        )

    async def _page(self, request: Request) -> Response:
        page = request.path_params.get("page", "overview")
        parts = PARTS.get(page)
        if parts is None:
            return self._message(
                404, "No such page", "There is no page at this address. The sections above are all there are."
            )
        button = StopButton()
        try:
            covered, places = await self._in_thread(lambda: self._choices(button), button)
            if covered is None:
                raise WarehouseMissing(_NOTHING_LOADED)
            view = read_view(page, request.query_params, covered)
        except FilterError as error:
            return self._message(400, "This address cannot be answered", f"{error}.")
        except WarehouseMissing as error:
            return self._message(503, "Nothing to show yet", f"{error}. Then load this page again.")
        except WarehouseError as error:
            return self._message(503, "The warehouse cannot be read now", f"{error}.")
        return StreamingResponse(self._parts(view, parts, places, button), media_type="text/html", headers=_SENT)

    async def _parts(
        self, view: View, parts: Sequence[Drawn], places: Sequence[str], button: StopButton
    ) -> AsyncIterator[str]:
        questions = PageQuestions(view, self._asker, button)
        yield head(view, self._frame, places)
        for part in parts:
            yield await self._in_thread(partial(_drawn, part, questions), button) + _END_OF_PART
        yield foot("")

    async def _answer(self, request: Request) -> Response:
        """Send all rows of an answer as a file."""
        question, kind = request.path_params["question"], request.path_params["kind"]
        if kind not in MEDIA_TYPES:
            return self._message(404, "No such file", "There is no file at this address: expected .csv or .parquet.")
        button = StopButton()
        try:
            body = await self._in_thread(lambda: self._file_of(question, kind, request, button), button)
        except KeyError:
            return self._message(404, "No such file", "There is no answer at this address.")
        except WarehouseError as error:
            return self._message(400 if isinstance(error, FilterError) else 503, "There is no answer", f"{error}.")
        headers = {"content-disposition": f'attachment; filename="{question}.{kind}"'}
        return Response(body, media_type=MEDIA_TYPES[kind], headers=_SENT | headers)

    def _file_of(self, question: str, kind: str, request: Request, button: StopButton) -> bytes:
        covered = self._asker.covered()
        if covered is None:
            raise WarehouseMissing(_NOTHING_LOADED)
        view = read_view("overview", request.query_params, covered)
        asked = Asked(question, view.filter, options=read_options(request.query_params))
        answer = self._asker.ask_whole(asked, button)
        return as_file(answer, kind)

    def _choices(self, button: StopButton) -> tuple[Covered | None, list[str]]:
        """Return the days that there are, and the places that can be chosen."""
        covered = self._asker.covered()
        if covered is None:
            return None, []
        asked = Asked("places", Filter(covered.first, covered.last), _MOST_PLACES)
        return covered, sorted(str(row["location"]) for row in self._asker.ask(asked, button).rows)

    async def _in_thread(self, work: Callable[[], T], button: StopButton) -> T:
        """Do work in a thread. If whoever waits for it goes away, the question that it asks is stopped."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            button.press()
            raise

    def _message(self, status: int, title: str, text: str) -> Response:
        return HTMLResponse(message_head(title, without_folders(text), self._frame) + foot(""), status, headers=_SENT)


def _drawn(part: Drawn, questions: PageQuestions) -> str:
    """Draw a part. What keeps it from being answered stands in its place, and the others follow."""
    try:
        return part(questions)
    except QuestionStopped as error:
        hint = "A shorter period is answered sooner."
        return render("explorer_message.html", title="Stopped", text=without_folders(f"{error}."), hint=hint)
    except FilterError as error:
        return render("explorer_message.html", title="Not with this filter", text=without_folders(f"{error}."), hint="")
    except SparkifyError as error:
        return render(
            "explorer_message.html", title="This cannot be answered now", text=without_folders(f"{error}."), hint=""
        )


async def _file(request: Request) -> Response:
    for (name, text), kind in ((_style(), "text/css"), (_script(), "text/javascript")):
        if request.path_params["name"] == name:
            return Response(text, media_type=kind, headers=_KEPT)
    return Response("There is no such file.\n", 404, media_type="text/plain", headers=_SENT)


@cache
def _style() -> tuple[str, str]:
    return _named("css", source("page.css") + source("explorer.css"))


@cache
def _script() -> tuple[str, str]:
    return _named("js", source("explorer.js"))


def _named(kind: str, text: str) -> tuple[str, str]:
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.{kind}", text

"""Our own pages at an address: the dashboard, the dictionary, and the days of each daily table.

A plain ASGI application, which whoever runs a webserver puts behind the guard. The dashboard is an application of its
own (`report/explorer/`). To serve another page, add it to `_LINKS` and to `_drawing_at`: it is drawn when it is asked
for, in a thread, and kept until the warehouse has changed.
"""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sparkify_assets import model
from sparkify_assets.errors import SparkifyError, WarehouseError, WarehouseMissing
from sparkify_assets.load.partitions import DAY_TABLES
from sparkify_assets.model import tables_named
from sparkify_assets.queries import query
from sparkify_assets.report.addresses import DASHBOARD, DICTIONARY, PAGES, days_of
from sparkify_assets.report.guard import Receive, Send
from sparkify_assets.report.pages.templates import render, served
from sparkify_assets.report.phrases import in_words
from sparkify_assets.report.visible import without_folders
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Warehouse

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from sparkify_assets.report.explorer.explorer_app import Explorer

# Pages that are kept: those that are asked for again and again.
_MOST_KEPT = 12
_LINKS = (
    ("Dashboard", DASHBOARD),
    ("Dictionary", DICTIONARY),
    *((f"Days of {table.name}", days_of(table.name)) for table in tables_named(DAY_TABLES)),
)

Drawing = Callable[[Warehouse, Settings], str]


class Response(NamedTuple):
    """What is sent: the status, the headers, and the page."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DrawnPage:
    """A page, when it was drawn, and of which state of the warehouse."""

    html: str
    state: object
    drawn_at: datetime


class ServedPages:
    """The application. It answers below `/sparkify`, and only reads. `beside` leads to what else is at its address."""

    def __init__(self, settings: Settings, beside: Sequence[tuple[str, str]] = ()) -> None:
        # A load may hold DuckDB's file: then the page that was drawn last is shown. The dashboard does not need it.
        self._settings, self._warehouse = settings, open_warehouse(settings, only_reads=True)
        self._links, self._beside, self._opened = (*_LINKS, *beside), beside, ExitStack()
        self._kept: dict[str, DrawnPage] = {}
        # Drawing takes a core: one page at a time.
        self._drawing = asyncio.Lock()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        address = scope["path"].rstrip("/")
        if address == DASHBOARD or address.startswith(f"{DASHBOARD}/"):
            await self._dashboard({**scope, "path": address}, receive, send)
            return
        async with self._drawing:
            status, body, headers = await asyncio.to_thread(self._answer, address)
        sent = [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"), *headers]
        encoded = [(name.encode(), value.encode()) for name, value in sent]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body.encode()})

    def close(self) -> None:
        """End what answers the dashboard's questions."""
        self._opened.close()

    def prepare(self) -> None:
        """Get ready to answer the dashboard's questions."""
        self._explorer.prepare()

    @cached_property
    def _explorer(self) -> "Explorer":
        # Imported when it is asked for, as what draws is: the webserver begins without it.
        from sparkify_assets.report.explorer.explorer_app import Explorer

        others = (
            ("Dashboard", DASHBOARD),
            ("Dictionary", DICTIONARY),
            ("Log days", days_of("songplays")),
            *self._beside,
        )
        explorer = Explorer(self._warehouse, others)
        self._opened.callback(explorer.close)
        return explorer

    @cached_property
    def _dashboard(self) -> "Starlette":
        return self._explorer.application()

    def _answer(self, address: str) -> Response:
        if address == PAGES:
            return Response(307, headers=(("location", DASHBOARD),))
        drawing = _drawing_at(address)
        if drawing is None:
            text = "There is no page at this address. The links above lead to those that there are."
            return Response(404, self._message(address, "No such page", text))
        try:
            return Response(
                200, served(self._current(address, drawing).html, links=self._links, current=address, note="")
            )
        except WarehouseError as error:
            if kept := self._kept.get(address):
                why = f"since the warehouse cannot be read now: {without_folders(str(error))}"
                note = f"Shown as of {in_words(kept.drawn_at)}, {why}"
                return Response(200, served(kept.html, links=self._links, current=address, note=note))
            return Response(503, self._message(address, "The warehouse cannot be read now", str(error)))
        except SparkifyError as error:
            return Response(500, self._message(address, "The page cannot be drawn", str(error)))

    def _current(self, address: str, drawing: Drawing) -> DrawnPage:
        """Return a page that shows the latest change, drawn now unless it was drawn since."""
        # The state first: what changes in between makes the page look older than it is, never newer.
        state = self._state()
        kept = self._kept.pop(address, None)
        try:
            if kept is None or kept.state != state:
                kept = DrawnPage(drawing(self._warehouse, self._settings), state, datetime.now(UTC))
        finally:
            if kept:
                self._kept[address] = kept
        for oldest in list(self._kept)[:-_MOST_KEPT]:
            del self._kept[oldest]
        return kept

    def _message(self, address: str, title: str, text: str) -> str:
        return served(
            render("message.html", title=title, text=without_folders(text)), links=self._links, current=address, note=""
        )

    def _state(self) -> object:
        """Return what differs whenever a page would: after a load, after insights were rebuilt, on another day."""
        try:
            with self._warehouse.reader() as session:
                return session.fetch(query("report/latest_state")), self._settings.last_day
        except WarehouseMissing:
            return None


def _drawing_at(address: str) -> Drawing | None:
    """Return what draws the page of an address; None if there is none."""
    match address.removeprefix(f"{PAGES}/").split("/"):
        case ["dictionary"]:
            return _draw_dictionary
        case ["days", table]:
            return _drawing_of_days(table, None)
        case ["days", table, last]:
            try:
                return _drawing_of_days(table, date.fromisoformat(last))
            except ValueError:
                return None
    return None


# Imported when they draw: the webserver begins without the drawing libraries, and without parsing statements.
def _draw_dictionary(warehouse: Warehouse, _: Settings) -> str:
    from sparkify_assets.report.pages.dictionary import build_dictionary
    from sparkify_assets.report.pages.examples import read_examples

    tables = list(model.tables().values())
    return build_dictionary(tables, read_examples(warehouse, tables))


def _drawing_of_days(name: str, last: date | None) -> Drawing | None:
    from sparkify_assets.report.pages.table_days import build_days, daily_table, read_days

    table = daily_table(name)
    if table is None:
        return None
    return lambda warehouse, settings: build_days(read_days(warehouse, settings, table, last))

"""A real browser without a window, and pages in it that load nothing from elsewhere. No page is described here."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Route,
    ViewportSize,
    WebSocketRoute,
    expect,
    sync_playwright,
)

MISSING = "no Chromium is installed here, and the pages are tested in a real one: apt-get install chromium"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_HERE = ("127.0.0.1", "localhost", "::1")
# In addition to the flags that Playwright sets: no window, no first run, nothing in the background, a new profile.
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_SIZE: ViewportSize = {"width": 1500, "height": 1000}
# A machine may be busy with anything else.
PATIENCE = 300_000
expect.set_options(timeout=PATIENCE)


def find_chromium() -> str:
    """The path of the browser. Without one the test is skipped, or fails in CI, where nobody would notice a skip."""
    found = next((path for program in _PROGRAMS if (path := shutil.which(program))), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser that lives as long as the context, and ends with the tests if they are killed."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def open_page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own. It reaches only this machine: for the browser there are no other hosts."""
    with browser.new_context(viewport=_SIZE, service_workers="block", reduced_motion="reduce") as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


@contextmanager
def _open_watched_page(browser: Browser, elsewhere: Callable[[str], object]) -> Iterator[Page]:
    """The same, but requests of other machines are reported and refused. Its browser caches nothing."""
    with open_page(browser) as page:
        context = page.context

        def answer(route: Route, request: Request) -> None:
            if _is_here(request):
                route.continue_()
            else:
                elsewhere(request.url)
                route.abort()

        def refuse(socket: WebSocketRoute) -> None:
            elsewhere(socket.url)
            socket.close()

        context.route("**/*", answer)
        context.route_web_socket(lambda url: urlsplit(url).hostname not in _HERE, refuse)
        yield page


@contextmanager
def open_own_page(browser: Browser) -> Iterator[Page]:
    """A page for what we have written ourselves, which must ask for nothing elsewhere and have no errors."""
    wrong: list[str] = []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    with _open_watched_page(browser, lambda url: wrong.append(f"asks for {url}")) as page:
        page.on("console", note_error)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
        assert not wrong, "\n".join(wrong)


def _is_here(request: Request) -> bool:
    """Whether a request stays on this machine. Of files, only the page itself may be read: it is self-contained."""
    url = urlsplit(request.url)
    if url.scheme == "file":
        return request.is_navigation_request()
    return url.scheme in ("data", "blob") or url.hostname in _HERE

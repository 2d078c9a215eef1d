"""The browser that pages are tested in: what it blocks, and what happens if there is none."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from sparkify_assets_tests.browser import MISSING, find_chromium, open_own_page, open_page

ELSEWHERE = "https://example.com/a.js"


def written(folder: Path, body: str) -> str:
    """The address of a page that is one file."""
    (folder / "page.html").write_text(f"<!doctype html><title>a page</title><body>{body}", "utf-8")
    return (folder / "page.html").as_uri()


def test_a_self_contained_page_is_shown(page: Page, tmp_path: Path) -> None:
    page.goto(written(tmp_path, "<p id=p></p><script>p.textContent = 'drawn by ' + 'a script'</script>"))
    expect(page.get_by_text("drawn by a script")).to_be_visible()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<script>console.error('a thing is missing')</script>", "a thing is missing"),
        ("<script>undefined_name()</script>", "undefined_name is not defined"),
        (f"<script src={ELSEWHERE}></script>", f"asks for {ELSEWHERE}"),
        ("<img src=beside.png>", "asks for file:///.*/beside.png"),
        ("<script>new WebSocket('wss://example.com/live')</script>", "asks for wss://example.com/live"),
    ],
    ids=["console error", "exception", "script from elsewhere", "file beside it", "socket to elsewhere"],
)
def test_an_error_in_a_page_of_ours_fails_the_test(browser: Browser, tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message), open_own_page(browser) as page:
        page.goto(written(tmp_path, body), wait_until="networkidle")


def test_a_page_of_others_reaches_nothing_elsewhere(browser: Browser, tmp_path: Path) -> None:
    with open_page(browser) as page:
        page.goto(written(tmp_path, f"<script src={ELSEWHERE} onerror=\"document.title = 'refused'\"></script>"))
        expect(page).to_have_title("refused")
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            page.goto("https://example.com")


def test_without_a_browser_a_test_is_skipped_and_in_ci_it_fails_with_the_same_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=MISSING):
        find_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=MISSING):
        find_chromium()

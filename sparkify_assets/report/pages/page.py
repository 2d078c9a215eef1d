"""Parts that every HTML page of the platform is made of: markup that cannot be forgotten to be escaped, the frame, the
colours, tables and details.

A page is one file that loads nothing from elsewhere, and is told so by a policy of its own that the browser enforces.
What is on a page is not decided here; what all pages look like is in `page.css`.
"""

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

_STYLE = Path(__file__).with_suffix(".css")
_VOID = {"meta", "input", "br", "link"}


class Html(str):
    """Text that is markup already; every other text is escaped where it becomes part of a page."""

    __slots__ = ()


def escape(content: object) -> Html:
    """Markup as it is, anything else as text."""
    return content if isinstance(content, Html) else Html(html.escape(str(content)))


def join(parts: Iterable[object], between: str = "") -> Html:
    return Html(str(escape(between)).join(escape(part) for part in parts))


def element(tag: str, *content: object, **attributes: object) -> Html:
    """An element of HTML or SVG. `class_` is class, `data_row` is data-row; an attribute that is True stands alone, one
    that is None or False is left out."""
    said = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html.escape(str(value))}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{tag}{said}>" if tag in _VOID else f"<{tag}{said}>{join(content)}</{tag}>")


def link(target: str, *content: object, **attributes: object) -> Html:
    """A link to a part of the page itself."""
    return element("a", *content, href=f"#{target}", **attributes)


def code(text: object) -> Html:
    return element("code", text)


def badge(text: object, kind: str = "plain") -> Html:
    """A word in a small frame: `plain`, or `accent` for what the eye is to find."""
    return element("span", text, class_=f"badge {kind}")


def note(*content: object) -> Html:
    """A remark below what it is about."""
    return element("p", *content, class_="note")


def notice(*content: object) -> Html:
    """What stands in the place of something that is not there, and says why."""
    return element("p", *content, class_="notice")


def listing(text: str) -> Html:
    """A text as it is written, line by line: SQL for example. It scrolls inside itself."""
    return element("pre", code(text), tabindex=0, role="group", aria_label="Statement")


def details(summary: object, *content: object) -> Html:
    """What is shown only to who asks for it."""
    return element("details", element("summary", summary), *content)


def scrolling(label: str, *content: object) -> Html:
    """Something wide, which scrolls inside itself, by the keyboard too."""
    return element("div", *content, class_="scrolling", role="group", aria_label=label, tabindex=0)


def table(
    caption: str,
    headings: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    row_ids: Sequence[str] = (),
    kind: str = "prose",
) -> Html:
    """A table that scrolls inside itself; the first cell of each row is its heading, and may be given an id. `kind`:
    `prose`, whose cells are texts to be read, or `data`, whose rows stay lines."""
    ids = iter(row_ids)
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            *(element("td", cell) for cell in others),
            id=next(ids, None),
        )
        for first, *others in rows
    ]
    return scrolling(
        caption,
        element("table", element("caption", caption), element("thead", head), element("tbody", *body), class_=kind),
    )


def page(*, title: str, lead: object, navigation: Html, main: Html, style: str = "", script: str = "") -> str:
    """A whole page. `style` and `script` are what only this page has: no other code runs on it."""
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src '{_digest(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(_STYLE.read_text("utf-8") + style)),
    )
    body = element(
        "body",
        link("main", "Skip to the content", class_="skip"),
        element("header", element("h1", title), element("p", lead, class_="lead")),
        element("nav", navigation, aria_label="Contents"),
        element("main", main, id="main", tabindex=-1),
        element("script", Html(script)) if script else "",
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _digest(script: str) -> str:
    if "</script" in script.lower():
        raise ValueError("the page's script holds </script, which would end it: write it as <\\/script")
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"

"""The parts of every HTML page: elements, tables, details, and the frame of the page.

MarkupSafe's `Markup` is text that is HTML already; all other text is escaped when it becomes part of an element. A page
is one file that loads nothing, and a policy of its own makes the browser enforce that. What a page shows is decided by
its module; how all pages look, by `page.css`.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup, escape

_STYLE = Path(__file__).with_suffix(".css")
_VOID = {"meta", "input", "br", "link"}


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Return an element of HTML or SVG. `class_` becomes class, `data_row` data-row. An attribute that is True has no
    value; one that is None or False is left out."""
    written = Markup().join(
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, str(value))
        for key, value in attributes.items()
        if value is not None and value is not False
        for name in [key.rstrip("_").replace("_", "-")]
    )
    start = Markup("<{}{}>").format(tag, written)
    return start if tag in _VOID else Markup("{}{}</{}>").format(start, Markup().join(map(escape, content)), tag)


def link(target: str, *content: object, **attributes: object) -> Markup:
    """Return a link to a part of the page itself."""
    return element("a", *content, href=f"#{target}", **attributes)


def code(text: object) -> Markup:
    return element("code", text)


def badge(text: object, kind: str = "plain") -> Markup:
    """Return a word in a small frame; the kind `accent` draws attention."""
    return element("span", text, class_=f"badge {kind}")


def note(*content: object) -> Markup:
    """Return a remark that stands below what it explains."""
    return element("p", *content, class_="note")


def notice(*content: object) -> Markup:
    """Return the explanation that takes the place of missing content."""
    return element("p", *content, class_="notice")


def facts(pairs: Iterable[tuple[str, object]], kind: str = "facts") -> Markup:
    """Return names, each with its value."""
    shown = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *shown, class_=kind)


def listing(text: str) -> Markup:
    """Return a text line by line as it is written, such as SQL. It scrolls inside itself."""
    return element("pre", code(text), tabindex=0, role="group", aria_label="Statement")


def details(summary: object, *content: object) -> Markup:
    """Return content that stays folded until the reader opens it."""
    return element("details", element("summary", summary), *content)


def scrolling(label: str, *content: object) -> Markup:
    """Return wide content that scrolls inside itself, also by the keyboard."""
    return element("div", *content, class_="scrolling", role="group", aria_label=label, tabindex=0)


def table(
    caption: str,
    headings: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    row_ids: Sequence[str] = (),
    kind: str = "prose",
) -> Markup:
    """Return a table that scrolls inside itself. The first cell of a row is its heading; `row_ids` are the rows' ids.
    `kind` is `prose` for cells with text to read, or `data` for rows that stay on one line."""
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


def page(*, title: str, lead: object, navigation: Markup, main: Markup, style: str = "", script: str = "") -> str:
    """Return a whole page. `style` and `script` belong to this page alone: no other code runs on it."""
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
        element("style", Markup(_STYLE.read_text("utf-8") + style)),  # noqa: S704 - our own file
    )
    body = element(
        "body",
        link("main", "Skip to the content", class_="skip"),
        element("header", element("h1", title), element("p", lead, class_="lead")),
        element("nav", navigation, aria_label="Contents"),
        element("main", main, id="main", tabindex=-1),
        element("script", Markup(script)) if script else "",  # noqa: S704 - our own, and it cannot end its element
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _digest(script: str) -> str:
    if "</script" in script.lower():
        raise ValueError("the page's script contains </script, which would end it: write <\\/script instead")
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"

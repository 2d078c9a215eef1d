"""What all pages share: no text becomes markup by accident, nothing is loaded, and everyone can read them."""

import base64
import hashlib
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from sparkify_assets.report.pages import page as parts
from sparkify_assets.report.pages.page import (
    badge,
    code,
    details,
    element,
    facts,
    link,
    listing,
    note,
    notice,
    page,
    scrolling,
    table,
)
from sparkify_assets_tests.report.reading import Page, loaded_from_elsewhere

FOLDER = Path(parts.__file__).parent
STYLES = sorted(FOLDER.glob("*.css"))
HOSTILE = "<script>alert(1)</script>\"'&"


def colours() -> list[dict[str, str]]:
    """The colours of the light scheme, and of the dark."""
    blocks = re.findall(r":root \{(.*?)\}", (FOLDER / "page.css").read_text("utf-8"), re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block)) for block in blocks]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    values = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def an_example(script: str = "") -> Page:
    main = element("section", element("h2", "A part"), table("Numbers", ["n", "twice"], [[1, 2], [2, 4]]))
    return Page(page(title="A page", lead="About it.", navigation=link("main", "There"), main=main, script=script))


def test_the_contrast_of_black_and_white_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", colours(), ids=["light", "dark"])
def test_texts_have_enough_contrast_in_both_schemes(scheme: dict[str, str]) -> None:
    for text, behind in product(("text", "muted", "accent"), ("ground", "surface", "sunken", "accent-soft")):
        assert contrast(scheme[text], scheme[behind]) >= 4.5, (text, behind)


@pytest.mark.parametrize("scheme", colours(), ids=["light", "dark"])
def test_lines_with_a_meaning_have_enough_contrast_in_both_schemes(scheme: dict[str, str]) -> None:
    for line, behind in product(("edge", "accent"), ("ground", "surface")):
        assert contrast(scheme[line], scheme[behind]) >= 3, (line, behind)


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_every_colour_has_a_name_in_both_schemes(style: Path) -> None:
    css = re.sub(r":root \{.*?\}", "", style.read_text("utf-8"), flags=re.DOTALL)
    light, dark = colours()
    assert light.keys() == dark.keys()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])|\b(?:rgb|hsl)a?\(", css)
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= {*light, "shadow"}


def test_text_is_escaped_wherever_it_is_put() -> None:
    made = Markup().join(
        [
            element("p", HOSTILE, title=HOSTILE),
            table(HOSTILE, [HOSTILE], [[HOSTILE, HOSTILE]], row_ids=[HOSTILE]),
            details(HOSTILE, HOSTILE),
            listing(HOSTILE),
            link(HOSTILE, HOSTILE),
            code(HOSTILE),
            badge(HOSTILE, HOSTILE),
            note(HOSTILE),
            notice(HOSTILE),
            facts([(HOSTILE, HOSTILE)], HOSTILE),
            scrolling(HOSTILE, HOSTILE),
        ]
    )
    read = Page(page(title=HOSTILE, lead=HOSTILE, navigation=made, main=made))
    assert not list(read.all("script"))
    assert read.one("title").text == HOSTILE
    assert read.one("h1").text == HOSTILE
    shown = list(read.all("p", title=HOSTILE))
    assert [each.text for each in shown] == [HOSTILE, HOSTILE]


def test_the_content_of_a_page_is_escaped_unless_it_is_markup() -> None:
    # As a caller would pass it who ignores the types.
    plain: Any = HOSTILE
    read = Page(page(title="A page", lead="", navigation=plain, main=plain))
    assert not list(read.all("script"))
    assert [read.one(tag).text for tag in ("nav", "main")] == [HOSTILE, HOSTILE]


def test_an_attribute_is_escaped_even_where_it_is_markup() -> None:
    (made,) = Page(element("p", title=Markup('"><script>'))).elements
    assert made["title"] == '"><script>'


def test_markup_is_not_escaped_twice_and_attributes_are_named_as_in_html() -> None:
    inner = element("b", "a & b")
    assert element("p", inner, class_="x", data_row=1, hidden=True, title=None, open=False) == (
        '<p class="x" data-row="1" hidden><b>a &amp; b</b></p>'
    )
    assert element("i", inner, "<") == "<i><b>a &amp; b</b>&lt;</i>"
    assert element("input", type="search") == '<input type="search">'


def test_a_page_has_landmarks_a_language_and_a_link_past_the_navigation() -> None:
    read = an_example()
    assert read.one("html")["lang"] == "en"
    assert [len(list(read.all(tag))) for tag in ("header", "nav", "main", "h1", "title")] == [1] * 5
    first_link = next(read.all("a"))
    assert (first_link["class"], first_link["href"]) == ("skip", f"#{read.one('main')['id']}")
    assert "width=device-width" in read.one("meta", name="viewport")["content"]


def test_a_table_has_a_caption_and_headings_and_scrolls_by_keyboard() -> None:
    read = an_example()
    assert read.one("caption").text == "Numbers"
    assert [each["scope"] for each in read.all("th")] == ["col", "col", "row", "row"]
    around = read.one("table").parents[-1]
    assert (around["class"], around["tabindex"], around["aria-label"]) == ("scrolling", "0", "Numbers")


def test_a_page_loads_nothing_and_runs_only_its_own_script() -> None:
    script = "document.title = '<b>' && 1;"
    read = an_example(script)
    assert not loaded_from_elsewhere(read)
    assert read.one("script").text == script
    policy = read.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}';" in policy


def test_a_script_that_would_end_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match="contains </script"):
        an_example("'</script>'")


@pytest.mark.parametrize(
    "html",
    [
        '<img src="a.png">',
        '<link rel="stylesheet" href="#a">',
        '<a href="https://example.org">x</a>',
        "<style>@import 'a.css'</style>",
        '<p style="background: url(a.png)">x</p>',
        '<form action="/send"></form>',
    ],
)
def test_anything_loaded_from_elsewhere_is_detected(html: str) -> None:
    assert loaded_from_elsewhere(Page(html))

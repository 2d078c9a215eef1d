"""What all pages share: no text becomes markup by accident, nothing is loaded, and everyone can read them."""

import base64
import hashlib
import re
from configparser import ConfigParser
from itertools import product
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from sparkify_assets.report.pages import templates
from sparkify_assets.report.pages.templates import as_script, environment, render
from sparkify_assets_tests.report.reading import Page, loaded_from_elsewhere

pytestmark = pytest.mark.check

FOLDER = Path(templates.__file__).parent
FOLDERS = (FOLDER, FOLDER.parent / "explorer")
STYLES = sorted(style for folder in FOLDERS for style in folder.glob("*.css"))
TEMPLATES = sorted(template for folder in FOLDERS for template in (folder / "templates").iterdir())
HOSTILE = "<script>alert(1)</script>\"'&"
PAGE = """{% extends "page.html" %}
{% import "macros.html" as ui %}
{% block title %}{{ title }}{% endblock %}
{% block lead %}{{ lead }}{% endblock %}
{% block navigation %}{{ navigation }}{% endblock %}
{% block main %}{{ main }}{% endblock %}
{% block script %}{{ script }}{% endblock %}
"""
EVERY_PART = """
<p title="{{ text }}">{{ text }}</p>
{% call ui.table(text, text) %}
{{ ui.head([text]) }}
{% call(heading) ui.head([text]) %}{{ heading }}{% endcall %}
<tbody>
{{ ui.row([text, text]) }}
{% call(cell) ui.row([text, text]) %}{{ cell }}{% endcall %}
</tbody>
{% endcall %}
{% call ui.scrolling(text) %}{{ text }}{% endcall %}
{{ ui.facts([(text, text)], text) }}
{{ ui.badge(text, text) }}
{{ ui.listing(text) }}
"""
NUMBERS = """
<section>
<h2>A part</h2>
{% call ui.table("Numbers") %}
{{ ui.head(["n", "twice"]) }}
<tbody>{{ ui.row([1, 2]) }}{{ ui.row([2, 4]) }}</tbody>
{% endcall %}
</section>
"""


def parts(source: str, **content: object) -> str:
    """Return what a piece of a template makes with the parts of every page."""
    return environment().from_string('{% import "macros.html" as ui %}' + source).render(content)


def a_page(
    main: object = "", *, title: str = "A page", lead: str = "", navigation: object = "", script: str = ""
) -> Page:
    content = {"title": title, "lead": lead, "navigation": navigation, "main": main, "script": Markup(script)}  # noqa: S704
    return Page(environment().from_string(PAGE).render(content))


def colours() -> list[dict[str, str]]:
    """The colours of the light scheme, and of the dark: those of all pages, and those of the dashboard."""
    schemes: list[dict[str, str]] = [{}, {}]
    for style in STYLES:
        blocks = re.findall(r":root \{(.*?)\}", style.read_text("utf-8"), re.DOTALL)
        for scheme, block in zip(schemes, blocks, strict=bool(blocks)):
            scheme |= re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block)
    return schemes


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    values = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def an_example(script: str = "") -> Page:
    return a_page(Markup(parts(NUMBERS)), lead="About it.", script=script)  # noqa: S704


def test_the_contrast_of_black_and_white_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_texts_have_enough_contrast_in_both_schemes() -> None:
    offenders = too_pale(4.5, ("text", "muted", "accent", "bad"), ("ground", "surface", "sunken", "accent-soft"))
    offenders += too_pale(4.5, ("on-light",), ("s1", "s2", "s3", "s4")) + too_pale(4.5, ("on-dark",), ("s5", "s6"))
    assert not offenders, "\n".join(offenders)


def test_lines_with_a_meaning_have_enough_contrast_in_both_schemes() -> None:
    offenders = too_pale(3, ("edge", "accent"), ("ground", "surface")) + too_pale(3, ("paid", "free"), ("surface",))
    assert not offenders, "\n".join(offenders)


def too_pale(least: float, fronts: tuple[str, ...], grounds: tuple[str, ...]) -> list[str]:
    """The pairs of colours that have less contrast than they need."""
    return [
        f"{front} on {ground} of {name}: {contrast(scheme[front], scheme[ground]):.2f}, expected {least}"
        for name, scheme in zip(("light", "dark"), colours(), strict=True)
        for front, ground in product(fronts, grounds)
        if contrast(scheme[front], scheme[ground]) < least
    ]


def test_every_colour_has_a_name_in_both_schemes() -> None:
    light, dark = colours()
    assert light.keys() == dark.keys()
    css = {style.name: re.sub(r":root \{.*?\}", "", style.read_text("utf-8"), flags=re.DOTALL) for style in STYLES}
    assert css
    offenders = [
        f"{name}: {found}"
        for name, text in css.items()
        for found in [
            *re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;}])|\b(?:rgb|hsl)a?\(", text),
            *sorted(set(re.findall(r"var\(--([\w-]+)\)", text)) - {*light, "shadow"}),
        ]
    ]
    assert not offenders, "\n".join(offenders)


def test_text_is_escaped_wherever_it_is_put() -> None:
    made = Markup(parts(EVERY_PART, text=HOSTILE))  # noqa: S704
    read = a_page(made, title=HOSTILE, lead=HOSTILE, navigation=made)
    assert not list(read.all("script"))
    for tag in ("title", "h1"):
        assert read.one(tag).text == HOSTILE
    assert read.one("p", **{"class": "lead"}).text == HOSTILE
    shown = list(read.all("p", title=HOSTILE))
    assert [each.text for each in shown] == [HOSTILE, HOSTILE]
    for tag, number in {"caption": 2, "th": 8, "td": 4, "dt": 2, "dd": 2, "pre": 2}.items():
        assert [each.text for each in read.all(tag)] == [HOSTILE] * number
    assert len(list(read.all("div", **{"aria-label": HOSTILE}))) == 4
    for tag in ("table", "dl"):
        assert len(list(read.all(tag, **{"class": HOSTILE}))) == 2
    assert [each.text for each in read.all("span", **{"class": f"badge {HOSTILE}"})] == [HOSTILE, HOSTILE]


def test_the_content_of_a_page_is_escaped_unless_it_is_markup() -> None:
    read = a_page(HOSTILE, navigation=HOSTILE)
    assert not list(read.all("script"))
    assert [read.one(tag).text for tag in ("nav", "main")] == [HOSTILE, HOSTILE]


def test_an_attribute_is_escaped_even_where_it_is_markup() -> None:
    macros = '{% call ui.scrolling(text) %}{% endcall %}{% call ui.table("", text) %}{% endcall %}'
    macros += '{{ ui.facts([], text) }}{{ ui.badge("", text) }}'
    made = Page(parts(macros, text=Markup('"><script>')))
    assert not list(made.all("script"))
    assert next(made.all("div"))["aria-label"] == '"><script>'
    assert [made.one(tag)["class"] for tag in ("table", "dl", "span")] == [
        '"><script>',
        '"><script>',
        'badge "><script>',
    ]


def test_markup_is_not_escaped_twice() -> None:
    assert parts('{{ ui.badge(ui.badge("a & b"), "accent") }}') == (
        '<span class="badge accent"><span class="badge plain">a &amp; b</span></span>'
    )
    assert '<th scope="row"><i>a &amp; b</i></th><td>&lt;</td>' in "".join(
        parts('{% set cell %}<i>{{ "a & b" }}</i>{% endset %}{{ ui.row([cell, "<"]) }}').split("\n")
    )


def test_no_template_turns_escaping_off_or_leaves_an_attribute_without_quotes() -> None:
    texts = {template.name: template.read_text("utf-8") for template in TEMPLATES}
    assert texts
    offenders = [
        f"{name}: {found}"
        for name, text in texts.items()
        for found in re.findall(r"\|\s*safe\b|autoescape|=\s*\{\{.*", text)
    ]
    scripts = {name: re.findall(r"(\w+) \| as_script", text) for name, text in texts.items()}
    offenders += [f"{name}: scripts of {found}" for name, found in scripts.items() if found not in ([], ["vega"])]
    assert not offenders, "\n".join(offenders)


def test_only_the_environment_declares_text_to_be_markup() -> None:
    users = [path.name for path in FOLDER.glob("*.py") if "markupsafe" in path.read_text("utf-8")]
    assert users == ["templates.py"]


def test_a_name_that_a_template_misses_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'figures' is undefined"):
        render("dashboard.html", charts={}, sections=[])


def test_templates_are_compiled_once() -> None:
    assert environment() is environment()
    assert environment().get_template("page.html") is environment().get_template("page.html")


def test_every_file_of_the_pages_is_part_of_the_package() -> None:
    setup = ConfigParser()
    setup.read(FOLDER.parents[2] / "setup.cfg")
    patterns = setup["options.package_data"]["sparkify_assets.report.pages"].split(", ")
    packaged = {path for pattern in patterns for path in FOLDER.glob(pattern)}
    assert packaged == {path for path in FOLDER.rglob("*.*") if path.suffix not in (".py", ".pyc")}


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


def test_code_of_others_cannot_end_its_element() -> None:
    read = an_example(as_script("'</script>'"))
    assert read.one("script").text == "'<\\/script>'"


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

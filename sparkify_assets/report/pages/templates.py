"""Jinja's environment for the files in `templates/`: how they are found, what is escaped, and the filters they use.

The markup of every page is in its template, and its looks are in the style sheets beside this module. A page's own
module decides what it shows. `phrases.py` has how values look. Nothing here knows a particular page.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from sparkify_assets.report.phrases import (
    as_text,
    counted,
    day_with_weekday,
    in_words,
    range_in_words,
    readable,
    thousands,
)
from sparkify_assets.report.visible import markdown, visible

_FOLDER = Path(__file__).parent
# The templates of the served dashboard lie beside what fills them.
_EXPLORER = _FOLDER.parent / "explorer"
# A comment, which no text of a page can hold: it would be escaped.
_PAGES_PLACE = Markup("<!-- the other pages -->")


def render(name: str, **content: object) -> str:
    """Return a template filled with this content."""
    return environment().get_template(name).render(content)


def served(page: str, **content: object) -> str:
    """Return a page with what stands above it while it is served, filled with this content."""
    return page.replace(_PAGES_PLACE, render("served.html", **content), 1)


@cache
def environment() -> Environment:
    """Return the environment. Each template is compiled once, and a name that it misses is an error."""
    made = Environment(
        loader=FileSystemLoader([_FOLDER / "templates", _EXPLORER / "templates"]),
        autoescape=select_autoescape(disabled_extensions=("md",), default=True),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals |= {
        "source": source,
        "day_with_weekday": day_with_weekday,
        "range_in_words": range_in_words,
        "pages_place": _PAGES_PLACE,
    }
    made.filters |= {
        each.__name__: each for each in (as_script, sha256, markdown, as_text, counted, in_words, readable, thousands)
    }
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return made


def _shown(value: object) -> object:
    """Return what an expression of a template puts on the page. Markup is our own, made of what has been here."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def source(name: str) -> Markup:
    """Return a style sheet or script of ours as it is."""
    file = next(folder / name for folder in (_FOLDER, _EXPLORER) if (folder / name).exists())
    return Markup(file.read_text("utf-8"))  # noqa: S704 - our own file


def as_script(text: str) -> Markup:
    """Return a library's code as part of a script. It cannot end the script's element."""
    return Markup(text.replace("</script", "<\\/script"))  # noqa: S704 - code that the page runs


def sha256(script: str) -> str:
    """Return the digest by which a page's policy allows its script."""
    if "</script" in script.lower():
        raise ValueError("the page's script contains </script, which would end it: write <\\/script instead")
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"

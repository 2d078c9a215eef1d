"""What stands above and below the parts of a page: sections, filters, the way back, and the page's title in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.asking.filters import BROWSERS
from sparkify_assets.report.explorer.explorer_view import (
    DETAILS,
    PLAYS,
    SECTIONS,
    Choice,
    View,
    emptied,
    filter_in_words,
)
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import readable


@dataclass(frozen=True)
class Frame:
    """What is the same on every page: the files that it loads, and the links to other pages."""

    style: str
    script: str
    links: Sequence[tuple[str, str]]


class Option(NamedTuple):
    """An option of a list."""

    value: str
    title: str
    is_current: bool


@dataclass(frozen=True)
class FilterBar:
    """The filters that every page has, each as it is set and as it can be set."""

    action: str
    kept: Sequence[tuple[str, str]]
    periods: Sequence[Choice]
    levels: Sequence[Choice]
    places: Sequence[Option]
    browsers: Sequence[Option]
    first: str
    last: str
    earliest: str
    latest: str
    reset: str


def head(view: View, frame: Frame, places: Sequence[str]) -> str:
    """Return a page up to its first part."""
    nothing = {key: value for name in view.details for key, value in emptied(name).items()}
    # A place or a browser is set in the bar, too: it stays when another section is opened.
    for kept in ("place", "browser"):
        nothing.pop(kept, None)
    return render(
        "explorer_head.html",
        frame=frame,
        root=DASHBOARD,
        title=title_of(view),
        lead=filter_in_words(view),
        sections=[Choice(title, view.at(name, **nothing), name == view.section) for name, title in SECTIONS.items()],
        filters=_filter_bar(view, places),
        trail=list(view.trail()),
        chips=[
            Choice(view.titled(name), view.without(name), False)
            for name in view.details
            if name not in (view.page, "place", "browser")
        ],
    )


def message_head(title: str, text: str, frame: Frame) -> str:
    """Return a page without filters, of which there is nothing to show."""
    return render(
        "explorer_head.html",
        frame=frame,
        root=DASHBOARD,
        title=title,
        lead=text,
        sections=[],
        filters=None,
        trail=[],
        chips=[],
    )


def foot(text: str) -> str:
    """Return a page from its last part on."""
    return render("explorer_foot.html", foot=text)


def title_of(view: View) -> str:
    """Return what a page is about."""
    if view.page == PLAYS:
        return "The plays themselves"
    return view.titled(view.page) if view.page in DETAILS else SECTIONS[view.page]


def _filter_bar(view: View, places: Sequence[str]) -> FilterBar:
    given = view.filter
    in_form = ("from", "to", "period", "place", "browser")
    kept = {name: value for name, value in given.as_query().items() if name not in in_form}
    if sort := view.showing.get("sort"):
        kept["sort"] = sort
    return FilterBar(
        action=view.at().partition("?")[0],
        kept=list(kept.items()),
        periods=list(view.periods()),
        levels=list(view.levels()),
        places=_options(places, given.place),
        browsers=_options(BROWSERS, given.browser),
        first=str(given.first),
        last=str(given.last),
        earliest=str(view.covered.first),
        latest=str(view.covered.last),
        reset=view.reset(),
    )


def _options(names: Sequence[str], current: str) -> list[Option]:
    known = [*names, *([current] if current and current not in names else [])]
    return [Option(name, readable(name), name == current) for name in known]

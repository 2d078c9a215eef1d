"""Where a reader is: the page, what it is filtered by, how its tables are sorted and from which row on. All of it is in
the address, so that it can be sent.

A view makes the addresses of others: the same with something changed. Nothing is asked here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.asking.filters import Covered, Filter, read_filter
from sparkify_assets.report.phrases import range_in_words, readable

SECTIONS = {
    "overview": "Overview",
    "songs": "Songs and artists",
    "when": "When",
    "who": "Who",
    "where": "Where",
    "problems": "Problems",
    "data": "Data",
}
# The pages of one song, one hour and so on, and the section above each. Each is named as the filter that it is about.
DETAILS = {"song": "songs", "artist": "songs", "place": "where", "browser": "where", "listeners": "who", "hour": "when"}
# The pages that have no section of their own: they belong to whatever they are filtered by.
PLAYS = "plays"
# What the bar above every page sets. Other filters are chips below it.
_IN_BAR = ("period", "level", "place", "browser")
# How tables are shown: no filters, and left behind when another page is opened.
_SHOWING = ("sort", "skip", "artists_skip", "before", "after_id")
# Where a table begins anew, in the same order.
_BEGINNING = dict.fromkeys(_SHOWING[1:])
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PERIODS = {"week": "Latest week", "4weeks": "4 weeks", "month": "Month", "all": "Everything"}
_LEVELS = {"": "All", "paid": "Paid", "free": "Free"}


class Choice(NamedTuple):
    """One of several, of which one is current."""

    title: str
    address: str
    is_current: bool


class TrailStep(NamedTuple):
    """A step of the way back; the last has no address."""

    title: str
    address: str = ""


@dataclass(frozen=True)
class View:
    """A page with its filter, and how its tables are shown."""

    page: str
    filter: Filter
    covered: Covered
    showing: Mapping[str, str] = field(default_factory=dict)

    def at(self, page: str | None = None, /, **changes: object) -> str:
        """Return the address of a page with these changes of the filter, or of how tables are shown; None takes a value
        away."""
        target = page or self.page
        showing = dict(self.showing) if target == self.page else {}
        for name in _SHOWING:
            if name in changes:
                showing[name] = str(changes.pop(name) or "")
        filtered = self.filter.with_(
            **{name: _nothing(name) if value is None else value for name, value in changes.items()}
        )
        values = filtered.as_query() | {name: value for name, value in showing.items() if value}
        if values.get("period") == "week":
            # What every page begins with.
            del values["period"]
        path = DASHBOARD if target == "overview" else f"{DASHBOARD}/{target}"
        return f"{path}?{urlencode(values)}" if values else path

    def on(self, first: date, last: date | None = None) -> str:
        """Return the address of the same page on these days."""
        return self.at(first=first, last=last or first, period="", **_BEGINNING)

    @property
    def has_before(self) -> bool:
        return self.filter.has_before(self.covered)

    @property
    def section(self) -> str:
        """The section that the page belongs to."""
        if self.page == PLAYS:
            return next((DETAILS[name] for name in reversed(self.details)), "overview")
        return DETAILS.get(self.page, self.page)

    @property
    def details(self) -> list[str]:
        """What the page is filtered by that has a page of its own, from the widest on; a song includes its artist."""
        given = [name for name in DETAILS if getattr(self.filter, name) not in ("", None)]
        wide = [name for name in ("place", "browser", "listeners", "artist", "song", "hour") if name in given]
        return [name for name in wide if not (name == "artist" and "song" in given)]

    def skipped(self, name: str) -> int:
        """Return after how many rows a table begins."""
        text = self.showing.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def periods(self) -> Iterator[Choice]:
        """The named periods; of those with the same days only the last, which is the widest."""
        named = {self.covered.days_of(name): (name, title) for name, title in _PERIODS.items()}
        for (first, last), (name, title) in named.items():
            address = self.at(first=first, last=last, period=name, **_BEGINNING)
            yield Choice(title, address, (first, last) == (self.filter.first, self.filter.last))

    def levels(self) -> Iterator[Choice]:
        for level, title in _LEVELS.items():
            address = self.at(level=level, **_BEGINNING)
            yield Choice(title, address, self.filter.level == level)

    def without(self, name: str) -> str:
        """Return the address without a detail, of the page that is left."""
        return self.at(self.section if name == self.page else None, **emptied(name))

    def reset(self) -> str:
        """Return the address without what the bar sets; nothing if it sets nothing."""
        first, last = self.covered.days_of("week")
        address = self.at(first=first, last=last, period="week", level="", place="", browser="")
        return address if address != self.at() and self.page not in _IN_BAR else ""

    def titled(self, name: str) -> str:
        """Return a detail in words."""
        value = getattr(self.filter, name)
        if name == "song":
            return f"{readable(value)} · {readable(self.filter.artist or None)}"
        if name == "listeners":
            return f"{str(value).capitalize()} listeners"
        return hour_in_words(self.filter.weekday, value) if name == "hour" else readable(value)

    def trail(self) -> Iterator[TrailStep]:
        """Return the way back: the overview, the section, what is wider than this page, and the page."""
        if self.page == "overview" and not self.details:
            return
        nothing = {key: value for name in self.details for key, value in emptied(name).items()}
        yield TrailStep("Overview", self.at("overview", **nothing))
        if self.section != "overview":
            yield TrailStep(
                SECTIONS[self.section], "" if self.page == self.section else self.at(self.section, **nothing)
            )
        narrower = dict[str, object](nothing)
        for name in self.details:
            narrower = {key: value for key, value in narrower.items() if key not in emptied(name)}
            if self.page in (*DETAILS, PLAYS):
                yield TrailStep(self.titled(name), "" if name == self.page else self.at(name, **narrower))
        if self.page == PLAYS:
            yield TrailStep("Plays")


def read_view(page: str, query: Mapping[str, str], covered: Covered) -> View:
    """Return the view of an address."""
    return View(page, read_filter(query, covered), covered, {name: query[name] for name in _SHOWING if query.get(name)})


def emptied(name: str) -> dict[str, object]:
    """Return the changes that take a detail away."""
    also = {"song": ("artist",), "hour": ("weekday",)}.get(name, ())
    return {each: _nothing(each) for each in (name, *also)}


def _nothing(name: str) -> object:
    return None if name in ("weekday", "hour") else ""


def hour_in_words(weekday: int | None, hour: int) -> str:
    """Return `Mondays, 17:00 to 18:00 UTC`."""
    day = f"{WEEKDAYS[weekday - 1]}s, " if weekday else ""
    return f"{day}{hour:02}:00 to {(hour + 1) % 24:02}:00 UTC"


def filter_in_words(view: View) -> str:
    """Return what a page is filtered by, without what it is about, and what it is compared with."""
    given = view.filter
    parts = [range_in_words(given.first, given.last)]
    parts += [f"{given.level} level"] if given.level else []
    parts += [view.titled(name) for name in view.details if name != view.page]
    before = given.before()
    compared = (
        f"Compared with {range_in_words(before.first, before.last)}."
        if view.has_before
        else "The days before are not all loaded, so there is nothing to compare with."
    )
    return f"{', '.join(parts)}. {compared} Days and hours are in UTC."

"""What a page is about: a period, and whose plays in it. The filter is read from the address of a page, and written
there.

Which rows it lets through is in `composing.py`.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta

from sparkify_assets.errors import FilterError
from sparkify_assets.warehouse.session import Value

LEVELS = ("free", "paid")
SEGMENTS = ("new", "returning")
# The families of browsers that a load tells apart.
BROWSERS = ("Chrome", "Edge", "Firefox", "Internet Explorer", "Opera", "Safari", "Other")
# Named periods, which follow the data: their days are others after the next load.
PERIODS = ("week", "4weeks", "month", "all")
LONGEST_DAYS = 3_660
_LONGEST_TEXT = 1_024
_TEXTS = ("place", "song", "artist")


@dataclass(frozen=True)
class Covered:
    """The first and the last log day that are loaded."""

    first: date
    last: date

    def days_of(self, period: str) -> tuple[date, date]:
        """Return the first and the last day of a named period. Where no whole week or month is loaded, it is all."""
        days = {"week": self._weeks(1), "4weeks": self._weeks(4), "month": self._month(), "all": None}[period]
        return days or (self.first, self.last)

    def _weeks(self, most: int) -> tuple[date, date] | None:
        """Return so many whole weeks, from Monday to Sunday, up to the latest, or as many as there are."""
        end = self.last - timedelta(days=self.last.isoweekday() % 7)
        whole = min(most, ((end - self.first).days + 1) // 7)
        return (end - timedelta(days=7 * whole - 1), end) if whole > 0 else None

    def _month(self) -> tuple[date, date] | None:
        """Return the latest whole month."""
        ends = calendar.monthrange(self.last.year, self.last.month)[1] == self.last.day
        end = self.last if ends else self.last.replace(day=1) - timedelta(days=1)
        begin = end.replace(day=1)
        return (begin, end) if begin >= self.first else None


@dataclass(frozen=True)
class Filter:
    """The days from `first` to `last`, both included, UTC; and what else a play or page view has to be. An empty text
    and None let everything through. `period` is the name that the days were chosen by, if they were."""

    first: date
    last: date
    period: str = ""
    level: str = ""
    place: str = ""
    browser: str = ""
    # Of whom: new or returning listeners.
    listeners: str = ""
    song: str = ""
    artist: str = ""
    # ISO: Monday is 1.
    weekday: int | None = None
    hour: int | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Filter":
        """Return the same filter for as many days before."""
        last = self.first - timedelta(days=1)
        return replace(self, first=last - timedelta(days=self.days - 1), last=last, period="")

    def has_before(self, covered: Covered) -> bool:
        """Return whether the days before are loaded, all of them."""
        return self.before().first >= covered.first

    def with_(self, **values: object) -> "Filter":
        """Return the filter with other values: one step further down, or back."""
        return replace(self, **values)  # type: ignore[arg-type]

    def as_query(self) -> dict[str, str]:
        """Return what an address has of it: what was chosen, in a fixed order, as texts."""
        period = {"period": self.period} if self.period else {"from": f"{self.first}", "to": f"{self.last}"}
        others = {name: getattr(self, name) for name in _OTHERS}
        return period | {name: str(value) for name, value in others.items() if value not in ("", None)}


_OTHERS = tuple(field.name for field in fields(Filter) if field.name not in ("first", "last", "period"))


def read_filter(query: Mapping[str, str], covered: Covered) -> Filter:
    """Read a filter from the parameters of an address; others are left alone. Without a period it is the latest whole
    week."""
    first, last, period = _read_days(query, covered)
    return Filter(
        first,
        last,
        period,
        level=_one_of("level", query.get("level", ""), LEVELS),
        browser=_one_of("browser", query.get("browser", ""), BROWSERS),
        listeners=_one_of("listeners", query.get("listeners", ""), SEGMENTS),
        weekday=_number("weekday", query.get("weekday", ""), 1, 7),
        hour=_number("hour", query.get("hour", ""), 0, 23),
        **{name: _text(name, query.get(name, "")) for name in _TEXTS},
    )


def read_options(query: Mapping[str, str]) -> tuple[tuple[str, Value], ...]:
    """Read from an address what a question takes beside the filter: the order of a ranking, which page of plays."""
    options: dict[str, Value] = {}
    if query.get("sort"):
        options["sort"] = query["sort"]
    if query.get("before"):
        try:
            options["before"] = datetime.fromisoformat(query["before"]).replace(tzinfo=None)
        except ValueError:
            expected = "expected a moment such as 2018-11-30 12:00:00"
            raise FilterError(f"before is {_shown(query['before'])}: {expected}") from None
        options["after_id"] = _text("after_id", query.get("after_id", ""))
    return tuple(options.items())


def _read_days(query: Mapping[str, str], covered: Covered) -> tuple[date, date, str]:
    given = {name: query.get(name, "") for name in ("from", "to")}
    if not any(given.values()):
        period = _one_of("period", query.get("period", ""), PERIODS) or PERIODS[0]
        return *covered.days_of(period), period
    if query.get("period"):
        raise FilterError(
            f"the address has from or to and the period {query['period']!r}: expected one of them; remove the other"
        )
    first = _day("from", given["from"]) or covered.first
    last = _day("to", given["to"]) or covered.last
    if first > last:
        raise FilterError(f"from is {first} and to is {last}: expected days in this order; swap them")
    if (last - first).days >= LONGEST_DAYS:
        raise FilterError(
            f"the period from {first} to {last} has {(last - first).days + 1:,} days: expected {LONGEST_DAYS:,} at "
            "most; choose a shorter one"
        )
    # As many days have to fit before it.
    if first.toordinal() <= (last - first).days + 1:
        raise FilterError(f"from is {first}: expected a day of this era; choose a later one")
    return first, last, ""


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FilterError(f"{name} is {_shown(text)}: expected a day such as 2018-11-30") from None


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text and text not in allowed:
        raise FilterError(f"{name} is {_shown(text)}: expected one of {', '.join(allowed)}")
    return text


def _number(name: str, text: str, least: int, greatest: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= greatest):
        raise FilterError(f"{name} is {_shown(text)}: expected a number from {least} to {greatest}")
    return int(text)


def _text(name: str, text: str) -> str:
    if "\0" in text or len(text.encode("utf-8", "surrogatepass")) > _LONGEST_TEXT:
        raise FilterError(f"{name} is {_shown(text)}: expected a text of {_LONGEST_TEXT:,} bytes at most, without NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FilterError(f"{name} is {_shown(text)}: expected UTF-8") from None
    return text


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")

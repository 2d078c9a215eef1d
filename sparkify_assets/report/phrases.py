"""How values of the warehouse look to people: on one line, dates in words, long texts cut. Nothing is grouped or
compared by these texts."""

from collections.abc import Sequence
from datetime import date, datetime

from sparkify_assets.warehouse.session import Value

UNKNOWN = "(unknown)"
# Of a long list only the first are shown.
NAMES_SHOWN = 5


def readable(text: Value) -> str:
    """Return a text on one line."""
    return UNKNOWN if text is None else " ".join(str(text).split()) or "(blank)"


def cut(text: str, most: int) -> str:
    """Return a text, shortened to its beginning and an ellipsis if it is longer than `most`."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def number(value: Value) -> int:
    return int(str(value or 0))


def fraction(value: Value) -> float:
    return float(str(value or 0))


def thousands(value: Value) -> str:
    """Return `2,000`."""
    return f"{number(value):,}"


def counted(n: Value, noun: str) -> str:
    """Return `1 play`, `2,000 plays`."""
    return f"{thousands(n)} {noun}{'' if number(n) == 1 else 's'}"


def a_day(plays: float) -> str:
    """Return `1 play a day`, `28.8 plays a day`."""
    rounded = round(plays, 1)
    return f"{rounded:,.{0 if rounded == int(rounded) else 1}f} play{'' if rounded == 1 else 's'} a day"


def first_of(names: Sequence[str]) -> str:
    """Return how many names there are, and the first of them."""
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return f"{len(names):,}: {', '.join(names[:NAMES_SHOWN])}{more}"


def in_words(moment: date) -> str:
    """Return `1 Nov 2018` for a day, `1 Nov 2018, 12:30 UTC` for a moment."""
    return f"{moment.day} {moment:%b %Y}{f', {moment:%H:%M} UTC' if isinstance(moment, datetime) else ''}"


def day_with_weekday(day: date) -> str:
    """Return `Mon 19 Nov 2018`."""
    return f"{day:%a} {in_words(day)}"


def range_in_words(first: date, last: date) -> str:
    """Return a range of days, without the month or year that both have: `1 to 30 Nov 2018`."""
    if first == last:
        return in_words(last)
    if first.year != last.year:
        return f"{in_words(first)} to {in_words(last)}"
    return f"{first.day}{'' if first.month == last.month else f' {first:%b}'} to {in_words(last)}"


def as_text(value: Value) -> str:
    """Return any value: a number with thousands separators, a moment in words, a text on one line."""
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return in_words(value) if isinstance(value, datetime) else readable(value)

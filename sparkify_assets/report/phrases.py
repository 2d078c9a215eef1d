"""How values of the warehouse are shown to people: repaired, in words, cut where there is no room. The warehouse keeps
what was delivered; nothing is grouped by what is made here."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from sparkify_assets.warehouse.session import Value

UNKNOWN = "(unknown)"


@lru_cache(maxsize=10_000)
def readable(text: Value) -> str:
    """A text as it was meant: what was encoded twice is decoded twice, and it stays on one line."""
    if text is None:
        return UNKNOWN
    # Imported here: what only shows numbers need not wait for it.
    import ftfy

    return " ".join(ftfy.fix_encoding(str(text)).split()) or "(blank)"


def cut(text: str, most: int) -> str:
    """A text, or its beginning and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def number(value: Value) -> int:
    return int(str(value or 0))


def counted(n: Value, noun: str) -> str:
    """`1 play`, `2,000 plays`."""
    return f"{number(n):,} {noun}{'' if number(n) == 1 else 's'}"


def day_said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def days_said(first: date, last: date) -> str:
    """A range of days, as short as it can be understood."""
    if first == last:
        return day_said(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_said(last)}"
    return (
        f"{first.day} {first:%b} to {day_said(last)}"
        if first.year == last.year
        else (f"{day_said(first)} to {day_said(last)}")
    )


def moment_said(moment: datetime) -> str:
    return f"{day_said(moment)}, {moment:%H:%M} UTC"


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]

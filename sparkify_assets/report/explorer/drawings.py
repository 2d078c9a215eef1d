"""Where the marks of a chart stand: spark lines, columns over days, shades. `templates/charts.html` draws them.

Across, everything is a percentage, so that a chart is as wide as its place without a script. Nothing here knows a
question.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

TALL = 168
_SPARK_WIDE, _SPARK_TALL = 120, 32
# The axis names days, weeks or months, whichever leaves room for the words.
_LABELS_BY_DAY, _LABELS_BY_WEEK = 10, 70
# How many shades there are beside that of nothing.
SHADES = 6


@dataclass(frozen=True)
class Segment:
    """A mark of a day, as a percentage of the width and in pixels from the top, and what it says."""

    left: float
    width: float
    top: float
    height: float
    kind: str = ""


@dataclass(frozen=True)
class DayMark:
    """Everything that stands for one day: the columns one above the other, the address that it leads to, its words."""

    day: date
    left: float
    width: float
    columns: tuple[Segment, ...]
    address: str
    text: str


@dataclass(frozen=True)
class DayChart:
    """Columns over days, with the lines of the scale and the dates below."""

    marks: tuple[DayMark, ...]
    lines: tuple[tuple[float, str], ...]
    dates: tuple[tuple[float, str], ...]
    height: int = TALL


def spark(values: Sequence[float]) -> str:
    """Return the points of a spark line in a box of 120 by 32, the largest value at its top and zero at its bottom."""
    if len(values) < 2:
        return ""
    most, step = max(*values, 1e-9), _SPARK_WIDE / (len(values) - 1)
    inner = _SPARK_TALL - 4
    return " ".join(f"{n * step:.1f},{2 + inner * (1 - value / most):.1f}" for n, value in enumerate(values))


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def day_chart(days: Sequence[tuple[date, Sequence[tuple[str, float]], str, str]]) -> DayChart:
    """Return a chart of consecutive days, each with its values by kind, its address and its words."""
    most = max((sum(value for _, value in values) for _, values, _, _ in days), default=0)
    top = scale_end(most)
    wide = 100 / max(len(days), 1)
    marks = tuple(
        DayMark(day, wide * n, wide, tuple(_stacked(values, top, wide * n, wide)), address, text)
        for n, (day, values, address, text) in enumerate(days)
    )
    lines = tuple((TALL * (1 - part), f"{top * part:,.10g}") for part in (1, 0.5)) if most else ()
    return DayChart(marks, lines, tuple(_dates([day for day, *_ in days], wide)))


def _stacked(values: Sequence[tuple[str, float]], top: float, left: float, wide: float) -> Iterator[Segment]:
    bottom, gap = float(TALL), wide * 0.12
    for kind, value in values:
        height = TALL * value / top
        bottom -= height
        if value:
            yield Segment(left + gap, wide - 2 * gap, bottom, height, kind)


def scale_end(most: float) -> float:
    """Return the end of a scale: the least even number of the form 1, 2, 4, 6, 8 or 10 times a power of ten that holds
    all of it, so that its half is round, too."""
    if most <= 2:
        return 2
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)


def _dates(days: Sequence[date], wide: float) -> Iterator[tuple[float, str]]:
    last = -100.0
    for n, day in enumerate(days):
        if len(days) <= _LABELS_BY_DAY:
            text = f"{day:%a} {day.day}{f' {day:%b}' if n == 0 or day.day == 1 else ''}"
        elif len(days) <= _LABELS_BY_WEEK:
            text = f"{day.day} {day:%b}" if day.isoweekday() == 1 else ""
        else:
            text = f"{day:%b %Y}" if day.day == 1 else ""
        if text and wide * n - last >= 9 and wide * n <= 95:
            last = wide * n
            yield last, text


def shade(value: float, most: float) -> int:
    """Return the shade of a value, 0 for nothing and SHADES for the largest."""
    return min(SHADES, ceil(SHADES * value / most)) if value and most else 0

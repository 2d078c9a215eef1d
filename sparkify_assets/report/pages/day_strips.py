"""Strips of days: a value or a verdict for each day, drawn one below the other over the same axis.

A strip is a list of rectangles; `templates/days.html` draws them as SVG, without a script. What differs is shown by
shape and words, never by colour alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sparkify_assets.report.phrases import in_words, range_in_words

_TALL, _LOW = 56.0, 20.0
_WIDEST, _NARROWEST, _ROOM = 20, 4, 600
# The room of a date below the last day.
_LABEL = 48
# Up to this many days the axis names weeks, then months.
_WEEKS = 62


@dataclass(frozen=True)
class Axis:
    """The days from left to right."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def step(self) -> int:
        return max(_NARROWEST, min(_WIDEST, _ROOM // len(self.days)))

    @property
    def width(self) -> int:
        return self.step * len(self.days) + _LABEL

    def left(self, day: date) -> int:
        return self.step * (day - self.first).days

    @property
    def labels(self) -> Iterator[tuple[int, str]]:
        """Where the dates stand, and what they say."""
        by_week = len(self.days) <= _WEEKS
        for day in self.days:
            if day == self.first or (day.isoweekday() == 1 if by_week else day.day == 1):
                yield self.left(day), in_words(day).rsplit(" ", 1)[0] if by_week else f"{day:%b %Y}"


@dataclass(frozen=True)
class Mark:
    """A rectangle, and the words that it stands for. `kind` is its class."""

    left: float
    top: float
    width: float
    height: float
    kind: str
    text: str


@dataclass(frozen=True)
class Strip:
    """What is drawn of the days: what it is, in words too for those who do not see it."""

    title: str
    meaning: str
    finding: str
    height: float
    marks: tuple[Mark, ...]
    kind: str = ""

    @property
    def label(self) -> str:
        return f"{self.title}: {self.finding}"


def bars(axis: Axis, title: str, meaning: str, values: Mapping[date, float], form: str = "{:,}") -> Strip:
    """Return a bar for each day; the highest value is as high as the strip."""
    highest = max(values.values(), default=0)
    if not highest:
        return Strip(title, meaning, "none", _LOW, ())
    marks = tuple(
        Mark(
            axis.left(day),
            _TALL - (height := max(1.0, round(_TALL * value / highest, 1))),
            axis.step - 1,
            height,
            "bar",
            f"{in_words(day)}: {form.format(value)}",
        )
        for day, value in values.items()
        if value
    )
    best = max(values, key=lambda day: (values[day], day))
    latest = max(values)
    finding = f"highest {form.format(highest)} ({in_words(best)}), latest {form.format(values[latest])}"
    return Strip(title, meaning, finding, _TALL, marks)


def verdicts(axis: Axis, title: str, meaning: str, kind: str, passed: Mapping[date, bool]) -> Strip:
    """Return whether each day passed: a low line where it did, a block where it did not."""
    failed = sum(not each for each in passed.values())
    # Consecutive days with the same verdict are one rectangle: a year of many audits stays small.
    runs = groupby(enumerate(sorted(passed)), key=lambda each: (passed[each[1]], each[1] - timedelta(days=each[0])))
    marks = tuple(_verdict(axis, [day for _, day in days], ok) for (ok, _), days in runs)
    if not passed:
        finding = "not evaluated"
    elif failed:
        finding = f"failed on {failed:,} of {len(passed):,} days"
    else:
        finding = f"passed on all {len(passed):,} days" if len(passed) > 1 else "passed"
    return Strip(title, meaning, finding, _LOW, marks, kind)


def _verdict(axis: Axis, days: Sequence[date], passed: bool) -> Mark:
    first, last = days[0], days[-1]
    width = axis.left(last) - axis.left(first) + axis.step - 1
    text = f"{range_in_words(first, last)}: {'passed' if passed else 'failed'}"
    if passed:
        return Mark(axis.left(first), _LOW - 5, width, 3, "passed", text)
    return Mark(axis.left(first), 1, width, _LOW - 3, "failed", text)

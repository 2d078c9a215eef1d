"""Which time a chart shows, and whether in days, weeks or months.

It shows all of the time that has rows, up to twenty years. If a few rows lie far from the others, as those of a clock
that is wrong do, it shows the time that has nearly all of them. So a chart never grows with the calendar.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

# How many days, at most, a chart shows by day, by week, and by month.
_DAYS = {"day": 120, "week": 1000, "month": 7305}
_NEARLY_ALL, _FAR = 0.9, 10


@dataclass(frozen=True)
class Span:
    """Periods that follow one another: the starts of the first and of the last one."""

    period: str
    first: date
    last: date

    def start_of(self, day: date) -> date:
        """Return the start of a day's period."""
        return _start_of(day, self.period)

    def has(self, day: date) -> bool:
        return self.first <= self.start_of(day) <= self.last


def span_of(counts: Mapping[date, int]) -> Span:
    """Return the span to show of days, given how much there is to show of each."""
    # A day counts even if nothing was counted on it.
    weights = Counter({day: counts[day] + 1 for day in sorted(counts)})
    days = [*weights]
    length = (days[-1] - days[0]).days
    for period, most in _DAYS.items():
        found = _densest(weights, most)
        span = Span(period, _start_of(found[0], period), _start_of(found[-1], period))
        is_nearly_all = sum(weights[day] for day in found) >= _NEARLY_ALL * weights.total()
        if length <= most or (is_nearly_all and length > _FAR * most):
            break
    return span


def _densest(weights: Mapping[date, int], most: int) -> list[date]:
    """Return the days, no more than `most` after the first, that weigh most together; of several the latest."""
    days, sums = [*weights], [0, *accumulate(weights.values())]
    ends = [bisect_right(days, day + timedelta(days=most)) for day in days]
    begin = max(range(len(days)), key=lambda place: (sums[ends[place]] - sums[place], place))
    return days[begin : ends[begin]]


def _start_of(day: date, period: str) -> date:
    if period == "day":
        return day
    return day - timedelta(days=day.weekday() if period == "week" else day.day - 1)

"""Which time a chart shows, and whether in days, weeks or months.

It shows all of the time that has rows, up to twenty years. If a few rows lie far from the others, as those of a clock
that is wrong do, it shows the time that has nearly all of them. So a chart never grows with the calendar.
"""

from dataclasses import dataclass

import pandas as pd

# How many days, at most, a chart shows by day, by week, and by month.
_DAYS = {"day": 120, "week": 1000, "month": 7305}
_NEARLY_ALL, _FAR = 0.9, 10


@dataclass(frozen=True)
class Span:
    """Periods that follow one another: the starts of the first and of the last one."""

    period: str
    first: pd.Timestamp
    last: pd.Timestamp

    def starts_of(self, days: pd.Series) -> pd.Series:
        """Return the start of each day's period."""
        return _starts_of(days, self.period)

    def has(self, days: pd.Series) -> pd.Series:
        return self.starts_of(days).between(self.first, self.last)


def span_of(days: pd.Series, counts: pd.Series) -> Span:
    """Return the span to show of days, each with how much there is to show."""
    # A day counts even if nothing was counted on it.
    weights = (counts + 1).groupby(days).sum().sort_index()
    length = (weights.index[-1] - weights.index[0]).days
    for period, most in _DAYS.items():
        found = _densest(weights, most)
        first, last = _starts_of(pd.Series([found.index[0], found.index[-1]]), period)
        span = Span(period, first, last)
        is_nearly_all = found.sum() >= _NEARLY_ALL * weights.sum()
        if length <= most or (is_nearly_all and length > _FAR * most):
            break
    return span


def _densest(weights: pd.Series, most: int) -> pd.Series:
    """Return the days, no more than `most` after the first, that weigh most together; of several the latest."""
    sums = weights.cumsum()
    ends = weights.index.searchsorted(weights.index + pd.Timedelta(days=most), side="right")
    within = sums.iloc[ends - 1].set_axis(weights.index) - sums + weights
    begin = len(within) - 1 - int(within.iloc[::-1].argmax())
    return weights.iloc[begin : ends[begin]]


def _starts_of(days: pd.Series, period: str) -> pd.Series:
    if period == "day":
        return days
    return days - pd.to_timedelta(days.dt.day_of_week if period == "week" else days.dt.day - 1, unit="D")

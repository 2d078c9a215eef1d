"""What charts over time share: an axis of days, weeks or months in UTC, panels above each other, and stacked levels."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Self

from sparkify_assets.report.charts.drawing import WIDTH, Spec, data, encoded, mark
from sparkify_assets.report.charts.spans import Span, span_of
from sparkify_assets.report.phrases import counted, in_words, range_in_words
from sparkify_assets.warehouse.session import Value

# How wide a panel's y axis is, so that panels above each other begin at the same place: also in dashboard.js.
AXIS_WIDTH = 44
_LABELS = 10
_POINTS_SHOWN = 62
# As many as there are colours. The others are one.
_LEVELS_SHOWN = 3
_TITLES = {"day": "Day", "week": "Week from", "month": "Month"}
_EPOCH = date(1970, 1, 1)
# Sums by the start of a period and by level.
Sums = dict[tuple[date, str], int | float]


@dataclass(frozen=True)
class Timeline:
    """Days, weeks or months without a gap, and what lies outside them."""

    span: Span
    outside: str = ""

    @classmethod
    def of(cls, counts: Mapping[date, int], noun: str, unit: str = "day") -> Self:
        """Return the time to show of days, given how many of something each has."""
        span = span_of(counts)
        out = [day for day in sorted(counts) if not span.has(day)]
        if not out:
            return cls(span)
        when = range_in_words(out[0], out[-1])
        much = counted(sum(counts[day] for day in out), noun)
        return cls(span, f"Not shown: {much} of {counted(len(out), f'other {unit}')}, {when}.")

    @property
    def period(self) -> str:
        return self.span.period

    @cached_property
    def starts(self) -> list[date]:
        starts = [self.span.first]
        while starts[-1] < self.span.last:
            starts.append(self._next(starts[-1]))
        return starts

    def _next(self, start: date) -> date:
        if self.period == "month":
            return (start + timedelta(days=31)).replace(day=1)
        return start + timedelta(days=7 if self.period == "week" else 1)

    @cached_property
    def places(self) -> dict[date, Spec]:
        """Each period's place on the axis, in milliseconds: no browser's time zone moves it to another day."""
        return {start: _place(start, self._next(start)) for start in self.starts}

    @property
    def range(self) -> str:
        return range_in_words(self.starts[0], self.starts[-1])

    @property
    def points(self) -> bool:
        """Whether a line has a point at each period. With many there would be nothing but points."""
        return len(self.starts) <= _POINTS_SHOWN

    def x(self, field: str, *, labels: bool = True) -> Spec:
        """Return the axis for one of the fields of `places`."""
        places = [*self.places.values()]
        in_years = (self.starts[-1] - self.starts[0]).days > 360
        # Numbers, not times: Vega's interpreter, which the page needs, takes times for years.
        return encoded(
            f"{field}:Q",
            scale={"domain": [places[0]["starts"], places[-1]["ends"]], "nice": False, "zero": False},
            axis={
                "title": self._title if labels else None,
                "values": [place["middle"] for place in places[:: -(-len(places) // _LABELS)]],
                "labelExpr": f"utcFormat(datum.value, '{'%b %Y' if in_years else '%-d %b'}')",
                "labels": labels,
                "labelAngle": 0,
                "labelOverlap": True,
                "labelFlush": False,
            },
        )

    @property
    def _title(self) -> str | list[str]:
        title = f"{_TITLES[self.period]} (UTC), {self.range}"
        return [title, self.outside] if self.outside else title

    def bars(self, encoding: Spec, *, labels: bool = True, **style: Any) -> Spec:
        """Return a bar for each period, with a gap before the next one."""
        across = {"x": self.x("starts", labels=labels), "x2": {"field": "ends"}}
        return mark("rect", {**encoding, **across}, x2Offset=-1, **style)

    def sums(self, amounts: Iterable[tuple[date, str, int]], levels: Sequence[str]) -> Sums:
        """Return the sums of every period and level, 0 where there is nothing. Each day is one that is shown."""
        sums: Sums = {(start, level): 0 for start in self.starts for level in levels}
        for day, level, amount in amounts:
            sums[self.span.start_of(day), level] += amount
        return sums

    def stack(self, sums: Sums, field: str) -> list[Spec]:
        """Place a period's levels on top of each other, the last one lowest, from `bottom` to `top`."""
        tops = defaultdict[date, int | float](int)
        found = list[Spec]()
        for (start, level), amount in reversed(sums.items()):
            bottom = tops[start]
            tops[start] += amount
            found.append({"level": level, field: amount, "top": tops[start], "bottom": bottom, **self.places[start]})
        return found[::-1]


def _place(start: date, end: date) -> Spec:
    starts, ends = ((day - _EPOCH).days * 86_400_000 for day in (start, end))
    return {"starts": starts, "ends": ends, "middle": (starts + ends) // 2, "when": in_words(start)}


def stacked(values: Sequence[Spec], *panels: Spec) -> Spec:
    """Return panels above each other, over the same time."""
    return {
        "data": data(values),
        "vconcat": [{**panel, "width": WIDTH} for panel in panels],
        "resolve": {"scale": {"color": "independent"}},
    }


def y_axis(title: str, **others: Any) -> Spec:
    """Return an axis whose title stands above it, where it can be read."""
    return {
        "title": title,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "start",
        "titleBaseline": "bottom",
        "titleX": -AXIS_WIDTH,
        "titleY": -10,
        "minExtent": AXIS_WIDTH,
        "maxExtent": AXIS_WIDTH,
        "grid": True,
        "tickMinStep": 1,
        **({"format": "~s"} if "labelExpr" not in others else {}),
        **others,
    }


def shown_levels(counts: Mapping[str, int]) -> tuple[dict[str, str], list[str]]:
    """Return as what each level is shown, and these in order, paid first. Of many levels the rarest are one."""
    if len(counts) <= _LEVELS_SHOWN:
        return {level: level for level in counts}, sorted(counts, key=_paid_first)
    frequent = sorted(counts, key=lambda level: (-counts[level], level))[: _LEVELS_SHOWN - 1]
    others = counted(len(counts) - len(frequent), "other level")
    return {level: level if level in frequent else others for level in counts}, [
        *sorted(frequent, key=_paid_first),
        others,
    ]


def _paid_first(level: str) -> tuple[bool, str]:
    return level != "paid", level


def level_colours(levels: Sequence[str], *, legend: bool = True) -> Spec:
    return encoded("level:N", scale={"domain": list(levels)}, legend={"title": None, "offset": 30} if legend else None)


def day_of(moment: Value) -> date:
    """Return the day of a date, or of a moment in UTC."""
    assert isinstance(moment, date)
    return moment.date() if isinstance(moment, datetime) else moment


def summed(amounts: Iterable[tuple[Any, int]]) -> Counter[Any]:
    """Return the sums of amounts by what each belongs to."""
    sums = Counter[Any]()
    for key, amount in amounts:
        sums[key] += amount
    return sums

"""What charts over time share: days, weeks or months as stretches of an axis in UTC, panels, and levels in piles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import altair as alt

from sparkify_assets.report.charts.drawing import WIDTH, AnyChart, Rows
from sparkify_assets.report.phrases import day_said, days_from, days_said, readable
from sparkify_assets.warehouse.session import Value

# How wide a panel's y axis is, so that panels above each other begin at the same place: also in dashboard.js.
AXIS_WIDTH = 44
_LABELS = 10
_DAYS_SHOWN, _WEEKS_SHOWN = 120, 1000
_POINTS_SHOWN = 62


@dataclass(frozen=True)
class Timeline:
    """Ranges of time, one after another: where each begins, and how long it is at most."""

    starts: tuple[date, ...]
    step: timedelta

    def place(self, start: date) -> dict[str, object]:
        """A stretch's place on the axis, in milliseconds: no browser takes them for another day's."""
        end = start + self.step if self.step.days < 28 else _next_month(start)
        begins, ends = _milliseconds(start), _milliseconds(end)
        return {"starts": begins, "ends": ends, "middle": (begins + ends) // 2, "when": day_said(start)}

    @property
    def said(self) -> str:
        return days_said(self.starts[0], self.starts[-1])

    @property
    def points(self) -> bool:
        """Whether each stretch has a point on a line: not where there would be nothing but points."""
        return len(self.starts) <= _POINTS_SHOWN

    @cached_property
    def _labelled(self) -> list[float]:
        every = -(-len(self.starts) // _LABELS)
        return [float(str(self.place(start)["middle"])) for start in self.starts[::every]]

    def x(self, field: str, *, labels: bool = True) -> alt.X:
        """The axis, for a field that `place` gives."""
        ends = [float(str(self.place(self.starts[n])[edge])) for n, edge in ((0, "starts"), (-1, "ends"))]
        in_years = (self.starts[-1] - self.starts[0]).days > 360
        # Numbers, not times: Vega's interpreter, which the page needs, takes them for years.
        return alt.X(
            f"{field}:Q",
            scale=alt.Scale(domain=ends, nice=False, zero=False),
            axis=alt.Axis(
                title=f"{_KINDS.get(self.step.days, 'Month')} (UTC), {self.said}" if labels else None,
                values=self._labelled,
                labelExpr=f"utcFormat(datum.value, '{'%b %Y' if in_years else '%-d %b'}')",
                labels=labels,
                labelAngle=0,
                labelOverlap=True,
                labelFlush=False,
            ),
        )


_KINDS = {1: "Day", 7: "Week from"}


def periods_of(rows: Rows) -> tuple[str, Timeline, dict[date, Mapping[str, Value]]]:
    """The rows of the period in which so much time is best shown; a stretch without a row is there, too."""
    days = [day_of(row["starts_on"]) for row in rows]
    length = (max(days) - min(days)).days
    period = "day" if length <= _DAYS_SHOWN else "week" if length <= _WEEKS_SHOWN else "month"
    found = {day_of(row["starts_on"]): row for row in rows if row["period"] == period}
    every = days_from(min(found), max(found))
    if period == "month":
        return period, Timeline(tuple(day for day in every if day.day == 1), timedelta(days=31)), found
    step = timedelta(days=1 if period == "day" else 7)
    return period, Timeline(tuple(every[:: step.days]), step), found


def stacked(*panels: AnyChart) -> AnyChart:
    """Panels above each other, over the same time."""
    wide = [panel.properties(width=WIDTH) for panel in panels]
    drawn: alt.VConcatChart = alt.vconcat(*wide).resolve_scale(color="independent")
    return drawn


def pile(values: Sequence[dict[str, object]], field: str) -> None:
    """Set values of the same stretch on top of each other, the last at the bottom: from `bottom` to `top`."""
    reached: dict[object, int] = {}
    for value in reversed(values):
        bottom = reached.get(value["starts"], 0)
        reached[value["starts"]] = bottom + int(str(value[field]))
        value |= {"bottom": bottom, "top": reached[value["starts"]]}


def y_axis(title: str, **others: Any) -> alt.Axis:
    """An axis whose title stands above it, where it can be read."""
    return alt.Axis(
        title=title,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="start",
        titleBaseline="bottom",
        titleX=-AXIS_WIDTH,
        titleY=-10,
        minExtent=AXIS_WIDTH,
        maxExtent=AXIS_WIDTH,
        grid=True,
        tickMinStep=1,
        **({"format": "~s"} | others if "labelExpr" not in others else others),
    )


def levels_of(rows: Rows) -> list[str]:
    """The levels, those who pay first."""
    return sorted({readable(row["level"]) for row in rows}, key=lambda level: (level != "paid", level))


def level_colours(levels: Sequence[str], *, legend: bool = True) -> alt.Color:
    return alt.Color(
        "level:N", scale=alt.Scale(domain=list(levels)), legend=alt.Legend(title=None, offset=30) if legend else None
    )


def day_of(value: Value) -> date:
    """The day of a date, or of a moment in UTC."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)

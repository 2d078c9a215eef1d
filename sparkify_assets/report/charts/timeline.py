"""What charts over time share: an axis of days, weeks or months in UTC, panels above each other, and stacked levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import altair as alt
import pandas as pd

from sparkify_assets.report.charts.drawing import WIDTH, AnyChart
from sparkify_assets.report.charts.spans import Span, span_of
from sparkify_assets.report.phrases import counted, in_words, range_in_words

# How wide a panel's y axis is, so that panels above each other begin at the same place: also in dashboard.js.
AXIS_WIDTH = 44
_LABELS = 10
_POINTS_SHOWN = 62
# As many as there are colours. The others are one.
_LEVELS_SHOWN = 3
_FREQUENCIES = {"day": "D", "week": "7D", "month": "MS"}
_TITLES = {"day": "Day", "week": "Week from", "month": "Month"}


@dataclass(frozen=True)
class Timeline:
    """Days, weeks or months without a gap, and what lies outside them."""

    span: Span
    outside: str = ""

    @classmethod
    def of(cls, days: pd.Series, counts: pd.Series, noun: str, unit: str = "day") -> Self:
        """Return the time to show of days, given how many of something each has."""
        span = span_of(days, counts)
        out = days[~span.has(days)]
        if out.empty:
            return cls(span)
        when = range_in_words(out.min().date(), out.max().date())
        much = counted(counts[out.index].sum(), noun)
        return cls(span, f"Not shown: {much} of {counted(out.nunique(), f'other {unit}')}, {when}.")

    def shown(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows whose `day` is shown, with the `start` of its period."""
        found = rows[self.span.has(rows["day"])]
        return found.assign(start=self.span.starts_of(found["day"]))

    @property
    def period(self) -> str:
        return self.span.period

    @cached_property
    def starts(self) -> pd.DatetimeIndex:
        return pd.date_range(self.span.first, self.span.last, freq=_FREQUENCIES[self.period], name="start")

    @cached_property
    def places(self) -> pd.DataFrame:
        """Each period's place on the axis, in milliseconds: no browser's time zone moves it to another day."""
        starts, ends = (moments.as_unit("ms").asi8 for moments in (self.starts, self.starts.shift(1)))
        when = [in_words(day) for day in self.starts.date]
        return pd.DataFrame({"starts": starts, "ends": ends, "middle": (starts + ends) // 2, "when": when}, self.starts)

    @property
    def range(self) -> str:
        return range_in_words(self.starts[0].date(), self.starts[-1].date())

    @property
    def points(self) -> bool:
        """Whether a line has a point at each period. With many there would be nothing but points."""
        return len(self.starts) <= _POINTS_SHOWN

    def x(self, field: str, *, labels: bool = True) -> alt.X:
        """Return the axis for one of the fields of `places`."""
        places = self.places.astype({"starts": float, "middle": float, "ends": float})
        in_years = (self.starts[-1] - self.starts[0]).days > 360
        # Numbers, not times: Vega's interpreter, which the page needs, takes times for years.
        return alt.X(
            f"{field}:Q",
            scale=alt.Scale(domain=[places["starts"].iloc[0], places["ends"].iloc[-1]], nice=False, zero=False),
            axis=alt.Axis(
                title=self._title if labels else None,
                values=places["middle"].iloc[:: -(-len(places) // _LABELS)].tolist(),
                labelExpr=f"utcFormat(datum.value, '{'%b %Y' if in_years else '%-d %b'}')",
                labels=labels,
                labelAngle=0,
                labelOverlap=True,
                labelFlush=False,
            ),
        )

    @property
    def _title(self) -> str | list[str]:
        title = f"{_TITLES[self.period]} (UTC), {self.range}"
        return [title, self.outside] if self.outside else title

    def bars(self, base: alt.Chart, *, labels: bool = True, **mark: Any) -> alt.Chart:
        """Return a bar for each period, with a gap before the next one."""
        drawn: alt.Chart = base.mark_rect(x2Offset=-1, **mark).encode(x=self.x("starts", labels=labels), x2="ends:Q")
        return drawn

    def by_level(self, rows: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
        """Return the sums of every period and level, 0 where there is no row."""
        every = pd.MultiIndex.from_product([self.starts, levels], names=["start", "level"])
        return rows.groupby(["start", "level"]).sum().reindex(every, fill_value=0)

    def stack(self, counts: pd.DataFrame, field: str) -> pd.DataFrame:
        """Place a period's levels on top of each other, the last one lowest, from `bottom` to `top`."""
        top = counts[::-1].groupby("start")[field].cumsum()
        return counts.assign(top=top, bottom=top - counts[field]).join(self.places).reset_index("level")


def stacked(*panels: AnyChart) -> AnyChart:
    """Return panels above each other, over the same time."""
    wide = [panel.properties(width=WIDTH) for panel in panels]
    drawn: alt.VConcatChart = alt.vconcat(*wide).resolve_scale(color="independent")
    return drawn


def y_axis(title: str, **others: Any) -> alt.Axis:
    """Return an axis whose title stands above it, where it can be read."""
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


def shown_levels(levels: pd.Series, counts: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return each row's level as it is shown, and these in order, paid first. Of many levels the rarest are one."""
    sums = counts.groupby(levels).sum()
    if len(sums) <= _LEVELS_SHOWN:
        return levels, sorted(sums.index, key=_paid_first)
    frequent = sorted(sums.index, key=lambda level: (-sums[level], level))[: _LEVELS_SHOWN - 1]
    others = counted(len(sums) - len(frequent), "other level")
    return levels.where(levels.isin(frequent), others), [*sorted(frequent, key=_paid_first), others]


def _paid_first(level: str) -> tuple[bool, str]:
    return level != "paid", level


def level_colours(levels: Sequence[str], *, legend: bool = True) -> alt.Color:
    return alt.Color(
        "level:N", scale=alt.Scale(domain=list(levels)), legend=alt.Legend(title=None, offset=30) if legend else None
    )


def days_of(moments: pd.Series) -> pd.Series:
    """Return the days of dates, or of moments in UTC."""
    return pd.to_datetime(moments).dt.normalize()

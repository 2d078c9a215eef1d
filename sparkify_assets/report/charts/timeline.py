"""What charts over time share: an axis of days, weeks or months in UTC, panels above each other, and stacked levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from sparkify_assets.report.charts.drawing import WIDTH, AnyChart
from sparkify_assets.report.phrases import in_words, range_in_words

# How wide a panel's y axis is, so that panels above each other begin at the same place: also in dashboard.js.
AXIS_WIDTH = 44
_LABELS = 10
_DAYS_SHOWN, _WEEKS_SHOWN = 120, 1000
_POINTS_SHOWN = 62
_FREQUENCIES = {"day": "D", "week": "7D", "month": "MS"}
_TITLES = {"day": "Day", "week": "Week from", "month": "Month"}


@dataclass(frozen=True)
class Timeline:
    """Days, weeks or months without a gap, from the first to the last in which there is something to show."""

    days: pd.Series
    period: str = "day"

    @cached_property
    def starts(self) -> pd.DatetimeIndex:
        return pd.date_range(self.days.min(), self.days.max(), freq=_FREQUENCIES[self.period], name="day")

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
                title=f"{_TITLES[self.period]} (UTC), {self.range}" if labels else None,
                values=places["middle"].iloc[:: -(-len(places) // _LABELS)].tolist(),
                labelExpr=f"utcFormat(datum.value, '{'%b %Y' if in_years else '%-d %b'}')",
                labels=labels,
                labelAngle=0,
                labelOverlap=True,
                labelFlush=False,
            ),
        )

    def bars(self, base: alt.Chart, *, labels: bool = True, **mark: Any) -> alt.Chart:
        """Return a bar for each period, with a gap before the next one."""
        drawn: alt.Chart = base.mark_rect(x2Offset=-1, **mark).encode(x=self.x("starts", labels=labels), x2="ends:Q")
        return drawn

    def by_level(self, rows: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
        """Return the sums of every day and level, 0 where there is no row."""
        every = pd.MultiIndex.from_product([self.starts, levels], names=["day", "level"])
        return rows.groupby(["day", "level"]).sum().reindex(every, fill_value=0)

    def stack(self, counts: pd.DataFrame, field: str) -> pd.DataFrame:
        """Place a day's levels on top of each other, the last one lowest, from `bottom` to `top`."""
        top = counts[::-1].groupby("day")[field].cumsum()
        return counts.assign(top=top, bottom=top - counts[field]).join(self.places).reset_index("level")


def shown_periods(rows: pd.DataFrame) -> tuple[Timeline, pd.DataFrame]:
    """Return the periods in which so long a time is best shown, and the rows of these periods, by start."""
    rows = rows.assign(day=days_of(rows["starts_on"]))
    length = (rows["day"].max() - rows["day"].min()).days
    period = "day" if length <= _DAYS_SHOWN else "week" if length <= _WEEKS_SHOWN else "month"
    found = rows[rows["period"] == period]
    return Timeline(found["day"], period), found.set_index("day")


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


def levels_of(rows: pd.DataFrame) -> list[str]:
    """Return the levels, paid first."""
    return sorted(rows["level"].unique(), key=lambda level: (level != "paid", level))


def level_colours(levels: Sequence[str], *, legend: bool = True) -> alt.Color:
    return alt.Color(
        "level:N", scale=alt.Scale(domain=list(levels)), legend=alt.Legend(title=None, offset=30) if legend else None
    )


def days_of(moments: pd.Series) -> pd.Series:
    """Return the days of dates, or of moments in UTC."""
    return pd.to_datetime(moments).dt.normalize()

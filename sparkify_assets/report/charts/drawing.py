"""What charts share: how a function becomes the chart of an insight, and rankings as bars below their names.

Charts over time share `timeline.py`; each insight's own chart is in `insight_charts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from sparkify_assets.report.phrases import counted, cut, number, readable

AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart
Draw = Callable[[pd.DataFrame], AnyChart]
# In a picture. On a page a chart is as wide as there is room.
WIDTH = 760
LEADERS = 10
_NAME_SHOWN = 90
# Puts a y axis's title above it, where it can be read.
TITLE_ABOVE: dict[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleY": -12}


@dataclass(frozen=True)
class Drawing:
    """How an insight is drawn: the chart's title, what it counts, and the function that draws it."""

    title: str
    subtitle: str
    draw: Draw


CHARTS: dict[str, Drawing] = {}


def chart(title: str, subtitle: str) -> Callable[[Draw], Draw]:
    """Make a function the chart of the insight that has its name."""

    def register(draw: Draw) -> Draw:
        CHARTS[draw.__name__] = Drawing(title, subtitle, draw)
        return draw

    return register


def drawn_from(values: pd.DataFrame) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=values.to_dict("records")))


def tooltip(titles: dict[str, str]) -> list[alt.Tooltip]:
    """Return the lines of a tooltip, given the title of each field. Quantities have thousands separators."""
    formats: dict[str, Any] = {"Q": {"format": ","}}
    return [alt.Tooltip(field, title=title, **formats.get(field[-1], {})) for field, title in titles.items()]


def leaders(rows: pd.DataFrame, *keys: str, finding: str) -> AnyChart:
    """Return a bar for each of the rows with the most plays, below its name: long names fit a narrow screen.

    Rows with equally many plays are in the order of their keys, nulls last. Rows of the same name stay apart.
    """
    counts = rows[["plays", "listeners"]].map(number)
    ascending = [False, *(True for _ in keys)]
    rows = rows.assign(**counts).sort_values(["plays", *keys], ascending=ascending).head(LEADERS)
    names = [[readable(name) for name in named] for named in rows[[*keys]].itertuples(index=False)]
    first = rows.iloc[0]
    by = f"{counted(first['plays'], 'play')} by {counted(first['listeners'], 'listener')}"
    values = pd.DataFrame(
        {
            "place": range(1, len(rows) + 1),
            "name": [cut(" · ".join(name), _NAME_SHOWN) for name in names],
            "plays": rows["plays"],
            "label": rows["plays"].map("{:,}".format),
            "listeners": rows["listeners"],
        }
    )
    base = drawn_from(values).encode(
        y=alt.Y("place:O", axis=None),
        tooltip=tooltip({"name:N": "Name", "plays:Q": "Plays", "listeners:Q": "Listeners"}),
    )
    axis = alt.Axis(title="Plays", titleAnchor="start", labels=False, titlePadding=4)
    bars = base.mark_bar(size=8, yOffset=11, cornerRadius=2).encode(
        x=alt.X("plays:Q", scale=alt.Scale(domainMin=0, nice=False), axis=axis)
    )
    labels = base.mark_text(
        style="name", align="left", baseline="middle", dy=-6, limit=alt.expr("width - 56"), ellipsis="…"
    ).encode(x=alt.value(0), text="name:N")
    numbers = base.mark_text(style="number", align="right", baseline="middle", dy=-6).encode(
        x=alt.value("width"), text="label:N"
    )
    return alt.layer(bars, labels, numbers).properties(
        width=WIDTH, height=44 * len(values), description=f"{finding} {' by '.join(names[0])}: {by}."
    )

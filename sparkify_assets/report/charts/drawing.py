"""What charts share: how a function becomes the chart of an insight, and a ranking as bars under their names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from sparkify_assets.report.phrases import counted, cut, number
from sparkify_assets.warehouse.session import Value

Rows = Sequence[Mapping[str, Value]]
AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart
# In a picture; on a page a chart is as wide as there is room.
WIDTH = 760
LEADERS = 10
_NAME_SHOWN = 90
# A y axis's title where it can be read.
TITLE_ABOVE: dict[str, Any] = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleY": -12}


class NoChart(LookupError):
    """There is no chart of this name."""


@dataclass(frozen=True)
class Drawing:
    """How an insight is drawn: what is seen, in what it is counted, and the function that does it."""

    title: str
    subtitle: str
    draw: Callable[[Rows], AnyChart]


CHARTS: dict[str, Drawing] = {}


def chart(title: str, subtitle: str) -> Callable[[Callable[[Rows], AnyChart]], Callable[[Rows], AnyChart]]:
    """Have a function draw the insight of its name."""

    def register(draw: Callable[[Rows], AnyChart]) -> Callable[[Rows], AnyChart]:
        CHARTS[draw.__name__] = Drawing(title, subtitle, draw)
        return draw

    return register


def drawn_from(values: Iterable[Mapping[str, object]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(values)))


def most_played(rows: Rows, *keys: str) -> list[Mapping[str, Value]]:
    def place(row: Mapping[str, Value]) -> tuple[object, ...]:
        names = [(row[key] is None, str(row[key]).encode()) for key in keys]
        return (-number(row["plays"]), *names)

    return sorted(rows, key=place)[:LEADERS]


def plays_and_listeners(row: Mapping[str, Value]) -> str:
    return f"{counted(row['plays'], 'play')} by {counted(row['listeners'], 'listener')}"


def leaders(rows: Rows, name: Callable[[Mapping[str, Value]], str], finding: str) -> AnyChart:
    """A bar a row, under its name: long names have room on a narrow screen, too. Names that look alike stay apart."""
    values = [
        {
            "place": place,
            "name": cut(name(row), _NAME_SHOWN),
            "plays": row["plays"],
            "said": f"{number(row['plays']):,}",
            "listeners": row["listeners"],
        }
        for place, row in enumerate(rows, 1)
    ]
    tooltip = [
        alt.Tooltip("name:N", title="Name"),
        alt.Tooltip("plays:Q", title="Plays", format=","),
        alt.Tooltip("listeners:Q", title="Listeners", format=","),
    ]
    base = drawn_from(values).encode(y=alt.Y("place:O", axis=None), tooltip=tooltip)
    axis = alt.Axis(title="Plays", titleAnchor="start", labels=False, titlePadding=4)
    bars = base.mark_bar(size=8, yOffset=11, cornerRadius=2).encode(
        x=alt.X("plays:Q", scale=alt.Scale(domainMin=0, nice=False), axis=axis)
    )
    names = base.mark_text(
        style="name", align="left", baseline="middle", dy=-6, limit=alt.expr("width - 56"), ellipsis="…"
    ).encode(x=alt.value(0), text="name:N")
    numbers = base.mark_text(style="number", align="right", baseline="middle", dy=-6).encode(
        x=alt.value("width"), text="said:N"
    )
    return alt.layer(bars, names, numbers).properties(width=WIDTH, height=44 * len(values), description=finding)

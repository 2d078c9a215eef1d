"""What charts share: how a function becomes the chart of an insight, the parts that Vega-Lite's charts are made of, and
rankings as bars below their names.

Charts over time share `timeline.py`; each insight's own chart is in `insight_charts.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkify_assets.report.phrases import counted, cut, number, readable, thousands
from sparkify_assets.warehouse.session import Value

# A chart in Vega-Lite, or a part of one.
Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Value]]
Draw = Callable[[Rows], Spec]
# The version of Vega-Lite that the charts are written for.
VEGA_LITE = "6.4"
# In a picture. On a page a chart is as wide as there is room.
WIDTH = 760
LEADERS = 10
_NAME_SHOWN = 90
# Puts a y axis's title above it, where it can be read.
TITLE_ABOVE: Spec = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleY": -12}
_TYPES = {"Q": "quantitative", "O": "ordinal", "N": "nominal"}


@dataclass(frozen=True)
class Drawing:
    """How an insight is drawn: the chart's title, what it counts, the function that draws it, and whether its finding
    is about all days, so that their range has to be said."""

    title: str
    subtitle: str
    draw: Draw
    of_all_days: bool = False


CHARTS: dict[str, Drawing] = {}


def chart(title: str, subtitle: str, *, of_all_days: bool = False) -> Callable[[Draw], Draw]:
    """Make a function the chart of the insight that has its name."""

    def register(draw: Draw) -> Draw:
        CHARTS[draw.__name__] = Drawing(title, subtitle, draw, of_all_days)
        return draw

    return register


def data(values: Sequence[Mapping[str, Any]]) -> Spec:
    return {"values": values}


def encoded(field: str, **more: Any) -> Spec:
    """Return the encoding of a field that is quantitative (`plays:Q`), ordinal (`hour:O`) or nominal (`name:N`)."""
    name, _, kind = field.partition(":")
    return {"field": name, "type": _TYPES[kind], **more}


def mark(kind: str, encoding: Spec, **style: Any) -> Spec:
    """Return what is drawn for each row: bars, lines, texts."""
    return {"mark": {"type": kind, **style}, "encoding": encoding}


def tooltip(titles: Mapping[str, str]) -> list[Spec]:
    """Return the lines of a tooltip, given the title of each field. Quantities have thousands separators."""
    formats: dict[str, Spec] = {"Q": {"format": ","}}
    return [encoded(field, title=title, **formats.get(field[-1], {})) for field, title in titles.items()]


def leaders(rows: Rows, *keys: str, finding: str) -> Spec:
    """Return a bar for each of the rows with the most plays, below its name: long names fit a narrow screen."""
    return ranking(rows, keys, ["plays"], lambda row: "", finding)


def ranking(
    rows: Rows, keys: Sequence[str], figures: Sequence[str], note: Callable[[Mapping[str, Value]], str], finding: str
) -> Spec:
    """Return a bar for each of the first rows, below its name and note: those with the most of the first figure, of
    equally many those with the most of the next.

    Equal rows are in the order of their keys, nulls last. Rows of the same name stay apart.
    """

    def place(row: Mapping[str, Value]) -> tuple[Any, ...]:
        return *(-number(row[figure]) for figure in figures), *((row[key] is None, str(row[key])) for key in keys)

    rows = sorted(rows, key=place)[:LEADERS]
    names = [[readable(row[key]) for key in keys] for row in rows]
    by = f"{counted(rows[0]['plays'], 'play')} by {counted(rows[0]['listeners'], 'listener')}"
    values = [
        {
            "place": place,
            "name": cut(" · ".join(name), _NAME_SHOWN) + note(row),
            "plays": number(row["plays"]),
            "label": thousands(row[figures[0]]),
            "listeners": number(row["listeners"]),
        }
        for place, (row, name) in enumerate(zip(rows, names, strict=True), 1)
    ]
    titles = {"plays:Q": "Plays", "listeners:Q": "Listeners"}
    return named_bars(values, figures[0], titles, f"{finding} {' by '.join(names[0])}: {by}.")


def named_bars(values: Sequence[Mapping[str, Any]], figure: str, titles: Mapping[str, str], finding: str) -> Spec:
    """Return a bar of a figure for each value, in the order of `place`, under its `name`, with its `label` beside."""
    shared = {
        "y": encoded("place:O", axis=None),
        "tooltip": tooltip({"name:N": "Name", **titles}),
    }
    axis = {"title": titles[f"{figure}:Q"], "titleAnchor": "start", "labels": False, "titlePadding": 4}
    length = encoded(f"{figure}:Q", scale={"domainMin": 0, "nice": False}, axis=axis)
    fits: Spec = {"limit": {"expr": "width - 56"}, "ellipsis": "…"}
    text: Spec = {"baseline": "middle", "dy": -6}
    return {
        "data": data(values),
        "layer": [
            mark("bar", {**shared, "x": length}, size=8, yOffset=11, cornerRadius=2),
            mark(
                "text",
                {**shared, "x": {"value": 0}, "text": encoded("name:N")},
                style="name",
                align="left",
                **text,
                **fits,
            ),
            mark(
                "text",
                {**shared, "x": {"value": "width"}, "text": encoded("label:N")},
                style="number",
                align="right",
                **text,
            ),
        ],
        "width": WIDTH,
        "height": 44 * len(values),
        "description": finding,
    }

"""The look of the charts in the light and the dark scheme: Vega-Lite's configuration, with the colours of the pages.

A chart names no colour, so one specification serves both schemes. What charts show is in `insight_charts.py`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

LIGHT, DARK = "light", "dark"
# From little to much. All kinds of colour vision separate teal from grey and orange, and each step by its lightness.
RAMPS = {
    LIGHT: ("#edf3f2", "#bcdcd9", "#7fbdb8", "#3a918d", "#0b6a6a", "#053f40"),
    DARK: ("#20292d", "#1c4144", "#1f6263", "#2f8e89", "#63cbc3", "#c2f2ec"),
}
# A fifth each, behind a number: the pale ones behind the colour of text, the strong ones behind `ON_STRONG`.
STEPS = {
    LIGHT: ("#edf3f2", "#c7e2df", "#94cac5", "#0b6a6a", "#064b4c"),
    DARK: ("#20292d", "#1c4144", "#1d5556", "#63cbc3", "#a9e8e1"),
}
STRONG_STEPS = 2
# Beside the accent: bars that go the other way.
CONTRARY = {LIGHT: "#b0501c", DARK: "#f0a061"}
ON_STRONG = {LIGHT: "#ffffff", DARK: "#0d1315"}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif'
_STYLE = Path(__file__).parents[1] / "pages" / "page.css"


@cache
def colours(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by name, read from the style of all pages."""
    light, dark = re.findall(r":root \{(.*?)\}", _STYLE.read_text("utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", light if scheme == LIGHT else dark))


def config(scheme: str) -> dict[str, Any]:
    """Return how Vega-Lite draws everything that names no style of its own."""
    of = colours(scheme)
    return {
        "background": of["surface"],
        "font": FONT,
        # Room for letters that hang below the line.
        "padding": {"left": 0, "top": 4, "right": 0, "bottom": 6},
        "view": {"stroke": None},
        "mark": {"color": of["accent"]},
        "line": {"strokeWidth": 2.25, "strokeCap": "round", "strokeJoin": "round"},
        "text": {"color": of["text"], "fontSize": 13},
        "rule": {"color": of["edge"]},
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": False,
            "gridColor": of["line"],
            "labelColor": of["muted"],
            "labelFontSize": 12,
            "labelPadding": 8,
            "titleColor": of["muted"],
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "titlePadding": 12,
        },
        "axisY": {"tickCount": 4},
        "legend": {
            "orient": "top",
            "titleColor": of["muted"],
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "labelColor": of["text"],
            "labelFontSize": 12,
            "symbolType": "circle",
            "symbolSize": 90,
            "symbolStrokeWidth": 0,
            "gradientLabelOffset": 6,
            "offset": 12,
        },
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": of["text"],
            "fontSize": 18,
            "fontWeight": 600,
            "subtitleColor": of["muted"],
            "subtitleFontSize": 13,
            "subtitlePadding": 6,
            "offset": 20,
        },
        "concat": {"spacing": 36},
        "range": {
            "category": [of["accent"], of["edge"], CONTRARY[scheme]],
            "ordinal": list(STEPS[scheme]),
            "heatmap": list(RAMPS[scheme]),
            "ramp": list(RAMPS[scheme]),
        },
        # Charts name these instead of colours.
        "style": {
            "tile": {"stroke": of["surface"], "strokeWidth": 2},
            "name": {"color": of["text"], "fontSize": 13},
            "number": {"color": of["text"], "fontSize": 13, "fontWeight": 600},
            "on_strong": {"color": ON_STRONG[scheme], "fontWeight": 600},
            "on_pale": {"color": of["text"], "fontWeight": 600},
            "contrary": {"color": CONTRARY[scheme]},
            "quiet": {"color": of["muted"], "fontSize": 14},
        },
    }

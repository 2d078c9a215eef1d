"""The look of the charts, in both schemes: Vega-Lite's configuration, made of the colours that all pages have.

A chart names no colour, so that the same one is drawn by day and by night. What charts show is in `charts.py`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

LIGHT, DARK = "light", "dark"
# From little to much. Teal is told from grey and orange by all kinds of colour vision, and each step by its lightness.
RAMPS = {
    LIGHT: ("#edf3f2", "#bcdcd9", "#7fbdb8", "#3a918d", "#0b6a6a", "#053f40"),
    DARK: ("#20292d", "#1c4144", "#1f6263", "#2f8e89", "#63cbc3", "#c2f2ec"),
}
# A fifth each, under a number that is to be read: the first under the text's colour, the strong ones under another.
STEPS = {
    LIGHT: ("#edf3f2", "#c7e2df", "#94cac5", "#0b6a6a", "#064b4c"),
    DARK: ("#20292d", "#1c4144", "#1d5556", "#63cbc3", "#a9e8e1"),
}
STRONG_STEPS = 2
# Beside the accent: what goes the other way.
CONTRARY = {LIGHT: "#b0501c", DARK: "#f0a061"}
ON_STRONG = {LIGHT: "#ffffff", DARK: "#0d1315"}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif'
_STYLE = Path(__file__).parents[1] / "pages" / "page.css"


@cache
def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme by name, as all pages have them."""
    light, dark = re.findall(r":root \{(.*?)\}", _STYLE.read_text("utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", light if scheme == LIGHT else dark))


def config(scheme: str) -> dict[str, Any]:
    """How Vega-Lite draws whatever names nothing else."""
    of = colours(scheme)
    return {
        "background": of["surface"],
        "font": FONT,
        # Room for what hangs below a line of text.
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
        # What charts name in the place of colours.
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

"""The look of the charts in the light and the dark scheme: the configuration in `theme.json`, with the pages' colours.

A chart names no colour but a style, so one specification serves both schemes. What charts show is in
`insight_charts.py`.
"""

import json
import re
from functools import cache
from pathlib import Path
from string import Template
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
_STYLE = Path(__file__).parents[1] / "pages" / "page.css"
_CONFIG = Path(__file__).with_name("theme.json")


@cache
def colours(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by name, read from the style of all pages."""
    light, dark = re.findall(r":root \{(.*?)\}", _STYLE.read_text("utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", light if scheme == LIGHT else dark))


def config(scheme: str) -> dict[str, Any]:
    """Return how Vega-Lite draws everything that names no style of its own."""
    of = colours(scheme) | {"contrary": CONTRARY[scheme], "on_strong": ON_STRONG[scheme]}
    drawn: dict[str, Any] = json.loads(Template(_CONFIG.read_text("utf-8")).substitute(of))
    return drawn | {
        "range": {
            "category": [of["accent"], of["edge"], of["contrary"]],
            "ordinal": list(STEPS[scheme]),
            "heatmap": list(RAMPS[scheme]),
            "ramp": list(RAMPS[scheme]),
        }
    }

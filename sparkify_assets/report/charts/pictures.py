"""Charts as pictures, drawn in another process: if it dies at a chart, that chart is missing, and the others are drawn.

What a chart shows is in `insight_charts.py`. The process is `renderer.py`.
"""

import json
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import altair as alt

from sparkify_assets.report.charts import theme
from sparkify_assets.report.phrases import counted, cut
from sparkify_assets.report.visible import on_one_line

LARGE, SMALL = 2, 1
_RENDERER = Path(__file__).with_name("renderer.py")
_PADDING = 28
_REASON_SHOWN = 200


@dataclass
class Pictures:
    """The pictures of charts, by name and scale, and why others could not be drawn, by name."""

    drawn: dict[tuple[str, int], bytes] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def of(self, scale: int) -> dict[str, bytes]:
        """Return the pictures of one scale by name."""
        return {name: picture for (name, its_scale), picture in self.drawn.items() if its_scale == scale}

    @property
    def problem(self) -> str:
        """What could not be drawn and what to do, as one line; nothing if all is drawn."""
        if not self.failed:
            return ""
        reasons = "; ".join(f"{name}: {reason}" for name, reason in self.failed.items())
        first = next(iter(self.failed))
        return (
            f"{counted(len(self.failed), 'chart')} could not be drawn ({reasons}). The page and the other pictures are "
            f"written. Make sure that there is enough memory, then draw them again; `sparkify insight {first}` shows "
            "the chart's rows"
        )


def draw(specs: Mapping[str, Mapping[str, Any]], *scales: int) -> Pictures:
    """Draw charts at these scales. A chart at which the renderer dies is left out, and the others are drawn."""
    pictures = Pictures()
    jobs = [(name, scale) for scale in scales for name in specs]
    while jobs:
        ended = _render([{"spec": {**specs[name], "padding": _PADDING}, "scale": scale} for name, scale in jobs])
        found = dict(zip(jobs, _pictures_in(ended.stdout), strict=False))
        pictures.drawn |= found
        jobs = jobs[len(found) :]
        if jobs:
            name = jobs[0][0]
            pictures.failed[name] = _reason(ended)
            jobs = [job for job in jobs if job[0] != name]
    return pictures


def vega_lite_version() -> str:
    """Return the version of Vega-Lite that the charts are written for."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _render(jobs: list[dict[str, Any]]) -> subprocess.CompletedProcess[bytes]:
    request = {"jobs": jobs, "version": vega_lite_version(), "config": theme.config(theme.LIGHT)}
    # -P: neither the working folder nor the script's own has a say in what is imported.
    command = [sys.executable, "-P", str(_RENDERER)]
    return subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, check=False)  # noqa: S603


def _pictures_in(stream: bytes) -> Iterator[bytes]:
    """Yield the pictures that were written whole."""
    place = 0
    while len(stream) - place >= 8:
        (length,) = struct.unpack_from(">Q", stream, place)
        place += 8 + length
        if place <= len(stream):
            yield stream[place - length : place]


def _reason(ended: subprocess.CompletedProcess[bytes]) -> str:
    """Return how the renderer ended, and what it last said."""
    code = ended.returncode
    how = f"with {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    said = ended.stderr.decode("utf-8", "replace").strip()
    # A panic has its message on the line below, and a trace after that; a traceback ends with its message.
    panic = re.search(r"panicked at [^\n]*\n([^\n]+)", said)
    message = panic[1] if panic else said.rpartition("\n")[2]
    return f"the renderer ended {how}{f', {cut(on_one_line(message), _REASON_SHOWN)}' if message else ''}"

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

from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import VEGA_LITE, Spec
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


def renderer() -> subprocess.Popen[bytes]:
    """Start the process that draws. It gets ready by itself, which takes as long as drawing all charts."""
    # -P: neither the working folder nor the script's own has a say in what is imported.
    command = [sys.executable, "-P", str(_RENDERER), VEGA_LITE]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603


def draw(specs: Mapping[str, Spec], *scales: int, ready: subprocess.Popen[bytes] | None = None) -> Pictures:
    """Draw charts at these scales, at first with the renderer that is ready. A chart at which it dies is left out, and
    another one draws the others."""
    pictures = Pictures()
    jobs = [(name, scale) for scale in scales for name in specs]
    while jobs:
        with ready or renderer() as process:
            ended = _render(process, [{"spec": {**specs[name], "padding": _PADDING}, "scale": s} for name, s in jobs])
        ready = None
        found = dict(zip(jobs, _pictures_in(ended.stdout), strict=False))
        pictures.drawn |= found
        jobs = jobs[len(found) :]
        if jobs:
            name = jobs[0][0]
            pictures.failed[name] = _reason(ended)
            jobs = [job for job in jobs if job[0] != name]
    return pictures


def _render(process: subprocess.Popen[bytes], jobs: list[Spec]) -> subprocess.CompletedProcess[bytes]:
    request = {"jobs": jobs, "config": theme.config(theme.LIGHT)}
    out, err = process.communicate(json.dumps(request).encode())
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


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

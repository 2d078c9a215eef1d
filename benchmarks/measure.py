"""How a case is measured: each side as a process of its own, in turn, after a warm-up.

What is measured belongs in `cases`."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PYTHON = sys.executable
SPARKIFY = str(Path(sys.executable).parent / "sparkify")


@dataclass(frozen=True)
class Figures:
    """What a process used: seconds, CPU seconds, and peak memory in megabytes."""

    seconds: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Side:
    """A command, its working folder, its settings, and what to do before each run."""

    command: Sequence[str]
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


def run(side: Side, meanwhile: Callable[["subprocess.Popen[bytes]"], object] = lambda process: None) -> Figures:
    """Run a side once, and return its figures. `meanwhile` is called while it runs."""
    side.before()
    side.folder.mkdir(parents=True, exist_ok=True)
    ours = ("SPARKIFY_", "DAGSTER_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with (side.folder / "printed.txt").open("wb") as printed:
        began = time.monotonic()
        process = subprocess.Popen(
            side.command, cwd=side.folder, env={**environment, **side.settings}, stdout=printed, stderr=printed
        )
        meanwhile(process)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        output = (side.folder / "printed.txt").read_text("utf-8", "replace")
        raise RuntimeError(f"{' '.join(side.command)} ended with {process.returncode}:\n{output[-2000:]}")
    return Figures(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / _PER_MEGABYTE)


# Linux counts kilobytes, macOS bytes.
_PER_MEGABYTE = 1e6 if sys.platform == "darwin" else 1024


def in_turn(sides: Mapping[str, Side], rounds: int, warm_up: bool = True) -> dict[str, Figures]:
    """Return each side's median figures. The sides take turns, A B A B …, so a slow machine affects all of them."""
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for number in range(-warm_up, rounds):
        for name, side in sides.items():
            figures = run(side)
            if number >= 0:
                found[name].append(figures)
    return {name: _median(figures) for name, figures in found.items()}


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        statistics.median(each.seconds for each in figures),
        statistics.median(each.cpu for each in figures),
        max(each.peak for each in figures),
    )

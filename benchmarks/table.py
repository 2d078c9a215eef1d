"""What a case found, as a table: a line for each side, with its figures and what they should reach.

`results.md` keeps each case in a part of its own, so one case can be measured again without the others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figures

RESULTS = Path(__file__).parent / "results.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Reach:
    """A figure, of what it is, and the most that it should be, if that was promised."""

    measured: float
    of: str
    most: float | None = None

    @property
    def is_over(self) -> bool:
        return self.most is not None and self.measured > self.most

    @property
    def cells(self) -> str:
        if self.most is None:
            return f"{self.measured:.2f} {self.of} |"
        return f"{self.measured:.2f} {self.of}, at most {self.most:g} | {'**no**' if self.is_over else 'yes'}"


@dataclass(frozen=True)
class Line:
    """A side of a case, and its reaches."""

    side: str
    figures: Figures
    reaches: Sequence[Reach] = ()

    @property
    def rows(self) -> list[str]:
        used = f"{self.figures.seconds:.2f} s | {self.figures.cpu:.2f} s | {self.figures.peak:,.0f} MB"
        first, *others = [reach.cells for reach in self.reaches] or ["|"]
        return [f"| {self.side} | {used} | {first} |", *(f"| | | | | {cells} |" for cells in others)]


@dataclass(frozen=True)
class Case:
    """What was measured, and its lines."""

    title: str
    lines: Sequence[Line]

    @property
    def text(self) -> str:
        head = f"| {self.title} | wall | CPU | peak memory | reach | |\n|---|---:|---:|---:|---|---|"
        return "\n".join([head, *(row for line in self.lines for row in line.rows)])

    @property
    def over(self) -> list[str]:
        return [
            f"{line.side} ({self.title}): {reach.measured:.2f} {reach.of}, at most {reach.most:g}"
            for line in self.lines
            for reach in line.reaches
            if reach.is_over
        ]


def write(name: str, text: str, names: Sequence[str], file: Path = RESULTS) -> None:
    """Write what a case found between its markers. Other cases of these names stay, in this order, as does the text
    around them."""
    before = file.read_text("utf-8")
    head, _, rest = before.partition(_BEGIN)
    measured, _, tail = rest.partition(_END)
    parts = {
        found[1]: found[2]
        for found in re.finditer(r"<!-- (\w+): begin -->\n(.*?)\n<!-- \1: end -->", measured, re.DOTALL)
    } | {name: text}
    kept = [f"<!-- {each}: begin -->\n{parts[each]}\n<!-- {each}: end -->" for each in names if each in parts]
    file.write_text("\n".join([f"{head}{_BEGIN}", "\n\n".join(kept), f"{_END}{tail}"]), "utf-8")

"""The layout of a table's lineage: the lake on the left, the table on the right, and each table between them one layer
right of its sources. `queries/lineage.py` reads where a column comes from; `templates/lineage.svg` draws the layout.

The layout first sorts the table's columns by where they come from. Then it goes left, layer by layer, and places
everything as near as it can to what is made from it, so that few lines cross. A line that passes a layer has a lane
there, so it crosses no table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from statistics import fmean, median_low
from typing import ClassVar

from sparkify_assets.model import Table
from sparkify_assets.queries.lineage import Source, column_paths

_ROW, _HEAD, _FOOT, _LANE = 24.0, 30.0, 4.0, 16.0
_GAP, _BETWEEN_LAYERS, _PADDING = 22.0, 72.0, 12.0
# The width of the widest character of the fonts in `dictionary.css`, also in bold.
_SIGN = 7.5

Edge = tuple[Source, Source]
Lane = tuple[Source, Source, int]
Slot = Source | Lane


@dataclass(frozen=True)
class Box:
    """A table with its columns in the drawing, top to bottom, or the lane of a line that passes."""

    layer: int
    slots: tuple[Slot, ...]
    table: str = ""

    @property
    def name(self) -> str:
        """The table's name without its schema."""
        return self.table.rpartition(".")[2]

    @property
    def head(self) -> float:
        return _HEAD if self.table else 0

    @property
    def step(self) -> float:
        return _ROW if self.table else _LANE

    @property
    def height(self) -> float:
        return self.head + self.step * len(self.slots) + (_FOOT if self.table else 0)


@dataclass(frozen=True)
class Layout:
    """Where everything is. `lines` are the edges, each with its slots from left to right."""

    boxes: tuple[tuple[Box, float], ...]
    lines: tuple[tuple[Slot, ...], ...]
    middle: dict[Slot, float]
    left: tuple[float, ...]
    widths: tuple[float, ...]
    layers: dict[Slot, int]
    padding: ClassVar[float] = _PADDING

    @property
    def goal(self) -> Box:
        """The table whose lineage this is."""
        return self.boxes[0][0]

    @property
    def width(self) -> float:
        return self.left[-1] + self.widths[-1]

    @property
    def height(self) -> float:
        return max(top + box.height for box, top in self.boxes)

    def curve(self, line: tuple[Slot, ...]) -> str:
        """Return the path of a line: a curve from column to column, straight along its lanes."""
        points = []
        for slot in line:
            left = self.left[self.layers[slot]]
            right = left + self.widths[self.layers[slot]]
            points += [(left, self.middle[slot]), (right, self.middle[slot])]
        (x, y), *others = points[1:-1]
        drawn = [f"M{x:.0f} {y:.1f}"]
        for place, (to_x, to_y) in enumerate(others):
            bend = (x + to_x) / 2
            curve = f"C{bend:.0f} {y:.1f} {bend:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}"
            drawn.append(f"H{to_x:.0f}" if place % 2 else curve)
            x, y = to_x, to_y
        return "".join(drawn)


def edges_of(table: Table) -> set[Edge]:
    """Return what is made from what, from the lake to the columns of a table."""
    paths = (path for column in table.columns for path in column_paths(table.full_name, column.name))
    return {edge for path in paths for edge in pairwise(path)}


def lay_out(table: Table) -> Layout:
    """Return where all that belongs to the lineage of a table is drawn."""
    edges = sorted(edges_of(table))
    layer_of_table = _layers(edges)
    lines = [_through(edge, layer_of_table) for edge in edges]
    layers = {
        slot: layer
        for (source, _), line in zip(edges, lines, strict=True)
        for layer, slot in enumerate(line, layer_of_table[source.table])
    }
    after: dict[Slot, set[Slot]] = {}
    for line in lines:
        for slot, right in pairwise(line):
            after.setdefault(slot, set()).add(right)
    last = layer_of_table[table.full_name]
    placed: list[tuple[Box, float]] = [(Box(last, tuple(_in_order(table)), table.full_name), 0.0)]
    for layer in reversed(range(last)):
        middle = _middles(placed)
        # The best height for a slot is that of what is made from it: most lines are then straight.
        aims = {
            slot: median_low(middle[right] for right in after[slot]) for slot, its in layers.items() if its == layer
        }
        placed += _place(_boxes(layer, aims), aims)
    top = min(top for _, top in placed)
    boxes = tuple((box, y - top) for box, y in placed)
    widths = tuple(_width(box for box, _ in boxes if box.layer == layer) for layer in range(last + 1))
    left = tuple(sum(widths[:layer]) + _BETWEEN_LAYERS * layer for layer in range(last + 1))
    return Layout(boxes, tuple(lines), _middles(boxes), left, widths, layers)


def _layers(edges: Iterable[Edge]) -> dict[str, int]:
    """Return the layer of each table, right of all its sources."""
    made_of: dict[str, set[str]] = {}
    for source, made in edges:
        made_of.setdefault(made.table, set()).add(source.table)
    found: dict[str, int] = {}
    try:
        for table in TopologicalSorter(made_of).static_order():
            found[table] = 1 + max((found[source] for source in made_of.get(table, ())), default=-1)
    except CycleError as error:
        raise ValueError(
            f"tables are made from each other: {', '.join(sorted(set(error.args[1])))}; expected statements that lead "
            "from the lake one way, see queries/"
        ) from error
    return found


def _through(edge: Edge, layer_of: dict[str, int]) -> tuple[Slot, ...]:
    source, made = edge
    between = range(layer_of[source.table] + 1, layer_of[made.table])
    return (source, *((source, made, layer) for layer in between), made)


def _in_order(table: Table) -> list[Source]:
    """Return the columns of the table itself, those from the same tables beside each other."""
    by_origin: dict[frozenset[str], list[Source]] = {}
    for column in table.columns:
        paths = column_paths(table.full_name, column.name)
        origin = frozenset(source.table for path in paths for source in path[:-1])
        by_origin.setdefault(origin, []).append(Source(table.full_name, column.name))
    return [column for columns in by_origin.values() for column in columns]


def _boxes(layer: int, aims: dict[Slot, float]) -> list[Box]:
    """Return the tables and lanes of a layer, the columns of each table in the order of what is made from them."""
    tables: dict[str, list[Slot]] = {}
    lanes = []
    for slot in sorted(aims, key=lambda slot: (aims[slot], str(slot))):
        if isinstance(slot, Source):
            tables.setdefault(slot.table, []).append(slot)
        else:
            lanes.append(Box(layer, (slot,)))
    return [*(Box(layer, tuple(columns), name) for name, columns in tables.items()), *lanes]


def _place(boxes: list[Box], aims: dict[Slot, float]) -> list[tuple[Box, float]]:
    """Place the boxes of a layer below each other, each as near as possible to what is made from it."""

    def top_aimed_at(box: Box) -> float:
        return fmean(aims[slot] for slot in box.slots) - box.step * len(box.slots) / 2 - box.head

    placed: list[tuple[Box, float]] = []
    lowest = float("-inf")
    for box in sorted(boxes, key=lambda box: top_aimed_at(box) + box.height / 2):
        if placed and (box.table or placed[-1][0].table):
            lowest += _GAP
        top = max(lowest, top_aimed_at(box))
        placed.append((box, top))
        lowest = top + box.height
    # Boxes push those below them down: the layer moves up by the average.
    pushed = fmean(top - top_aimed_at(box) for box, top in placed)
    return [(box, top - pushed) for box, top in placed]


def _middles(placed: Iterable[tuple[Box, float]]) -> dict[Slot, float]:
    return {
        slot: top + box.head + box.step * (place + 0.5) for box, top in placed for place, slot in enumerate(box.slots)
    }


def _width(boxes: Iterable[Box]) -> float:
    tables = [box for box in boxes if box.table]
    columns = [slot.name for box in tables for slot in box.slots if isinstance(slot, Source)]
    return max(map(len, [*(box.name for box in tables), *columns])) * _SIGN + 2 * _PADDING

"""Rows that were expected against rows that came: which are missing, which are too many.

Pure: no files, no warehouse. What the rules are is said in `acceptance.py`.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from sparkify_assets.acceptance.csv_rows import Cell
from sparkify_assets.warehouse.session import Answer, Value

SHOWN_ROWS = 20
# Sums of doubles differ by the order in which they are added.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}
_BOOLEANS = {"true": True, "t": True, "false": False, "f": False}

Row = tuple[Hashable, ...]
Shown = dict[str, Value]


@dataclass(frozen=True)
class Difference:
    """What is not as expected: the columns, or rows that are missing and rows too many (how many, and the first of
    them), or nothing but the order."""

    columns: str = ""
    missing: int = 0
    excess: int = 0
    missing_rows: tuple[Shown, ...] = ()
    excess_rows: tuple[Shown, ...] = ()
    order: str = ""

    @property
    def is_none(self) -> bool:
        return not (self.columns or self.missing or self.excess or self.order)

    @property
    def said(self) -> str:
        if self.columns or self.order:
            return self.columns or self.order
        return f"{_rows(self.missing)} missing, {_rows(self.excess)} too many"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def compare(expected: Sequence[Sequence[Cell]], answer: Answer, *, ordered: bool) -> Difference:
    """How an answer differs from the cells that were expected, of which the first row names the columns."""
    header, *cells = expected
    columns = _other_columns([str(name) for name in header], answer.columns)
    if columns:
        return Difference(columns=columns)
    kinds = [_kind_of([row[place] for row in answer.rows]) for place in range(len(answer.columns))]
    wanted = [tuple(kind.read(cell) for kind, cell in zip(kinds, row, strict=True)) for row in cells]
    given = [tuple(kind.take(value) for kind, value in zip(kinds, row, strict=True)) for row in answer.rows]
    missing, excess = _unmatched(wanted, given, [place for place, kind in enumerate(kinds) if kind.is_double])
    if not missing and not excess:
        return Difference(order=_other_order(wanted, given) if ordered else "")
    names = answer.columns
    return Difference(
        missing=len(missing),
        excess=len(excess),
        missing_rows=tuple(dict(zip(names, cells[n], strict=True)) for n in missing[:SHOWN_ROWS]),
        excess_rows=tuple(dict(zip(names, answer.rows[n], strict=True)) for n in excess[:SHOWN_ROWS]),
    )


def _other_columns(wanted: Sequence[str], given: Sequence[str]) -> str:
    """In which way columns differ, if they do."""
    expected, found = [name.strip().lower() for name in wanted], [name.lower() for name in given]
    if expected == found:
        return ""
    missing = [name for name in expected if name not in found]
    excess = [name for name in found if name not in expected]
    said = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"too many: {', '.join(excess)}"] * bool(excess)
    return (
        f"the columns differ ({'; '.join(said) or 'their order or number'}): expected {', '.join(expected)}, the query "
        f"gives {', '.join(found)}"
    )


class _Text:
    """How the cells and the values of a column are made alike: here by their text."""

    is_double = False

    def take(self, value: Value) -> Hashable:
        return None if value is None else str(value)

    def read(self, cell: Cell) -> Hashable:
        """A cell as a value of the column has it; one that cannot be such a value stays a text, which equals none."""
        return None if cell is None else self.parse(cell)

    def parse(self, cell: str) -> Hashable:
        return cell


class _Exact(_Text):
    """Integers and decimals."""

    def take(self, value: Value) -> Hashable:
        return None if value is None else Decimal(str(value))

    def parse(self, cell: str) -> Hashable:
        return Decimal(cell.strip()) if _NUMBER.fullmatch(cell.strip()) else cell


class _Double(_Text):
    """Numbers of which some are doubles."""

    is_double = True

    def take(self, value: Value) -> Hashable:
        return None if value is None else float(str(value))

    def parse(self, cell: str) -> Hashable:
        text = cell.strip().lower()
        return float(text) if _NUMBER.fullmatch(text) else _NO_NUMBERS.get(text, cell)


class _Boolean(_Text):
    def take(self, value: Value) -> Hashable:
        return None if value is None else bool(value)

    def parse(self, cell: str) -> Hashable:
        return _BOOLEANS.get(cell.strip().lower(), cell)


class _Moment(_Text):
    """Dates and timestamps, in UTC."""

    def take(self, value: Value) -> Hashable:
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return datetime.combine(value, time()) if isinstance(value, date) else None

    def parse(self, cell: str) -> Hashable:
        try:
            return self.take(datetime.fromisoformat(cell.strip()))
        except ValueError:
            return cell


def _kind_of(values: Sequence[Value]) -> _Text:
    """How a column is compared, by the values that it has."""
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, bool) for value in there):
        return _Boolean()
    if there and all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in there):
        return _Double() if any(isinstance(value, float) for value in there) else _Exact()
    return _Moment() if there and all(isinstance(value, date) for value in there) else _Text()


def _unmatched(wanted: Sequence[Row], given: Sequence[Row], doubles: Sequence[int]) -> tuple[list[int], list[int]]:
    """The places of the rows that were expected and did not come, and of those that came and were not expected."""
    surplus = Counter(given)
    surplus.subtract(wanted)
    missing = _of_these(wanted, {row: -number for row, number in surplus.items() if number < 0})
    excess = _of_these(given, {row: number for row, number in surplus.items() if number > 0})
    return _without_close(wanted, missing, given, excess, doubles) if doubles else (missing, excess)


def _of_these(rows: Sequence[Row], numbers: dict[Row, int]) -> list[int]:
    """The places of so many of each row, the last ones of each."""
    found = []
    for place in range(len(rows) - 1, -1, -1):
        if numbers.get(rows[place], 0) > 0:
            numbers[rows[place]] -= 1
            found.append(place)
    return found[::-1]


def _without_close(
    wanted: Sequence[Row], missing: list[int], given: Sequence[Row], excess: list[int], doubles: Sequence[int]
) -> tuple[list[int], list[int]]:
    """The same places without those of rows that differ by the rounding of their doubles alone."""
    # The one with the most values leaves the fewest to look at.
    first = max(doubles, key=lambda double: len({row[double] for row in given}))
    alike: dict[Row, list[int]] = defaultdict(list)
    for place in excess:
        alike[_but_for_doubles(given[place])].append(place)
    for places in alike.values():
        places.sort(key=lambda place: _size(given[place][first]))
    left, taken = [], set[int]()
    for place in missing:
        row = wanted[place]
        candidates = alike.get(_but_for_doubles(row), [])
        size = _size(row[first])
        start = bisect_left(candidates, size - _room(size), key=lambda n: _size(given[n][first]))
        for n in (candidates[number] for number in range(start, len(candidates))):
            if _size(given[n][first]) > size + _room(size):
                left.append(place)
                break
            if n not in taken and all(_is_close(row[d], given[n][d]) for d in doubles):
                taken.add(n)
                break
        else:
            left.append(place)
    return left, [place for place in excess if place not in taken]


def _but_for_doubles(row: Row) -> Row:
    """What has to be the same in rows that are alike: all but doubles that can be rounded."""
    return tuple(
        value if not isinstance(value, float) else None if math.isfinite(value) else repr(value) for value in row
    )


def _size(value: Hashable) -> float:
    return value if isinstance(value, float) and math.isfinite(value) else 0.0


def _room(size: float) -> float:
    return max(_ABSOLUTE, abs(size) * _RELATIVE)


def _is_close(one: Hashable, other: Hashable) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isfinite(one):
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return repr(one) == repr(other) or one == other


def _other_order(wanted: Sequence[Row], given: Sequence[Row]) -> str:
    """Where the order differs first, if it does; the rows are the same."""
    for number, (one, other) in enumerate(zip(wanted, given, strict=True), 1):
        if not all(map(_is_close, one, other)):
            return (
                f"the rows are as expected, but not their order, from row {number:,} on: expected {_in_words(one)}, "
                f"the query gives {_in_words(other)}; its ORDER BY counts, and has to leave nothing to chance"
            )
    return ""


def _in_words(row: Row) -> str:
    return ", ".join("null" if value is None else str(value) for value in row)[:200]

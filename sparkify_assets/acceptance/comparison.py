"""The agreed rows against the rows of an answer: which are missing, and which are too many.

Equal rows are paired first, so that integers and decimals stay exact; then rows that differ by rounding. Pure: files
and warehouses belong in `pairs.py`, which also has the rules for users.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from sparkify_assets.acceptance.difference import Difference
from sparkify_assets.queries.csv_rows import Cell
from sparkify_assets.warehouse.session import Answer, Value

Row = tuple[Hashable, ...]
Reader = Callable[[str], Hashable]
SHOWN_ROWS = 20
# Sums of doubles depend on the order of their addition.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = {"nan", "inf", "infinity", "-inf", "-infinity"}
_BOOLEANS = {"true": True, "t": True, "false": False, "f": False}


def compare(expected: Sequence[Sequence[Cell]], answer: Answer, *, ordered: bool) -> Difference:
    """Return how an answer differs from the expected cells, whose first row names the columns."""
    header, *cells = expected
    if columns := _column_difference([str(name) for name in header], answer.columns):
        return Difference(columns=columns)
    readers = [_reader_of([row[place] for row in answer.rows]) for place in range(len(answer.columns))]
    wanted, given = _read(cells, readers), _read(answer.rows, readers)
    # Equal rows are paired first, so that none of them is shown in place of a row that is only close.
    surplus = Counter(given)
    surplus.subtract(wanted)
    missing, excess = _last_of(wanted, -surplus), _last_of(given, +surplus)
    if missing and excess and _double in readers:
        missing, excess = _without_close(wanted, missing, given, excess)
    if ordered and not missing and not excess:
        return Difference(order=_order_difference(wanted, given, cells, answer))
    return Difference(
        missing=len(missing),
        excess=len(excess),
        missing_rows=tuple(dict(zip(answer.columns, cells[n], strict=True)) for n in missing[:SHOWN_ROWS]),
        excess_rows=tuple(dict(zip(answer.columns, answer.rows[n], strict=True)) for n in excess[:SHOWN_ROWS]),
    )


def _column_difference(wanted: Sequence[str], given: Sequence[str]) -> str:
    expected, found = [name.strip().lower() for name in wanted], [name.lower() for name in given]
    if expected == found:
        return ""
    missing = ", ".join(name for name in expected if name not in found)
    excess = ", ".join(name for name in found if name not in expected)
    what = "; ".join([f"missing: {missing}"] * bool(missing) + [f"too many: {excess}"] * bool(excess))
    return (
        f"the columns differ ({what or 'their order or number'}): expected {', '.join(expected)}, the query gives "
        f"{', '.join(found)}"
    )


def _order_difference(wanted: list[Row], given: list[Row], cells: Sequence[Sequence[Cell]], answer: Answer) -> str:
    """Return where the order differs first, if it does. The rows are the same."""
    pairs = enumerate(zip(wanted, given, strict=True))
    first = next((place for place, (one, other) in pairs if not all(map(_is_close, one, other))), None)
    if first is None:
        return ""
    expected, found = (
        ", ".join("null" if value is None else str(value) for value in row)[:200]
        for row in (cells[first], answer.rows[first])
    )
    return (
        f"the rows are as expected, but not their order, from row {first + 1:,} on: expected {expected}, the query "
        f"gives {found}; its ORDER BY counts and must leave no ties"
    )


def _is_close(one: Hashable, other: Hashable) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return one == other


def _read(rows: Sequence[Sequence[Value]], readers: Sequence[Reader]) -> list[Row]:
    return [
        tuple(None if value is None else read(str(value)) for read, value in zip(readers, row, strict=True))
        for row in rows
    ]


def _last_of(rows: list[Row], numbers: Counter[Row]) -> list[int]:
    """Return the places of so many of each row, the last ones."""
    left = numbers.copy()
    places = []
    for place in reversed(range(len(rows))):
        if left[rows[place]] > 0:
            left[rows[place]] -= 1
            places.append(place)
    return places[::-1]


def _without_close(
    wanted: list[Row], missing: list[int], given: list[Row], excess: list[int]
) -> tuple[list[int], list[int]]:
    """Drop the places of rows that differ only by the rounding of their doubles, each paired with one other."""
    rows = [wanted[place] for place in missing] + [given[place] for place in excess]

    def by_size(numbers: list[int]) -> list[int]:
        return sorted(numbers, key=lambda number: [value for value in rows[number] if isinstance(value, float)])

    kinds: dict[Row, tuple[list[int], list[int]]] = {}
    for number, kind in enumerate(zip(*map(_clusters, zip(*rows, strict=True)), strict=True)):
        kinds.setdefault(kind, ([], []))[number >= len(missing)].append(number)
    taken = set[int]()
    for ones, others in kinds.values():
        # The nth of a kind goes with the nth, by size. The ends of a cluster may be far from each other.
        for one, other in zip(by_size(ones), by_size(others), strict=False):
            if all(map(_is_close, rows[one], rows[other])):
                taken |= {one, other}
    left = [number for number in range(len(rows)) if number not in taken]
    return (
        [missing[number] for number in left if number < len(missing)],
        [excess[number - len(missing)] for number in left if number >= len(missing)],
    )


def _clusters(column: Sequence[Hashable]) -> list[Hashable]:
    """Return the values of a column, with a number in place of each double, which it shares with its neighbour if they
    differ by rounding alone."""
    clusters, before = dict[float, int](), math.nan
    for double in sorted({value for value in column if isinstance(value, float)}):
        clusters[double] = clusters[before] if _is_close(before, double) else len(clusters)
        before = double
    return [clusters[value] if isinstance(value, float) else value for value in column]


def _reader_of(values: Sequence[Value]) -> Reader:
    """Return how the texts of a column are read, by the values that the answer has there.

    A text that is no such value stays a text, which equals none of them.
    """
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return str
    if kinds == {bool}:
        return _boolean
    if kinds <= {int, float, Decimal}:
        return _double if float in kinds else _exact
    return _moment if kinds <= {date, datetime} else str


def _boolean(text: str) -> Hashable:
    return _BOOLEANS.get(text.strip().lower(), text)


def _exact(text: str) -> Hashable:
    return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else text


def _double(text: str) -> Hashable:
    number = text.strip().lower()
    if not _NUMBER.fullmatch(number) and number not in _NOT_FINITE:
        return text
    # NaN equals no float, not even itself.
    return float(number) if math.isfinite(float(number)) else str(float(number))


def _moment(text: str) -> Hashable:
    """Read a date, which is its midnight, or a timestamp, in UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return text

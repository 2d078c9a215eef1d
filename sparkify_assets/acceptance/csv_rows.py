"""Rows as CSV, and back: nothing between two commas is null, `""` is an empty text.

Python's own module takes both for the same before 3.12. What the cells mean is not known here.
"""

import re
from collections.abc import Iterable, Sequence

Cell = str | None

_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",\r\n]*))(?P<end>,|\r\n|\n|\r|\Z)')
_QUOTED = re.compile(r'[",\r\n]')


class CsvError(ValueError):
    """A text that is not CSV: where it ends to be."""


def read_rows(text: str) -> list[list[Cell]]:
    """The rows of a CSV. A line with nothing in it is a null where there is one column, and skipped where there are
    more."""
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    place = 0
    while place < len(text) or row:
        field = _FIELD.match(text, place)
        if field is None:
            line = text.count("\n", 0, place) + 1
            shown = text[place:].split("\n", 1)[0][:40]
            raise CsvError(
                f"line {line} has {shown!r} where a cell begins: expected text without quotes, or text in quotes with "
                'each quote in it doubled, as in "the ""Slow"" Train"'
            )
        row.append(field["quoted"].replace('""', '"') if field["quoted"] is not None else field["plain"] or None)
        place = field.end()
        if field["end"] != ",":
            rows.append(row)
            row = []
    header = next((number for number, row in enumerate(rows) if row != [None]), len(rows))
    is_narrow = header < len(rows) and len(rows[header]) == 1
    return [row for row in rows[header:] if row != [None] or is_narrow]


def write_rows(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, each value as Python writes it."""
    return "".join(f"{','.join(map(_cell, row))}\n" for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if not text or _QUOTED.search(text) else text

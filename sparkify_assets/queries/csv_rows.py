"""Rows as CSV, and back: nothing between two commas is null, `""` is an empty text.

Neither pandas nor Python's own module (before 3.12) tells the two apart. DuckDB does, but drops an unfinished last row
without an error. What cells mean belongs elsewhere.
"""

import re
from collections.abc import Iterable, Sequence

from sparkify_assets.errors import AcceptanceError

Cell = str | None

_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",\r\n]*))(?P<end>,|\r\n|\n|\r|\Z)')
_QUOTED = re.compile(r'[",\r\n]')


def read_rows(text: str, name: str = "the text") -> list[list[Cell]]:
    """Return the rows of a CSV. An empty line is a null if there is one column, and skipped if there are more."""
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    place = 0
    while place < len(text) or row:
        field = _FIELD.match(text, place)
        if field is None:
            line = text.count("\n", 0, place) + 1
            shown = text[place:].split("\n", 1)[0][:40]
            raise AcceptanceError(
                f"{name}, line {line} has {shown!r} where a cell begins: expected text without quotes, or text in "
                'quotes with each quote in it doubled, as in "the ""Slow"" Train"'
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
    """Return rows as CSV, each value as Python writes it."""
    return "".join(f"{','.join(map(_cell, row))}\n" for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if not text or _QUOTED.search(text) else text

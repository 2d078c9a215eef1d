"""The validator: which records are good, and what is wrong with the others.

It applies the contract alone, so both engines reject the same records, and its memory is bounded whatever a file holds.
Engines land clean files without it; that is in `warehouse/`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sparkify_assets.lake.parsing import NotParsed, Pairs, parse_pairs
from sparkify_assets.lake.records import MAX_BYTES, Record
from sparkify_assets.model import Column, Table

INTEGER = re.compile(r"[+-]?[0-9]+")
# No two parts of it can match the same digits: else a million of them would take hours.
DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
# What an engine may have made of a number in a text column, where the number as it is written is stored: DuckDB makes
# 1.5 of 1.50, 0 of -0, and 100000.0 of 1e5. Integers of up to 18 digits, and no other numbers, all engines leave alone.
PERHAPS_REWRITTEN = re.compile(r"-?(0|[0-9]+[.eE][.eE0-9+-]*|[0-9]{19,})")
# Nobody reads the names of more unknown keys than these.
MOST_KEYS = 100

# What a column holds, apart from null.
Value = str | int | float


@dataclass(frozen=True)
class Verdict:
    """A record, the reason why it is rejected (None if it is good), its keys that the contract does not know, and if it
    is good the values of those that the contract knows."""

    record: Record
    reason: str | None
    unknown: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """A rejected record in one line: where it is, and why it is rejected."""
        return f"line {self.record.line_number} (byte {self.record.byte_offset}): {self.reason}"


@dataclass
class Tally:
    """The verdicts on a file's records so far: their numbers, the first rejected record, and the unknown keys. Of the
    records of forgotten users nothing but their number is kept."""

    good: int = 0
    rejected: int = 0
    forgotten: int = 0
    example: str = ""
    unknown: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        if verdict.reason:
            self.rejected += 1
            self.example = self.example or verdict.summary
        else:
            self.good += 1
        for key in verdict.unknown:
            if key in self.unknown or len(self.unknown) < MOST_KEYS:
                self.unknown[key] = self.unknown.get(key, 0) + 1


def validate(records: Iterable[Record], table: Table) -> Iterator[Verdict]:
    """Yield a verdict on each record: a line of a log file, or a top-level value of a song file."""
    known = table.landed_keys
    for record in records:
        try:
            fields = _read(record)
        except NotParsed as error:
            yield Verdict(record, str(error))
            continue
        unknown = tuple(key for key, _ in fields if key not in known)
        found = _values(fields, table)
        yield Verdict(record, found, unknown) if isinstance(found, str) else Verdict(record, None, unknown, found)


def _read(record: Record) -> Pairs:
    """Return a record's fields."""
    if record.size > MAX_BYTES:
        raise NotParsed("larger than 4 MB")
    fields = parse_pairs(record.data)
    if not isinstance(fields, Pairs):
        raise NotParsed("not an object")
    return fields


def _values(fields: Pairs, table: Table) -> dict[str, Value] | str:
    """Return a record's values in the types of their columns, without nulls; or the first rule that it breaks, in a
    fixed wording."""
    values = dict(fields)
    twice = _keys_twice(fields) if len(values) < len(fields) else ()
    found: dict[str, Value] = {}
    for column in table.landed_columns:
        source = column.source or ""
        if source in twice:
            return f"{source} occurs twice"
        value = values.get(source)
        # Fast path for most values: a character has at most four bytes.
        if value is None and column.nullable:
            continue
        if (
            column.is_text
            and isinstance(value, str)
            and 4 * len(value) <= (column.max_bytes or 0)
            and "\0" not in value
        ):
            found[source] = value
            continue
        broken = _broken_rule(column, value)
        if broken:
            return f"{source} {broken}"
        text = _text(value)
        if text or column.is_text:
            found[source] = text if column.is_text else float(text) if column.is_double else _integer(text)
    return found


def _keys_twice(fields: Pairs) -> set[str]:
    return {key for key, number in Counter(key for key, _ in fields).items() if number > 1}


def _text(value: object) -> str:
    """Return a scalar as text: null as nothing, true as `true`, a number as it is written."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _integer(text: str) -> int:
    """Return the integer that a text stands for. Python converts no text of over 4,300 digits, zeros included."""
    return int("-" * text.startswith("-") + (text.lstrip("+-").lstrip("0") or "0"))


def _broken_rule(column: Column, value: object) -> str | None:
    if isinstance(value, list):
        return "is an object" if isinstance(value, Pairs) else "is an array"
    text = _text(value)
    if value is None or (text == "" and not column.is_text):
        return None if column.nullable else "is missing"
    if column.is_integer:
        return _broken_integer(column, text)
    if column.is_double:
        return None if DOUBLE.fullmatch(text) and math.isfinite(float(text)) else "is not a finite number"
    if "\0" in text:
        return "holds NUL"
    return "is too long" if len(text.encode("utf-8")) > (column.max_bytes or 0) else None


def _broken_integer(column: Column, text: str) -> str | None:
    if not INTEGER.fullmatch(text):
        return "is not an integer"
    least, greatest = column.range
    is_long = len(text.lstrip("+-").lstrip("0")) > 19
    return "is out of range" if is_long or not least <= _integer(text) <= greatest else None

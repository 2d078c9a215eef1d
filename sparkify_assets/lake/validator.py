"""The validator: which records are good, and what is wrong with the others.

It applies the contract alone, so both engines reject the same records, and its memory is bounded whatever a file holds.
Engines land clean files without it; that is in `warehouse/`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sparkify_assets.lake.records import MAX_BYTES, Record
from sparkify_assets.model import Column, Table

INTEGER = re.compile(r"[+-]?[0-9]+")
DOUBLE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Far more than a record needs, and less than any parser supports.
MAX_DEPTH = 500
# Nobody reads the names of more unknown keys than these.
MOST_KEYS = 100
_STRING_OR_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]+|[\]}]+', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Verdict:
    """A record, the reason why it is rejected (None if it is good), and its keys that the contract does not know."""

    record: Record
    reason: str | None
    unknown: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """A rejected record in one line: where it is, and why it is rejected."""
        return f"line {self.record.line_number} (byte {self.record.byte_offset}): {self.reason}"


@dataclass
class Tally:
    """The verdicts on a file's records so far: their numbers, the first rejected record, and the unknown keys."""

    good: int = 0
    rejected: int = 0
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


class _Pairs(list[tuple[str, object]]):
    """The pairs of a JSON object, so that a key that occurs twice can be found."""


def validate(records: Iterable[Record], table: Table) -> Iterator[Verdict]:
    """Yield a verdict on each record: a line of a log file, or a top-level value of a song file."""
    known = table.landed_keys
    for record in records:
        fields = _read(record)
        if isinstance(fields, str):
            yield Verdict(record, fields)
        else:
            unknown = tuple(key for key, _ in fields if key not in known)
            yield Verdict(record, _fault(fields, table), unknown)


def _read(record: Record) -> _Pairs | str:
    """Return a record's fields, or the reason why it has none."""
    if record.size > MAX_BYTES:
        return "larger than 4 MB"
    if _depth(record.data) > MAX_DEPTH:
        return "nested too deeply"
    try:
        fields = _DECODER.decode(record.data.decode("utf-8"))
        if _SURROGATE.search(record.data):
            json.dumps(fields, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    except ValueError:
        return "not JSON"
    return fields if isinstance(fields, _Pairs) else "not an object"


def _fault(fields: _Pairs, table: Table) -> str | None:
    """Return the first rule that a record breaks, in a fixed wording; None if it breaks none."""
    values = dict(fields)
    twice = _keys_twice(fields) if len(values) < len(fields) else ()
    for column in table.landed_columns:
        assert column.source is not None
        if column.source in twice:
            return f"{column.source} occurs twice"
        value = values.get(column.source)
        # Fast path for most values: a character has at most four bytes.
        if value is None and column.nullable:
            continue
        if (
            column.is_text
            and isinstance(value, str)
            and 4 * len(value) <= (column.max_bytes or 0)
            and "\0" not in value
        ):
            continue
        broken = _broken_rule(column, value)
        if broken:
            return f"{column.source} {broken}"
    return None


def _keys_twice(fields: _Pairs) -> set[str]:
    return {key for key, number in Counter(key for key, _ in fields).items() if number > 1}


def _depth(data: bytes) -> int:
    """Return how deeply values are nested; or the number of brackets, if too few to be nested too deeply."""
    brackets = data.count(b"[") + data.count(b"{")
    if brackets <= MAX_DEPTH:
        return brackets
    depth = deepest = 0
    for found in _STRING_OR_BRACKETS.finditer(data):
        if found[0][:1] in b"[{":
            depth += len(found[0])
            deepest = max(deepest, depth)
        elif found[0][:1] != b'"':
            depth -= len(found[0])
    return deepest


def _as_engines_write(number: str) -> str:
    """Return a number with a fraction or exponent as engines store it in a text column: 1.50 as 1.5, 1e15 as
    1000000000000000.0."""
    value = float(number)
    return repr(value) if math.isfinite(value) else number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=str, parse_float=_as_engines_write, parse_constant=_refuse_constant
)


def _broken_rule(column: Column, value: object) -> str | None:
    if isinstance(value, list):
        return "is an object" if isinstance(value, _Pairs) else "is an array"
    text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if text is None or (text == "" and not column.is_text):
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
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > 19 or not least <= int("-" * text.startswith("-") + (digits or "0")) <= greatest:
        return "is out of range"
    return None

"""Which records of a file are good, and what they hold, by a scanner of JSON of its own.

It shares nothing with the platform but the contract's list of columns, and leaves nothing to Python's parser of JSON,
which the validator uses.
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sparkify_assets import model
from sparkify_assets.model import Column, Table

BOM = b"\xef\xbb\xbf"
MOST_BYTES, DEEPEST, MOST_SHOWN = 4_000_000, 500, 16_000

_UTF_8 = re.compile(
    rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*"
)
_BLANKS = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null)|[\[\]{},:]"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(.))")
NESTED = object()
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Judged(NamedTuple):
    """A record: its place, its text, and the row that it becomes, or None if it is rejected."""

    line_number: int
    byte_offset: int
    text: bytes
    row: dict[str, object] | None

    @property
    def shown(self) -> str:
        """The text as the quarantine shows it, unless it was cut within a character."""
        return self.text[:MOST_SHOWN].decode("utf-8", "backslashreplace").replace("\0", "\\x00")


class _Bad(Exception):
    """The text is not JSON, or a value is not what its column takes."""


def judge_lines(content: bytes, table: Table) -> list[Judged]:
    """The records of a log file: its lines that are not blank."""
    place = len(BOM) if content.startswith(BOM) else 0
    found = []
    for number, line in enumerate(content[place:].split(b"\n"), 1):
        if line.strip(b" \t\r"):
            found.append(Judged(number, place, line, _row(line, table)))
        place += len(line) + 1
    return found


def judge_values(content: bytes, table: Table) -> list[Judged]:
    """The records of a song file: its top-level values."""
    return [
        Judged(1 + content.count(b"\n", 0, begin), begin, text, _row(text, table))
        for begin, end in _values(content, len(BOM) if content.startswith(BOM) else 0)
        if (text := content[begin:end].rstrip(b" \t\r\n"))
    ]


def _values(content: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Where values begin and end: at the bracket that closes them, or at the end of a line. That also ends a string."""
    begin, depth, in_string = at, 0, False
    while at < len(content):
        letter, at = content[at : at + 1], at + 1
        if begin == at - 1 and letter in b" \t\r\n":
            begin = at
            continue
        closed = False
        if letter == b"\n":
            in_string, closed = False, depth == 0
        elif in_string:
            at += letter == b"\\" and content[at : at + 1] != b"\n"
            in_string = letter != b'"'
        elif letter == b'"':
            in_string = True
        elif letter in b"[{":
            depth += 1
        elif letter in b"]}" and depth:
            depth -= 1
            closed = depth == 0
        if closed:
            yield begin, at
            begin = at
    yield begin, at


def _row(text: bytes, table: Table) -> dict[str, object] | None:
    return _row_of(text, table.full_name)


@lru_cache(maxsize=20_000)
def _row_of(text: bytes, table: str) -> dict[str, object] | None:
    """A record's row; tests that compare histories ask for the same ones again and again."""
    try:
        if len(text) > MOST_BYTES or not _UTF_8.fullmatch(text):
            raise _Bad
        pairs = _pairs(text.decode())
        columns = [column for column in model.table(table).columns if column.source]
        return {
            column.name: _value(column, [value for key, value in pairs if key == column.source]) for column in columns
        }
    except _Bad:
        return None


def _pairs(text: str) -> list[tuple[str, object]]:
    """The pairs of an object: a scalar as its text, null as None, whatever is nested as NESTED."""
    found: list[tuple[str, object]] = []
    key, opened, expected, end = "", "", "{", _blanks(text, 0)
    while end < len(text):
        token = _TOKEN.match(text, end)
        if not token:
            raise _Bad
        end = _blanks(text, token.end())
        value = _decoded(token[0]) if token["string"] else None if token[0] == "null" else token[0]
        kind = "k" if token["string"] and "k" in expected else "v" if token.lastgroup else token[0]
        if kind not in expected:
            raise _Bad
        if opened == "{" and kind in "v{[":
            found.append((key, value if kind == "v" else NESTED))
        if opened == "{" and kind == "k":
            key = str(value)
        opened = opened + kind if kind in "{[" else opened[:-1] if kind in "}]" else opened
        if len(opened) > DEEPEST:
            raise _Bad
        inside = opened[-1:]
        follows = {"{": "k}", "[": "v{[]", "k": ":", ":": "v{[", ",": "k" if inside == "{" else "v{["}
        expected = follows.get(kind, {"{": ",}", "[": ",]", "": ""}[inside])
    if expected:
        raise _Bad
    return found


def _blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _decoded(string: str) -> str:
    """What a string means. Half a character cannot be stored."""

    def meant(escape: re.Match[str]) -> str:
        code, low, letter = escape.groups()
        if letter:
            return _ESCAPED.get(letter, letter)
        number = int(code, 16)
        if 0xD800 <= number < 0xDC00 and low:
            return chr(0x10000 + ((number - 0xD800) << 10) + int(low, 16) - 0xDC00)
        if 0xD800 <= number < 0xE000:
            raise _Bad
        if low:
            raise _Bad
        return chr(number)

    return _ESCAPE.sub(meant, string[1:-1])


def _value(column: Column, given: list[object]) -> object:
    """What a column holds of the values that its key has in the record."""
    text = given[0] if given else None
    if len(given) > 1 or text is NESTED:
        raise _Bad
    if text is None or (text == "" and "CHAR" not in column.type):
        if not column.nullable:
            raise _Bad
        return None
    text = str(text)
    if column.type == "DOUBLE PRECISION":
        return _double(text)
    if column.type in ("INTEGER", "BIGINT"):
        return _integer(column, text)
    size = int(re.sub(r"\D", "", column.type))
    if "\0" in text or len(text.encode()) > size:
        raise _Bad
    return text


def _double(text: str) -> float:
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("+-").partition(".")
    digits = f"{whole}{fraction}"
    signs = len(mantissa) - len(mantissa.lstrip("+-"))
    if not digits or not (digits.isascii() and digits.isdigit()) or signs > 1:
        raise _Bad
    if "e" in text.lower() and not re.fullmatch("[+-]?[0-9]+", exponent):
        raise _Bad
    # A zero has no sign.
    value = float(text) + 0.0
    if math.isinf(value):
        raise _Bad
    return value


def _integer(column: Column, text: str) -> int:
    digits = text[1:] if text[0] in "+-" else text
    if not digits or not (digits.isascii() and digits.isdigit()):
        raise _Bad
    digits = digits.lstrip("0") or "0"
    bits = 31 if column.type == "INTEGER" else 63
    value = int(digits) * (-1 if text[0] == "-" else 1) if len(digits) < 30 else 1 << 64
    if not -(1 << bits) <= value < 1 << bits or (column.name == "ts" and not 0 <= value <= 4102444800000):
        raise _Bad
    return value

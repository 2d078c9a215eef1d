"""Where one record of a file ends and the next begins: lines of a log file, top-level JSON values of a song file.

Whether a record is good is decided in `validator.py`. Memory is bounded: of a record over 4 MB only the beginning is
kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

MAX_BYTES = 4_000_000
CHUNK = 1 << 20
_COUNTED_AT_ONCE = 1 << 18
BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"


@dataclass(frozen=True)
class Record:
    """A record's place and text. `data` is cut if the record is too large to be good; `size` is that of all of it."""

    line_number: int
    byte_offset: int
    data: bytes
    size: int


class Lines:
    """The lines of a log file that are not blank: all, or those whose numbers are picked, in ascending order, from 0.

    A line ends at LF; a BOM at the beginning is not part of it. `seen` counts all of these lines, picked or not.

    If the file is known to have so many `lines`, each a record of no more than 4 MB, those that are not picked are
    skipped faster. A picked line that is blank nevertheless is not counted.
    """

    def __init__(self, stream: BinaryIO, picked: Sequence[int] | None = None, lines: int | None = None) -> None:
        self._stream = stream
        self._picked = picked
        self._lines = lines
        self.seen = 0

    def __iter__(self) -> Iterator[Record]:
        return self._every() if self._picked is None or self._lines is None else self._pick(self._picked, self._lines)

    def _pick(self, picked: Sequence[int], lines: int) -> Iterator[Record]:
        offset, line_number = _skip_bom(self._stream), 0
        self.seen = lines
        for number in picked:
            offset += sum(map(len, islice(self._stream, number - line_number)))
            line, line_number = next(self._stream, b""), number + 1
            if line.strip(_BLANK):
                yield Record(line_number, offset, line.rstrip(b"\n"), len(line) - line.endswith(b"\n"))
            else:
                self.seen -= 1
            offset += len(line)

    def _every(self) -> Iterator[Record]:
        offset, line_number = _skip_bom(self._stream), 0
        picked = iter(self._picked or ())
        following = next(picked, None)
        while line := self._stream.readline(MAX_BYTES + 2):
            line_number += 1
            size, ended = len(line), line.endswith(b"\n")
            # Python takes more characters for space than are blank here.
            blank = line.isspace() and not line.strip(_BLANK)
            while not ended and (rest := self._stream.readline(CHUNK)):
                size, ended, blank = size + len(rest), rest.endswith(b"\n"), blank and not rest.strip(_BLANK)
            if not blank:
                if self._picked is None or self.seen == following:
                    yield Record(line_number, offset, line.rstrip(b"\n"), size - ended)
                    following = next(picked, None)
                self.seen += 1
            offset += size


@dataclass(frozen=True)
class LineCount:
    """How many lines a file has, blank ones included, and whether engines may disagree with this count."""

    lines: int
    ambiguous: bool


def count_lines(stream: BinaryIO) -> LineCount:
    """Count the lines of a file.

    The count is ambiguous if a line is over 4 MB, blanks included, or if there is a vertical tab or form feed, which
    JSON does not allow and some readers skip.
    """
    lines, ambiguous, begun = 0, False, 0
    # One buffer for all chunks: allocating one for each takes longer than searching it.
    buffer = bytearray(_COUNTED_AT_ONCE)
    # Every stream of `open_content` has this method, though BinaryIO does not declare it.
    while size := stream.readinto(buffer):  # type: ignore[attr-defined]
        chunk = buffer if size == len(buffer) else buffer[:size]
        lines += chunk.count(b"\n")
        ambiguous = ambiguous or b"\v" in chunk or b"\f" in chunk
        end = chunk.find(b"\n")
        ambiguous = ambiguous or begun + (len(chunk) if end < 0 else end) > MAX_BYTES
        begun = begun + len(chunk) if end < 0 else len(chunk) - chunk.rfind(b"\n") - 1
    return LineCount(lines + (begun > 0), ambiguous)


def _skip_bom(stream: BinaryIO) -> int:
    """Skip a byte order mark and return the offset after it."""
    if stream.read(len(BOM)) == BOM:
        return len(BOM)
    stream.seek(0)
    return 0


@dataclass
class _Value:
    """A top-level value that is being read: how many brackets are open, and whether a string is."""

    line_number: int
    byte_offset: int
    data: bytearray
    size: int = 0
    depth: int = 0
    in_string: bool = False

    def keep(self, text: bytes) -> None:
        self.size += len(text)
        self.data += text[: max(0, MAX_BYTES + 1 - len(self.data))]

    def record(self) -> Record:
        text = bytes(self.data)
        if self.size > len(text):
            return Record(self.line_number, self.byte_offset, text, self.size)
        text = text.rstrip(_BLANK)
        return Record(self.line_number, self.byte_offset, text, len(text))


# A run of opening brackets is one token: a file of nothing else is read as fast as any.
_TOKEN = re.compile(rb'[{\[]+|["}\]\n]')
_TOKEN_IN_STRING = re.compile(rb'["\n]|\\.?', re.DOTALL)
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")


def read_values(stream: BinaryIO) -> Iterator[Record]:
    """Yield the top-level JSON values of a song file, however they are laid out.

    An object or an array ends where its brackets close, anything else at the end of the line. The end of a line also
    ends a string, as JSON strings hold none: a missing quote thus does not swallow the records that follow.
    """
    offset, line_number = _skip_bom(stream), 1
    value: _Value | None = None
    while chunk := stream.read(CHUNK):
        if chunk.endswith(b"\\"):
            chunk += stream.read(1)
        position = 0
        while position < len(chunk):
            if value is None:
                begin = _NOT_BLANK.search(chunk, position)
                line_number += chunk.count(b"\n", position, begin.start() if begin else len(chunk))
                if begin is None:
                    break
                position = begin.start()
                value = _Value(line_number, offset + position, bytearray())
            token = (_TOKEN_IN_STRING if value.in_string else _TOKEN).search(chunk, position)
            end = token.end() if token else len(chunk)
            value.keep(chunk[position:end])
            position = end
            if token and _closes(value, token[0]):
                yield value.record()
                value = None
            if token and token[0].endswith(b"\n"):
                line_number += 1
        offset += len(chunk)
    if value is not None:
        yield value.record()


def _closes(value: _Value, token: bytes) -> bool:
    """Update the value's state with a token, and return whether the value ends there."""
    if token.endswith(b"\n"):
        value.in_string = False
        return value.depth == 0
    if value.in_string:
        value.in_string = token != b'"'
    elif token == b'"':
        value.in_string = True
    elif token[0] in b"{[":
        value.depth += len(token)
    elif value.depth:
        value.depth -= 1
        return value.depth == 0
    return False

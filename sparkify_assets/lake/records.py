"""Where one record of a file ends and the next begins: lines of a log file, top-level JSON values of a song file.

Nothing here looks at what a record says. Memory is bounded: of a record over 4 MB only its beginning is kept.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

MAX_BYTES = 4_000_000
CHUNK = 1 << 20
_COUNTED_AT_ONCE = 1 << 18
BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"


@dataclass(frozen=True)
class Record:
    """A record's place and text. `data` is cut where the record is larger than any that can be good."""

    line_number: int
    byte_offset: int
    data: bytes
    size: int


class Lines:
    """The lines of a log file that are not blank, or of these the picked ones; the first is number 0, in order.

    A line ends at LF; a BOM at the beginning is not part of it. `seen` counts them all, picked or not.
    """

    def __init__(self, stream: BinaryIO, picked: Sequence[int] | None = None) -> None:
        self._stream = stream
        self._picked = picked
        self.seen = 0

    def __iter__(self) -> Iterator[Record]:
        offset, line_number = _skip_bom(self._stream), 0
        picked = iter(self._picked or ())
        following = next(picked, None)
        while line := self._stream.readline(MAX_BYTES + 2):
            line_number += 1
            size, ended = len(line), line.endswith(b"\n")
            # What is space to Python is more than what is blank here.
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
    """How many lines a file has, blank ones among them; whether it holds what others may read in another way."""

    lines: int
    ambiguous: bool


def count_lines(stream: BinaryIO) -> LineCount:
    """Read a file to its end, looking for nothing but line ends, lines over 4 MB with the blanks around them, and the
    vertical tabs and form feeds that JSON knows nowhere and some readers skip."""
    lines, ambiguous, begun = 0, False, 0
    # One room for all of them: a new one for each chunk takes longer than what is looked for in it.
    room = bytearray(_COUNTED_AT_ONCE)
    # BinaryIO does not name it, and every stream of `open_content` has it.
    while size := stream.readinto(room):  # type: ignore[attr-defined]
        chunk = room if size == len(room) else room[:size]
        lines += chunk.count(b"\n")
        ambiguous = ambiguous or b"\v" in chunk or b"\f" in chunk
        end = chunk.find(b"\n")
        ambiguous = ambiguous or begun + (len(chunk) if end < 0 else end) > MAX_BYTES
        begun = begun + len(chunk) if end < 0 else len(chunk) - chunk.rfind(b"\n") - 1
    return LineCount(lines + (begun > 0), ambiguous)


def _skip_bom(stream: BinaryIO) -> int:
    """Step over a byte order mark; where the first record can begin."""
    if stream.read(len(BOM)) == BOM:
        return len(BOM)
    stream.seek(0)
    return 0


@dataclass
class _Value:
    """A top-level value that is being read: its brackets still open, and whether a string is."""

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
        text = bytes(self.data).rstrip(_BLANK) if self.size == len(self.data) else bytes(self.data)
        return Record(self.line_number, self.byte_offset, text, len(text) if self.size == len(self.data) else self.size)


# Opening brackets are taken by the run: a file of nothing else is read as fast as any.
_MARK = re.compile(rb'[{\[]+|["}\]\n]')
_MARK_IN_STRING = re.compile(rb'["\n]|\\.?', re.DOTALL)
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")


def read_values(stream: BinaryIO) -> Iterator[Record]:
    """The top-level JSON values of a song file, however they are laid out.

    An object or an array ends where its brackets close, anything else where the line does. A line's end also ends a
    string, which cannot hold one in JSON: so a missing quote does not swallow the records that follow.
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
            mark = (_MARK_IN_STRING if value.in_string else _MARK).search(chunk, position)
            end = mark.end() if mark else len(chunk)
            value.keep(chunk[position:end])
            position = end
            if mark and _closes(value, mark[0]):
                yield value.record()
                value = None
            if mark and mark[0].endswith(b"\n"):
                line_number += 1
        offset += len(chunk)
    if value is not None:
        yield value.record()


def _closes(value: _Value, mark: bytes) -> bool:
    """Take a mark into account; whether the value ends with it."""
    if mark.endswith(b"\n"):
        value.in_string = False
        return value.depth == 0
    if value.in_string:
        value.in_string = mark != b'"'
    elif mark == b'"':
        value.in_string = True
    elif mark[0] in b"{[":
        value.depth += len(mark)
    elif value.depth:
        value.depth -= 1
        return value.depth == 0
    return False

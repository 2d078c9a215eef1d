"""Where one record of a file ends and the next begins."""

import tracemalloc
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkify_assets.lake import records
from sparkify_assets.lake.records import MAX_BYTES, LineCount, Lines, Record, count_lines, read_values

pytestmark = pytest.mark.check

BOM = b"\xef\xbb\xbf"
# What decides where a record ends, in any order.
TOKENS = st.lists(
    st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b"\r", b" ", b"\t", b"a", b"1,", b":", b"\xc3\xa9"]),
    max_size=40,
).map(b"".join)
# Single bytes and whole values, so that well-formed files come up as well.
CONTENT = st.lists(
    st.one_of(
        TOKENS,
        st.sampled_from(
            [b'{"a":"b\\"}"}', b'{"a": {"b": [1, 2]}}', b'[\n  "x\\\\"\n]', b'{"a": "no end\n', b"null", b"\x0b", BOM]
        ),
    ),
    max_size=8,
).map(b"".join)


def lines(content: bytes) -> list[Record]:
    return list(Lines(BytesIO(content)))


def values(content: bytes) -> list[Record]:
    return list(read_values(BytesIO(content)))


class TestLinesOfALogFile:
    def test_a_record_is_a_line(self) -> None:
        assert lines(b"one\ntwo\n") == [Record(1, 0, b"one", 3), Record(2, 4, b"two", 3)]

    @pytest.mark.parametrize("content", [b"", b"\n", b" \t\r\n\r\n  ", BOM, BOM + b"\r\n"])
    def test_a_file_of_blank_lines_holds_no_record(self, content: bytes) -> None:
        assert lines(content) == []

    def test_the_last_line_needs_no_line_end(self) -> None:
        assert [r.data for r in lines(b"one\ntwo")] == [b"one", b"two"]

    def test_blank_lines_are_counted_but_are_not_records(self) -> None:
        assert [(r.line_number, r.byte_offset) for r in lines(b"\n \t\r\none\n\n\ntwo\n")] == [(3, 5), (6, 11)]

    def test_a_byte_order_mark_is_not_part_of_the_first_line(self) -> None:
        assert lines(BOM + b"one\ntwo") == [Record(1, 3, b"one", 3), Record(2, 7, b"two", 3)]

    def test_a_byte_order_mark_elsewhere_belongs_to_its_line(self) -> None:
        assert [r.data for r in lines(b"one\n" + BOM + b"two")] == [b"one", BOM + b"two"]

    def test_a_carriage_return_is_blank_and_ends_no_line(self) -> None:
        assert [(r.data.strip(), r.line_number) for r in lines(b"one\r\ntwo\rthree\r\n")] == [
            (b"one", 1),
            (b"two\rthree", 2),
        ]

    @pytest.mark.parametrize("byte", [b"\x0b", b"\x0c", b"\x00", b"\xa0"])
    def test_other_bytes_are_not_blank(self, byte: bytes) -> None:
        assert lines(byte) == [Record(1, 0, byte, 1)]

    @given(CONTENT)
    def test_every_line_that_is_not_blank_is_returned_once_with_its_place(self, content: bytes) -> None:
        found = lines(content)
        assert [r.data for r in found] == [
            line for line in content.removeprefix(BOM).split(b"\n") if line.strip(b" \t\r")
        ]
        for record in found:
            assert content[record.byte_offset :].startswith(record.data)
            assert content[: record.byte_offset].count(b"\n") == record.line_number - 1

    def test_a_line_of_4_mb_is_kept_whole(self) -> None:
        (record,) = lines(b"x" * MAX_BYTES + b"\n")
        assert (len(record.data), record.size) == (MAX_BYTES, MAX_BYTES)

    @pytest.mark.parametrize("over", [1, 2, 3, 5_000_000])
    def test_the_beginning_and_the_size_of_a_larger_line_are_kept(self, over: int) -> None:
        large, after = lines(b"x" * (MAX_BYTES + over) + b"\nafter\n")
        assert large.size == MAX_BYTES + over
        assert large.data == b"x" * len(large.data)
        assert len(large.data) <= MAX_BYTES + 2
        assert after == Record(2, MAX_BYTES + over + 1, b"after", 5)

    def test_a_blank_line_may_be_of_any_size(self) -> None:
        assert lines(b" " * (MAX_BYTES + 10) + b"\r\n" + b" " * (MAX_BYTES + 10) + b".") == [
            Record(2, MAX_BYTES + 12, b" " * (MAX_BYTES + 2), MAX_BYTES + 11)
        ]

    @given(CONTENT, st.data())
    def test_only_picked_lines_are_returned_and_all_are_counted(self, content: bytes, data: st.DataObject) -> None:
        every = lines(content)
        picked = sorted(data.draw(st.sets(st.integers(0, len(every) + 2))))
        some = Lines(BytesIO(content), picked)
        assert list(some) == [every[number] for number in picked if number < len(every)]
        assert some.seen == len(every)

    @given(st.lists(st.sampled_from([b"one", b" {} \r", b"\xff" + BOM]), min_size=1), st.booleans(), st.data())
    def test_where_every_line_is_known_to_be_a_record_the_same_lines_are_picked(
        self, content: list[bytes], after_bom: bool, data: st.DataObject
    ) -> None:
        whole = BOM * after_bom + b"\n".join(content)
        picked = sorted(data.draw(st.sets(st.integers(0, len(content) - 1))))
        some = Lines(BytesIO(whole), picked, len(content))
        assert list(some) == [lines(whole)[number] for number in picked]
        assert some.seen == len(content)

    def test_a_picked_line_that_is_blank_nevertheless_is_not_counted(self) -> None:
        some = Lines(BytesIO(b"one\n \r\ntwo"), [1, 2], 3)
        assert [record.data for record in some] == [b"two"]
        assert some.seen == 2

    @pytest.mark.parametrize(
        ("content", "lines", "ambiguous"),
        [
            (b"", 0, False),
            (b"one", 1, False),
            (b"one\n", 1, False),
            (b"one\n\n \r\ntwo", 4, False),
            (b"\v\n", 1, True),
            (b"one\n\ftwo\n", 2, True),
            (b"x" * MAX_BYTES + b"\n" + b"y" * MAX_BYTES, 2, False),
            (b"one\n" + b" " * MAX_BYTES + b"\r\ntwo", 3, True),
            (b"one\n" + b"x" * (MAX_BYTES + 1), 2, True),
        ],
    )
    def test_all_lines_are_counted_and_ambiguous_blanks_are_found(
        self, content: bytes, lines: int, ambiguous: bool
    ) -> None:
        assert count_lines(BytesIO(content)) == LineCount(lines, ambiguous)


class TestValuesOfASongFile:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b'{"a": 1}', [b'{"a": 1}']),
            (b'{"a": 1}\n{"a": 2}\n', [b'{"a": 1}', b'{"a": 2}']),
            (b'{"a": 1}{"a": 2} {"a": 3}', [b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']),
            (b'\n\n{\n  "a": {\n    "b": [1]\n  }\n}\n\n', [b'{\n  "a": {\n    "b": [1]\n  }\n}']),
            (b'{\r\n  "a": 1\r\n}\r\n', [b'{\r\n  "a": 1\r\n}']),
            (b'[1, {"a": 2}]null\n7', [b'[1, {"a": 2}]', b"null", b"7"]),
            (b'{"a": "}{"}{"b": "\\"}"}', [b'{"a": "}{"}', b'{"b": "\\"}"}']),
            (b'{"a": "\\\\"}{"b": 1}', [b'{"a": "\\\\"}', b'{"b": 1}']),
            (b'"text" and\n{"a": 1}', [b'"text" and', b'{"a": 1}']),
            (b'{"a": 1\n', [b'{"a": 1']),
            (b'}\n{"a": 1}', [b"}", b'{"a": 1}']),
            (b"", []),
            (BOM + b" \r\n\t", []),
        ],
    )
    def test_a_record_is_a_top_level_value(self, content: bytes, expected: list[bytes]) -> None:
        assert [record.data for record in values(content)] == expected

    def test_a_value_has_the_place_where_it_begins(self) -> None:
        content = BOM + b'\n  {\n"a": 1\n}\n\n {"b": 2} {"c": 3}'
        assert [(r.line_number, r.byte_offset, r.size) for r in values(content)] == [(2, 6, 10), (6, 19, 8), (6, 28, 8)]

    def test_a_missing_quote_costs_one_record(self) -> None:
        content = b'{"a": "no end}\n}\n{"a": 2}\n'
        assert [record.data for record in values(content)] == [b'{"a": "no end}\n}', b'{"a": 2}']

    @given(CONTENT, st.integers(1, 7))
    @example(b'{"a":"\\"', 7)
    @example(b'{"a":"\\\\"}{"b":"\\""}', 1)
    @example(b"\\\n1", 1)
    def test_how_much_is_read_at_once_makes_no_difference(self, content: bytes, chunk: int) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(records, "CHUNK", chunk)
            in_chunks = values(content)
        assert in_chunks == values(content)

    @given(CONTENT)
    def test_every_byte_that_is_not_blank_is_in_one_record(self, content: bytes) -> None:
        position = len(BOM) if content.startswith(BOM) else 0
        for record in values(content):
            assert not content[position : record.byte_offset].strip(b" \t\r\n")
            assert content[record.byte_offset : record.byte_offset + record.size] == record.data
            assert content[: record.byte_offset].count(b"\n") == record.line_number - 1
            position = record.byte_offset + record.size
        assert not content[position:].strip(b" \t\r\n")

    def test_a_value_of_4_mb_is_kept_whole(self) -> None:
        (record,) = values(b'"' + b"x" * (MAX_BYTES - 2) + b'"')
        assert (len(record.data), record.size) == (MAX_BYTES, MAX_BYTES)

    def test_the_beginning_and_the_size_of_a_larger_value_are_kept(self) -> None:
        large, after = values(b'{"a": "' + b"x" * 5_000_000 + b'"}\n{"b": 1}')
        assert (len(large.data), large.size) == (MAX_BYTES + 1, 5_000_009)
        assert after == Record(2, 5_000_010, b'{"b": 1}', 8)


class Large(BytesIO):
    """A record of 50 MB, generated while it is read."""

    left = 50_000_000

    def read(self, size: int | None = -1, /) -> bytes:
        taken = min(size or 0, self.left)
        self.left -= taken
        return b"x" * taken

    def readline(self, size: int | None = -1, /) -> bytes:
        return self.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.left = 50_000_000 - offset
        return offset


@pytest.mark.parametrize("read", [Lines, read_values])
def test_a_large_record_takes_no_more_memory_than_its_beginning(read: Callable[[BinaryIO], Iterable[Record]]) -> None:
    tracemalloc.start()
    try:
        assert [record.size for record in read(Large())] == [50_000_000]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()

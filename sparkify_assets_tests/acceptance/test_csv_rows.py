"""CSV that tells a null from an empty text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_assets.acceptance.csv_rows import CsvError, read_rows, write_rows

CELLS = st.none() | st.text(st.sampled_from('a",\r\n é1'))


def test_nothing_is_null_and_two_quotes_are_an_empty_text() -> None:
    assert read_rows('a,b,c\n,"",x\n') == [["a", "b", "c"], [None, "", "x"]]
    assert write_rows([["a", "b"], [None, ""]]) == 'a,b\n,""\n'


def test_a_line_with_nothing_is_a_null_of_the_only_column_and_skipped_where_there_are_more() -> None:
    assert read_rows("a\n\n1\n") == [["a"], [None], ["1"]]
    assert read_rows("a,b\n\n1,2\n\n\n") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("text", ["", "\n", "\n\n"])
def test_of_no_text_there_are_no_rows(text: str) -> None:
    assert read_rows(text) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_program_ends_them(end: str) -> None:
    assert read_rows(end.join(["a,b", "1,", "3,4"])) == [["a", "b"], ["1", None], ["3", "4"]]


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))))
def test_what_is_written_is_read_back(rows: list[list[str | None]]) -> None:
    header = [["a", "b", "c"][: len(rows[0]) if rows else 1]]
    assert read_rows(write_rows([*header, *rows])) == [*header, *rows]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1))
def test_other_programs_read_it_as_csv(rows: list[list[str | None]]) -> None:
    found = list(csv.reader(io.StringIO(write_rows(rows), newline="")))
    assert found == [[cell or "" for cell in row] for row in rows]


@pytest.mark.parametrize("text", ['a\n"open', 'a\n"1"x\n', 'a\n1"2\n'])
def test_what_is_no_csv_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(CsvError, match=r"line 2 has .*: expected text without quotes"):
        read_rows(text)

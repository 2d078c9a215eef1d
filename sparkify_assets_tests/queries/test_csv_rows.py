"""CSV that keeps null and the empty text apart."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_assets.errors import AcceptanceError
from sparkify_assets.queries.csv_rows import read_rows, write_rows

pytestmark = pytest.mark.check

CELLS = st.none() | st.text(st.sampled_from('a",\r\n é1'))


def test_an_empty_cell_is_null_and_two_quotes_are_an_empty_text() -> None:
    assert read_rows('a,b,c\n,"",x\n') == [["a", "b", "c"], [None, "", "x"]]
    assert write_rows([["a", "b"], [None, ""]]) == 'a,b\n,""\n'


def test_an_empty_line_is_a_null_of_the_only_column_and_skipped_if_there_are_more() -> None:
    assert read_rows("a\n\n1\n") == [["a"], [None], ["1"]]
    assert read_rows("a,b\n\n1,2\n\n\n") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("text", ["", "\n", "\n\n"])
def test_an_empty_text_has_no_rows(text: str) -> None:
    assert read_rows(text) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_programs_line_ends_are_read(end: str) -> None:
    assert read_rows(end.join(["a,b", "1,", "3,4"])) == [["a", "b"], ["1", None], ["3", "4"]]


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))))
def test_written_rows_are_read_back_unchanged(rows: list[list[str | None]]) -> None:
    header = [["a", "b", "c"][: len(rows[0]) if rows else 1]]
    assert read_rows(write_rows([*header, *rows])) == [*header, *rows]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1))
def test_other_programs_can_read_it(rows: list[list[str | None]]) -> None:
    found = list(csv.reader(io.StringIO(write_rows(rows), newline="")))
    assert found == [[cell or "" for cell in row] for row in rows]


@pytest.mark.parametrize("text", ['a\n"open', 'a\n"1"x\n', 'a\n1"2\n'])
def test_broken_csv_is_refused_with_the_line(text: str) -> None:
    with pytest.raises(AcceptanceError, match=r"line 2 has .*: expected text without quotes"):
        read_rows(text)


def test_cells_and_lines_may_end_their_lines_differently() -> None:
    assert read_rows('a,b\n"x\ny", 1\r\n"x\r\ny",2\n') == [["a", "b"], ["x\ny", " 1"], ["x\r\ny", "2"]]

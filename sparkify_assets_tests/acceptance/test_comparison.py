"""Agreed rows against an answer: what counts as the same, and how differences are reported."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_assets.acceptance.comparison import compare
from sparkify_assets.acceptance.difference import Difference
from sparkify_assets.queries.csv_rows import read_rows, write_rows
from sparkify_assets.warehouse.session import Answer

pytestmark = pytest.mark.check


def difference(text: str, columns: str, rows: list[tuple[object, ...]], ordered: bool = False) -> Difference:
    return compare(read_rows(text), Answer(tuple(columns.split()), rows), ordered=ordered)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3", 3),
        ("3.0", 3),
        (" 3 ", 3),
        ("3e0", 3),
        ("3", 3.0),
        ("3", Decimal("3.00")),
        ("0.3", 0.1 + 0.2),
        ("12345678901234567890", 12345678901234567890),
        ("-inf", float("-inf")),
        ("nan", float("nan")),
        ("2018-11-15", date(2018, 11, 15)),
        ("2018-11-15", datetime(2018, 11, 15)),
        ("2018-11-15 00:00:00", date(2018, 11, 15)),
        ("2018-11-15T12:00:00.796", datetime(2018, 11, 15, 12, 0, 0, 796000)),
        ("2018-11-15 12:00:00.796000", datetime(2018, 11, 15, 12, 0, 0, 796000)),
        ("2018-11-15T13:00:00+01:00", datetime(2018, 11, 15, 12)),
        ("2018-11-15T12:00:00Z", datetime(2018, 11, 15, 12, tzinfo=UTC)),
        ("true", True),
        ("False", False),
        ("737", "737"),
        ('"a ""b"", c "', 'a "b", c '),
        ("", None),
        ('""', ""),
    ],
)
def test_a_cell_is_compared_by_the_kind_of_its_column(cell: str, value: object) -> None:
    assert difference(f"a\n{cell}\n", "a", [(value,)]).is_none


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("4", 3),
        ("three", 3),
        ("1,000", 1000),
        ("3.0000001", 3.0),
        ("0.3000000001", Decimal("0.3")),
        ("12345678901234567891", 12345678901234567890),
        ("nan", 1.0),
        ("inf", float("-inf")),
        ("2018-11-16", date(2018, 11, 15)),
        ("15.11.2018", date(2018, 11, 15)),
        ("1", True),
        ("737.0", "737"),
        ("abc ", "abc"),
        ('""', None),
        ("", ""),
        ("0", None),
        ("", 0),
        ("", 0.0),
    ],
)
def test_a_different_value_is_one_row_missing_and_one_too_many(cell: str, value: object) -> None:
    quoted = f'"{cell}"' if "," in cell else cell
    found = difference(f"a\n{quoted}\n", "a", [(value,)])
    assert (found.missing, found.excess) == (1, 1)
    assert found.excess_rows == ({"a": value},) or value != value


def test_rows_count_as_often_as_they_occur() -> None:
    found = difference("a,b\n1,x\n1,x\n2,y\n", "a b", [(1, "x"), (2, "y"), (2, "y"), (3, None)])
    assert (found.missing, found.missing_rows) == (1, ({"a": "1", "b": "x"},))
    assert (found.excess, found.excess_rows) == (2, ({"a": 2, "b": "y"}, {"a": 3, "b": None}))
    assert found.summary == "1 row missing, 2 rows too many"


def test_all_rows_are_counted_and_the_first_20_shown() -> None:
    found = difference("a\n" + "\n".join(map(str, range(100))), "a", [(n,) for n in range(30, 200)])
    assert (found.missing, found.excess) == (30, 100)
    assert [row["a"] for row in found.missing_rows] == [str(n) for n in range(20)]
    assert [row["a"] for row in found.excess_rows] == list(range(100, 120))


def test_order_counts_only_on_request() -> None:
    rows: list[tuple[object, ...]] = [("x", 1), ("y", 2), ("z", 3)]
    assert difference("a,b\nx,1\nz,3\ny,2\n", "a b", rows).is_none
    found = difference("a,b\nx,1\nz,3\ny,2\n", "a b", rows, ordered=True)
    assert (found.missing, found.excess, found.is_none) == (0, 0, False)
    assert "not their order, from row 2 on: expected z, 3, the query gives y, 2" in found.summary


@pytest.mark.parametrize(
    ("header", "columns", "problem"),
    [
        ("a,b", "a", "missing: b"),
        ("a", "a c", "too many: c"),
        ("a,b", "a c", "missing: b; too many: c"),
        ("a,b", "b a", "their order or number"),
        ("a,a", "a", "their order or number"),
    ],
)
def test_different_columns_are_reported_before_any_row(header: str, columns: str, problem: str) -> None:
    row = tuple(range(len(columns.split())))
    found = difference(f"{header}\n1,2\n"[: 2 + len(header) + 2], columns, [row])
    assert found.columns.startswith(
        f"the columns differ ({problem}): expected {', '.join(header.split(','))}, the query"
    )


def test_case_in_column_names_makes_no_difference() -> None:
    assert difference("Plays\n1\n", "plays", [(1,)]).is_none


def test_an_empty_answer_is_compared_too() -> None:
    assert difference("a,b\n", "a b", []).is_none
    assert difference("a\n1\n", "a", []).missing == 1
    assert difference("a\n", "a", [(1,)]).excess == 1


def test_doubles_are_paired_within_rounding_each_once() -> None:
    tiny = 1e-12
    rows: list[tuple[object, ...]] = [("x", 0.1 + tiny, 5.0), ("x", 0.1 - tiny, 5.0), ("x", 0.2, 5.0), ("y", 0.1, None)]
    assert difference("a,b,c\nx,0.2,5\nx,0.1,5\nx,0.1,5.00000000001\ny,0.1,\n", "a b c", rows, ordered=False).is_none
    found = difference("a,b,c\nx,0.2,5\nx,0.1,5\nx,0.1,6\ny,0.1,5\n", "a b c", rows)
    assert (found.missing, found.excess) == (2, 2)


def test_a_decimal_beside_a_rounded_double_is_still_a_number() -> None:
    assert difference("a,b\n3.0,0.3\n", "a b", [(Decimal("3"), 0.1 + 0.2)]).is_none


def test_doubles_that_are_close_only_to_their_neighbours_are_not_equal() -> None:
    chain = [0.0, 0.9e-12, 1.8e-12, 2.7e-12]
    found = difference("a\n0.0\n0.9e-12\n1.8e-12\n0.0\n", "a", [(value,) for value in chain])
    assert (found.missing_rows, found.excess_rows) == (({"a": "0.0"},), ({"a": 2.7e-12},))


def test_of_rows_that_are_close_the_one_that_differs_is_shown() -> None:
    found = difference("a\n0.1\n", "a", [(0.1 + 1e-12,), (0.1,)])
    assert (found.missing, found.excess_rows) == (0, ({"a": 0.1 + 1e-12},))


@pytest.mark.parametrize("place", range(3))
def test_integers_and_decimals_are_exact_at_any_size_beside_nulls(place: int) -> None:
    rows: list[tuple[object, ...]] = [(2**53 + 1, Decimal("9007199254740993.000000001")), (None, None), (-(2**70), 1)]
    text = "a,b\n9007199254740993,9007199254740993.000000001\n,\n-1180591620717411303424,1.0\n"
    assert difference(text, "a b", rows).is_none
    lines = text.splitlines()
    lines[place + 1] = "9007199254740992,9007199254740993.000000002"
    found = difference("\n".join(lines), "a b", rows)
    assert (found.missing, found.excess_rows) == (1, (dict(zip("ab", rows[place], strict=True)),))


VALUES = st.none() | st.sampled_from([0.0, 0.1, 1e300, -5.5, float("inf")])
ROWS = st.lists(st.tuples(st.integers(0, 2) | st.none(), VALUES, st.text('a ,"\n', max_size=2)), max_size=8)


@given(ROWS, st.randoms(use_true_random=False))
def test_an_answer_written_as_csv_equals_itself_in_any_order(rows: list[tuple[object, ...]], chance: Random) -> None:
    text = write_rows([("a", "b", "c"), *rows])
    chance.shuffle(rows)
    assert difference(text, "a b c", rows).is_none


@given(ROWS, st.integers(0, 7))
def test_a_removed_row_is_missing_and_an_added_row_is_too_many(rows: list[tuple[object, ...]], place: int) -> None:
    less = rows[:place] + rows[place + 1 :]
    gone = len(rows) - len(less)
    found = difference(write_rows([("a", "b", "c"), *rows]), "a b c", less)
    # A column that has lost its last value is compared as text.
    assert found.missing - found.excess == gone
    found = difference(write_rows([("a", "b", "c"), *less]), "a b c", rows)
    assert (found.missing, found.excess) == (0, gone)


def test_many_rows_that_differ_in_one_double_are_compared_quickly() -> None:
    rows: list[tuple[object, ...]] = [(0.0, float(n)) for n in range(30_000)]
    text = write_rows([("a", "b"), *((0.0, n + 0.5) for n in range(30_000))])
    assert difference(text, "a b", rows).missing == 30_000

"""Where marks stand: in proportion to their values, whatever these are."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sparkify_assets.report.explorer.drawings import SHADES, TALL, day_chart, days_between, scale_end, shade, spark
from sparkify_assets.report.explorer.parts import change, percent, shown_of

pytestmark = pytest.mark.check
DAY = date(2018, 11, 19)


def test_columns_of_a_day_stand_on_each_other_in_proportion_to_the_scale() -> None:
    chart = day_chart([(DAY, [("paid", 30), ("free", 10)], "a", "Monday"), (DAY + timedelta(1), [], "b", "Tuesday")])
    paid, free = chart.marks[0].columns
    assert [text for _, text in chart.lines] == ["40", "20"]
    assert (paid.height, free.height) == (TALL * 0.75, TALL * 0.25)
    assert (free.top, paid.top) == (0, free.height)
    assert chart.marks[1].columns == ()
    assert chart.marks[1].left == 50


def test_a_scale_ends_at_a_round_number_whose_half_is_round_too() -> None:
    assert [scale_end(most) for most in (0, 1, 3, 7, 99, 100, 101, 567, 4_100_000)] == [
        *(2, 2, 4, 8, 100, 100, 200, 600, 6_000_000)
    ]


def test_dates_below_many_days_do_not_run_into_each_other() -> None:
    days = days_between(date(2015, 1, 1), date(2024, 12, 31))
    lefts = [left for left, _ in day_chart([(day, [], "", "") for day in days]).dates]
    assert all(after - before >= 9 for before, after in pairwise(lefts))


def test_a_spark_line_has_a_point_for_each_day_and_needs_two() -> None:
    assert spark([0, 5, 10]) == "0.0,30.0 60.0,16.0 120.0,2.0"
    assert spark([0, 0]) == "0.0,30.0 120.0,30.0"
    assert spark([7]) == ""


def test_nothing_has_a_shade_of_its_own_and_the_least_of_something_another() -> None:
    assert [shade(value, 1_000) for value in (0, 1, 1_000)] == [0, 1, SHADES]
    assert shade(0, 0) == 0


def test_a_change_is_said_in_words_and_a_share_differs_by_points() -> None:
    assert change(116, 115, "115").share == "up 0.9%"  # type: ignore[union-attr]
    assert change(0, 3, "3").share == "down 100%"  # type: ignore[union-attr]
    assert change(3, 0, "0").share == "up"  # type: ignore[union-attr]
    assert change(0.29, 0.336, "34%", is_share=True).share == "down 4.6 points"  # type: ignore[union-attr]
    assert change(3, None, "") is None
    assert [percent(share) for share in (0, 0.0004, 0.046, 0.5, 12)] == ["0%", "0.0%", "4.6%", "50%", "1,200%"]


def test_what_is_cut_says_so() -> None:
    assert shown_of(25, range(25), 1_204, "song") == "26 to 50 of 1,204 songs"
    assert shown_of(0, range(3), 3, "song") == "All 3 songs"

"""A chart shows all of the time that has rows, unless a few of them lie far away."""

from datetime import date, timedelta

import pandas as pd
import pytest

from sparkify_assets.report.charts.spans import Span, span_of

pytestmark = pytest.mark.check

FIRST = pd.Timestamp("2018-11-05")
CENTURY_END = pd.Timestamp("2099-12-31")


def shown(days: list[pd.Timestamp], counts: list[int] | None = None) -> Span:
    return span_of(pd.Series(days), pd.Series(counts or [10] * len(days)))


def consecutive(length: int, first: pd.Timestamp = FIRST) -> list[pd.Timestamp]:
    return list(pd.date_range(first, periods=length))


@pytest.mark.parametrize(
    ("length", "period"), [(1, "day"), (121, "day"), (122, "week"), (1001, "week"), (1002, "month"), (7306, "month")]
)
def test_all_of_the_time_is_shown_the_longer_the_coarser(length: int, period: str) -> None:
    days = consecutive(length)
    span = shown(days)
    assert span.period == period
    assert span.has(pd.Series(days)).all()
    assert span.first <= days[0]
    assert span.last <= days[-1]


@pytest.mark.parametrize("far", [CENTURY_END, pd.Timestamp("1970-01-01")])
def test_a_day_far_away_is_not_shown(far: pd.Timestamp) -> None:
    week = consecutive(7)
    assert shown(sorted([*week, *week, far])) == Span("day", week[0], week[-1])


def test_a_part_that_is_far_away_and_large_is_shown() -> None:
    days = [*consecutive(100), *consecutive(100, FIRST + timedelta(days=2000))]
    assert shown(days).has(pd.Series(days)).all()


def test_a_part_that_is_small_and_near_is_shown() -> None:
    days = [*consecutive(110), FIRST + timedelta(days=900)]
    assert shown(days).has(pd.Series(days)).all()


def test_no_more_than_twenty_years_are_shown_where_most_is_and_of_equals_the_latest() -> None:
    days = list(pd.date_range("1970-01-01", "2099-12-31", freq="7D"))
    span = shown(days)
    assert span.period == "month"
    assert len(pd.date_range(span.first, span.last, freq="MS")) <= 241
    assert span.last.date() == date(2099, 12, 1)
    dense = [1000 if 2030 <= day.year < 2040 else 1 for day in days]
    found = shown(days, dense)
    assert found.has(pd.Series([day for day in days if 2030 <= day.year < 2040])).all()


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    assert shown(consecutive(300, pd.Timestamp("2018-11-07"))).first == pd.Timestamp("2018-11-05")
    assert shown(consecutive(3000, pd.Timestamp("2018-11-07"))).first == pd.Timestamp("2018-11-01")


def test_days_on_which_nothing_was_counted_are_shown_too() -> None:
    assert shown(consecutive(3), [0, 0, 0]) == Span("day", FIRST, FIRST + timedelta(days=2))

"""A chart shows all of the time that has rows, unless a few of them lie far away."""

from datetime import date, timedelta

import pytest

from sparkify_assets.report.charts.spans import Span, span_of

pytestmark = pytest.mark.check

FIRST = date(2018, 11, 5)
CENTURY_END = date(2099, 12, 31)


def shown(days: list[date], counts: list[int] | None = None) -> Span:
    return span_of(dict(zip(days, counts or [10] * len(days), strict=True)))


def consecutive(length: int, first: date = FIRST, step: int = 1) -> list[date]:
    return [first + timedelta(days=step * n) for n in range(length)]


@pytest.mark.parametrize(
    ("length", "period"), [(1, "day"), (121, "day"), (122, "week"), (1001, "week"), (1002, "month"), (7306, "month")]
)
def test_all_of_the_time_is_shown_the_longer_the_coarser(length: int, period: str) -> None:
    days = consecutive(length)
    span = shown(days)
    assert span.period == period
    assert all(map(span.has, days))
    assert span.first <= days[0]
    assert span.last <= days[-1]


@pytest.mark.parametrize("far", [CENTURY_END, date(1970, 1, 1)])
def test_a_day_far_away_is_not_shown(far: date) -> None:
    week = consecutive(7)
    assert shown([*week, far], [20] * 7 + [10]) == Span("day", week[0], week[-1])


def test_a_part_that_is_far_away_and_large_is_shown() -> None:
    days = [*consecutive(100), *consecutive(100, FIRST + timedelta(days=2000))]
    assert all(map(shown(days).has, days))


def test_a_part_that_is_small_and_near_is_shown() -> None:
    days = [*consecutive(110), FIRST + timedelta(days=900)]
    assert all(map(shown(days).has, days))


def test_no_more_than_twenty_years_are_shown_where_most_is_and_of_equals_the_latest() -> None:
    days = consecutive(6784, date(1970, 1, 1), step=7)
    span = shown(days)
    assert span.period == "month"
    assert (span.last.year - span.first.year) * 12 + span.last.month - span.first.month <= 240
    assert span.last == date(2099, 12, 1)
    dense = [1000 if 2030 <= day.year < 2040 else 1 for day in days]
    assert all(map(shown(days, dense).has, [day for day in days if 2030 <= day.year < 2040]))


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    assert shown(consecutive(300, date(2018, 11, 7))).first == date(2018, 11, 5)
    assert shown(consecutive(3000, date(2018, 11, 7))).first == date(2018, 11, 1)


def test_days_on_which_nothing_was_counted_are_shown_too() -> None:
    assert shown(consecutive(3), [0, 0, 0]) == Span("day", FIRST, FIRST + timedelta(days=2))

"""The filter of a page: read from an address, written to it, and the period before it."""

from datetime import date, datetime, timedelta

import pytest

from sparkify_assets.errors import FilterError
from sparkify_assets.report.asking.filters import BROWSERS, LONGEST_DAYS, Covered, Filter, read_filter, read_options

pytestmark = pytest.mark.check

# A Thursday to a Friday.
NOVEMBER = Covered(date(2018, 11, 1), date(2018, 11, 30))


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2018-11-19", "2018-11-25"),
        ({"period": "week"}, "2018-11-19", "2018-11-25"),
        # Three whole weeks are loaded.
        ({"period": "4weeks"}, "2018-11-05", "2018-11-25"),
        ({"period": "month"}, "2018-11-01", "2018-11-30"),
        ({"period": "all"}, "2018-11-01", "2018-11-30"),
        ({"from": "2018-11-03", "to": "2018-11-04"}, "2018-11-03", "2018-11-04"),
        ({"from": "2018-11-29"}, "2018-11-29", "2018-11-30"),
        ({"to": "2018-11-02"}, "2018-11-01", "2018-11-02"),
        # Who asks for more than is loaded gets what there is of it.
        ({"from": "2017-01-01", "to": "2019-12-31"}, "2017-01-01", "2019-12-31"),
    ],
)
def test_the_period_is_named_or_from_and_to(query: dict[str, str], first: str, last: str) -> None:
    found = read_filter(query, NOVEMBER)
    assert (f"{found.first}", f"{found.last}") == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "period", "expected"),
    [
        ("2018-11-14", "2018-11-16", "week", ("2018-11-14", "2018-11-16")),
        ("2018-11-12", "2018-11-18", "week", ("2018-11-12", "2018-11-18")),
        ("2018-11-13", "2018-11-18", "week", ("2018-11-13", "2018-11-18")),
        ("2018-10-01", "2018-11-29", "month", ("2018-10-01", "2018-10-31")),
        ("2018-10-02", "2018-11-29", "month", ("2018-10-02", "2018-11-29")),
        ("2018-02-01", "2018-02-28", "month", ("2018-02-01", "2018-02-28")),
        ("2018-12-31", "2019-01-31", "month", ("2019-01-01", "2019-01-31")),
    ],
)
def test_where_no_whole_week_or_month_is_loaded_it_is_everything(
    first: str, last: str, period: str, expected: tuple[str, str]
) -> None:
    days = Covered(date.fromisoformat(first), date.fromisoformat(last)).days_of(period)
    assert tuple(map(str, days)) == expected


def test_the_period_before_has_as_many_days_and_the_same_conditions() -> None:
    found = read_filter({"period": "week", "level": "paid", "hour": "0"}, NOVEMBER)
    before = found.before()
    assert (before.first, before.last, before.days) == (date(2018, 11, 12), date(2018, 11, 18), 7)
    assert (before.level, before.hour, before.period) == ("paid", 0, "")
    assert found.has_before(NOVEMBER)
    assert not read_filter({"period": "all"}, NOVEMBER).has_before(NOVEMBER)
    assert not read_filter({"from": "2018-11-01"}, NOVEMBER).has_before(NOVEMBER)


@pytest.mark.parametrize(
    "query",
    [
        {"period": "week"},
        {"from": "2018-11-02", "to": "2018-11-02"},
        {"period": "4weeks", "level": "paid", "place": "A & B=C", "browser": "Internet Explorer", "listeners": "new"},
        {"period": "all", "song": "Émile ' \\ ; --", "artist": "<b>", "weekday": "7", "hour": "0"},
    ],
)
def test_what_is_written_to_an_address_is_read_from_it(query: dict[str, str]) -> None:
    assert read_filter(query, NOVEMBER).as_query() == query


def test_a_step_down_keeps_the_rest_of_the_filter() -> None:
    found = read_filter({"level": "free"}, NOVEMBER).with_(song="Undo", hour=3)
    assert found.as_query() == {"period": "week", "level": "free", "song": "Undo", "hour": "3"}


def test_what_is_not_of_the_filter_is_left_alone() -> None:
    assert read_filter({"sort": "fall", "page": "2"}, NOVEMBER) == read_filter({}, NOVEMBER)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"from": "yesterday"}, "from is 'yesterday': expected a day such as 2018-11-30"),
        ({"to": "2018-02-30"}, "to is '2018-02-30': expected a day"),
        ({"from": "2018-11-09", "to": "2018-11-08"}, "expected days in this order"),
        ({"from": "1900-01-01", "to": "2018-11-08"}, f"expected {LONGEST_DAYS:,} at most"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "expected a day of this era"),
        ({"period": "week", "from": "2018-11-09"}, "expected one of them"),
        ({"period": "year"}, "period is 'year': expected one of week, 4weeks, month, all"),
        ({"level": "gold"}, "level is 'gold': expected one of free, paid"),
        ({"browser": "Lynx"}, "browser is 'Lynx': expected one of Chrome"),
        ({"listeners": "all"}, "expected one of new, returning"),
        ({"weekday": "0"}, "weekday is '0': expected a number from 1 to 7"),
        ({"weekday": "８"}, "expected a number from 1 to 7"),
        ({"hour": "24"}, "hour is '24': expected a number from 0 to 23"),
        ({"hour": "1" * 5_000}, "expected a number from 0 to 23"),
        ({"song": "a\0b"}, "expected a text"),
        ({"artist": "é" * 513}, "expected a text of 1,024 bytes at most"),
        ({"place": "\ud800"}, "expected UTF-8"),
    ],
)
def test_nonsense_is_refused_with_what_was_expected(query: dict[str, str], message: str) -> None:
    with pytest.raises(FilterError) as refusal:
        read_filter(query, NOVEMBER)
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_the_longest_period_fits_and_so_does_the_one_before() -> None:
    last = date(2018, 11, 30)
    first = last - timedelta(days=LONGEST_DAYS - 1)
    found = read_filter({"from": f"{first}", "to": f"{last}"}, NOVEMBER)
    assert found.days == found.before().days == LONGEST_DAYS


def test_a_page_of_plays_and_an_order_are_read_from_the_address() -> None:
    assert read_options({}) == ()
    moment = datetime(2018, 11, 15, 12, 0, 0, 796_000)
    given = {"sort": "fall", "before": f"{moment}", "after_id": "ab"}
    assert dict(read_options(given)) == {"sort": "fall", "before": moment, "after_id": "ab"}
    with pytest.raises(FilterError, match="before is 'noon': expected a moment"):
        read_options({"before": "noon"})


def test_the_browsers_to_choose_from_are_those_that_loads_tell_apart() -> None:
    from sparkify_assets_tests.oracle import _BROWSERS

    assert sorted(BROWSERS) == sorted({*_BROWSERS, "Other"})
    assert Filter(date(2018, 11, 1), date(2018, 11, 1)).days == 1

"""A chart stays small and readable, whatever the lake holds: an odd clock, a century, a thousand levels."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from sparkify_assets.report.charts.insight_charts import spec_of
from sparkify_assets.report.visible import REPLACEMENT
from sparkify_assets_tests.lakes import DAY, UNFIT
from sparkify_assets_tests.report.charts.test_insight_charts import drawn_from, parts

FAR = date(2099, 12, 31)
Rows = Sequence[Mapping[str, Any]]


def levels(*days: date, named: Sequence[str] = ("free", "paid")) -> Rows:
    """Rows of subscription_levels: on each day two users and ten plays at each level."""
    return [
        {"day": day, "level": level, "users": 2, "plays": 10, "upgrades": 0, "downgrades": 0, "registered_users": 3}
        for day in days
        for level in named
    ]


def history(*days: date, named: Sequence[str] = ("free", "paid")) -> Rows:
    """Rows of user_level_history: on each day two users get each level, and keep it."""
    return [{"level": level, "valid_from": day, "valid_to": None, "users": 2} for day in days for level in named]


def activity(*days: date) -> Rows:
    """Rows of user_activity: on each day ten plays by two users."""
    starts = {
        "day": days,
        "week": sorted({day - timedelta(days=day.weekday()) for day in days}),
        "month": sorted({day.replace(day=1) for day in days}),
    }
    return [
        {"period": period, "starts_on": start, "plays": 10, "active_users": 2, "sessions": 2, "top_ten_share": 1.0}
        for period, its_starts in starts.items()
        for start in its_starts
    ]


def cohorts(*days: date) -> Rows:
    """Rows of retention: in each week ten new users, who never come back."""
    weeks = sorted({day - timedelta(days=day.weekday()) for day in days})
    return [
        {
            "cohort_week": week,
            "weeks_later": 0,
            "cohort_users": 10,
            "active_users": 10,
            "retained": 1.0,
            "users_left_out": 0,
        }
        for week in weeks
    ]


MADE = {"subscription_levels": levels, "user_level_history": history, "user_activity": activity, "retention": cohorts}
WEEK = [DAY + timedelta(days=n) for n in range(7)]
MONTHS = [DAY + timedelta(days=n) for n in range(100)]
CENTURY = [date(1970, 1, 1) + timedelta(days=7 * n) for n in range(6780)]


@pytest.mark.parametrize("name", MADE)
def test_one_day_far_away_leaves_the_chart_as_it_was_but_for_a_note(name: str) -> None:
    usual, odd = spec_of(name, MADE[name](*MONTHS)), spec_of(name, MADE[name](*MONTHS, FAR))
    assert drawn_from(odd) == drawn_from(usual)
    assert len(json.dumps(odd)) < 1.2 * len(json.dumps(usual))
    assert str(odd["description"]).startswith(f"{usual['description']} Not shown: ")
    assert "of 1 other " in odd["description"]
    assert " Dec 2099." in odd["description"]


@pytest.mark.parametrize("name", ["subscription_levels", "user_activity", "user_level_history"])
def test_the_axis_says_what_is_not_shown_so_a_picture_does_too(name: str) -> None:
    titles = [
        part["title"] for part in parts(spec_of(name, MADE[name](*MONTHS, FAR))) if isinstance(part.get("title"), list)
    ]
    assert [title[1][:10] for title in titles] == ["Not shown:"]


@pytest.mark.parametrize("name", MADE)
def test_a_century_takes_no_more_room_than_twenty_years(name: str) -> None:
    assert len(json.dumps(spec_of(name, MADE[name](*CENTURY)))) < 300_000


@pytest.mark.parametrize("make", [levels, history])
def test_of_many_levels_the_rarest_are_one(make: Any) -> None:
    named = ["paid", "free", *(f"level {n}" for n in range(1000))]
    rows = [*make(*WEEK, named=named), *make(*WEEK, named=["paid", "free"])]
    spec = spec_of({levels: "subscription_levels", history: "user_level_history"}[make], rows)
    assert {row["level"] for row in drawn_from(spec)} == {"paid", "free", "1,000 other levels"}
    assert "1,000 other levels" in spec["description"]
    assert len(json.dumps(spec)) < 20_000


def test_three_levels_are_shown_as_they_are() -> None:
    spec = spec_of("subscription_levels", levels(DAY, named=["trial", "free", "paid"]))
    assert [row["level"] for row in drawn_from(spec)] == ["paid", "free", "trial"]


def test_levels_of_a_long_time_are_shown_by_week_plays_added_up_and_users_at_its_end() -> None:
    monday = DAY - timedelta(days=DAY.weekday())
    spec = spec_of("subscription_levels", levels(*(monday + timedelta(days=n) for n in range(200))))
    first = drawn_from(spec)[0]
    assert (first["users"], first["plays"]) == (3, 70)
    assert "Registered users at the end of each week" in json.dumps(spec)
    assert "Plays a week" in json.dumps(spec)


def test_levels_from_before_the_time_that_is_shown_count_from_its_beginning() -> None:
    spec = spec_of("user_level_history", history(date(1970, 1, 1), *MONTHS, named=["free"]))
    assert [row["users"] for row in drawn_from(spec)] == [2 * n for n in range(2, 102)]


def test_a_week_in_which_nobody_came_back_is_shown_as_none() -> None:
    later = [DAY + timedelta(days=7 * n) for n in range(3)]
    assert [row["label"] for row in drawn_from(spec_of("retention", cohorts(*later)))] == [
        "100%", "0%", "0%", "100%", "0%", "100%",
    ]  # fmt: skip


def test_no_text_of_the_lake_reaches_a_chart_with_what_would_end_its_renderer() -> None:
    song = {"song_title": f"a{UNFIT}", "artist_name": UNFIT, "plays": 1, "listeners": 1}
    specs = [spec_of("song_popularity", [song]), spec_of("subscription_levels", levels(DAY, named=[UNFIT]))]
    values = [value for part in parts(specs) for value in part.values() if isinstance(value, str)]
    assert any(REPLACEMENT in value for value in values)
    assert not [value for value in values if set(value) & set(UNFIT)]

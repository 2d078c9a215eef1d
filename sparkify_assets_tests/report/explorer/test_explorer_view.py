"""Where a reader is, and the addresses of other places: everything is in them, and nothing more than was chosen."""

from datetime import date

import pytest

from sparkify_assets.errors import FilterError
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.asking.filters import Covered
from sparkify_assets.report.explorer.explorer_view import TrailStep, View, filter_in_words, read_view

pytestmark = pytest.mark.check

COVERED = Covered(date(2018, 11, 1), date(2018, 11, 30))


def view(page: str = "overview", **query: str) -> View:
    return read_view(page, {name.rstrip("_"): value for name, value in query.items()}, COVERED)


def test_without_a_filter_it_is_the_latest_whole_week_and_the_address_has_none() -> None:
    seen = view()
    assert (seen.filter.first, seen.filter.last) == (date(2018, 11, 19), date(2018, 11, 25))
    assert seen.at() == DASHBOARD
    assert seen.at("songs") == f"{DASHBOARD}/songs"


def test_a_way_down_keeps_the_filter_and_a_step_back_takes_away_what_was_added() -> None:
    seen = view("artist", level="paid", place="Fargo, ND", artist="Björk", from_="2018-11-02", to="2018-11-09")
    down = seen.at("song", song="Undo", artist="Björk")
    assert down == (
        f"{DASHBOARD}/song?from=2018-11-02&to=2018-11-09&level=paid&place=Fargo%2C+ND&song=Undo&artist=Bj%C3%B6rk"
    )
    assert seen.without("artist") == f"{DASHBOARD}/songs?from=2018-11-02&to=2018-11-09&level=paid&place=Fargo%2C+ND"
    assert [step.title for step in seen.trail()] == ["Overview", "Songs and artists", "Fargo, ND", "Björk"]


def test_another_page_begins_its_tables_anew_and_another_period_too() -> None:
    seen = view("songs", sort="fall", skip="50")
    assert seen.at(artists_skip=25) == f"{DASHBOARD}/songs?sort=fall&skip=50&artists_skip=25"
    assert seen.at("where") == f"{DASHBOARD}/where"
    assert seen.on(date(2018, 11, 3)) == f"{DASHBOARD}/songs?from=2018-11-03&to=2018-11-03&sort=fall"


def test_periods_with_the_same_days_are_offered_once() -> None:
    titles = [choice.title for choice in view().periods()]
    assert titles == ["Latest week", "4 weeks", "Everything"]
    assert [choice.title for choice in view(period="month").periods() if choice.is_current] == ["Everything"]


def test_a_song_is_shown_with_its_artist_and_an_hour_with_its_weekday() -> None:
    assert view("song", song="Undo", artist="Björk").titled("song") == "Undo · Björk"
    assert view("hour", hour="23", weekday="7").titled("hour") == "Sundays, 23:00 to 00:00 UTC"
    assert list(view("song", song="Undo", artist="Björk").trail())[-1] == TrailStep("Undo · Björk")


def test_the_filter_is_said_in_words_with_what_it_is_compared_with() -> None:
    assert filter_in_words(view("songs", level="paid", place="Fargo, ND")) == (
        "19 to 25 Nov 2018, paid level, Fargo, ND. Compared with 12 to 18 Nov 2018. Days and hours are in UTC."
    )
    assert "nothing to compare with" in filter_in_words(view(period="all"))


def test_nonsense_in_an_address_is_refused_or_ignored() -> None:
    with pytest.raises(FilterError, match="from is 'x'"):
        view(from_="x")
    assert view("songs", skip="-1").skipped("skip") == 0

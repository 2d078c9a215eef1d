"""The charts show what the warehouse holds, in an order that never depends on chance."""

import random
import re
import struct
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair as alt
import pytest

from sparkify_assets import model
from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import LEADERS, VEGA_LITE, WIDTH
from sparkify_assets.report.charts.insight_charts import CHARTS, spec_of
from sparkify_assets.report.charts.pictures import LARGE, draw
from sparkify_assets.report.pages.figures import Figures
from sparkify_assets_tests.lakes import DAY
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.report.pages.test_templates import contrast

SCHEMES = (theme.LIGHT, theme.DARK)
WITHOUT_A_CHART = {"data_status", "sessions", "page_activity", "user_summary"}


def parts(spec: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a specification, outermost first."""
    if isinstance(spec, dict):
        yield spec
        for value in spec.values():
            yield from parts(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from parts(value)


def data(figures: Figures, name: str) -> list[dict[str, Any]]:
    """Return the values that a chart is drawn from, in order."""
    return drawn_from(spec_of(name, figures.insights[name]))


def drawn_from(spec: object) -> list[dict[str, Any]]:
    return next(list(part["data"]["values"]) for part in parts(spec) if "data" in part)


@pytest.fixture(scope="module")
def specs(figures: Figures) -> dict[str, Any]:
    """The specification of every chart."""
    assert CHARTS
    return {name: spec_of(name, figures.insights[name]) for name in CHARTS}


def test_every_insight_but_a_few_has_a_chart_that_is_drawn_as_a_picture(figures: Figures) -> None:
    pictures = draw({name: spec_of(name, figures.insights[name]) for name in CHARTS}, LARGE).of(LARGE)
    assert pictures.keys() == model.insights().keys() - WITHOUT_A_CHART
    offenders = [
        f"{name}: {width} wide, begins with {drawn[:4]!r}"
        for name, drawn in pictures.items()
        for width in struct.unpack(">I", drawn[16:20])
        if not drawn.startswith(b"\x89PNG") or not 2 * WIDTH <= width <= 2 * (WIDTH + 160)
    ]
    assert not offenders, "\n".join(offenders)


def test_every_chart_is_valid_vega_lite(specs: dict[str, Any]) -> None:
    assert alt.SCHEMA_VERSION.startswith(f"v{VEGA_LITE}.")
    empty = {f"{name} without rows": spec_of(name, []) for name in specs}
    offenders = []
    for name, spec in (specs | empty).items():
        try:
            alt.Chart.from_dict(spec)
        except alt.SchemaValidationError as error:
            offenders.append(f"{name}: {error}")
    assert not offenders, "\n".join(offenders)


def test_a_chart_has_a_title_and_a_finding_in_words_with_figures(specs: dict[str, Any]) -> None:
    offenders = [
        f"{name}: {spec['title']}, {spec['description']}"
        for name, spec in specs.items()
        if not spec["title"]["text"] or not spec["title"]["subtitle"] or not re.search(r"\d", spec["description"])
    ]
    assert not offenders, "\n".join(offenders)


def test_a_chart_without_rows_says_nothing_yet() -> None:
    described = {name: spec_of(name, [])["description"] for name in CHARTS}
    offenders = [f"{name}: {words}" for name, words in described.items() if "Nothing yet" not in words]
    assert not offenders, "\n".join(offenders)


def test_a_chart_without_rows_is_drawn_as_a_picture_too() -> None:
    assert draw({"retention": spec_of("retention", [])}, LARGE).of(LARGE)["retention"].startswith(b"\x89PNG")


def test_the_order_of_the_rows_makes_no_difference(
    figures: Figures, specs: dict[str, Any], chance: random.Random
) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in figures.insights.items()}
    offenders = [name for name, spec in specs.items() if spec_of(name, shuffled[name]) != spec]
    assert not offenders, "\n".join(offenders)


def test_a_chart_names_no_colour_so_one_specification_serves_both_schemes(specs: dict[str, Any]) -> None:
    offenders = [f"{name} has a configuration" for name, spec in specs.items() if "config" in spec]
    offenders += [
        f"{name}: {part}"
        for name, spec in specs.items()
        for part in parts(spec)
        if {"fill", "stroke", "background", "scheme"} & part.keys()
    ]
    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize(
    ("name", "key"),
    [("song_popularity", "song_title"), ("artist_popularity", "artist_name")],
)
def test_rankings_show_the_most_plays_first(figures: Figures, listened: Platform, name: str, key: str) -> None:
    expected = listened.values(
        f"SELECT plays, listeners FROM insights.{name} ORDER BY plays DESC, {key} LIMIT {LEADERS}"
    )
    shown = data(figures, name)
    assert [row["plays"] for row in shown] == [plays for plays, _ in expected]
    assert sorted((row["plays"], row["listeners"]) for row in shown) == sorted(expected)


def test_a_long_ranking_shows_only_the_first() -> None:
    rows = [{"artist_name": f"Artist {n}", "plays": n, "listeners": 1} for n in range(50)]
    assert [row["plays"] for row in drawn_from(spec_of("artist_popularity", rows))] == list(range(49, 49 - LEADERS, -1))


def test_places_are_ranked_by_listeners_and_show_how_much_one_of_them_plays() -> None:
    rows = [
        {"location": "Waterloo, IA", "listeners": 1, "plays": 400, "top_listener_plays": 400},
        {"location": "New York, NY", "listeners": 10, "plays": 300, "top_listener_plays": 75},
        {"location": "Ames, IA", "listeners": 1, "plays": 500, "top_listener_plays": 500},
    ]
    spec = spec_of("location_activity", rows)
    assert [(row["name"], row["label"]) for row in drawn_from(spec)] == [
        ("New York, NY · 300 plays, 25% by one listener", "10"),
        ("Ames, IA · 500 plays, 100% by one listener", "1"),
        ("Waterloo, IA · 400 plays, 100% by one listener", "1"),
    ]
    assert spec["description"] == (
        "The place with the most listeners is New York, NY: 300 plays by 10 listeners. "
        "The place with the most plays is Ames, IA: 500 plays, 100% of them by one listener."
    )


def test_a_name_is_one_bar_however_it_was_encoded(figures: Figures) -> None:
    shown = [(row["name"], row["plays"]) for row in data(figures, "artist_popularity")]
    assert [plays for name, plays in shown if name == "Björk"] == [4]


def test_a_long_name_is_cut_with_an_ellipsis(figures: Figures) -> None:
    (shown,) = [row["name"] for row in data(figures, "song_popularity") if row["name"].startswith("SSS")]
    assert len(shown) < 100
    assert shown.endswith("…")


def test_the_week_has_every_hour_from_monday_on_with_zero_where_nothing_was_played(
    figures: Figures, listened: Platform
) -> None:
    cells = data(figures, "peak_usage")
    assert [(cell["weekday"], cell["hour"]) for cell in cells] == [
        (day, hour) for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") for hour in range(24)
    ]
    expected = listened.values("SELECT weekday, hour, plays FROM insights.peak_usage ORDER BY weekday, hour")
    shown = [(n // 24 + 1, cell["hour"], cell["plays"]) for n, cell in enumerate(cells) if cell["plays"]]
    assert shown == expected
    assert {cell["plays"] for cell in cells} >= {0, 5}


def test_the_busiest_hour_is_the_one_with_the_most_plays_on_each_of_its_days() -> None:
    friday = {"weekday": 5, "hour": 16, "plays": 140, "listeners": 9, "days_in_range": 5, "plays_per_day": 28.0}
    tuesday = {"weekday": 2, "hour": 20, "plays": 115, "listeners": 9, "days_in_range": 4, "plays_per_day": 28.75}
    outside = {"weekday": 1, "hour": 3, "plays": 500, "listeners": 1, "days_in_range": 0, "plays_per_day": None}
    assert spec_of("peak_usage", [friday, tuesday, outside])["description"] == (
        "The busiest hour is Tuesday, 20:00 to 21:00 UTC, with 28.8 plays a day: 115 plays on 4 days. The busiest "
        "weekday is Tuesday with 28.8 plays a day, the quietest with plays is Friday with 28 plays a day."
    )


def test_a_day_without_a_play_is_shown_as_zero(figures: Figures, listened: Platform) -> None:
    days = data(figures, "user_activity")
    assert [day["plays"] for day in days] == [9, 1, 0, 0, 0, 0, 0, 1]
    assert all(later["starts"] == sooner["ends"] for sooner, later in pairwise(days))
    (total,) = listened.values("SELECT COUNT(*) FROM sparkify.songplays")
    assert (sum(day["plays"] for day in days),) == total


@pytest.mark.parametrize(("days", "period"), [(100, "day"), (400, "week"), (1500, "month")])
def test_a_longer_time_is_shown_in_longer_periods(days: int, period: str) -> None:
    rows = [
        {"period": each, "starts_on": start, "plays": 1, "active_users": 1, "sessions": 1, "top_ten_share": 1.0}
        for each, first in (("day", DAY), ("week", date(2018, 11, 12)), ("month", date(2018, 11, 1)))
        for start in (first, _later(first, days, each))
    ]
    assert f"Plays a {period}" in str(spec_of("user_activity", rows))


def _later(first: date, days: int, period: str) -> date:
    later = first + timedelta(days=days)
    return (
        later - timedelta(days=later.weekday())
        if period == "week"
        else later.replace(day=1 if period == "month" else later.day)
    )


def test_levels_are_counted_by_day_and_stacked(figures: Figures, listened: Platform) -> None:
    values = data(figures, "subscription_levels")
    expected = listened.values(
        "SELECT level, SUM(plays) FROM insights.subscription_levels GROUP BY level ORDER BY level"
    )
    for level, plays in expected:
        assert sum(value["plays"] for value in values if value["level"] == level) == plays
    assert all(value["top"] - value["bottom"] == value["plays"] for value in values)


def test_upgrades_and_downgrades_are_shown_only_if_there_are_any() -> None:
    stays = {"day": DAY, "level": "free", "users": 1, "plays": 1, "upgrades": 0, "downgrades": 0, "registered_users": 3}
    moves = {
        "day": DAY + timedelta(days=1),
        "level": "paid",
        "users": 1,
        "plays": 1,
        "upgrades": 1,
        "downgrades": 0,
        "registered_users": 3,
    }
    assert len(spec_of("subscription_levels", [stays])["vconcat"]) == 2
    assert len(spec_of("subscription_levels", [stays, moves])["vconcat"]) == 3


def test_users_are_counted_at_their_level_at_the_end_of_the_day(figures: Figures, listened: Platform) -> None:
    values = data(figures, "user_level_history")
    latest = "SELECT level, COUNT(*) FROM insights.user_level_history WHERE valid_to IS NULL GROUP BY level"
    expected = {str(level): users for level, users in listened.values(latest)}
    assert {value["level"]: value["users"] for value in values[-2:]} == expected == {"free": 2, "paid": 1}
    assert {value["level"]: value["users"] for value in values[:2]} == {"free": 3, "paid": 0}


def test_rows_of_users_and_their_counts_by_day_give_the_same_chart(figures: Figures, listened: Platform) -> None:
    rows = listened.rows("SELECT * FROM insights.user_level_history")
    assert spec_of("user_level_history", rows) == spec_of("user_level_history", figures.insights["user_level_history"])


def test_returning_users_are_a_share_of_those_who_registered() -> None:
    """User 1 registered before the log days, two in their first week, and one of them plays in the week after."""
    monday = date(2018, 11, 12)
    figures = {"weeks_later": 0, "cohort_users": 2, "active_users": 2, "retained": 1.0, "users_left_out": 1}
    later = {"weeks_later": 1, "active_users": 1, "retained": 0.5}
    new = {"cohort_week": monday, **figures}
    before = {"cohort_week": None, **figures, "cohort_users": 1, "active_users": 1}
    spec = spec_of("retention", [before, before | later | {"active_users": 0, "retained": 0.0}, new, new | later])
    shown = [(cell["cohort"], cell["later"], cell["label"]) for cell in drawn_from(spec)]
    assert shown == [("before", 0, "100%"), ("before", 1, "0%"), ("12 Nov", 0, "100%"), ("12 Nov", 1, "50%")]
    assert spec["description"] == (
        "Of 2 users who registered in 1 week from 12 Nov on, 1 played in the week after: 50%. 1 user registered before "
        "the first log day: 100% of them played in its week, 0% in the latest one that is shown. 1 user without a "
        "registration is left out."
    )


def test_the_funnel_shows_the_steps_of_the_latest_week_in_their_order() -> None:
    week, later = date(2018, 11, 12), date(2018, 11, 19)
    seen = {"step": "seen", "step_number": 1, "users": 4, "share_of_seen": 1.0}
    upgraded = {"step": "upgraded", "step_number": 4, "users": 1, "share_of_seen": 0.25}
    spec = spec_of("funnel", [{"week": week, **seen}, {"week": later, **upgraded}, {"week": later, **seen}])
    assert [(value["name"], value["label"]) for value in drawn_from(spec)] == [
        ("seen · 100%", "4"),
        ("upgraded · 25%", "1"),
    ]
    assert spec["description"] == (
        "Week from 19 Nov 2018: 4 users seen, 0 played, 1 upgraded, 0 downgraded, 0 cancelled."
    )


def test_what_the_song_catalog_knows_is_shown_by_kind_of_match() -> None:
    rows = [{"match_kind": kind, "plays": n, "listeners": 1, "songs": 1} for kind, n in (("none", 3), ("exact", 1))]
    spec = spec_of("catalog_coverage", rows)
    assert [value["label"] for value in drawn_from(spec)] == ["1", "0", "0", "3"]
    assert spec["description"] == (
        "Of 4 plays 1 match a song exactly (25.0%), and the catalog has the artist of 1 (25.0%)."
    )


def test_a_finding_about_all_days_says_which(figures: Figures) -> None:
    described = {name: spec_of(name, rows, figures.covered)["description"] for name, rows in figures.insights.items()}
    offenders = [words for words in described.values() if not re.search(r"\b\d{1,2} Nov( 2018)?\b", words)]
    assert not offenders, "\n".join(offenders)
    assert described["song_popularity"].startswith("15 to 22 Nov 2018: the most played song is ")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_share_is_readable_on_every_step_of_its_colour(scheme: str) -> None:
    pale, strong = theme.STEPS[scheme][: -theme.STRONG_STEPS], theme.STEPS[scheme][-theme.STRONG_STEPS :]
    assert all(contrast(theme.colours(scheme)["text"], step) >= 4.5 for step in pale)
    assert all(contrast(theme.ON_STRONG[scheme], step) >= 4.5 for step in strong)


def test_the_theme_is_packaged() -> None:
    setup = ConfigParser()
    setup.read(Path(theme.__file__).parents[3] / "setup.cfg")
    assert setup["options.package_data"]["sparkify_assets.report.charts"] == "*.json"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marks_stand_out_from_the_page(scheme: str) -> None:
    surface, marks = theme.colours(scheme)["surface"], theme.config(scheme)["range"]["category"]
    assert all(contrast(mark, surface) >= 3 for mark in marks)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_more_contrasts_more_for_readers_who_see_no_colour(scheme: str) -> None:
    surface = theme.colours(scheme)["surface"]
    for ramp in (theme.RAMPS[scheme], theme.STEPS[scheme]):
        contrasts = [contrast(step, surface) for step in ramp]
        assert contrasts == sorted(contrasts)

"""The statements of the dashboard: what is in them, what is bound, and what each column says of itself."""

import re
from dataclasses import replace
from datetime import date

import pytest

from sparkify_assets.errors import FilterError
from sparkify_assets.model.roles import ANALYST
from sparkify_assets.queries import names
from sparkify_assets.report.asking.composing import Composed, compose, is_answerable
from sparkify_assets.report.asking.filters import Filter
from sparkify_assets.warehouse import dialect
from sparkify_assets.warehouse.translations import parameters, selected_columns, tables_read

pytestmark = pytest.mark.check

QUESTIONS = [name.rpartition("/")[2] for name in names("dashboard")]
BARE = Filter(date(2018, 11, 5), date(2018, 11, 11))
HOSTILE = "'; DROP TABLE sparkify.users; -- :hour"
FULL = replace(BARE, level="paid", place=HOSTILE, browser="Safari", listeners="returning", weekday=7, hour=0)
OF_A_SONG = replace(FULL, song=HOSTILE, artist=HOSTILE)


def composed(name: str, filter_: Filter = BARE) -> Composed:
    return compose(name, filter_, 50)


def widest(name: str) -> Filter:
    return OF_A_SONG if is_answerable(name, OF_A_SONG) else FULL


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_statement_runs_on_both_engines_with_every_filter_and_none(name: str) -> None:
    for filter_ in (BARE, widest(name)):
        sql = composed(name, filter_).query.sql
        assert dialect.translate(sql)
        assert not re.search(r"\b(?:FROM|JOIN) (?:played|viewed|compared)\b", sql) or sql.startswith("WITH ")


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_value_is_bound(name: str) -> None:
    found = composed(name, widest(name))
    assert HOSTILE not in found.query.sql
    assert parameters(found.query.sql) == sorted(found.values)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_reads_what_analysts_may_read(name: str) -> None:
    readable = {table.full_name for table in ANALYST.tables}
    assert set(tables_read(composed(name, widest(name)).query.sql)) <= readable


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_says_how_it_is_counted_and_none_is_a_persons(name: str) -> None:
    found = composed(name)
    assert list(found.columns) == selected_columns(found.query.sql)
    for column, meaning in found.columns.items():
        assert meaning.endswith("."), column
    assert found.meaning.endswith(".")
    assert not {"user_id", "first_name", "last_name", "user_agent"} & {*found.columns}


def test_a_statement_has_the_conditions_that_are_set_and_no_others() -> None:
    where = re.compile(r"WHERE start_date BETWEEN (.*?)\n\)", re.DOTALL)
    (bare,) = where.findall(composed("summary").query.sql)
    assert bare == ":first_day AND :last_day"
    (full,) = where.findall(composed("summary", OF_A_SONG).query.sql)
    assert [line.strip().split(" = ")[0] for line in full.splitlines()[1:]] == [
        "AND level",
        "AND location",
        "AND browser",
        "AND EXTRACT(dow FROM start_date)",
        "AND EXTRACT(hour FROM start_time)",
        "AND song_title_clean",
        "AND artist_name_clean",
        "AND user_id IN (SELECT user_id FROM insights.user_summary WHERE CAST(first_played AS DATE) < :first_day)",
    ]


def test_the_statement_that_is_shown_has_the_values_as_texts_of_redshift() -> None:
    shown = composed("summary", replace(BARE, song="It's \\ :hour", hour=3)).shown
    assert r"song_title_clean = 'It''s \\ :hour' AND LEN(song_title_clean) = 12" in shown
    assert "BETWEEN CAST('2018-11-05' AS DATE) AND CAST('2018-11-11' AS DATE)" in shown
    assert "EXTRACT(hour FROM start_time) = 3" in shown


@pytest.mark.parametrize("name", ["moves", "moves_by_day", "errors", "funnel"])
def test_page_views_are_not_asked_for_by_song(name: str) -> None:
    for filter_ in (replace(BARE, song="a"), replace(BARE, artist="a")):
        assert not is_answerable(name, filter_)
        with pytest.raises(FilterError, match="page views are of no song and no artist"):
            composed(name, filter_)


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(FilterError, match="sort is 'name': expected one of plays, before, rise, fall, stopped, new"):
        compose("songs", BARE, 50, options={"sort": "name"})
    with pytest.raises(FilterError, match="sort is 'listeners'"):
        compose("songs", BARE, 50, options={"sort": "listeners"})
    assert compose("where", BARE, 50, options={"sort": "listeners"})

"""What people ask about the tables, and what they meant when they named one that is not there."""

import pytest

from sparkify_assets import model
from sparkify_assets.errors import QueryError
from sparkify_assets.report.answers import ask
from sparkify_assets.report.tables import describe_table, list_tables
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check


def test_every_table_is_listed_with_its_meaning_what_people_ask_of_first() -> None:
    listed = list_tables()
    assert {name for name, _ in listed.rows} == set(model.tables())
    assert str(listed.rows[0][0]).startswith("sparkify.")
    assert all(meaning for _, meaning in listed.rows)


@pytest.mark.parametrize("name", ["songplays", "sparkify.songplays", "SPARKIFY.SongPlays"])
def test_a_table_is_described_with_its_schema_or_without(name: str) -> None:
    table = model.table("sparkify.songplays")
    assert [row[0] for row in describe_table(name).rows] == [column.name for column in table.columns]


def test_an_unknown_table_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(QueryError, match=r"no table songplay: did you mean sparkify\.songplays"):
        describe_table("songplay")
    with pytest.raises(QueryError, match=r"no table xyz: `sparkify tables` lists all"):
        describe_table("xyz")


@pytest.mark.parametrize("sql", ["SHOW TABLES", "show tables;", " Show  Tables "])
def test_show_tables_lists_them_without_a_warehouse(embedded: Platform, sql: str) -> None:
    assert ask(embedded.warehouse, sql) == list_tables()


@pytest.mark.parametrize("sql", ["DESCRIBE users", "desc sparkify.users;", 'describe table "sparkify"."users"'])
def test_describe_shows_the_columns(embedded: Platform, sql: str) -> None:
    assert ask(embedded.warehouse, sql) == describe_table("sparkify.users")


def test_a_question_for_a_table_that_is_not_there_names_the_nearest(embedded: Platform) -> None:
    with pytest.raises(QueryError, match=r"reads songplay: expected .* \(did you mean sparkify\.songplays or "):
        ask(embedded.warehouse, "SELECT * FROM songplay")


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        (
            "SELECT artist_nam FROM sparkify.songplays",
            "no table of the question has the column artist_nam (line 1, column 8): did you mean artist_name",
        ),
        (
            "SELECT 1,\n  p.userid FROM sparkify.songplays AS p",
            "column userid (line 2, column 5): did you mean user_id?",
        ),
        (
            "SELECT zzz FROM sparkify.users",
            "no table of the question has the column zzz (line 1, column 8), see `spark",
        ),
    ],
)
def test_a_column_that_no_table_has_is_named_with_its_place_and_the_nearest(
    platform: Platform, sql: str, hint: str
) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    platform.warehouse.publish()
    with pytest.raises(QueryError) as refused:
        ask(platform.warehouse, sql)
    assert hint in str(refused.value)


def test_names_that_the_question_itself_gives_are_no_unknown_columns(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    embedded.warehouse.publish()
    with pytest.raises(QueryError) as refused:
        ask(
            embedded.warehouse,
            "WITH few (one, two) AS (SELECT user_id, level AS three FROM sparkify.users) "
            "SELECT one, two, f.one, 1 / CAST(two AS INTEGER) AS four FROM few AS f ORDER BY four",
        )
    assert "no table of the question" not in str(refused.value)

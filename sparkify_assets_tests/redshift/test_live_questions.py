"""What Redshift is assumed to do in questions of insights, in doubts about a COPY, with names: windows, weeks, ~."""

from datetime import datetime

from sparkify_assets.lake.validator import PERHAPS_REWRITTEN
from sparkify_assets.queries import query
from sparkify_assets.queries.undoing import undo_misreadings
from sparkify_assets_tests.redshift.conftest import Session
from sparkify_assets_tests.redshift.test_live_sql import filled


def test_weeks_are_truncated_to_monday(session: Session) -> None:
    weeks = {"2018-11-04": "2018-10-29", "2018-11-05": "2018-11-05", "2018-12-31": "2018-12-31"}
    filled(session, "d DATE", *(f"'{day}'" for day in weeks))
    rows = session.run("SELECT DATE_TRUNC('week', d), DATE_TRUNC('month', d) FROM t ORDER BY d")
    assert [str(week)[:10] for week, _ in rows] == list(weeks.values())
    assert {(type(week), month.day) for week, month in rows} == {(datetime, 1)}


def test_datediff_counts_days(session: Session) -> None:
    filled(session, "a DATE, b DATE", "'2018-10-29', '2018-11-05'", "'2018-11-05', '2018-10-29'")
    assert sorted(session.run("SELECT DATEDIFF(day, a, b), DATEDIFF(day, a, b) / 7 FROM t")) == [(-7, -1), (7, 1)]


def test_delete_joins(session: Session) -> None:
    filled(session, "a BIGINT", "1", "2", "3")
    session.run("CREATE TEMP TABLE u (b BIGINT)")
    session.run("INSERT INTO u SELECT a FROM t WHERE a < 3 UNION ALL SELECT a FROM t WHERE a < 2")
    session.run("DELETE FROM t USING u AS x WHERE x.b > 0 AND (a = x.b AND a >= (SELECT MAX(b) FROM u))")
    assert session.run("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


def test_delete_compares_with_a_subquery(session: Session) -> None:
    filled(session, "a BIGINT", "1", "2", "3")
    session.run("CREATE TEMP TABLE u (b BIGINT)")
    session.run("INSERT INTO u SELECT a FROM t WHERE a > 1")
    session.run("DELETE FROM t USING u WHERE t.a = u.b AND t.a >= (SELECT MAX(b) FROM u)")
    assert session.run("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    session.run("DELETE FROM t WHERE a >= (SELECT MIN(b) FROM u)")
    assert session.run("SELECT a FROM t ORDER BY a") == [(1,)]


def test_aggregates_compare_with_a_subquery(session: Session) -> None:
    filled(session, "a BIGINT, b BIGINT", "1, 10", "1, 20", "2, 20")
    rows = session.run("SELECT a FROM t GROUP BY a HAVING MIN(b) >= (SELECT MAX(b) FROM t WHERE b > 0)")
    assert rows == [(2,)]


def test_floor_of_a_double_is_whole(session: Session) -> None:
    filled(session, "a DOUBLE PRECISION", "203.31057", "-0.5", "0")
    found = session.run("SELECT CAST(FLOOR(a * 100000 + 0.5) AS BIGINT) FROM t ORDER BY a")
    assert found == [(-50000,), (0,), (20331057,)]


def test_lag_and_lead_give_null_at_the_ends(session: Session) -> None:
    filled(session, "a BIGINT, b BIGINT", "1, 10", "1, 20", "2, 30")
    sides = "LAG(b) OVER (PARTITION BY a ORDER BY b), LEAD(b) OVER (PARTITION BY a ORDER BY b)"
    assert sorted(session.run(f"SELECT b, {sides} FROM t")) == [(10, None, 20), (20, 10, None), (30, None, None)]


def test_windows_over_aggregates(session: Session) -> None:
    filled(session, "a BIGINT", "1", "1", "2", "3")
    rows = session.run("SELECT a, RANK() OVER (ORDER BY COUNT(a) DESC NULLS LAST) FROM t GROUP BY a")
    assert sorted(rows) == [(1, 1), (2, 2), (3, 2)]


def test_posix_patterns_anchor_and_count(session: Session) -> None:
    found = ["0", "-0", "1.5", "-1.5e+10", "1e400", "1E5", "9" * 19, "-" + "9" * 500]
    others = ["", "1", "-12", "9" * 18, "1.5 km", "x1.5", "3 Doors", "--0", "00", "1 0", "e5", "1.5\n"]
    filled(session, "a VARCHAR(512)", *(f"'{text}'" for text in [*found, *others]))
    rows = session.run(f"SELECT a FROM t WHERE a ~ '^({PERHAPS_REWRITTEN.pattern})$'")
    assert sorted(text for (text,) in rows) == sorted(found)


def test_replace_replaces_everywhere(session: Session) -> None:
    """In the statements of a load, with the control characters that UTF-8 becomes when it is read as Latin-1."""
    twice = "Fr\u00c3\u0083\u00c2\u00bchling"
    session.run(query("load/log_days/create_affected_names").sql)
    session.run(f"INSERT INTO affected_names VALUES ('1', '{twice} {twice}'), ('2', 'Bj\u00c3\u00b6rk')")
    for statement in undo_misreadings():
        session.run(statement.sql)
    found = session.run("SELECT clean_name FROM affected_names ORDER BY name")
    assert found == [("Frühling Frühling",), ("Björk",)]


def test_regexp_replace_replaces_everywhere(session: Session) -> None:
    filled(session, "a VARCHAR(64)", "'x [FEAT. y\nz] ft. é'", "'feat.'", "'x feat'", "'a feat. b'")
    pattern = "[ [(]+([Ff][Tt][.]|[Ff][Ee][Aa][Tt][.])([^.]|[.])*"
    found = session.run(f"SELECT REGEXP_REPLACE(a, '{pattern}', ''), REGEXP_REPLACE(a, '[ae]', '-') FROM t")
    assert sorted(found) == [
        ("a", "- f--t. b"),
        ("feat.", "f--t."),
        ("x", "x [FEAT. y\nz] ft. é"),
        ("x feat", "x f--t"),
    ]


def test_split_part_returns_the_first_part(session: Session) -> None:
    filled(session, "a VARCHAR(64)", "'x / é / z'", "'x/y'", "''", "' / '")
    assert sorted(session.run("SELECT a, SPLIT_PART(a, ' / ', 1) FROM t")) == [
        ("", ""),
        (" / ", ""),
        ("x / é / z", "x"),
        ("x/y", "x/y"),
    ]


def test_trim_removes_blanks_alone(session: Session) -> None:
    filled(session, "a VARCHAR(64)", "'  \tx y\u00a0 '", "'  '")
    assert session.run("SELECT TRIM(a) FROM t ORDER BY LEN(a) DESC NULLS LAST") == [("\tx y\u00a0",), ("",)]

"""What Redshift's dialect becomes on DuckDB: each rule, what is refused, and the facts that the platform relies on."""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from sparkify_assets import model
from sparkify_assets.errors import TranslationError
from sparkify_assets.load import audits
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries import Query, query
from sparkify_assets.warehouse.dialect import RULES, translate
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import _SETTINGS
from sparkify_assets.warehouse.translations import parameters

pytestmark = pytest.mark.check

ROWS = """(VALUES
    (1, 'abc', CAST('2018-11-04 13:14:15.678' AS TIMESTAMP), 1.5),
    (2, NULL, CAST('2018-12-31 00:00:00' AS TIMESTAMP), -2.5),
    (4, 'Abc', NULL, NULL)
) AS t (a, b, c, d)"""


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for setting in _SETTINGS:
            connection.execute(setting)
        yield connection


@pytest.fixture
def answer(engine: duckdb.DuckDBPyConnection) -> Any:
    """Runs a SELECT of one column and returns its values, in order."""

    def ask(select: str, rest: str = "") -> list[Any]:
        return [row[0] for row in engine.execute(translate(f"SELECT {select} {rest}")).fetchall()]

    return ask


def test_there_are_at_most_a_dozen_rules() -> None:
    assert len(RULES) <= 12


def test_every_table_of_the_contract_is_made_and_its_audits_run(engine: duckdb.DuckDBPyConnection) -> None:
    for schema in model.SCHEMAS:
        engine.execute(f"CREATE SCHEMA {schema}")
    created = [Query(table.full_name, sql) for table in model.tables().values() for sql in table.statements]
    every = [audit for table in (*DAY_TABLES, *CATALOG_TABLES) for audit in audits.audits_of(table)]
    whole, of_load = ([audits.statement(audit, of_load=of_load) for audit in every] for of_load in (False, True))
    offenders = [
        *problems_with([*created, *whole], lambda sql: engine.execute(translate(sql))),
        *problems_with(of_load, translate),
    ]
    assert not offenders, "\n".join(offenders)


def problems_with(statements: list[Query], run: Callable[[str], object]) -> Iterator[str]:
    """Yield what keeps statements from being run."""
    for statement in statements:
        try:
            if not run(statement.sql):
                yield f"{statement.name}: nothing is left of it"
        except (TranslationError, duckdb.Error) as error:
            yield f"{statement.name}: {error}"


class TestRules:
    @pytest.mark.parametrize(
        "statement", ["LOCK ops.load_lock", "VACUUM sparkify.songplays", "CALL something()", "SHOW search_path"]
    )
    def test_a_statement_that_is_not_understood_is_refused(self, statement: str) -> None:
        with pytest.raises(TranslationError):
            translate(statement)

    def test_distribution_sort_keys_and_encodings_are_left_out(self, engine: duckdb.DuckDBPyConnection) -> None:
        engine.execute(
            translate("CREATE TABLE made (a INTEGER ENCODE az64, b DATE) DISTSTYLE KEY DISTKEY (a) SORTKEY (a, b)")
        )
        assert engine.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'made'").fetchall() == [
            ("a",),
            ("b",),
        ]

    def test_keys_and_not_null_are_not_enforced(self, engine: duckdb.DuckDBPyConnection) -> None:
        engine.execute(translate("CREATE TABLE made (a INTEGER NOT NULL, b INTEGER UNIQUE, PRIMARY KEY (a))"))
        engine.execute("INSERT INTO made VALUES (1, 1), (1, 1), (NULL, 1)")
        assert engine.execute("SELECT count(*) FROM made").fetchone() == (3,)

    @pytest.mark.parametrize("now", ["GETDATE()", "SYSDATE"])
    def test_now_is_a_timestamp_in_utc_wherever_the_clock_is(self, engine: duckdb.DuckDBPyConnection, now: str) -> None:
        engine.execute("SET TimeZone = 'Asia/Tokyo'")
        found = engine.execute(translate(f"SELECT {now}")).fetchone()
        utc = engine.execute("SELECT CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)").fetchone()
        assert found
        assert utc
        assert found[0].tzinfo is None
        assert abs((utc[0] - found[0]).total_seconds()) < 60

    def test_concat_with_null_is_null_also_within_another(self, answer: Any) -> None:
        assert answer("CONCAT(a, b)", f"FROM {ROWS} ORDER BY a") == ["1abc", None, "4Abc"]
        assert answer("CONCAT(CONCAT('x', b), 'y')", f"FROM {ROWS} ORDER BY a") == ["xabcy", None, "xAbcy"]

    def test_every_match_is_replaced_and_case_is_as_asked(self, answer: Any) -> None:
        assert answer("REGEXP_REPLACE('abaB', 'b', 'x')") == ["axaB"]
        assert answer("REGEXP_REPLACE('abab', 'b', 'x')") == ["axax"]
        assert answer("REGEXP_REPLACE('abaB', 'b', 'x', 1, 'i')") == ["axax"]
        assert answer("REGEXP_REPLACE('abab', 'b')") == ["aa"]

    def test_the_average_of_integers_is_an_integer(self, answer: Any) -> None:
        assert answer("AVG(a)", f"FROM {ROWS}") == [2]
        assert isinstance(answer("AVG(a)", f"FROM {ROWS}")[0], int)
        assert answer("AVG(CAST(a AS DOUBLE PRECISION)) * 3", f"FROM {ROWS}") == [7.0]
        assert answer("AVG(d)", f"FROM {ROWS}") == [-0.5]
        assert answer("AVG(a)", f"FROM {ROWS} WHERE a > 9") == [None]
        assert answer("AVG(DISTINCT a / 2)", f"FROM {ROWS}") == [1]
        assert answer("AVG(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING)", f"FROM {ROWS} ORDER BY a") == [1, 1, 2]

    def test_a_decimal_without_places_has_none(self, answer: Any) -> None:
        assert answer("CAST(CAST(1.5 AS DECIMAL) AS DOUBLE PRECISION)") == [2.0]
        assert answer("CAST(CAST(1.5 AS DECIMAL(9, 2)) AS DOUBLE PRECISION)") == [1.5]

    def test_a_backslash_in_a_pattern_escapes(self, answer: Any) -> None:
        assert answer(r"'a_c' LIKE 'a\\_c'") == [True]
        assert answer(r"'abc' LIKE 'a\\_c'") == [False]
        assert answer(r"'abc' NOT ILIKE 'A\\_c'") == [True]
        assert answer("'a_c' LIKE 'a!_c' ESCAPE '!'") == [True]
        assert answer("'abc' LIKE 'a_c'") == [True]

    def test_trim_removes_blanks_alone(self, answer: Any) -> None:
        assert answer("TRIM(a)", "FROM (SELECT ' \u00a0\tx\u2003 ' AS a) AS t") == ["\u00a0\tx\u2003"]

    def test_listagg_without_a_separator_puts_nothing_between(self, answer: Any) -> None:
        assert answer("LISTAGG(b) WITHIN GROUP (ORDER BY a)", f"FROM {ROWS}") == ["abcAbc"]
        assert answer("LISTAGG(b, ';') WITHIN GROUP (ORDER BY a DESC)", f"FROM {ROWS}") == ["Abc;abc"]

    def test_truncating_a_date_gives_a_timestamp(self, answer: Any) -> None:
        (month,) = answer("CAST(DATE_TRUNC('month', CAST('2018-11-04' AS DATE)) AS VARCHAR)")
        assert month == "2018-11-01 00:00:00"

    @pytest.mark.parametrize(
        ("select", "remedy"),
        [
            ("TRUNC(c)", "CAST"),
            ("CAST(b AS VARCHAR(3))", "LEFT"),
            ("b::char(3)", "LEFT"),
            ("b::char", "LEFT"),
            ("TO_CHAR(c, 'Mon')", "YYYY"),
            ("TO_CHAR(c, 'D')", "YYYY"),
            ("TO_CHAR(c, 'HH24:MI:SS.MS')", "YYYY"),
            ("TO_CHAR(c, b)", "YYYY"),
            ("TO_DATE(b, 'DD Mon YYYY')", "YYYY"),
            ("b SIMILAR TO 'a%'", "LIKE"),
            ("EXTRACT(epoch FROM c)", "DATEDIFF"),
            ("EXTRACT(ms FROM c)", "DATEDIFF"),
            ("DATE_PART(sec, c)", "DATEDIFF"),
            ("DATE_PART(microseconds, c)", "DATEDIFF"),
            ("SUBSTRING(b, -1, 3)", "RIGHT"),
            ("REGEXP_REPLACE(b, '(b)', '$1$1')", "plain text"),
            ("LISTAGG(DISTINCT b, ',') WITHIN GROUP (ORDER BY b)", "subquery"),
            ("JSON_PARSE(b)", "JSON_EXTRACT_PATH_TEXT"),
            ("DISTINCT ON (b) a", "QUALIFY"),
            ("1 + (SELECT MAX(TRUNC(c)) FROM t)", "CAST"),
        ],
    )
    def test_what_has_another_meaning_on_duckdb_is_refused_with_a_remedy(self, select: str, remedy: str) -> None:
        with pytest.raises(TranslationError, match=r"has another meaning on DuckDB: .+") as error:
            translate(f"SELECT {select} FROM t")
        assert remedy in str(error.value).split("DuckDB: ")[1]

    @pytest.mark.parametrize("select", ["TRUNC(d, 0)", "CAST(b AS VARCHAR)", "TO_CHAR(c, 'YYYY-MM-DD HH24:MI:SS')"])
    def test_what_means_the_same_is_not(self, answer: Any, select: str) -> None:
        assert len(answer(select, f"FROM {ROWS}")) == 3


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1; SELECT 2", "2 statements were given: expected one"),
        ("", "0 statements were given: expected one"),
        ("-- nothing", "0 statements"),
        ("SELEC 1 FROM", "not a statement of Redshift's dialect"),
        ("SELECT 1 * FROM t", "line 1, column 12: something is missing at 'FROM'"),
        ("SELECT a\nFROM t\nWHERE", "line 3, column 1: something is missing at 'WHERE'"),
        ("SELECT (a FROM t", "line 1, column 11: expected ) at 'FROM'"),
        ("SELECT FROM WHERE", "line 1, column 13: expected table name at 'WHERE'"),
        ("SELECT a b c FROM t", "line 1, column 12: 'c' is not expected here"),
        ("SELECT 'a FROM t", "not a statement of Redshift's dialect"),
        ("SELECT SOUNDEX('a')", "DuckDB has no equivalent"),
    ],
)
def test_what_is_not_one_statement_is_refused_in_a_line(sql: str, message: str) -> None:
    with pytest.raises(TranslationError) as error:
        translate(sql)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "\033" not in str(error.value)
    assert "sqlglot" not in str(error.value)


def test_parameters_keep_their_names(engine: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT :later - :sooner, ':quoted', :later"
    assert parameters(sql) == ["later", "sooner"]
    assert engine.execute(translate(sql), {"later": 5, "sooner": 2}).fetchall() == [(3, ":quoted", 5)]


class TestFacts:
    @pytest.mark.parametrize(
        ("select", "expected"),
        [
            ("7 / 2", 3),
            ("-7 / 2", -3),
            ("-7 % 3", -1),
            ("CAST(7 AS BIGINT) / 2", 3),
            ("7 / 2.0", 3.5),
            ("MD5('a|b')", hashlib.md5(b"a|b", usedforsecurity=False).hexdigest()),
            ("NVL(NULL, NULL, 3)", 3),
            ("NVL2(NULL, 1, 2)", 2),
            ("NVL2('', 1, 2)", 1),
            ("DECODE(NULL, NULL, 'a', 'b')", "a"),
            ("GREATEST(1, NULL, 2)", 2),
            ("LEN('é')", 1),
            ("'a' > 'B'", True),
            ("'é' > 'z'", True),
            ("CAST(DATEADD(month, 1, CAST('2018-01-31' AS DATE)) AS VARCHAR)", "2018-02-28 00:00:00"),
            ("DATEDIFF(day, CAST('2018-01-01' AS DATE), CAST('2018-01-31' AS DATE))", 30),
            ("DATEDIFF(hour, CAST('2018-01-01 00:59' AS TIMESTAMP), CAST('2018-01-01 01:00' AS TIMESTAMP))", 1),
        ],
    )
    def test_fact(self, answer: Any, select: str, expected: object) -> None:
        assert answer(select) == [expected]

    @pytest.mark.parametrize(
        ("day", "week", "weekday"),
        [
            ("2018-11-04", 44, 0),
            ("2018-12-30", 52, 0),
            ("2018-12-31", 1, 1),
            ("2021-01-03", 53, 0),
            ("2021-01-04", 1, 1),
            ("2016-01-01", 53, 5),
        ],
    )
    def test_weeks_are_those_of_iso_and_sunday_is_zero(self, answer: Any, day: str, week: int, weekday: int) -> None:
        assert answer(f"EXTRACT(week FROM CAST('{day}' AS TIMESTAMP))") == [week]
        for part in ("dow", "weekday", "dayofweek", "dw"):
            assert answer(f"DATE_PART({part}, CAST('{day}' AS TIMESTAMP))") == [weekday]

    @pytest.mark.parametrize("ts", [0, 1, 999, 86_399_999, 1_541_296_805_796, 4_102_444_799_999, 4_102_444_800_000])
    def test_a_ts_as_a_timestamp_keeps_its_milliseconds(self, engine: duckdb.DuckDBPyConnection, ts: int) -> None:
        expression = re.search(r"(DATEADD\(ms.+) AS start_time", query("load/log_days/insert_staging_events").sql)
        assert expression
        found = engine.execute(
            translate(f"SELECT {expression[1]} FROM (SELECT CAST({ts} AS BIGINT) AS ts) AS landed")
        ).fetchone()
        expected = engine.execute(f"SELECT make_timestamp_ms(CAST({ts} AS BIGINT))").fetchone()
        assert found == expected

    def test_nulls_come_last_ascending_and_first_descending(self, answer: Any) -> None:
        assert answer("a", f"FROM {ROWS} ORDER BY c") == [1, 2, 4]
        assert answer("a", f"FROM {ROWS} ORDER BY c DESC") == [4, 2, 1]
        assert answer("a", f"FROM {ROWS} ORDER BY c DESC NULLS LAST") == [2, 1, 4]
        assert answer("ROW_NUMBER() OVER (ORDER BY c DESC)", f"FROM {ROWS} ORDER BY a") == [3, 2, 1]

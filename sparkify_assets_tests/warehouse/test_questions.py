"""What may be asked: which tables and functions, and how many rows."""

import pytest
from sqlglot import exp

from sparkify_assets import model
from sparkify_assets.errors import QueryError
from sparkify_assets.warehouse.allowed_functions import ALLOWED
from sparkify_assets.warehouse.questions import read_question

pytestmark = pytest.mark.check

USERS = "SELECT user_id FROM sparkify.users"


# Calls, separated by semicolons.
HARMFUL = """
pg_terminate_backend(1) ; pg_cancel_backend(1) ; set_config('a', 'b', false) ; current_setting('a') ;
pg_read_file('/etc/passwd') ; pg_ls_dir('/') ; pg_sleep(9) ; nextval('s') ; lo_import('/etc/passwd') ;
getenv('HOME') ; read_text('/etc/passwd') ; dblink('host=a', 'SELECT 1') ; pg_catalog.pg_sleep(9) ;
query('SELECT 1') ; pg_advisory_lock(1) ; evil.upper('a') ; evil.json_array_length('a') ; query_table('t') ;
has_table_privilege('a', 'b') ; version() ; current_database() ; some_lambda(first_name) ; GETVARIABLE('a')
"""
TABLE_FUNCTIONS = """
read_csv('/etc/passwd') ; read_parquet('a') ; read_text('/etc/passwd') ; glob('/*') ; query('SELECT 1') ;
generate_series(1, 9) ; range(9) ; duckdb_settings() ; dblink('a', 'SELECT 1') ; UNNEST(1) ; pg_ls_dir('/') ;
LATERAL read_csv('a') ; LATERAL pg_ls_dir('/') ; sniff_csv('a')
"""
COMPUTING = """
COUNT(*) ; COUNT(DISTINCT a) ; APPROXIMATE COUNT(DISTINCT a) ; SUM(a) ; AVG(a) ; MEDIAN(a) ; STDDEV(a) ;
LISTAGG(a, ',') WITHIN GROUP (ORDER BY a) ; PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a) ; BOOL_OR(a) ;
VAR_POP(a) ; VARIANCE(a) ; STDDEV_POP(a) ; MAX(a) ; ANY_VALUE(a) ; ROW_NUMBER() OVER (ORDER BY a) ;
RANK() OVER (ORDER BY a) ; LAG(a) OVER (ORDER BY a) ; FIRST_VALUE(a) OVER (ORDER BY a) ; NTILE(4) OVER () ;
LAST_VALUE(a IGNORE NULLS) OVER (ORDER BY a) ; NTH_VALUE(a, 2) OVER () ; CUME_DIST() OVER (ORDER BY a) ;
CASE WHEN a AND b OR NOT c THEN 1 ELSE 2 END ; COALESCE(a, b) ; NVL(a, b) ; NVL2(a, b, c) ; NULLIF(a, b) ;
GREATEST(a, b) ; DECODE(a, 1, 'x', 'y') ; a::VARCHAR ; CAST(a AS DATE) ; EXISTS (SELECT 1) ; a IN (1) ; LEN(a)
; LENGTH(a) ; UPPER(a) ; LOWER(a) ; INITCAP(a) ; TRIM(a) ; LTRIM(a) ; BTRIM(a) ; LEFT(a, 1) ; RIGHT(a, 1) ;
SUBSTRING(a, 1, 2) ; SUBSTR(a, 1) ; REPLACE(a, 'b', 'c') ; TRANSLATE(a, 'b', 'c') ; SPLIT_PART(a, ',', 1) ;
STRPOS(a, 'b') ; CHARINDEX('b', a) ; POSITION('b' IN a) ; LPAD(a, 9, '0') ; CHR(1) ; ASCII(a) ; REVERSE(a) ;
CONCAT(a, b) ; a || b ; a LIKE 'b%' ; a ~ 'b' ; REGEXP_REPLACE(a, 'b', 'c') ; REGEXP_SUBSTR(a, 'b') ;
REGEXP_COUNT(a, 'b') ; REGEXP_INSTR(a, 'b') ; MD5(a) ; SHA1(a) ; SHA2(a, 256) ; GETDATE() ; SYSDATE ;
CURRENT_DATE ; CURRENT_TIMESTAMP ; DATEADD(day, 1, a) ; DATEDIFF(day, a, b) ; TRUNC(a) ; DATE_TRUNC('week', a)
; EXTRACT(week FROM a) ; DATE_PART(dow, a) ; TO_CHAR(a, 'YYYY') ; TO_DATE(a, 'YYYY') ; TO_TIMESTAMP(a, 'YYYY')
; LAST_DAY(a) ; ADD_MONTHS(a, 1) ; MONTHS_BETWEEN(a, b) ; NEXT_DAY(a, 'Mon') ;
CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', a) ; DATE(a) ; a + INTERVAL '1 day' ; a BETWEEN b AND c ; ABS(a) ;
ROUND(a, 2) ; FLOOR(a) ; CEIL(a) ; CEILING(a) ; MOD(a, 2) ; a % 2 ; POWER(a, 2) ; SQRT(a) ; LN(a) ; LOG(a) ;
EXP(a) ; SIGN(a) ; SIN(a) ; PI() ; RANDOM() ; TO_NUMBER(a, '99') ; CONVERT(INTEGER, a) ; TRUNC(a, 1) ;
JSON_EXTRACT_PATH_TEXT(a, 'b') ; JSON_PARSE(a) ; JSON_ARRAY_LENGTH(a) ; GROUPING(a)
"""


def calls(text: str) -> list[str]:
    return [call.strip() for call in text.split(";")]


class TestTables:
    @pytest.mark.parametrize("name", list(model.tables()))
    def test_every_table_of_the_contract_may_be_read(self, name: str) -> None:
        assert read_question(f"SELECT * FROM {name.upper()} AS t", staging=True).tables == (name,)

    @pytest.mark.parametrize("name", list(model.tables()))
    def test_analysts_ask_what_is_published(self, name: str) -> None:
        if name.startswith(("sparkify.", "insights.")):
            assert read_question(f"SELECT * FROM {name}").tables == (name,)
        else:
            with pytest.raises(QueryError, match=f"reads {name}: expected tables of sparkify and insights.* --staging"):
                read_question(f"SELECT * FROM {name}")

    @pytest.mark.parametrize(
        "name",
        [
            *("pg_shadow", "pg_catalog.pg_shadow", "stv_sessions", "svv_tables", "information_schema.tables"),
            *("duckdb_settings", "sqlite_master", "users", "temp.sparkify.users", "sparkify.none", "'a.csv'"),
            *(
                '"/etc/passwd"',
                '"sparkify.users"',
                "sparkify.users, pg_class",
                "(SELECT * FROM pg_shadow) AS t",
                "(SELECT 1) AS t, pg_user",
            ),
        ],
    )
    def test_other_tables_are_refused_wherever_they_stand(self, name: str) -> None:
        for sql in (
            f"SELECT * FROM {name}",
            f"SELECT (SELECT COUNT(*) FROM {name}) AS n FROM sparkify.users",
            f"{USERS} WHERE user_id IN (SELECT 1 FROM {name})",
            f"{USERS} UNION ALL SELECT 1 FROM {name}",
            f"WITH t AS (SELECT * FROM {name}) SELECT * FROM sparkify.users",
            f"SELECT CASE WHEN EXISTS (SELECT * FROM {name}) THEN 1 END AS n FROM sparkify.users ORDER BY 1",
        ):
            with pytest.raises(
                QueryError, match=r"the query reads .*: expected tables of the warehouse, with their sch"
            ):
                read_question(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            f"WITH mine AS ({USERS}) SELECT * FROM mine",
            f"WITH mine AS ({USERS}) SELECT * FROM MINE AS m WHERE 1 IN (SELECT 1 FROM mine)",
            f"WITH one AS ({USERS}), two AS (SELECT * FROM one) SELECT * FROM two UNION ALL SELECT * FROM one",
            f"SELECT * FROM (WITH mine AS ({USERS}) SELECT * FROM mine) AS t",
            f"WITH users AS ({USERS}) SELECT * FROM users",
            f'WITH "Mine" AS ({USERS}) SELECT * FROM "Mine"',
        ],
    )
    def test_a_cte_may_be_read_where_it_is_visible(self, sql: str) -> None:
        assert read_question(sql).tables == ("sparkify.users",)

    @pytest.mark.parametrize(
        "sql",
        [
            # Outside the query that it belongs to, before it, in itself, beside it.
            f"SELECT * FROM (WITH pg_shadow AS ({USERS}) SELECT * FROM pg_shadow) AS t, pg_shadow",
            f"SELECT * FROM pg_shadow WHERE 1 IN (WITH pg_shadow AS ({USERS}) SELECT * FROM pg_shadow)",
            f"WITH mine AS (SELECT * FROM pg_shadow), pg_shadow AS ({USERS}) SELECT * FROM mine",
            "WITH pg_shadow AS (SELECT * FROM pg_shadow) SELECT * FROM pg_shadow",
            f"(WITH pg_shadow AS ({USERS}) SELECT * FROM pg_shadow) UNION ALL SELECT * FROM pg_shadow",
            # By its whole name, by a name in other letters, by an alias.
            f"WITH pg_shadow AS ({USERS}) SELECT * FROM pg_catalog.pg_shadow",
            f'WITH "PG_SHADOW" AS ({USERS}) SELECT * FROM pg_shadow',
            "SELECT * FROM sparkify.users AS pg_shadow, pg_shadow",
            "SELECT * FROM sparkify.users AS pg_shadow, LATERAL (SELECT * FROM pg_shadow) AS t",
            "SELECT * FROM sparkify.users AS pg_shadow WHERE 1 IN (SELECT 1 FROM pg_shadow)",
            f"SELECT * FROM ({USERS}) AS pg_shadow, LATERAL (SELECT * FROM pg_shadow) AS t",
        ],
    )
    def test_a_name_that_is_no_visible_cte_is_a_table(self, sql: str) -> None:
        with pytest.raises(QueryError, match=r"the query reads pg_(catalog\.pg_)?shadow: expected tables"):
            read_question(sql)

    def test_recursion_is_refused(self) -> None:
        sql = f"WITH RECURSIVE pg_user AS ({USERS} UNION ALL SELECT user_id FROM pg_user) SELECT * FROM pg_user"
        with pytest.raises(QueryError, match="WITH RECURSIVE: expected WITH alone"):
            read_question(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            *(
                "DELETE FROM sparkify.users",
                "SELECT * INTO mine FROM sparkify.users",
                "SET a = 1",
                "COMMIT",
                "CALL f()",
            ),
            *("WITH d AS (DELETE FROM sparkify.users RETURNING *) SELECT * FROM d", "EXPLAIN SELECT 1", "SHOW tables"),
            *("COPY sparkify.users FROM 's3://a/b' IAM_ROLE 'x'", "UNLOAD ('SELECT 1') TO 's3://a/b'", "TABLE pg_user"),
            *("SELECT * FROM sparkify.users FOR UPDATE", "SELECT 1; SELECT 2", "", "SELECT FROM WHERE"),
        ],
    )
    def test_only_one_select_may_be_asked(self, sql: str) -> None:
        with pytest.raises(QueryError, match=r"expected (one )?|not a statement of Redshift's dialect"):
            read_question(sql)


class TestFunctions:
    @pytest.mark.parametrize("call", calls(HARMFUL))
    def test_what_does_more_than_compute_is_refused(self, call: str) -> None:
        for sql in (f"SELECT {call} AS a", f"{USERS} WHERE {call} IS NULL", f"{USERS} ORDER BY ABS({call})"):
            with pytest.raises(QueryError, match=r"the question calls [A-Z_]+: expected functions that only compute"):
                read_question(sql)

    @pytest.mark.parametrize("call", calls(TABLE_FUNCTIONS))
    def test_no_function_is_read_as_a_table(self, call: str) -> None:
        for sql in (f"SELECT * FROM {call}", f"{USERS}, {call} AS t"):
            with pytest.raises(QueryError, match=r"the question calls [A-Z_]+: expected functions|not a statement"):
                read_question(sql)

    def test_the_error_names_the_function_and_where_the_list_is(self) -> None:
        with pytest.raises(QueryError) as error:
            read_question("SELECT pg_sleep(9), UPPER(getenv('HOME'))")
        assert str(error.value) == (
            "the question calls GETENV, PG_SLEEP: expected functions that only compute; "
            "sparkify_assets/warehouse/allowed_functions.py lists them"
        )

    @pytest.mark.parametrize("call", calls(COMPUTING))
    def test_what_computes_may_be_called(self, call: str) -> None:
        assert read_question(f"SELECT {call} AS a FROM sparkify.users").tables == ("sparkify.users",)

    def test_no_function_is_allowed_that_reaches_beyond_its_arguments(self) -> None:
        beyond = ("Read", "Current", "Session", "Generat", "AI", "ML", "File", "Next", "Anonymous", "Secret")
        allowed = {exp.CurrentDate, exp.CurrentTimestamp, exp.NextDay}
        assert not [kind for kind in ALLOWED - allowed if kind.__name__.startswith(beyond)]


class TestRows:
    @pytest.mark.parametrize(
        ("sql", "limited"),
        [
            ("SELECT 1 FROM sparkify.songs ; -- done\n", "SELECT 1 FROM sparkify.songs\nLIMIT 6"),
            (
                "SELECT ';' FROM sparkify.songs WHERE title = ';'",
                "SELECT ';' FROM sparkify.songs WHERE title = ';'\nLIMIT 6",
            ),
            ("SELECT 1 FROM sparkify.songs LIMIT 5;", "SELECT 1 FROM sparkify.songs LIMIT 5"),
            ("SELECT TOP 5 year FROM sparkify.songs", "SELECT TOP 5 year FROM sparkify.songs"),
            ("SELECT 1 FROM sparkify.songs OFFSET 5", "SELECT 1 FROM sparkify.songs OFFSET 5\nLIMIT 6"),
            ("-- why\nSELECT 1 FROM sparkify.songs -- what", "-- why\nSELECT 1 FROM sparkify.songs\nLIMIT 6"),
            ("(SELECT 1 AS a LIMIT 9) UNION ALL SELECT 2", "(SELECT 1 AS a LIMIT 9) UNION ALL SELECT 2\nLIMIT 6"),
            ("(SELECT 1 AS a LIMIT 9)", "(SELECT 1 AS a LIMIT 9)\nLIMIT 6"),
            ("SELECT * FROM (SELECT 1 AS a LIMIT 9) AS t", "SELECT * FROM (SELECT 1 AS a LIMIT 9) AS t\nLIMIT 6"),
        ],
    )
    def test_a_statement_gives_no_more_than_a_row_too_many(self, sql: str, limited: str) -> None:
        assert read_question(sql, most=5).sql == limited

    @pytest.mark.parametrize(
        "limit",
        [
            *("LIMIT 6", "LIMIT 9999999999999", "LIMIT ALL", "LIMIT 1 + 99", "LIMIT (SELECT 99)", "LIMIT NULL"),
            *("LIMIT '99'", "LIMIT 5 PERCENT", "LIMIT 5%", "LIMIT 5 BY year", "LIMIT -1"),
            *("FETCH FIRST 5 ROWS WITH TIES", "OFFSET 2 LIMIT 6"),
        ],
    )
    def test_a_limit_of_ones_own_does_not_pass_the_bound(self, limit: str) -> None:
        with pytest.raises(
            QueryError, match=r"the question has (LIMIT|FETCH) .*: expected LIMIT with a number of 5 at"
        ):
            read_question(f"SELECT 1 FROM sparkify.songs {limit}", most=5)

    @pytest.mark.parametrize("top", ["6", "5 PERCENT", "5 WITH TIES"])
    def test_nor_does_top(self, top: str) -> None:
        with pytest.raises(QueryError, match="expected LIMIT with a number of 5 at most"):
            read_question(f"SELECT TOP {top} year FROM sparkify.songs", most=5)

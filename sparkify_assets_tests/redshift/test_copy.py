"""COPY on the stand-in: good and bad records, good and bad files, and what becomes of the session."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from redshift_connector.cursor import Cursor
from redshift_connector.error import ProgrammingError

from sparkify_assets_tests.aws import ENVIRONMENT, s3_client
from sparkify_assets_tests.redshift.copy import read_rows
from sparkify_assets_tests.redshift.postgres import Column
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.statements import File, LoadError, StatementRefused
from sparkify_assets_tests.redshift.test_stand_in import answer, code_of, session

COLUMNS = [
    Column("name", "varchar", 8, required=False, table_id=1),
    Column("n", "int4", 0, required=True, table_id=1),
    Column("big", "int8", 0, required=False, table_id=1),
    Column("x", "float8", 0, required=False, table_id=1),
    Column("flag", "bool", 0, required=False, table_id=1),
    Column("day", "date", 0, required=False, table_id=1),
    Column("moment", "timestamp", 0, required=False, table_id=1),
]


def read(data: bytes, *, zipped: bool = False) -> list[list[str | None]]:
    """Return the rows of a file, each up to its last column that is not null."""
    text = b"".join(read_rows(File("s3://lake/f"), data, [column.name for column in COLUMNS], COLUMNS, zipped=zipped))
    rows = [[None if value == "\\N" else value for value in line.split("\t")] for line in text.decode().splitlines()]
    return [row[: max(n for n, value in enumerate(row) if value is not None) + 1] for row in rows]


def nested(depth: int) -> bytes:
    return b'{"n": 1, "deep": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


REFUSED = {
    "copy_refuses_what_is_not_json": [
        (1216, rb'{"n": 1,}'),
        (1216, rb'{"n": 1, "x": NaN}'),
        (1216, rb'{"n": 1, "other": -Infinity}'),
        (1216, rb"{'n': 1}"),
        (1216, rb'{"n": 01}'),
        (1216, rb'{"n": 1'),
        (1216, rb'{"n": 1} x'),
        (1216, b'{"n": 1, "name": "a\tb"}'),
    ],
    "copy_refuses_what_is_no_object": [(1216, b"[]"), (1216, b"1"), (1216, b'"text"'), (1216, b"null")],
    "copy_refuses_a_byte_order_mark": [(1216, b'\xef\xbb\xbf{"n": 1}')],
    "copy_refuses_other_blanks": [(1216, b'{"n": 1}\v'), (1216, b'\f{"n": 1}'), (1216, b'{"n": 1}\xc2\xa0')],
    "copy_refuses_nul": [
        (1220, rb'{"n": 1, "name": "\u0000"}'),
        (1216, b'{"n": 1}\0'),
        (1216, b'{"n": 1, "other": "\0"}'),
    ],
    "copy_refuses_a_key_twice": [(1216, b'{"n": 1, "n": 1}'), (1216, b'{"n": 1, "name": "a", "name": null}')],
    "copy_refuses_invalid_utf8": [(1220, b'{"n": 1, "other": "\xff"}'), (1220, b'{"n": 1}\n\xed\xa0\x80')],
    "copy_refuses_lone_surrogates": [(1220, rb'{"n": 1, "other": "\ud800"}'), (1220, rb'{"n": 1, "\uDC00": 1}')],
    "copy_refuses_deep_nesting": [(1216, nested(501)), (1216, nested(100_000))],
    "copy_refuses_records_over_4_mb": [(1216, b'{"n": 1, "other": "' + b"a" * (4 << 20) + b'"}')],
    "copy_refuses_null_in_not_null": [(1213, b"{}"), (1213, b'{"n": null}'), (1213, b'{"n": ""}'), (1213, b'{"N": 1}')],
    "copy_refuses_text_over_its_bytes": [
        (1204, '{"n": 1, "name": "ééééé"}'.encode()),
        (1204, b'{"n": 1, "name": [1,2,3,4]}'),
    ],
    "copy_refuses_what_is_no_integer": [
        (1207, b'{"n": %s}' % value)
        for value in (b"1.5", b"1.0", b"1e3", b"true", b'" 1"', b'"0x1F"', b'"1.0"', b"[]", b"{}", rb'"\u0661"')
    ],
    "copy_refuses_integers_out_of_range": [
        (1222, b'{"n": 2147483648}'),
        (1222, b'{"n": "-2147483649"}'),
        (1222, b'{"n": 1, "big": 9223372036854775808}'),
        (1222, b'{"n": ' + b"1" * 5000 + b"}"),
    ],
    "copy_refuses_what_is_no_double": [
        (1208, b'{"n": 1, "x": %s}' % value) for value in (b"true", b'"1,5"', b'" 1"', b'"0x1F"', b"[]", b'"1_0"')
    ],
    "copy_refuses_doubles_out_of_range": [
        (1208, b'{"n": 1, "x": 1e999}'),
        (1208, b'{"n": 1, "x": "-1e999"}'),
        (1208, b'{"n": 1, "x": ' + b"1" * 5000 + b"}"),
    ],
    "copy_refuses_unreadable_times_and_booleans": [
        (1210, b'{"n": 1, "flag": "perhaps"}'),
        (1205, b'{"n": 1, "day": "2018-02-30"}'),
        (1205, b'{"n": 1, "day": "1.2.2018"}'),
        (1206, b'{"n": 1, "moment": "2018-11-01 25:00:00"}'),
        (1206, b'{"n": 1, "moment": 1541106106796}'),
    ],
}


@pytest.mark.parametrize(
    ("code", "record"),
    [pytest.param(*case, id=f"{name}_{n}") for name, cases in REFUSED.items() for n, case in enumerate(cases)],
)
def test_a_bad_record_fails_the_file_where_it_ends(code: int, record: bytes) -> None:
    data = record if record.startswith(b"\xef") else b'{"n": 1}\n\n' + record
    with pytest.raises(LoadError) as caught:
        read(data)
    assert (caught.value.code, caught.value.file) == (code, "s3://lake/f")
    assert caught.value.line_number == data.count(b"\n") + 1


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"", []),
        (b" \r\n\t\n", []),
        (b'{"n": 1}{"n": 2} {"n": 3}\n\n{\n"n":\n4}', [[None, "1"], [None, "2"], [None, "3"], [None, "4"]]),
        (b'{"n": "+07", "big": -0, "other": {"n": 5, "n": 6}}\r\n', [[None, "7", "0"]]),
        (b'{"n": 1, "name": ""}', [["", "1"]]),
        (
            b'{"n": 1, "name": 12}{"n": 1, "name": 1.50}{"n": 1, "name": 1e3}',
            [["12", "1"], ["1.5", "1"], ["1000.0", "1"]],
        ),
        (b'{"n": 1, "name": true}{"n": 1, "name": null}', [["true", "1"], [None, "1"]]),
        (b'{"n": 1, "name": {"a": 1}}', [['{"a":1}', "1"]]),
        (rb'{"n": 1, "name": "\\N\t\n\ud83d\ude00"}', [["\\\\N\\t\\n😀", "1"]]),
        (b'{"n": 1, "big": "", "x": ""}', [[None, "1"]]),
        (b'{"n": 1, "x": 0.1}{"n": 1, "x": "1E-7"}', [[None, "1", None, "0.1"], [None, "1", None, "1e-07"]]),
        (b'{"n": 1, "x": "NaN"}{"n": 1, "x": "-inf"}', [[None, "1", None, "NaN"], [None, "1", None, "-inf"]]),
        (
            b'{"n": 1, "flag": true, "day": "2018-11-01", "moment": "2018-11-01T10:00:00.5"}',
            [[None, "1", None, None, "true", "2018-11-01", "2018-11-01T10:00:00.5"]],
        ),
        (nested(500), [[None, "1"]]),
        ('{"n": 1, "name": "éééé"}'.encode(), [["éééé", "1"]]),
    ],
)
def test_what_a_file_may_hold(data: bytes, rows: list[list[str | None]]) -> None:
    assert read(data) == rows
    assert read(gzip.compress(data), zipped=True) == rows


@pytest.mark.parametrize(("data", "lines"), [(b"", 0), (b"\n", 1), (b'{"n": 1}', 1), (b'{"n": 1}\n\n{"n": 1}', 3)])
def test_lines_are_counted_blank_ones_too(data: bytes, lines: int) -> None:
    file = File("s3://lake/f")
    list(read_rows(file, data, ["n"], COLUMNS[1:2], zipped=False))
    assert (file.bytes, file.lines, file.rows) == (len(data), lines, data.count(b"{"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"n": 1}', id="not gzip"),
        pytest.param(gzip.compress(b'{"n": 1}' * 9)[:-9], id="cut off"),
        pytest.param(gzip.compress(b"{}") + b"more", id="with more after it"),
    ],
)
def test_a_file_that_is_not_whole_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(StatementRefused, match="gzip"):
        read(data, zipped=True)


@dataclass
class Bench:
    """A table, a bucket, and a COPY from one into the other."""

    cursor: Cursor
    s3: Any

    def put(self, key: str, body: bytes | dict[str, Any]) -> None:
        self.s3.put_object(Bucket="lake", Key=key, Body=json.dumps(body) if isinstance(body, dict) else body)

    def copy(self, *files: str, columns: str = "name, n", options: str = "") -> int:
        entries = [{"url": f"s3://lake/{file}", "mandatory": file != "optional"} for file in files]
        self.put("list.manifest", {"entries": entries})
        self.put("keys.jsonpaths", {"jsonpaths": ["$.name", "$['n']"]})
        region = "" if "REGION" in options else "REGION 'us-east-1' "
        self.cursor.execute(
            f"COPY loaded ({columns}) FROM 's3://lake/list.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' "
            f"{region}MANIFEST FORMAT AS JSON 's3://lake/keys.jsonpaths' {options} MAXERROR 0 COMPUPDATE OFF "
            "STATUPDATE OFF TIMEFORMAT 'auto'"
        )
        return int(self.cursor.rowcount)


@pytest.fixture(scope="module")
def server(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in with a database."""
    stand_in.create_database("dev")
    yield stand_in
    stand_in.drop_database("dev")


@pytest.fixture
def bench(server: StandIn, moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    s3 = s3_client(endpoint_url=moto)
    s3.create_bucket(Bucket="lake")
    with session(server) as cursor:
        cursor.execute("DROP TABLE IF EXISTS loaded")
        cursor.execute("CREATE TABLE loaded (name VARCHAR(8), n INTEGER NOT NULL)")
        yield Bench(cursor, s3)
    s3.close()


@pytest.mark.filterwarnings("ignore:DB-API extension cursor.connection used")
def test_a_copy_says_what_it_has_loaded(bench: Bench) -> None:
    bench.put("a.json", b'{"n": 1}\n\n{"n": 2, "name": "b"}')
    bench.put("b.json", b"")
    assert bench.copy("a.json", "b.json", "optional") == 2
    connection = bench.cursor.connection
    assert connection is not None
    assert connection.notices[-1][b"M"] == b"Load into table 'loaded' completed, 2 record(s) loaded successfully."
    assert answer(bench.cursor, "SELECT PG_LAST_COPY_COUNT()") == (2,)
    bench.cursor.execute(
        "SELECT RTRIM(file_name), bytes_scanned, lines_scanned FROM sys_load_detail "
        "WHERE query_id = PG_LAST_COPY_ID() ORDER BY file_name"
    )
    assert bench.cursor.fetchall() == (["s3://lake/a.json", 31, 3], ["s3://lake/b.json", 0, 0])
    assert answer(bench.cursor, "SELECT COUNT(*), COUNT(name) FROM loaded") == (2, 1)


def test_a_copy_is_part_of_its_transaction(server: StandIn, bench: Bench) -> None:
    bench.put("a.json", b'{"n": 1}')
    bench.cursor.execute("BEGIN")
    assert bench.copy("a.json") == 1
    assert answer(bench.cursor, "SELECT COUNT(*) FROM sys_load_detail WHERE query_id = PG_LAST_COPY_ID()") == (1,)
    with session(server) as other:
        assert answer(other, "SELECT COUNT(*) FROM loaded") == (0,)
    bench.cursor.execute("ROLLBACK")
    assert answer(bench.cursor, "SELECT COUNT(*) FROM loaded") == (0,)


def test_a_failed_copy_fails_its_transaction_and_leaves_word_of_why(bench: Bench) -> None:
    bench.put("good.json", b'{"n": 1}\n' * 3000)
    bench.put("bad.json", b'{"n": 1}\n{"name": "too long",\n "n": "x"}\n{"n": 1}')
    bench.cursor.execute("BEGIN")
    with pytest.raises(ProgrammingError) as caught:
        bench.copy("good.json", "bad.json")
    assert caught.value.args[0] == {
        "S": "ERROR",
        "C": "XX000",
        "M": "Load into table 'loaded' failed.  Check 'stl_load_errors' system table for details.",
    }
    with pytest.raises(ProgrammingError) as caught:
        bench.copy("good.json")
    assert code_of(caught) == "25P02"
    bench.cursor.execute("ROLLBACK")
    assert answer(
        bench.cursor,
        "SELECT RTRIM(file_name), line_number, RTRIM(column_name), RTRIM(column_type), error_code, "
        "RTRIM(error_message), query_id = PG_LAST_COPY_ID() FROM sys_load_error_detail "
        "WHERE session_id = PG_BACKEND_PID()",
    ) == ("s3://lake/bad.json", 3, "n", "int4", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer", True)
    assert answer(bench.cursor, "SELECT COUNT(*) FROM loaded") == (0,)
    assert answer(bench.cursor, "SELECT PG_LAST_COPY_COUNT()") == (0,)


@pytest.mark.parametrize(
    ("files", "changed", "said"),
    [
        (["missing.json"], {}, "s3://lake/missing.json"),
        (["optional"], {}, "No file"),
        ([], {}, "No file"),
        (["a.json"], {"options": "REGION 'eu-west-1'"}, "PermanentRedirect"),
        (["a.json"], {"options": "GZIP"}, "gzip"),
        (["a.json"], {"columns": "n"}, "JSONPath size: 2, Number of columns in table or column list: 1"),
        (["a.json"], {"columns": "n, nothing"}, 'column "nothing" of relation "loaded" does not exist'),
        (["a.json"], {"options": "GZIP GZIP"}, "redundant options"),
        (["a.json"], {"options": "ACCEPTINVCHARS"}, "syntax error"),
    ],
)
def test_a_copy_that_cannot_begin_or_go_on_says_why(
    bench: Bench, files: list[str], changed: dict[str, str], said: str
) -> None:
    bench.put("a.json", b'{"n": 1}')
    with pytest.raises(ProgrammingError, match=said):
        bench.copy(*files, **changed)
    assert answer(bench.cursor, "SELECT COUNT(*) FROM loaded") == (0,)

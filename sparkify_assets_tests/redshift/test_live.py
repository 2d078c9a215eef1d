"""What COPY is assumed to do, a test for each row of `assumptions.py`: on the stand-in, or with `--live` on a cluster.

A case that differs on the cluster says what Redshift did instead. What is not about COPY is in `test_live_sql.py`.
"""

import gzip
import re
from typing import Any

import pytest
from redshift_connector.error import Error

from sparkify_assets.lake.validator import PERHAPS_REWRITTEN
from sparkify_assets.warehouse.redshift.redshift_landing import DATA_REFUSED
from sparkify_assets_tests.redshift.conftest import Cluster, Refusal, Session

WHY = (
    "SELECT error_code, TRIM(column_name), TRIM(error_message) FROM sys_load_error_detail "
    "WHERE session_id = PG_BACKEND_PID()"
)
GOOD, BAD = b'{"a": 1}\n', b'{"a": "x"}\n'
MAX_BYTES = 4_194_304


def names(columns: str) -> list[str]:
    return [column.split()[0] for column in columns.split(", ")]


def stored(session: Session) -> list[tuple[Any, ...]]:
    return sorted(session.run("SELECT * FROM filled"), key=str)


def loaded(cluster: Cluster, data: bytes, columns: str = "a INTEGER", *, packed: bool = False) -> list[tuple[Any, ...]]:
    """Return the rows of a file that COPY has to accept."""
    with cluster.connect() as session:
        session.run(f"CREATE TEMP TABLE filled ({columns})")
        url = cluster.put("taken.json", data)
        try:
            cluster.copy(session, "filled", names(columns), [url], packed=packed)
        except Error as error:
            why = session.run(WHY)
            pytest.fail(f"COPY refused {data[:200]!r}: {Refusal.of(error)}, {why}")
        return stored(session)


def refused(cluster: Cluster, session: Session, data: bytes, columns: str = "a INTEGER", **how: Any) -> Refusal:
    """Return the answer to a file that COPY has to refuse, and of which no row may stay."""
    session.run(f"CREATE TEMP TABLE filled ({columns})")
    url = cluster.put("refused.json", data)
    try:
        cluster.copy(session, "filled", names(columns), [url], **how)
    except Error as error:
        assert stored(session) == []
        return Refusal.of(error)
    pytest.fail(f"COPY accepted {data[:200]!r}, and stored {str(stored(session))[:200]}")


def code_of_record(cluster: Cluster, data: bytes, columns: str = "a INTEGER") -> int:
    """Return the code in the load error reference with which COPY refuses a record."""
    with cluster.connect() as session:
        refusal = refused(cluster, session, data, columns)
        assert "Load into table 'filled' failed" in refusal.words, f"COPY answered {refusal}"
        return int(session.eventually(WHY)[0][0])


# What COPY refuses, in a record that is otherwise good.


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": NaN}',
        b'{"a": 1, "b": -Infinity}',
        b"{'a': 1}",
        b"{a: 1}",
        b'{"a": 1',
        b'{"a": 1} x',
        b'{"a": 1, "b": "x\ty"}',
        b'{"a": 1, "b": "\\x"}',
        b'{"a": 1 /* one */}',
    ],
)
def test_copy_refuses_what_is_not_json(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data)


@pytest.mark.parametrize("data", [b"[]", b'[{"a": 1}]', b"1", b'"x"', b"null", b"true"])
def test_copy_refuses_what_is_no_object(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data)


def test_copy_refuses_a_byte_order_mark(cluster: Cluster) -> None:
    code_of_record(cluster, b'\xef\xbb\xbf{"a": 1}')


@pytest.mark.parametrize("data", [b'{"a": 1}\v', b'{"a": 1}\f', b'\v{"a": 1}', b'\f{"a": 1}'])
def test_copy_refuses_other_blanks(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data)


@pytest.mark.parametrize("data", [rb'{"a": "\u0000"}', b'{"a": "x\0y"}', b'{"a": "x"}\0', b'{"a": "x", "b": "\0"}'])
def test_copy_refuses_nul(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data, "a VARCHAR(8)")


@pytest.mark.parametrize("data", [b'{"a":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1,"a":null}', b'{"a":1,"\\u0061":2}'])
def test_copy_refuses_a_key_twice(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data)


@pytest.mark.parametrize("data", [b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "x", "b": "\xc3"}', b"\xc0\xaf"])
def test_copy_refuses_invalid_utf8(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data, "a VARCHAR(8)")


@pytest.mark.parametrize("data", [rb'{"a": "\ud800"}', rb'{"a": "\udc00\ud800"}', rb'{"a": "x", "b": "\uD800"}'])
def test_copy_refuses_lone_surrogates(cluster: Cluster, data: bytes) -> None:
    code_of_record(cluster, data, "a VARCHAR(8)")


def nested(depth: int) -> bytes:
    """Return a record that nests arrays in an object, so deep in all."""
    return b'{"a": 1, "b": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("depth", [501, 5000])
def test_copy_refuses_deep_nesting(cluster: Cluster, depth: int) -> None:
    assert loaded(cluster, nested(500)) == [(1,)]
    code_of_record(cluster, nested(depth))


def sized(size: int) -> bytes:
    """Return a record of so many bytes."""
    return b'{"a": 1, "b": "'.ljust(size - 2, b"x") + b'"}'


def test_copy_refuses_records_over_4_mb(cluster: Cluster) -> None:
    assert loaded(cluster, sized(MAX_BYTES)) == [(1,)]
    code_of_record(cluster, sized(MAX_BYTES + 1))


@pytest.mark.parametrize("data", [b'{"a": null}', b"{}", b'{"A": 1}'])
def test_copy_refuses_null_in_not_null(cluster: Cluster, data: bytes) -> None:
    assert code_of_record(cluster, data, "a INTEGER NOT NULL") == 1213


@pytest.mark.parametrize("value", ["abcde", "ééé", "éé "])
def test_copy_refuses_text_over_its_bytes(cluster: Cluster, value: str) -> None:
    assert loaded(cluster, '{"a": "éé"}'.encode(), "a VARCHAR(4)") == [("éé",)]
    assert code_of_record(cluster, f'{{"a": "{value}"}}'.encode(), "a VARCHAR(4)") == 1204


BARE = ["1.5", "1.0", "1e3", "true", "[]", "{}"]
QUOTED = ["1.5", "1.0", "1e3", "true", " 12 ", " 1", "1 ", "0x1F", "1,000", "1_0", "+", "x", " ", "\u0661"]


@pytest.mark.parametrize("value", [*BARE, *(f'"{value}"' for value in QUOTED)])
def test_copy_refuses_what_is_no_integer(cluster: Cluster, value: str) -> None:
    assert code_of_record(cluster, f'{{"a": {value}}}'.encode()) == 1207


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("INTEGER", "2147483648"),
        ("INTEGER", '"-2147483649"'),
        ("INTEGER", "18446744073709551617"),
        ("BIGINT", "9223372036854775808"),
        ("BIGINT", '"-9223372036854775809"'),
    ],
)
def test_copy_refuses_integers_out_of_range(cluster: Cluster, type_: str, value: str) -> None:
    assert code_of_record(cluster, f'{{"a": {value}}}'.encode(), f"a {type_}") == 1222


@pytest.mark.parametrize("value", ["true", '"true"', '"1,5"', '" 1"', '"1 "', '"0x1F"', '"1_0"', "[]", "{}", '"x"'])
def test_copy_refuses_what_is_no_double(cluster: Cluster, value: str) -> None:
    assert code_of_record(cluster, f'{{"a": {value}}}'.encode(), "a DOUBLE PRECISION") == 1208


@pytest.mark.parametrize("value", ["1e999", "-1e999", '"1e999"', "1" * 400])
def test_copy_refuses_doubles_out_of_range(cluster: Cluster, value: str) -> None:
    code_of_record(cluster, f'{{"a": {value}}}'.encode(), "a DOUBLE PRECISION")


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        ("DATE", '"2018-02-30"', 1205),
        ("DATE", '"1.2.2018"', 1205),
        ("DATE", "20181101", 1205),
        ("TIMESTAMP", '"2018-11-01 25:00:00"', 1206),
        ("TIMESTAMP", '"yesterday"', 1206),
        ("TIMESTAMP", "1541106106796", 1206),
        ("BOOLEAN", '"perhaps"', 1210),
        ("BOOLEAN", "2", 1210),
    ],
)
def test_copy_refuses_unreadable_times_and_booleans(cluster: Cluster, type_: str, value: str, code: int) -> None:
    assert code_of_record(cluster, f'{{"a": {value}}}'.encode(), f"a {type_}") == code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a": 1}', id="no gzip"),
        pytest.param(gzip.compress(b'{"a": 1}\n' * 99)[:-9], id="cut off"),
        pytest.param(gzip.compress(b'{"a": 1}') + b"more", id="with more after it"),
    ],
)
def test_copy_gzip_takes_nothing_else(cluster: Cluster, session: Session, data: bytes) -> None:
    assert loaded(cluster, gzip.compress(b'{"a": 1}'), packed=True) == [(1,)]
    # By these words a load recognizes that the data is refused.
    words = refused(cluster, session, data, packed=True).words
    assert DATA_REFUSED.search(words), f"COPY failed with {words!r}"


# What COPY accepts, and what becomes of it.


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("INTEGER", None),
        ("BIGINT", None),
        ("DOUBLE PRECISION", None),
        ("BOOLEAN", None),
        ("DATE", None),
        ("TIMESTAMP", None),
        ("VARCHAR(8)", ""),
    ],
)
def test_copy_reads_empty_as_null_but_in_text(cluster: Cluster, type_: str, expected: str | None) -> None:
    assert loaded(cluster, b'{"a": ""}', f"a {type_}") == [(expected,)]


def test_copy_keys_are_case_sensitive(cluster: Cluster) -> None:
    assert loaded(cluster, b'{"A": 1}') == [(None,)]
    assert loaded(cluster, b'{"A": 1, "a": 2}') == [(2,)]


def test_copy_ignores_other_keys(cluster: Cluster) -> None:
    assert loaded(cluster, b'{"b": "x", "a": 1, "c": {"a": 2}, "d": [{"a": 3, "a": 4}]}') == [(1,)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"b": [1, "x", null], "c": {}}', '{"b":[1,"x",null],"c":{}}'),
        ("[ 1, 2 ]", "[1,2]"),
        ("{ }", "{}"),
        ("[]", "[]"),
    ],
)
def test_copy_loads_nested_values_as_json(cluster: Cluster, value: str, expected: str) -> None:
    assert loaded(cluster, f'{{"a": {value}}}'.encode(), "a VARCHAR(64)") == [(expected,)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", "true"),
        ("false", "false"),
        ("12", "12"),
        ("-7", "-7"),
        ("123456789012345678", "123456789012345678"),
        *((number, PERHAPS_REWRITTEN.pattern) for number in ("-0", "0.0", "1.0", "1.50", "1e3", "1E25", "1" * 23)),
    ],
)
def test_copy_loads_scalars_as_text(cluster: Cluster, value: str, expected: str) -> None:
    ((text,),) = loaded(cluster, f'{{"a": {value}}}'.encode(), "a VARCHAR(64)")
    assert re.fullmatch(expected, str(text))


def test_copy_reads_objects_not_lines(cluster: Cluster) -> None:
    data = b'{"a": 1}{"a": 2} {"a": 3}\n{\n"a":\n4}{"a"\n: 5}'
    assert loaded(cluster, data) == [(n,) for n in range(1, 6)]


def test_copy_skips_blank_lines(cluster: Cluster) -> None:
    assert loaded(cluster, b'\n \n{"a": 1}\n\t\n\r\n{"a": 2}\r\n\n') == [(1,), (2,)]
    assert loaded(cluster, b"\n") == []


@pytest.mark.parametrize("value", ["NaN", "nan", "inf", "-inf", "Infinity", "-Infinity"])
def test_copy_takes_nan_and_infinity_in_text(cluster: Cluster, value: str) -> None:
    ((number,),) = loaded(cluster, f'{{"a": "{value}"}}'.encode(), "a DOUBLE PRECISION")
    assert str(number) == str(float(value))


# Manifests, JSONPaths, regions.


def test_jsonpaths_as_many_as_columns(cluster: Cluster, session: Session) -> None:
    refused(cluster, session, b'{"a": 1}', jsonpaths={"jsonpaths": ["$['a']", "$['b']"]})
    session.run("CREATE TEMP TABLE paired (a INTEGER, b INTEGER)")
    url = cluster.put("paired.json", b'{"x": 1, "y": 2}')
    cluster.copy(session, "paired", ["b", "a"], [url], jsonpaths={"jsonpaths": ["$['x']", "$['y']"]})
    assert session.run("SELECT a, b FROM paired") == [(2, 1)]


def test_copy_needs_the_buckets_region(cluster: Cluster, session: Session) -> None:
    elsewhere = "eu-west-1" if cluster.work.region != "eu-west-1" else "us-east-1"
    refusal = refused(cluster, session, b'{"a": 1}', region=elsewhere)
    assert "PermanentRedirect" in refusal.words, f"COPY failed with {refusal}"


def test_copy_fails_without_a_mandatory_file(cluster: Cluster, session: Session) -> None:
    there, missing = cluster.put("there.json", b'{"a": 1}'), f"{cluster.work.place}missing.json"
    needed, optional = (
        {"entries": [{"url": there, "mandatory": True}, {"url": missing, "mandatory": mandatory}]}
        for mandatory in (True, False)
    )
    refused(cluster, session, b'{"a": 1}', manifest=needed)
    # So the failure has no other reason.
    cluster.copy(session, "filled", ["a"], [there], manifest=optional)
    assert stored(session) == [(1,)]


@pytest.mark.parametrize("listed", [0, 1])
def test_copy_fails_without_files(cluster: Cluster, session: Session, listed: int) -> None:
    missing = {"url": f"{cluster.work.place}missing.json", "mandatory": False}
    refused(cluster, session, b'{"a": 1}', manifest={"entries": [missing] * listed})


# Transactions.


def test_copy_fails_whole(cluster: Cluster, session: Session) -> None:
    session.run("CREATE TEMP TABLE t (a INTEGER)")
    session.run("INSERT INTO t VALUES (7)")
    cluster.fail_to_copy(session, "t", GOOD * 3000, GOOD + BAD + GOOD)
    assert session.run("SELECT a FROM t") == [(7,)]
    session.run("BEGIN")
    session.run("INSERT INTO t VALUES (8)")
    cluster.fail_to_copy(session, "t", GOOD + BAD)
    session.refusal("SELECT a FROM t")
    session.run("ROLLBACK")
    assert session.run("SELECT a FROM t") == [(7,)]


@pytest.mark.parametrize(("end", "rows"), [("ROLLBACK", 0), ("COMMIT", 1)])
def test_copy_rolls_back(cluster: Cluster, session: Session, end: str, rows: int) -> None:
    with cluster.connect() as other:
        table = cluster.table(session, "a INTEGER")
        session.run("BEGIN")
        cluster.copy_files(session, table, GOOD)
        assert session.one(f"SELECT COUNT(*) FROM {table}") == 1
        assert other.one(f"SELECT COUNT(*) FROM {table}") == 0
        session.run(end)
        assert other.one(f"SELECT COUNT(*) FROM {table}") == rows

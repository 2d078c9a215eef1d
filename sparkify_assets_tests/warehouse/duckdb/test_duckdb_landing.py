"""What becomes of records: rows if they are good, rejects if they are not, whichever way a file was read."""

import gzip
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkify_assets import model
from sparkify_assets.errors import FileUnreadable
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.records import MAX_BYTES, Lines, Record
from sparkify_assets.lake.validator import validate
from sparkify_assets.warehouse.duckdb import duckdb_landing
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import _SETTINGS, DuckDBSession
from sparkify_assets.warehouse.session import LandedFile
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lake.writing import DAY, EVENT, SONG, event, event_with, write, write_log

pytestmark = pytest.mark.check

EVENTS = model.table("staging.staging_events")
SONGS = model.table("staging.staging_songs")


class Landing:
    """An engine into which the files of one lake were landed."""

    def __init__(self, lake: FolderLake, table: model.Table = EVENTS, *, log: bool = False) -> None:
        self.connection = duckdb.connect()
        if log:
            self.connection.execute("CALL enable_logging('QueryLog')")
        for setting in _SETTINGS:
            self.connection.execute(setting)
        files = lake.day(DAY) if table is EVENTS else lake.songs()
        self.session = DuckDBSession(self.connection, lake.root / "work")
        found = {each.file: each for each in self.session.land(table, lake, files)}
        found |= {each.file: each for each in self.session.land_dirty([file for file in files if file not in found])}
        self.landed: list[LandedFile] = [found[file] for file in files]
        self.table = table

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """How many records of each file were loaded and rejected, by the file's name."""
        return {f.file.path.rsplit("/", 1)[1]: (f.loaded, f.rejected) for f in self.landed}

    def rows(self) -> list[dict[str, Any]]:
        names = ", ".join(f'{column.name} AS "{column.source}"' for column in self.table.landed_columns)
        return self._fetch(f"SELECT {names} FROM landed_{self.table.name}")

    def rejects(self) -> list[dict[str, Any]]:
        return self._fetch("SELECT * FROM landed_rejected_records ORDER BY file, byte_offset")

    def _fetch(self, statement: str) -> list[dict[str, Any]]:
        result = self.connection.execute(statement)
        return [dict(zip([c[0] for c in result.description], row, strict=True)) for row in result.fetchall()]


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["0", "-0", "1.50", "1e15", "1e16", "1e400", "-0.0", "1E2", "2147483648", "01", "+1", ".5", "1."]),
    st.sampled_from(["4102444800000", "4102444800001", "-1", "9223372036854775808", "NaN", "-Infinity", "nan", "inf"]),
)
TEXTS = st.one_of(
    st.text(max_size=20).map(json.dumps),
    st.text(max_size=20).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(["", " ", " 12 ", "+0012", "1_000", "0x1F", "1.5", "1e3", "NaN", "true", "{", "[1]", "null"]).map(
        json.dumps
    ),
    st.sampled_from(['"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\q"', '"a\tb"', '"open', '"\x00"', "'a'"]),
    st.integers(14, 18).map(lambda length: json.dumps("é" * (length // 2) + "x" * (length % 2))),
    st.just(json.dumps("x" * 1025)),
)
OTHERS = st.sampled_from(["null", "true", "false", "{}", "[]", '{"a":1}', "[1,]", "[1, ]", "NULL", "", "[", "1 2"])
VALUES = st.one_of(NUMBERS, TEXTS, OTHERS)
KEYS = st.sampled_from(["ts", "sessionId", "itemInSession", "page", "userId", "length", "gender", "artist", "Artist"])


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """Draw a good record with some fields replaced, dropped, doubled or added, or one that is broken as a whole."""
    fields = [(key, json.dumps(value)) for key, value in json.loads(EVENT).items()]
    for _ in range(draw(st.integers(0, 3))):
        key, value = draw(KEYS), draw(VALUES)
        if draw(st.integers(0, 9)):
            fields = [field for field in fields if field[0] != key]
        if draw(st.integers(0, 9)):
            fields.append((key, value))
    text = "{" + draw(st.sampled_from([",", " , "])).join(f'"{key}":{value}' for key, value in fields) + "}"
    broken = draw(
        st.sampled_from([text] * 12 + [text[:-1] + ",}", text[:-1], text + ",", text + text, f"[{text}]", "1"])
    )
    return broken.replace("\n", " ").encode("utf-8", "surrogatepass")


@settings(max_examples=number_of_examples(5, thorough=20), deadline=None)
@given(st.lists(records(), min_size=1, max_size=12))
def test_a_record_is_landed_if_and_only_if_the_validator_finds_it_good(delivered: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(delivered):
            lake = write_log(Path(folder), data, f"2018-11-04-{number:02}.json")
        landing = Landing(lake)
    reasons = [verdict.reason for verdict in validate([Record(1, 0, data, len(data)) for data in delivered], EVENTS)]
    assert [(f.loaded, f.rejected) for f in landing.landed] == [(0, 1) if reason else (1, 0) for reason in reasons]
    assert [row["reason"] for row in landing.rejects()] == [reason for reason in reasons if reason]
    good = [_fields(data) for data, reason in zip(delivered, reasons, strict=True) if not reason]
    assert sorted(map(repr, (_typed(fields) for fields in good))) == sorted(map(repr, landing.rows()))


@settings(max_examples=number_of_examples(10, thorough=40), deadline=None)
@given(st.lists(records(), min_size=1, max_size=40), st.sampled_from([b"\n", b"\r\n", b"\n \n"]))
def test_of_records_in_one_file_the_good_are_landed_and_the_others_kept_with_their_place(
    delivered: list[bytes], ending: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        landing = Landing(write_log(Path(folder), ending.join(delivered)))
    verdicts = list(validate(Lines(BytesIO(ending.join(delivered))), EVENTS))
    good = [_fields(v.record.data) for v in verdicts if not v.reason]
    bad = [v for v in verdicts if v.reason]
    (file,) = landing.landed
    assert (file.records, file.loaded, file.rejected) == (len(delivered), len(good), len(bad))
    assert sorted(map(repr, map(_typed, good))) == sorted(map(repr, landing.rows()))
    assert [(row["line_number"], row["byte_offset"], row["reason"]) for row in landing.rejects()] == [
        (v.record.line_number, v.record.byte_offset, v.reason) for v in bad
    ]


def _fields(data: bytes) -> dict[str, Any]:
    """Return a record's fields; numbers stay as they are written."""
    fields: dict[str, Any] = json.loads(data, parse_int=str, parse_float=str)
    return fields


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the row that a good record becomes."""
    return {str(column.source): _value(fields.get(str(column.source)), column) for column in EVENTS.landed_columns}


def _value(value: object, column: model.Column) -> object:
    if value is None or (value == "" and not column.is_text):
        return None
    if column.is_integer:
        return int(str(value))
    if column.is_double:
        return float(str(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("data", "loaded", "rejected"),
    [
        (EVENT[:-1] + b",}", 0, 1),
        (event_with('"unknown":[1, ]'), 0, 1),
        (event_with('"artist":nan'), 0, 1),
        (event_with('"artist":-Infinity'), 0, 1),
        (event_with('"gender":1e15'), 1, 0),
        (event_with('"gender":1.00000000000000000000'), 0, 1),
        (event_with('"artist":"{not an object"'), 1, 0),
        (event_with('"artist":"Infinity"'), 1, 0),
        (event_with('"artist":"comma, ]"'), 1, 0),
        (EVENT + b" " * MAX_BYTES + b"\n" + EVENT, 1, 1),
        (b"\t" * MAX_BYTES + EVENT, 0, 1),
        (event_with('"unknown":' + "[" * 499 + "]" * 499), 1, 0),
        (event_with('"unknown":' + "[" * 500 + "]" * 500) + b"\n" + EVENT, 1, 1),
        (event_with('"unknown":' + "[" * 5000 + "]" * 5000) + b"\n\v", 0, 2),
        (event_with('"unknown":[' + ",".join(["[]"] * 1000) + "]"), 1, 0),
        (b"\xef\xbb\xbf" + EVENT, 1, 0),
        (b"\r\n\n" + EVENT + b"\r\n \t\r\n" + EVENT, 2, 0),
        (EVENT + b"\x0b,\n" + EVENT, 1, 1),
        (b"x", 0, 1),
        (b"", 0, 0),
        (b" \n\n", 0, 0),
        (b"null\ntrue\n[]\n" + EVENT, 1, 3),
        (EVENT + b"\n\xff\n" + EVENT, 2, 1),
        (event_with('"x":"' + "x" * MAX_BYTES + '"') + b"\n" + EVENT, 1, 1),
    ],
)
def test_every_line_of_a_log_file_is_loaded_or_rejected(
    tmp_path: Path, data: bytes, loaded: int, rejected: int
) -> None:
    (landed,) = Landing(write_log(tmp_path, data)).landed
    assert (landed.records, landed.loaded, landed.rejected) == (loaded + rejected, loaded, rejected)


@pytest.mark.parametrize(
    ("data", "loaded", "rejected"),
    [
        (SONG + SONG + b" " + SONG, 3, 0),
        (json.dumps(json.loads(SONG), indent=2).encode() * 2, 2, 0),
        (b"\xef\xbb\xbf" + SONG, 1, 0),
        (SONG[:-1] + b",\n}" + SONG, 1, 1),
        (b"[" + SONG + b"]" + SONG, 1, 1),
        (SONG + b"\n" + SONG[:-1], 1, 1),
        (SONG + b" null\n1", 1, 2),
        (SONG + b"\f" + SONG, 1, 1),
        (SONG + b"\f", 1, 1),
        (b"\v" + SONG, 0, 1),
    ],
)
def test_every_value_of_a_song_file_is_loaded_or_rejected(
    tmp_path: Path, data: bytes, loaded: int, rejected: int
) -> None:
    (landed,) = Landing(write(tmp_path, "song_data/A/x.json", data), SONGS).landed
    assert (landed.records, landed.loaded, landed.rejected) == (loaded + rejected, loaded, rejected)


def test_files_are_counted_one_by_one_and_bad_ones_found_among_many(tmp_path: Path) -> None:
    expected = {}
    for n in range(12):
        content = [event(itemInSession=n)] * n + ([b"oops"] if n in (3, 7) else [])
        lake = write_log(tmp_path, b"\n".join(content), f"2018-11-04-{n:02}.json{'.gz' if n % 2 else ''}")
        expected[f"2018-11-04-{n:02}.json{'.gz' if n % 2 else ''}"] = (n, int(n in (3, 7)))
    landing = Landing(lake)
    assert landing.counts == expected
    assert sorted(row["itemInSession"] for row in landing.rows()) == [n for n in range(12) for _ in range(n)]


class ChangingLake(FolderLake):
    """A lake in which a file turns out to have changed whenever several were read together."""

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        with super().spool(files) as paths:
            yield paths
        if len(files) > 1:
            raise FileUnreadable(files[0], "it has changed since it was listed")


def test_files_of_which_one_changed_while_they_were_read_together_are_landed_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_log(tmp_path, EVENT, f"{DAY}-{name}.json")
    landing = Landing(ChangingLake(tmp_path))
    assert set(landing.counts.values()) == {(1, 0)}
    assert len(landing.rows()) == 2


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_no_file_among_many_loses_a_broken_last_line_that_does_not_end(tmp_path: Path, ending: str) -> None:
    for n in range(8):
        content = b"\n".join([EVENT] * n + ([b"[]"] if n in (3, 5) else []))
        lake = write_log(tmp_path, content, f"2018-11-04-{n}.json{ending}")
    for _ in range(4):
        assert [file.rejected for file in Landing(lake).landed] == [0, 0, 0, 1, 0, 1, 0, 0]


@pytest.mark.parametrize("bad", [b"oops", b"{}"])
@pytest.mark.parametrize("listed", [1, 3, 4])
def test_a_file_with_too_many_suspects_is_validated_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int, bad: bytes
) -> None:
    monkeypatch.setattr(duckdb_landing, "_MOST_SUSPECTS", listed)
    landing = Landing(write_log(tmp_path, b"\n".join([EVENT, bad, EVENT, bad, bad, EVENT])))
    assert [(file.loaded, file.rejected) for file in landing.landed] == [(3, 3)]
    assert [row["line_number"] for row in landing.rejects()] == [2, 4, 5]


@pytest.mark.parametrize("content", [EVENT + b"\noops", EVENT + b"\noops\n\v", b"\xef\xbb\xbf" + EVENT + b"\nx"])
def test_nothing_is_left_in_the_work_folder(tmp_path: Path, content: bytes) -> None:
    Landing(write_log(tmp_path, content))
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == []


def test_a_record_is_landed_with_the_same_values_from_a_clean_file_and_from_a_split_one(tmp_path: Path) -> None:
    record = event_with('"artist":150,"gender":true,"length":"1.","userId":"+07","location":"a\\nb"')
    clean = Landing(write_log(tmp_path / "clean", record))
    split = Landing(write_log(tmp_path / "dirty", b"oops\v\n" + record))
    assert clean.rows() == split.rows()


@pytest.mark.parametrize("beside", [b"", b"\noops", b"\noops\v"], ids=["clean", "dirty", "validated whole"])
def test_a_number_in_a_text_column_is_stored_as_it_is_written(tmp_path: Path, beside: bytes) -> None:
    numbers = ["-0", "0", "1.50", "1.0", "1e5", "1E5", "-0.0", "0e0", "1e400", "12", "-7", "1" * 1000]
    content = b"\n".join(event_with(f'"artist":{number}') for number in [*numbers, *map(json.dumps, numbers)])
    landing = Landing(write_log(tmp_path, content + beside))
    assert [(file.loaded, file.refusal) for file in landing.landed] == [(2 * len(numbers), None)]
    assert sorted(row["artist"] for row in landing.rows()) == sorted(numbers * 2)


NAMES = ["aXb", "a*b", "a?b", "[a-z]", "it's", "two words", "back\\slash", "back\\*", "{a,b}", "%20é", "a[*]b"]


@pytest.mark.parametrize("content", [EVENT, EVENT + b"\noops"])
def test_a_file_may_have_any_name(tmp_path: Path, content: bytes) -> None:
    for name in NAMES:
        lake = write_log(tmp_path, content, f"2018-11-04-{name}.json")
    assert Landing(lake).counts == {f"2018-11-04-{name}.json": (1, content.count(b"oops")) for name in NAMES}


@pytest.mark.parametrize("folder", ["page=Hive", "ts=5", "filename=x", "[1]", "a*", "with space"])
def test_a_lake_may_lie_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    (row,) = Landing(write_log(tmp_path / folder, EVENT)).rows()
    assert {name: value for name, value in row.items() if value is not None} == json.loads(EVENT)


class TestAFileThatCannotBeReadToItsEnd:
    @pytest.fixture
    def lake(self, tmp_path: Path) -> FolderLake:
        return write_log(tmp_path, EVENT, "2018-11-04-good.json")

    def assert_refused(self, lake: FolderLake) -> None:
        (refusal,) = [file.refusal for file in Landing(lake).landed if file.refusal]
        assert re.match(r"\S+2018-11-04-bad\.json(\.gz)?: cannot be read to its end", str(refusal))

    def test_a_truncated_gzip_is_refused(self, lake: FolderLake) -> None:
        write_log(lake.root, EVENT * 100, "2018-11-04-bad.json.gz")
        path = lake.root / "log_data/2018/11/2018-11-04-bad.json.gz"
        path.write_bytes(gzip.compress(b"\n".join([EVENT] * 100))[:-9])
        self.assert_refused(lake)

    def test_what_is_no_gzip_by_that_name_is_refused(self, lake: FolderLake) -> None:
        write_log(lake.root, EVENT, "2018-11-04-bad.json.gz")
        (lake.root / "log_data/2018/11/2018-11-04-bad.json.gz").write_bytes(EVENT)
        self.assert_refused(lake)

    def test_a_folder_is_refused(self, lake: FolderLake) -> None:
        (lake.root / "log_data/2018/11/2018-11-04-bad.json").mkdir()
        self.assert_refused(lake)

"""`sparkify query` reads its question from a file, and writes its answer to one."""

import io
import json
import os
import shutil
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from sparkify_assets.cli import main
from sparkify_assets_tests.full_disk import full_disk
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

QUESTION = "SELECT user_id, level, NULL AS nothing FROM sparkify.users"
TYPED = (
    "SELECT user_id, start_time, start_date, length, level, location IS NULL AS nowhere, CAST(NULL AS VARCHAR) AS "
    "nothing, '' AS empty, SUM(1) OVER () AS n, 1.50 AS price FROM sparkify.songplays ORDER BY 2 LIMIT 1"
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of a loaded warehouse, which no test changes."""
    platform = Platform.at(tmp_path_factory.mktemp("loaded"))
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(), event(itemInSession=1)])
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    platform.load_songs()
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.warehouse.publish()
    return platform.settings.published_file


@pytest.fixture
def home(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a working folder whose settings name a copy of that warehouse."""
    (tmp_path / "published").mkdir()
    shutil.copy(loaded, tmp_path / "published/sparkify.duckdb")
    for name in [name for name in os.environ if name.startswith("SPARKIFY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SPARKIFY_DUCKDB", str(tmp_path / "sparkify.duckdb"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_question_is_read_from_a_file_or_from_standard_input(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "users.sql").write_text(f"\ufeff-- Who is there?\n{QUESTION};\n", "utf-8")
    assert main.main(["query", "--file", "users.sql", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines() == ["user_id,level,nothing", "7,free,"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(QUESTION.encode())))
    assert main.main(["query", "--file", "-", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["7,free,"]


def test_the_files_extension_decides_the_format(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("answer.csv", "answer.JSON", "answer.parquet"):
        assert main.main(["query", TYPED, "--out", name]) == 0
        assert capsys.readouterr().out == f"{name}: 1 row\n"
    assert (home / "answer.csv").read_text().splitlines() == [
        "user_id,start_time,start_date,length,level,nowhere,nothing,empty,n,price",
        '7,2018-11-15 12:00:00,2018-11-15,201.5,free,False,,"",3,1.50',
    ]
    assert json.loads((home / "answer.JSON").read_text())[0]["start_time"] == "2018-11-15 12:00:00"
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(home / "answer.parquet"))
        assert [str(kind) for kind in found.types] == [
            *("BIGINT", "TIMESTAMP", "DATE", "DOUBLE", "VARCHAR", "BOOLEAN", "VARCHAR", "VARCHAR", "BIGINT"),
            "DECIMAL(38,2)",
        ]
        moment = datetime(2018, 11, 15, 12)
        row = (7, moment, DAY, 201.5, "free", False, None, "", 3, Decimal("1.50"))
        assert found.fetchall() == [row]
    frame = pd.read_parquet(home / "answer.parquet")
    assert tuple(None if pd.isna(value) else value for value in frame.iloc[0]) == row
    assert not list(home.glob(".*"))


def test_an_empty_answer_is_written_with_its_columns(home: Path) -> None:
    for name in ("none.csv", "none.json", "none.parquet"):
        assert main.main(["query", "SELECT user_id FROM sparkify.users WHERE FALSE", "--out", name]) == 0
    assert ((home / "none.csv").read_text(), (home / "none.json").read_text()) == ("user_id\n", "[]\n")
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(home / "none.parquet")).columns == ["user_id"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([QUESTION, "--out", "a.xlsx"], "a.xlsx ends with .xlsx: expected a name that ends with .csv, .json, .parquet"),
        ([QUESTION, "--out", "answer"], "answer ends with nothing: expected a name"),
        ([QUESTION, "--out", "no/such/folder/a.csv"], "No such file or directory: check the path"),
        ([QUESTION, "--out", "a_folder.csv"], "a_folder.csv is a folder: expected the name of a file"),
        (["SELECT 1 AS a, 2 AS a", "--out", "old.parquet"], "more than one column is named a"),
        (["SELECT 1 AS a, 2 AS a", "--out", "old.json"], "more than one column is named a"),
        (["SELECT 1 AS a, 2 AS A", "--out", "old.parquet"], "cannot be written as Parquet"),
        (["SELECT nothing FROM sparkify.users", "--out", "old.csv"], "the question cannot be answered"),
        (["--file", "missing.sql"], "missing.sql: No such file or directory"),
        (["--file", "latin.sql"], "latin.sql is not UTF-8 at byte 8: save it as UTF-8"),
        (["--file", "a_folder.csv"], "Is a directory"),
    ],
)
def test_a_failed_read_or_write_is_reported_in_one_line_and_leaves_the_old_file(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    (home / "latin.sql").write_bytes(b"SELECT '\xe9'")
    (home / "a_folder.csv").mkdir()
    for ending in ("csv", "json", "parquet"):
        (home / f"old.{ending}").write_text("as it was")
    before = sorted(home.rglob("*"))
    assert main.main(["query", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert problem in printed.err
    assert sorted(home.rglob("*")) == before
    assert all((home / f"old.{ending}").read_text() == "as it was" for ending in ("csv", "json", "parquet"))


@pytest.mark.parametrize("name", ["old.csv", "old.json", "old.parquet"])
def test_an_answer_for_which_the_disk_has_no_room_leaves_the_old_file(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (home / name).write_text("as it was")
    with full_disk(20):
        assert main.main(["query", TYPED, "--out", name]) == 2
    said = capsys.readouterr().err
    assert name in said
    assert said.endswith("free some disk space, then run the same command again\n")
    assert said.count("\n") == 1
    assert (home / name).read_text() == "as it was"
    assert not list(home.glob(".*"))


def test_an_output_for_which_the_disk_has_no_room_is_an_error(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main.main(["query", TYPED, "--format", "csv"]) == 2
    assert capsys.readouterr().err.startswith("sparkify: No space left on device: free some disk space")


@pytest.mark.parametrize(
    "arguments", [[], ["SELECT 1", "--file", "a.sql"], ["SELECT 1", "--format", "csv", "--out", "a.csv"]]
)
def test_one_question_from_one_source_goes_to_one_place(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["query", *arguments])

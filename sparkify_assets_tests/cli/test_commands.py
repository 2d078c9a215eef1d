"""The command line: what it prints, what it refuses, and its exit codes."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.cli import main
from sparkify_assets.warehouse.duckdb import duckdb_warehouse as engine
from sparkify_assets_tests.aws import put_lake, s3_client
from sparkify_assets_tests.cli.conftest import FirstLoad
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, log_file, write_day, write_song
from sparkify_assets_tests.platforms import Platform


def test_load_brings_everything_up_to_date_and_shows_rows_checks_and_rejects(first_load: FirstLoad) -> None:
    assert first_load.code == 0
    assert "Loaded 2 days and the song catalog." in first_load.out
    assert "songplays" in first_load.out
    assert "10 passed" in first_load.out
    assert f"{DAY}: loaded 2 records of 1 file with 1 other day in" in first_load.err


def test_what_a_load_writes_is_for_its_user_alone(first_load: FirstLoad) -> None:
    written = [path for path in (first_load.folder / "data").rglob("*") if "lake" not in path.parts]
    assert {path.name for path in written} >= {"sparkify.duckdb", "index.db"}
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_a_second_load_finds_nothing_to_do_and_starts_no_run(
    loaded_lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = sorted((loaded_lake.parent / "dagster").rglob("*"))
    assert main.main(["load"]) == 0
    said = capsys.readouterr()
    assert "Nothing changed in the lake" in said.out
    assert said.err == ""
    assert sorted((loaded_lake.parent / "dagster").rglob("*")) == runs


def test_only_what_changed_is_loaded_again_unless_forced(loaded_lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_file(loaded_lake, NEXT_DAY, "events").unlink()
    write_day(loaded_lake, NEXT_DAY, [event(ts=at(NEXT_DAY)), event(ts=at(NEXT_DAY, 1))])
    main.main(["load"])
    assert capsys.readouterr().err.startswith(f"{NEXT_DAY}: loaded 2 records")
    main.main(["load", "--start", str(DAY), "--end", str(DAY), "--force"])
    said = capsys.readouterr().err
    assert "the song catalog: loaded" in said
    assert f"{DAY}: loaded" in said
    assert str(NEXT_DAY) not in said


def test_a_lake_in_a_bucket_is_loaded_like_one_in_a_folder(
    lake: Path, aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_lake(s3_client(), "music", "lake/", lake)
    monkeypatch.setenv("SPARKIFY_LAKE", "s3://music/lake")
    assert main.main(["load"]) == 0
    assert "Loaded 2 days and the song catalog." in capsys.readouterr().out
    assert main.main(["load"]) == 0
    assert "Nothing changed in the lake" in capsys.readouterr().out
    assert main.main(["sample", "--out", "s3://music/lake"]) == 2
    assert "would be written to s3://music/lake: name a folder with --out" in capsys.readouterr().err


def test_days_that_fail_are_named_and_the_others_stay(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_day(lake, DAY, FLOOD)
    assert main.main(["load"]) == 1
    said = capsys.readouterr()
    assert f"{DAY}: refused: log_data/2018/11/{DAY}-events.json, line 1 (byte 0): 101 of 101 records are" in said.err
    assert f"✗ {DAY} was refused: log_data/2018/11/{DAY}-events.json, line 1 (byte 0)\n    101 of 101 re" in said.out
    assert re.search(
        r"Next: follow the → at each ✗, then run \S+ load\. Until then .* keeps its earlier rows\.\n$", said.out
    )
    assert "Loaded 1 day and the song catalog; 1 refused." in said.out
    assert "files_loadable on 1 of 2" in said.out


def test_a_failed_acceptance_query_fails_the_load_and_shows_its_first_rows(
    lake: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "acceptance").mkdir()
    sql, rows = home / "acceptance/days.sql", home / "acceptance/days.csv"
    sql.write_text("SELECT start_date, COUNT(*) AS plays FROM sparkify.songplays GROUP BY 1")
    rows.write_text(f"start_date,plays\n{DAY},2\n{NEXT_DAY},7\n")
    assert main.main(["load"]) == 1
    said = capsys.readouterr().out
    assert re.search(r"acceptance queries +│ +│ 1 failed", said)
    assert "✗ songplays.acceptance_days: 1 row missing, 1 row too many\n" in said
    assert f"    rows missing: start_date={NEXT_DAY}, plays=7\n" in said
    rows.write_text(f"start_date,plays\n{DAY},2\n{NEXT_DAY},1\n")
    # A run of its own for one day: the last run decides.
    assert main.main(["load", "--force", "--start", str(NEXT_DAY)]) == 0
    assert "1 passed" in capsys.readouterr().out


def test_rejects_are_shown_with_their_place_and_reason_and_asked_for_by_day_and_file(
    warehouse: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["rejects"]) == 0
    assert capsys.readouterr().out == "Nothing was rejected.\n"
    first = json.dumps(event())
    write_day(warehouse.lake, DAY, [first, "[]", '{"ts": 5, "x": "é"}'], "bad")
    write_song(warehouse.lake, "{", "TRBAD")
    warehouse.load(DAY)
    warehouse.load_songs()
    main.main(["rejects"])
    said = capsys.readouterr().out
    assert f"log_data/2018/11/{DAY}-bad.json, line 3 (byte {len(first) + 4}): itemInSession is missing\n" in said
    assert "song_data/A/A/A/TRBAD.json, line 1 (byte 0): not JSON\n  {\n" in said
    assert "3 records rejected." in said
    for arguments, count in (
        (["--day", str(DAY)], "2 records"),
        (["--day", str(NEXT_DAY)], "Nothing"),
        (["--file", "TRBAD.json"], "1 record rejected."),
        (["--file", "log_data/2018/11"], "Nothing"),
        (["--limit", "1"], "3 records rejected, the first 1 shown"),
    ):
        main.main(["rejects", *arguments])
        assert count in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "environment", "problem"),
    [
        (["load"], {"SPARKIFY_END_DATE": "tomorrow"}, "SPARKIFY_END_DATE is 'tomorrow': expected a day as YYYY-MM-DD"),
        (["load", "--start", "1.11.18"], {}, "--start is '1.11.18': expected a day"),
        (["load", "--start", "2018-10-01"], {}, f"2018-10-01 is outside the log days {DAY} to {NEXT_DAY}"),
        (["load"], {"SPARKIFY_LAKE": "no/such/lake"}, "there is no lake at no/such/lake"),
        (["load"], {"SPARKIFY_DUCKDB": "text.duckdb"}, "the warehouse text.duckdb cannot be used"),
        (
            ["query", "SELECT 1"],
            {"SPARKIFY_DUCKDB": "missing.duckdb"},
            "nothing is published at published/missing.duckdb yet: run `sparkify load` first",
        ),
        (
            ["insight", "retention"],
            {"SPARKIFY_DUCKDB": "missing.duckdb"},
            "nothing is published at published/missing.duckdb yet: run `sparkify load` first",
        ),
        (["insight", "songs"], {}, "there is no insight songs: expected one of artist_popularity, catalog_coverage, "),
        (["insight", "retention", "--limit", "0"], {}, "--limit is 0: expected 1 or more; leave it out for the first"),
        (["sample", "--days", "0"], {}, "days"),
        (["load"], {"DAGSTER_HOME": "/dev/null/home"}, "/dev/null/home: Not a directory"),
        (["sample", "--out", "/dev/null/lake"], {}, "Not a directory"),
        (["dictionary", "--out", "all.pdf"], {}, "--out is all.pdf: expected a name that ends in .html or .md"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_changes_nothing(
    lake: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
    problem: str,
) -> None:
    (home / "empty").mkdir()
    (home / "text.duckdb").write_text("this is not a warehouse")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("sparkify: ")
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert not (home / "data/dagster").exists()
    assert (home / "text.duckdb").read_text() == "this is not a warehouse"


def test_a_warehouse_whose_folder_cannot_be_made_is_one_clear_line(
    lake: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "file").touch()
    monkeypatch.setenv("SPARKIFY_DUCKDB", "file/sparkify.duckdb")
    assert main.main(["load"]) == 2
    assert "cannot be created: File exists; see SPARKIFY_DUCKDB" in capsys.readouterr().err


def test_a_warehouse_that_another_process_holds_is_waited_for_and_then_given_up(
    lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    hold = "import duckdb; held = duckdb.connect('data/sparkify.duckdb'); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert main.main(["load"]) == 2
        holder.communicate("let go\n")
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"is held by process {holder.pid}" in last
    assert "try again when it is done" in last


QUESTION = "SELECT user_id, level, NULL AS nothing FROM sparkify.users"


def test_query_answers_as_a_table_csv_or_json(warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["query", QUESTION]) == 0
    assert "1 row" in capsys.readouterr().out
    main.main(["query", QUESTION, "--format", "csv"])
    assert capsys.readouterr().out.splitlines() == ["user_id,level,nothing", "7,free,"]
    main.main(["query", QUESTION, "--format", "json"])
    assert json.loads(capsys.readouterr().out) == [{"user_id": 7, "level": "free", "nothing": None}]


def test_query_to_the_terminal_imports_no_pandas(warehouse: Platform) -> None:
    watch = (
        "import sys\nfrom sparkify_assets.cli import main\n"
        f"for layout in 'table', 'csv': assert main.main(['query', {QUESTION!r}, '--format', layout]) == 0\n"
        "print({'pandas', 'dagster'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    assert done.stdout.count("free") == 2
    assert done.stderr.strip() == "set()"


def test_json_needs_a_name_of_its_own_for_each_column(warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["query", "SELECT 1 AS a, 2 AS a", "--format", "json"]) == 2
    assert "more than one column is named a" in capsys.readouterr().err


@pytest.mark.exhaustive(1)
@pytest.mark.parametrize("command", ["status", "doctor", "query 'SELECT * FROM sparkify.users'"])
def test_a_reader_that_stops_listening_is_no_error(warehouse: Platform, command: str) -> None:
    listened = f"set -o pipefail; '{sys.executable}' -u -m sparkify_assets.cli {command} | true"
    done = subprocess.run(["bash", "-c", listened], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_lake_by_a_roundabout_path_with_signs_of_patterns_is_loaded(
    lake: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.rename(home / "data/lake [x]*")
    monkeypatch.setenv("SPARKIFY_LAKE", "data/../data/./lake [x]*/")
    assert main.main(["load"]) == 0
    assert "Loaded 2 days and the song catalog." in capsys.readouterr().out


def test_an_answer_without_rows_still_has_its_columns(warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["query", "SELECT user_id FROM sparkify.users WHERE FALSE", "--format", "csv"])
    assert capsys.readouterr().out.splitlines() == ["user_id"]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM sparkify.users",
        "INSERT INTO sparkify.users (user_id) VALUES (1)",
        "UPDATE sparkify.users SET level = 'paid'",
        "DROP TABLE sparkify.users",
        "CREATE TABLE sparkify.mine AS SELECT 1 AS one",
        "SELECT 1 AS one INTO sparkify.mine",
        "TRUNCATE sparkify.users",
        "SELECT 1; DELETE FROM sparkify.users",
        "COPY sparkify.users TO 'users.csv'",
        "EXPLAIN SELECT 1",
        "ATTACH 'other.duckdb'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT no_such_column FROM sparkify.users",
        "SELECT FROM WHERE",
        "",
    ],
)
def test_a_query_that_writes_or_fails_is_refused_in_one_line(
    warehouse: Platform, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    assert main.main(["query", sql]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    main.main(["query", QUESTION, "--format", "csv"])
    assert capsys.readouterr().out.splitlines()[1:] == ["7,free,"]


def test_insight_lists_what_there_is_without_a_warehouse(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["insight", "--format", "json"]) == 0
    listed = {row["insight"]: row["what it holds"] for row in json.loads(capsys.readouterr().out)}
    assert listed == {name: insight.table.meaning for name, insight in model.insights().items()}
    main.main(["insight"])
    assert f"{len(listed)} rows" in capsys.readouterr().out


def test_insight_shows_the_first_rows_of_one(warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    write_day(
        warehouse.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, n), itemInSession=n, song=f"{n:02d}") for n in range(11)]
    )
    warehouse.load(NEXT_DAY)
    warehouse.make_insights()
    shown = ["rank,song_title", "1,Leuchtturm", *(f"2,{n:02d}" for n in range(11))]
    for arguments, lines in (([], 11), (["--limit", "2"], 3), (["--limit", "99"], 13)):
        assert main.main(["insight", "song_popularity", "--format", "csv", *arguments]) == 0
        said = capsys.readouterr()
        assert [",".join(line.split(",")[:2]) for line in said.out.splitlines()] == shown[:lines]
        assert said.err == ""
    main.main(["insight", "song_popularity"])
    assert "10 rows" in capsys.readouterr().out


def test_insight_warns_when_it_is_outdated_and_load_rebuilds_it(
    warehouse: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["insight", "song_popularity", "--format", "json"]
    assert main.main(asked) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == []
    assert said.err == "sparkify: song_popularity is outdated: `sparkify load` rebuilds it\n"
    assert main.main(["load"]) == 0
    capsys.readouterr()
    main.main(asked)
    said = capsys.readouterr()
    assert [row["plays"] for row in json.loads(said.out)] == [3]
    assert said.err == ""


def test_dictionary_writes_a_page_with_rows_or_markdown_without(
    warehouse: Platform, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main.main(["dictionary", "--open"]) == 0
    assert capsys.readouterr().out == "results/dictionary.html\n"
    assert "Leuchtturm" in (home / "results/dictionary.html").read_text("utf-8")
    assert opened == [(home / "results/dictionary.html").as_uri()]
    assert main.main(["dictionary", "--out", "docs/tables.md"]) == 0
    assert "### sparkify.songplays" in (home / "docs/tables.md").read_text("utf-8")


def test_sample_makes_a_lake_and_leaves_one_that_is_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sample", "--days", "2", "--events", "50", "--songs", "5"]
    assert main.main([*asked, "--if-missing"]) == 0
    assert capsys.readouterr().out == "", "a lake is set"
    assert main.main(asked) == 0
    assert "data/sample/lake: 50 events and 5 songs in 7 files" in capsys.readouterr().out


def test_the_sample_has_every_page_unless_only_the_real_ones_are_asked_for(home: Path) -> None:
    for folder, more in (("every", []), ("real", ["--only-real-pages"])):
        asked = ["sample", "--days", "2", "--events", "400", "--songs", "0", "--out", folder, *more]
        assert main.main(asked) == 0
    every, real = ("".join(p.read_text() for p in (home / name).rglob("*.json")) for name in ("every", "real"))
    assert "Roll Advert" in every
    assert "Roll Advert" not in real


def test_a_sample_that_was_cut_short_is_finished(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("SPARKIFY_")]:
        monkeypatch.delenv(name)
    asked = ["sample", "--days", "2", "--events", "50", "--songs", "5", "--if-missing"]
    main.main(asked)
    whole = sorted(home.rglob("*"))
    assert main.main(asked) == 0
    next((home / "data/sample/lake/log_data").rglob("*.json")).unlink()
    (home / "data/sample/lake/.unfinished-sample").touch()
    assert main.main(asked) == 0
    assert sorted(home.rglob("*")) == whole


def test_help_names_every_command_and_imports_nothing_heavy_and_neither_does_what_waits_for_the_ui() -> None:
    watch = (
        "import sys, sparkify_assets.orchestration.ui\nfrom sparkify_assets.cli import main\n"
        "try: main.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'dagster', 'duckdb', 'pandas', 'boto3', 'sqlglot', 'rich', 'altair', 'jinja2'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"
    for command in ("load", "query", "insight", "sample", "ui"):
        assert f"    {command} " in done.stdout


def test_a_port_that_is_taken_is_reported_before_anything_starts(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.main(["ui", "--port", str(port)]) == 2
    assert f"port {port} of 127.0.0.1 cannot be used: Address already in use; choose another" in capsys.readouterr().err

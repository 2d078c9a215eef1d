"""`sparkify forget`: users are forgotten, and come back only when they are brought back."""

import hashlib
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main.main(["forget", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def users(home: Path) -> list[tuple[object, ...]]:
    return Platform.at(home / "data").values("SELECT user_id FROM sparkify.users ORDER BY user_id")


def test_a_dry_run_shows_what_there_is_and_changes_nothing(
    warehouse: Platform, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "7", "9", "--dry-run") == (
        0,
        "user 7 is not forgotten: 3 events in 2 log days, 0 rejects\n"
        "user 9 is not forgotten: 0 events in 0 log days, 0 rejects\n"
        "nothing was changed\n",
        "",
    )
    assert not (home / "data/forgotten.csv").exists()
    assert users(home) == [(7,)]


def test_no_file_that_was_written_holds_a_forgotten_user_until_they_are_brought_back(
    loaded_lake: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_day(loaded_lake, NEXT_DAY, [event(userId="8", ts=at(NEXT_DAY), firstName="Bo", lastName="Ek")])
    left = home / "data/work/clean/left.json"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text('{"lastName": "Holm"}')
    (home / "ids").write_text("7\n+7\n")
    assert {"data/sparkify.duckdb", "data/work/clean/left.json"} <= holding(home, b"Holm")
    code, out, err = run(capsys, "--file", "ids", "--reason", "request 17")
    assert (code, out.splitlines()[0]) == (0, "1 user newly forgotten"), err
    assert users(home) == [(8,)]
    assert holding(home, b"Holm") == set()
    assert holding(home, b'"userId": "7"') == set()
    listed = (home / "data/forgotten.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in listed] == ["user_id", "7"]
    assert listed[1].endswith(",request 17")
    assert_is_a_receipt(out[out.index("Receipt of") :])
    assert main.main(["load"]) == 0
    assert users(home) == [(8,)]
    capsys.readouterr()
    assert_a_search_finds_only_what_is_left(home, capsys)
    code, out, err = run(capsys, "7", "--undo")
    assert (code, out.splitlines()[0]) == (0, "1 user brought back"), err
    assert users(home) == [(7,), (8,)]


def holding(home: Path, text: bytes) -> set[str]:
    """The files beside the lake that hold a text, whatever they are."""
    files = (path for path in home.rglob("*") if path.is_file() and home / "data/lake" not in path.parents)
    return {path.relative_to(home).as_posix() for path in files if text in path.read_bytes()}


def assert_a_search_finds_only_what_is_left(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "7", "--verify")
    assert (code, err) == (0, "")
    places = [line.rpartition(": ")[0].strip() for line in out.splitlines()[1:]]
    assert {"the list of forgotten users", "every byte of data/sparkify.duckdb", "every byte of data/work"} <= {*places}
    assert all(line.endswith(": nothing") for line in out.splitlines()[1:])
    assert "names (" not in out
    (home / "data/work/left.json").write_text('{"lastName": "Holm"}')
    code, out, err = run(capsys, "7", "8", "--verify")
    assert code == 1
    assert "every byte of data/work: left.json: byte 14\n" in out
    assert "the list of forgotten users: the user is not on it\n" in out
    assert "1 rows in sparkify.users" in out


def assert_is_a_receipt(text: str) -> None:
    body, _, signature = text.rstrip("\n").rpartition("sha256: ")
    assert signature == hashlib.sha256(body.encode()).hexdigest()
    assert "erased: 2 events in 1 file of the lake: left out of the warehouse" in body
    assert "left: the records in 1 file of the lake data/lake, until they are taken out of it (`--lake`)\n" in body
    for personal in ("Ida", "Holm", "user 7", "request"):
        assert personal not in body


def test_before_the_first_load_only_the_list_changes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "data/lake").mkdir(parents=True)
    assert run(capsys, "7", "--dry-run")[:2] == (
        0,
        "nothing to remove: there is no warehouse at data/sparkify.duckdb yet: run `sparkify load` first\n",
    )
    code, out, _ = run(capsys, "7", "--lake")
    assert (code, out.splitlines()[:2]) == (0, ["1 user newly forgotten", "0 files of the lake written anew"])
    assert "erased: 0 events in 0 files of the lake" in out
    write_day(home / "data/lake", DAY, [event(), event(userId="8", itemInSession=1)])
    platform = Platform.at(home / "data")
    platform.load(DAY)
    assert users(home) == [(8,)]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "no user is named: expected ids, or --file with one a line"),
        (["Ida"], "'Ida' is not the id of a user: expected an integer, as in the column user_id"),
    ],
)
def test_what_names_no_user_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert run(capsys, *arguments) == (2, "", f"sparkify: {problem}\n")

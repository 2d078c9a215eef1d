"""The list of forgotten users as a file, and which users the text of a rejected record names."""

from datetime import datetime
from pathlib import Path

import pytest

from sparkify_assets.errors import ForgottenListError
from sparkify_assets.lake.forgotten import REDACTED, ForgottenFile, ForgottenUser, parse_user_id, redacted, users_named

pytestmark = pytest.mark.check
HEADER = "user_id,forgotten_at,forgotten_by,reason\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"userId": "8", "firstName": "Bo"', {8}),
        ('"userId":8}', {8}),
        ('{"userId" : "+08"}', {8}),
        ('{"userId": -8}', {-8}),
        ('{"userId": 7, "userId": "8"}', {7, 8}),
        (r'"{\"userId\": \"8\"}"', {8}),
        ('{"userId": ""}', set()),
        ('{"userId": "88888888888"}', set()),
        ('{"itemId": "8"}', set()),
        ("8", set()),
    ],
)
def test_a_text_names_the_users_of_its_user_ids(text: str, named: set[int]) -> None:
    assert users_named(text) == named


def test_only_what_names_a_forgotten_user_is_redacted() -> None:
    assert redacted('{"userId": 8', {8, 9}) == REDACTED
    assert redacted('{"userId": 88', {8, 9}) == '{"userId": 88'
    assert redacted('{"userId": 8', frozenset()) == '{"userId": 8'


def test_without_a_file_nobody_is_forgotten(tmp_path: Path) -> None:
    file = ForgottenFile(tmp_path / "data/forgotten.csv")
    assert (file.read(), file.exists()) == ((), False)


def test_a_list_comes_back_as_it_was_written_and_is_for_its_owner(tmp_path: Path) -> None:
    file = ForgottenFile(tmp_path / "data/forgotten.csv")
    users = (
        ForgottenUser(7, datetime(2018, 12, 1, 9, 30), "é", ""),
        ForgottenUser(8, datetime(2018, 12, 2), "", '"1",\n2'),
    )
    file.write(users)
    assert file.read() == users
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["forgotten.csv"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a first line user_id,forgotten_at,forgotten_by,reason"),
        ("user_id\n8\n", "at line 1: expected a first line"),
        (HEADER + "eight,2018-12-01,,\n", "at line 2: 'eight' is not the id of a user"),
        (HEADER + "8,2018-12-01,,\n9,yesterday,,\n", "at line 3: Invalid isoformat string: 'yesterday'"),
        (HEADER + "8\n", "at line 2: not enough values"),
        (HEADER + "8,2018-12-01,,\xff\n", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    file = ForgottenFile(tmp_path / "forgotten.csv")
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ForgottenListError, match=problem):
        file.read()


def test_a_list_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    file = ForgottenFile(tmp_path / "folder" / "forgotten.csv")
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(ForgottenListError, match="cannot be written"):
        file.write([])
    assert (tmp_path / "folder").read_text() == "a file"


@pytest.mark.parametrize("text", ["", "eight", "1.5", "2147483648", "8;9"])
def test_an_id_is_an_integer(text: str) -> None:
    with pytest.raises(ForgottenListError, match="expected an integer, as in the column user_id"):
        parse_user_id(text)

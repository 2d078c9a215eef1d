"""A file of the lake without the records of a user: every other byte stays, and it is written whole or not at all."""

import gzip
import json
from pathlib import Path

import pytest

from sparkify_assets.errors import FileUnreadable
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.removal import Removed, remove_users
from sparkify_assets_tests.lakes import DAY, event, log_file, write_day

pytestmark = pytest.mark.check

KEPT = json.dumps(event()).encode()
THEIRS = json.dumps(event(userId="8")).encode()


@pytest.fixture
def lake(tmp_path: Path) -> FolderLake:
    (tmp_path / "lake/log_data").mkdir(parents=True)
    return FolderLake(tmp_path / "lake")


def written(lake: FolderLake, content: bytes, name: str = "events") -> File:
    path = log_file(lake.root, DAY, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    (file,) = lake.day(DAY)
    return file


def removed(lake: FolderLake, file: File) -> Removed:
    return remove_users(lake, file, {8}, lake.root.parent / "work")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (KEPT + b"\n" + THEIRS, KEPT + b"\n", Removed(1, 1, 0)),
        (THEIRS + b"\r\n\n" + KEPT + b" \r\n", b"\n" + KEPT + b" \r\n", Removed(1, 1, 0)),
        (b"\xef\xbb\xbf" + THEIRS + b"\n" + KEPT, KEPT, Removed(1, 1, 0)),
        (THEIRS, b"", Removed(1, 1, 0)),
        (b'{"userId": 8, "lastName": "Ek"\n[]\n\xff', b"[]\n\xff", Removed(1, 0, 1)),
        (THEIRS.replace(b'"userId"', b'"user\\u0049d"') + b"\n" + KEPT, KEPT, Removed(1, 1, 0)),
        (THEIRS.replace(b'"8"', b"8") + b"\n" + THEIRS.replace(b'"8"', b'"+08"'), b"", Removed(1, 2, 0)),
    ],
)
@pytest.mark.parametrize("name", ["events", "events.gz"])
def test_only_the_lines_of_a_user_are_taken_out(
    lake: FolderLake, before: bytes, after: bytes, expected: Removed, name: str
) -> None:
    path = log_file(lake.root, DAY, name)
    file = written(lake, before, name)
    path.chmod(0o640)
    (file,) = lake.day(DAY)
    assert removed(lake, file) == expected
    content = path.read_bytes()
    assert (gzip.decompress(content) if name.endswith(".gz") else content) == after
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_file_without_such_records_is_left_alone(lake: FolderLake) -> None:
    file = written(lake, KEPT + b"\n" + THEIRS.replace(b'"8"', b'"88"') + b'\n{"userId": "", "n": 8}\n[8]')
    assert removed(lake, file) == Removed()
    assert lake.day(DAY) == [file]


def test_a_link_within_the_lake_stays_one(lake: FolderLake) -> None:
    real = lake.root / "elsewhere.json"
    real.write_bytes(THEIRS + b"\n" + KEPT)
    link = log_file(lake.root, DAY, "events")
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    (file,) = lake.day(DAY)
    assert removed(lake, file) == Removed(1, 1, 0)
    assert link.is_symlink()
    assert real.read_bytes() == KEPT


def test_a_file_that_changed_since_it_was_listed_is_not_replaced(lake: FolderLake, tmp_path: Path) -> None:
    file = written(lake, THEIRS)
    path = write_day(lake.root, DAY, [event(), event(userId="8")])
    newer = path.read_bytes()
    with pytest.raises(FileUnreadable):
        removed(lake, file)
    (tmp_path / "draft").write_bytes(b"")
    with pytest.raises(FileUnreadable):
        lake.replace(file, tmp_path / "draft")
    assert path.read_bytes() == newer
    assert [each.name for each in path.parent.iterdir()] == [path.name]

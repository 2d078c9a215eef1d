"""Dirty files among clean ones: only they are read again, and many of them in as many statements as few."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File
from sparkify_assets_tests.lake.writing import EVENT, event, event_with, write_log
from sparkify_assets_tests.warehouse.duckdb.test_duckdb_landing import ChangingLake, Landing

pytestmark = pytest.mark.check

BAD = {
    "no JSON": b"oops",
    "not an object": b"[]",
    "not UTF-8": b'{"page":"\xff"}',
    "a key is missing": b"{}",
    "a key twice": event_with('"ts":5'),
    "a nested value": event_with('"artist":{"a":1}'),
    "a trailing comma": EVENT[:-1] + b",}",
    "out of range": event(ts=-1),
    "a form feed": EVENT + b"\f",
}


class CountingLake(FolderLake):
    """A lake that notes which files are opened together, by the number in their names."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[list[int]] = []

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        self.opened.append([int(file.path.partition(".")[0].rsplit("-", 1)[1]) for file in files])
        with super().spool(files) as paths:
            yield paths


def write_logs(root: Path, files: int, bad: dict[int, bytes]) -> CountingLake:
    """Write files of two different records, and into some of them a bad one between these."""
    for n in range(files):
        lines = [event(itemInSession=n), *([bad[n]] if n in bad else []), event(itemInSession=n, page="Help")]
        write_log(root, b"\n".join(lines), f"2018-11-04-{n:02}.json")
    return CountingLake(root)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_of_many_files_only_the_one_with_a_bad_line_is_opened_again(tmp_path: Path, bad: bytes) -> None:
    lake = write_logs(tmp_path, 20, {7: bad})
    landing = Landing(lake)
    assert lake.opened == [list(range(20)), [7]]
    assert [(file.loaded, file.rejected) for file in landing.landed] == [(2, int(n == 7)) for n in range(20)]
    assert sorted(row["itemInSession"] for row in landing.rows()) == sorted([*range(20)] * 2)
    assert [row["line_number"] for row in landing.rejects()] == [2]


def statements(lake: FolderLake) -> int:
    """How many statements DuckDB is sent to land a lake's files."""
    landing = Landing(lake, log=True)
    found = landing.connection.execute("SELECT count(*) FROM duckdb_logs WHERE type = 'QueryLog'").fetchone()
    assert found
    return int(found[0])


@pytest.mark.parametrize("bad", [b"oops", b"{}", BAD["a nested value"]])
def test_many_dirty_files_take_as_many_statements_as_one(tmp_path: Path, bad: bytes) -> None:
    one = write_logs(tmp_path / "one", 16, {3: bad})
    all_of_them = write_logs(tmp_path / "all", 16, dict.fromkeys(range(16), bad))
    assert statements(all_of_them) <= statements(one)


def test_a_file_that_duckdb_refuses_without_naming_it_is_found_in_few_statements(tmp_path: Path) -> None:
    assert statements(write_logs(tmp_path, 64, {40: BAD["a key twice"]})) < 64


def test_each_of_many_dirty_files_keeps_its_own_rows_and_rejects(tmp_path: Path) -> None:
    bad = dict(enumerate(BAD.values(), start=2))
    landing = Landing(write_logs(tmp_path, 14, bad))
    assert [(file.loaded, file.rejected) for file in landing.landed] == [(2, int(n in bad)) for n in range(14)]
    assert [(row["file"][-7:-5], row["line_number"]) for row in landing.rejects()] == [(f"{n:02}", 2) for n in bad]
    assert sorted(row["itemInSession"] for row in landing.rows()) == sorted([*range(14)] * 2)


def test_dirty_files_with_the_same_records_are_landed_each_for_itself(tmp_path: Path) -> None:
    for n in range(0, 8, 2):
        write_log(tmp_path, b"\n".join([EVENT, event_with('"x":[1, ]'), b"\v"]), f"2018-11-04-{n}.json")
        write_log(tmp_path, b"\n".join([EVENT, b"oops", event_with('"artist":"{"')]), f"2018-11-04-{n + 1}.json")
    landing = Landing(lake := CountingLake(tmp_path))
    assert [(file.loaded, file.rejected) for file in landing.landed] == [(1, 2), (2, 1)] * 4
    assert (len(landing.rows()), len(landing.rejects())) == (12, 12)
    assert lake.opened == [list(range(8))] * 2


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_landed_once(tmp_path: Path) -> None:
    lake = write_logs(tmp_path, 9, {1: b"oops", 6: b"oops"})
    write_log(tmp_path, b"", "2018-11-04-04.json.gz")
    path = tmp_path / "log_data/2018/11/2018-11-04-04.json.gz"
    path.write_bytes(gzip.compress(b"\n".join([EVENT] * 100))[:-9])
    landing = Landing(lake)
    (refused,) = [file.file.path for file in landing.landed if file.refusal]
    assert refused == "log_data/2018/11/2018-11-04-04.json.gz"
    assert (len(landing.rows()), len(landing.rejects())) == (18, 2)


def test_dirty_files_of_which_one_changed_while_they_were_read_are_landed_once(tmp_path: Path) -> None:
    write_logs(tmp_path, 3, dict.fromkeys(range(3), b"oops"))
    landing = Landing(ChangingLake(tmp_path))
    assert [(file.loaded, file.rejected) for file in landing.landed] == [(2, 1)] * 3
    assert (len(landing.rows()), len(landing.rejects())) == (6, 3)

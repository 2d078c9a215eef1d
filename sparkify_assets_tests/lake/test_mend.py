"""Copies of files with their good records only."""

import gzip
import json
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.lake import FolderLake
from sparkify_assets.lake.mend import Mended, mend
from sparkify_assets_tests.lake.writing import EVENT, SONG, event, only_file, write, write_log

EVENTS = model.table("staging.staging_events")


def mended(lake: FolderLake) -> Mended:
    return mend(lake, only_file(lake), EVENTS, lake.root / "work")


def test_the_good_records_are_copied_a_line_each_and_the_others_returned(tmp_path: Path) -> None:
    copy = mended(write_log(tmp_path, b"\xef\xbb\xbf" + EVENT + b"\r\noops\n\n" + event(artist="é")))
    assert copy.path.read_bytes() == EVENT + b" \n" + event(artist="é") + b"\n"
    assert (copy.good, [(v.record.line_number, v.reason) for v in copy.rejects]) == (2, [(2, "not JSON")])


def test_a_record_of_several_lines_becomes_one_and_keeps_its_values(tmp_path: Path) -> None:
    pretty = json.dumps({**json.loads(SONG), "title": "line\nend"}, indent=2).replace("\n", "\r\n").encode()
    lake = write(tmp_path, "song_data/x.json", pretty + SONG)
    copy = mend(lake, lake.songs()[0], model.table("staging.staging_songs"), tmp_path / "work")
    first, second = copy.path.read_bytes().splitlines()
    assert json.loads(first) == json.loads(pretty)
    assert second == SONG


def test_equal_records_make_one_copy_whatever_else_their_files_hold(tmp_path: Path) -> None:
    copies = [
        mended(write_log(tmp_path / str(n), content))
        for n, content in enumerate([EVENT + b"\noops", b"[]\n\n" + EVENT + b"\n"])
    ]
    assert len({copy.path.name for copy in copies}) == 1


def test_other_records_make_another_copy_beside_the_first(tmp_path: Path) -> None:
    first = mended(write_log(tmp_path, EVENT + b"\noops"))
    second = mended(write_log(tmp_path, event(page="Help") + b"\noops"))
    assert sorted((tmp_path / "work/mended").iterdir()) == sorted([first.path, second.path])


def test_a_file_without_a_good_record_makes_an_empty_copy(tmp_path: Path) -> None:
    copy = mended(write_log(tmp_path, b"oops"))
    assert (copy.good, copy.path.read_bytes()) == (0, b"")


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing_behind(tmp_path: Path) -> None:
    lake = write_log(tmp_path, b"")
    (tmp_path / only_file(lake).path).unlink()
    lake = write(tmp_path, "log_data/2018/11/2018-11-04.json.gz", EVENT)
    (tmp_path / only_file(lake).path).write_bytes(gzip.compress(EVENT)[:-9])
    with pytest.raises(EOFError):
        mended(lake)
    assert list((tmp_path / "work/mended").iterdir()) == []

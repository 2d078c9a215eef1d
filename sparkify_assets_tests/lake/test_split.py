"""A file is split into two copies: its good records, and the rejected ones."""

import gzip
import json
import os
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.errors import WorkError
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.records import Record
from sparkify_assets.lake.split import SHOWN_BYTES, Split, shown, split_file
from sparkify_assets.lake.work import sweep
from sparkify_assets_tests.lake.writing import EVENT, SONG, event, only_file, write, write_log

pytestmark = pytest.mark.check

EVENTS = model.table("staging.staging_events")


def split(lake: FolderLake, suspects: list[int] | None = None) -> Split:
    file = only_file(lake)
    return split_file(lake.root / file.path, file, EVENTS, lake.root / "work", suspects)


def copied(copy: Split) -> list[dict[str, object]]:
    """The good records of a copy, each a line."""
    return [json.loads(line) for line in copy.clean_copy.read_bytes().decode().removesuffix("\n").split("\n")]


def rejects(copy: Split) -> list[dict[str, object]]:
    return [json.loads(line) for line in copy.rejects_copy.read_bytes().splitlines()]


def text_of(data: bytes) -> str:
    return shown(Record(1, 0, data, len(data)))


def test_good_records_are_copied_a_line_each_and_rejected_ones_apart(tmp_path: Path) -> None:
    copy = split(write_log(tmp_path, b"\xef\xbb\xbf" + EVENT + b"\r\noops\n\n" + event(artist="é")))
    assert copied(copy) == [json.loads(EVENT), {**json.loads(EVENT), "artist": "é"}]
    assert (copy.good, copy.rejected, copy.seen, copy.example) == (2, 1, 3, "line 2 (byte 71): not JSON")
    assert rejects(copy) == [
        {
            "log_date": "2018-11-04",
            "file": "log_data/2018/11/2018-11-04-events.json",
            "line_number": 2,
            "byte_offset": 71,
            "reason": "not JSON",
            "record": "oops",
            "record_bytes": 4,
        }
    ]


def test_only_good_suspects_are_copied_and_every_line_is_counted(tmp_path: Path) -> None:
    lines = [EVENT, b"oops", event(page="Help"), b"unseen", b"", EVENT]
    copy = split(write_log(tmp_path, b"\n".join(lines)), suspects=[1, 2])
    assert copied(copy) == [json.loads(event(page="Help"))]
    assert (copy.good, copy.rejected, copy.seen) == (1, 1, 5)
    assert [row["line_number"] for row in rejects(copy)] == [2]


def test_a_record_of_several_lines_becomes_one_line_with_the_same_values(tmp_path: Path) -> None:
    pretty = json.dumps({**json.loads(SONG), "title": "line\nend"}, indent=2).replace("\n", "\r\n").encode()
    lake = write(tmp_path, "song_data/x.json", pretty + SONG)
    file = lake.songs()[0]
    copy = split_file(tmp_path / file.path, file, model.table("staging.staging_songs"), tmp_path / "work")
    assert copied(copy) == [json.loads(pretty), json.loads(SONG)]


def test_a_good_record_is_copied_with_the_values_of_its_columns_and_nothing_else(tmp_path: Path) -> None:
    """No engine can then refuse it, or read it in its own way."""
    odd = b'"artist":1.50,"length":"+.5e3","status":null,"userId":"+07","gender":-0,"deep":' + b"[" * 400 + b"]" * 400
    copy = split(write_log(tmp_path, EVENT[:-1] + b"," + odd + b', "huge": 1e999, "location": "a\\nb\\u0007" }'))
    expected = {"artist": "1.50", "length": 500.0, "userId": 7, "gender": "-0", "location": "a\nb\u0007"}
    assert copied(copy) == [{**json.loads(EVENT), **expected}]


def test_equal_records_make_the_same_copy_whatever_else_their_files_hold(tmp_path: Path) -> None:
    copies = [
        split(write_log(tmp_path / str(n), content))
        for n, content in enumerate([EVENT + b"\noops", b"[]\n\n" + EVENT + b"\n"])
    ]
    assert len({copy.clean_copy.name for copy in copies}) == 1


def test_different_records_make_another_copy_beside_the_first(tmp_path: Path) -> None:
    first = split(write_log(tmp_path, EVENT + b"\noops"))
    second = split(write_log(tmp_path, event(page="Help") + b"\noops"))
    assert sorted((tmp_path / "work/clean").iterdir()) == sorted([first.clean_copy, second.clean_copy])
    assert list((tmp_path / "work/rejected").iterdir()) != []


def test_a_file_without_good_records_makes_an_empty_copy(tmp_path: Path) -> None:
    copy = split(write_log(tmp_path, b"oops"))
    assert (copy.good, copy.clean_copy.read_bytes()) == (0, b"")


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing_behind(tmp_path: Path) -> None:
    lake = write_log(tmp_path, b"")
    (tmp_path / only_file(lake).path).unlink()
    lake = write(tmp_path, "log_data/2018/11/2018-11-04.json.gz", EVENT)
    (tmp_path / only_file(lake).path).write_bytes(gzip.compress(EVENT)[:-9])
    with pytest.raises(EOFError):
        split(lake)
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == []


def test_an_unwritable_work_folder_is_named_as_the_cause(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("not a folder")
    with pytest.raises(
        WorkError, match=r"the work folder .*clean cannot be written: Not a directory; see SPARKIFY_WORK"
    ):
        split(write_log(tmp_path, EVENT))


def test_files_of_a_killed_process_are_deleted_a_day_later(tmp_path: Path) -> None:
    left = [tmp_path / "clean/.draft", tmp_path / "spool/spool-x/1.json", tmp_path / "clean/whole.json"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    sweep(tmp_path)
    assert all(path.exists() for path in left)
    for path in (*left, tmp_path / "spool/spool-x"):
        os.utime(path, (0, 0))
    sweep(tmp_path)
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("Sigur Rós 🎵".encode(), "Sigur Rós 🎵"),
        (b"a\xffb\xc3", r"a\xffb\xc3"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
        (b"a\0b", r"a\x00b"),
        (b'{"a":"\\u0000"}', '{"a":"\\u0000"}'),
        (b"x" * SHOWN_BYTES + b"y", "x" * SHOWN_BYTES),
        ("é".encode() * SHOWN_BYTES, "é" * (SHOWN_BYTES // 2)),
        (b"x" + "é".encode() * SHOWN_BYTES, "x" + "é" * (SHOWN_BYTES // 2 - 1)),
        (b"x" + "🎵".encode() * SHOWN_BYTES, "x" + "🎵" * (SHOWN_BYTES // 4 - 1)),
        (b"\xff" * (SHOWN_BYTES + 1), r"\xff" * SHOWN_BYTES),
    ],
)
def test_a_rejected_record_is_shown_as_text_that_any_table_can_hold(data: bytes, text: str) -> None:
    assert text_of(data) == text
    assert len(text.encode()) <= 65_535

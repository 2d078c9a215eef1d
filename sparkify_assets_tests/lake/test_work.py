"""The work folder, as bundles use it: files are written whole, found again, and deleted once they are outdated."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.errors import WorkError
from sparkify_assets.lake.bundles import Bundle, make_bundles
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.work import FolderWork, sweep
from sparkify_assets_tests.lakes import song, write_song

pytestmark = pytest.mark.check

SONGS = model.table("staging.staging_songs")
TWO_DAYS = 2 * 86_400


@pytest.fixture
def work(tmp_path: Path) -> FolderWork:
    return FolderWork(tmp_path / "work")


@pytest.fixture
def lake(tmp_path: Path) -> FolderLake:
    for number in range(40):
        write_song(tmp_path / "lake", song(song_id=f"SO{number}"), f"TR{number}")
    return FolderLake(tmp_path / "lake")


def bundles_of(lake: FolderLake, work: FolderWork) -> list[Bundle]:
    return make_bundles(lake, lake.songs(), SONGS, work)


def aged(folder: Path, seconds: float) -> None:
    for path in folder.rglob("*.*"):
        os.utime(path, (time.time() - seconds, time.time() - seconds))


def test_a_written_file_can_be_read_and_a_missing_one_is_none(work: FolderWork) -> None:
    assert work.read("songs/0/a.index") is None
    assert work.write("songs/0/a.index", b"one") == f"{work.place}songs/0/a.index"
    assert work.read("songs/0/a.index") == b"one"


def test_the_newest_file_of_a_folder_is_the_one_written_last(work: FolderWork) -> None:
    assert work.newest("songs/0", ".index") is None
    for number, name in enumerate(("b", "a")):
        os.utime(work.write(f"songs/0/{name}.index", b""), (number, number))
    work.write("songs/0/c.json.gz", b"")
    assert work.newest("songs/0", ".index") == "songs/0/a.index"


def test_a_half_written_file_is_never_seen(work: FolderWork, tmp_path: Path) -> None:
    work.write("songs/0/a.index", b"one")
    work.write("songs/0/a.index", b"another")
    assert [path.name for path in (tmp_path / "work").rglob("*") if path.is_file()] == ["a.index"]


def test_an_unwritable_folder_is_not_blamed_on_the_lake(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file")
    with pytest.raises(WorkError, match="see SPARKIFY_WORK"):
        FolderWork(tmp_path / "work").write("songs/0/a.index", b"")


def test_no_file_of_unchanged_songs_is_opened(lake: FolderLake, work: FolderWork) -> None:
    first = bundles_of(lake, work)
    listed = lake.songs()
    shutil.rmtree(lake.root)
    assert make_bundles(lake, listed, SONGS, work) == first
    records = [line for bundle in first for line in Path(bundle.records).read_bytes().splitlines()]
    assert {json.loads(line)["song_id"] for line in records} == {f"SO{number}" for number in range(40)}


def test_a_folder_holds_uncompressed_records_and_rejects_only_if_there_are_any(
    lake: FolderLake, work: FolderWork
) -> None:
    write_song(lake.root, "null", "TR41")
    made = bundles_of(lake, work)
    assert {Path(bundle.records).suffix for bundle in made} == {".json"}
    assert [Path(bundle.rejects).exists() for bundle in made] == [bundle.rejected == 1 for bundle in made]


def test_a_replaced_bundle_is_deleted_a_day_later_and_the_newest_stays(
    lake: FolderLake, work: FolderWork, tmp_path: Path
) -> None:
    before = bundles_of(lake, work)
    aged(tmp_path / "work", TWO_DAYS)
    write_song(lake.root, song(song_id="SO7", year=1999), "TR7")
    now = bundles_of(lake, work)
    changed = [old for old, new in zip(before, now, strict=True) if old != new]
    assert len(changed) == 1
    sweep(tmp_path / "work")
    assert not Path(changed[0].records).exists()
    assert all(Path(bundle.records).exists() for bundle in now)
    assert bundles_of(lake, work) == now

"""Which files of a folder belong to the lake, and how they are listed and opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from sparkify_assets.errors import FileUnreadable, LakeError
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import log_day, open_content
from sparkify_assets_tests.lake.writing import DAY, EVENT, SONG, only_file, write, write_log
from sparkify_assets_tests.lakes import song, write_song

pytestmark = pytest.mark.check


def paths(lake: FolderLake) -> dict[date, list[str]]:
    return {day: [file.path for file in files] for day, files in lake.days().items()}


@pytest.mark.parametrize(
    "name",
    [
        "2018-11-04-events.json",
        "2018-11-04-events.json.gz",
        "2018-11-04.json",
        "2018-11-04 a[1]*.json",
        "2018-11-04-é.json",
    ],
)
def test_a_log_file_belongs_to_the_day_that_its_name_begins_with(tmp_path: Path, name: str) -> None:
    lake = write(tmp_path, f"log_data/2018/11/{name}")
    assert paths(lake) == {DAY: [f"log_data/2018/11/{name}"]}
    assert [file.path for file in lake.day(DAY)] == [f"log_data/2018/11/{name}"]


@pytest.mark.parametrize(
    "path",
    [
        "log_data/2018/12/2018-11-04-events.json",
        "log_data/2017/11/2018-11-04-events.json",
        "log_data/2018/2018-11-04-events.json",
        "log_data/2018-11-04-events.json",
        "log_data/2018/11/more/2018-11-04-events.json",
        "log_data/2018/11/events-2018-11-04.json",
        "log_data/2018/11/.2018-11-04-events.json",
        "log_data/2018/11/2018-11-04-events.csv",
        "log_data/2018/11/2018-11-04-events.json.zip",
        "log_data/2018/11/2018-11-04-events.JSON",
        "log_data/2018/11/2018-11-31-events.json",
        "log_data/2018/02/2018-02-29-events.json",
        "other/2018/11/2018-11-04-events.json",
        "song_data/2018/11/2018-11-04-events.json",
    ],
)
def test_a_file_with_another_place_or_name_belongs_to_no_day(tmp_path: Path, path: str) -> None:
    lake = write(tmp_path, path)
    assert log_day(path) is None
    assert lake.days() == {}
    assert lake.day(DAY) == []


def test_the_files_of_a_day_are_listed_by_path(tmp_path: Path) -> None:
    for name in ("2018-11-04-b.json", "2018-11-05.json", "2018-11-04-a.json.gz", "2018-11-04.json"):
        lake = write(tmp_path, f"log_data/2018/11/{name}")
    found = ["log_data/2018/11/2018-11-04-a.json.gz", "log_data/2018/11/2018-11-04-b.json"]
    assert [file.path for file in lake.day(DAY)] == [*found, "log_data/2018/11/2018-11-04.json"]
    assert {day: len(files) for day, files in paths(lake).items()} == {DAY: 3, date(2018, 11, 5): 1}


def test_song_files_are_found_at_any_depth_and_hidden_ones_are_ignored(tmp_path: Path) -> None:
    for path in ("A/B/C/x.json", "y.json.gz", "A/.z.json", "A/w.txt", "A/.json"):
        lake = write(tmp_path, f"song_data/{path}", SONG)
    assert [file.path for file in lake.songs()] == ["song_data/A/B/C/x.json", "song_data/y.json.gz"]
    assert all(file.day is None for file in lake.songs())
    assert lake.days() == {}


def test_song_files_are_listed_by_path_all_or_only_the_first(tmp_path: Path) -> None:
    found = [f"song_data/{path}" for path in ("A-b.json", "A.json", "A/B.json", "A/B/x.json", "A/B/y.json", "A0.json")]
    for path in reversed(found):
        lake = write(tmp_path, path, SONG)
    assert [file.path for file in lake.songs()] == found
    for most in range(8):
        assert lake.songs(most) == lake.songs()[:most]


def test_a_folder_named_like_a_file_is_listed_and_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "log_data/2018/11/2018-11-04-events.json").mkdir(parents=True)
    lake = FolderLake(tmp_path)
    with pytest.raises(LakeError, match=r"2018-11-04-events\.json is not a file"):
        open_content(tmp_path / only_file(lake).path)


def test_a_missing_lake_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    for listing in (FolderLake(tmp_path / "no").days, FolderLake(tmp_path / "no").songs):
        with pytest.raises(LakeError, match=r"there is no lake at .*: .* set SPARKIFY_LAKE, or .*`sparkify sample`"):
            listing()


def test_a_lake_without_logs_or_songs_is_empty(tmp_path: Path) -> None:
    lake = FolderLake(tmp_path)
    assert (lake.days(), lake.songs(), lake.day(DAY)) == ({}, [], [])


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log_data").write_text("not a folder")
    with pytest.raises(LakeError, match="log_data cannot be listed: Not a directory"):
        FolderLake(tmp_path).days()


@pytest.mark.parametrize("path", ["log_data/2018", "log_data/2018/11"])
def test_a_file_in_place_of_a_months_folder_is_misplaced_and_costs_no_other_month(tmp_path: Path, path: str) -> None:
    write(tmp_path, path)
    lake = write(tmp_path, "log_data/2019/01/2019-01-01.json")
    assert lake.day(DAY) == []
    assert lake.days([DAY]) == {}
    assert list(lake.days()) == [date(2019, 1, 1)]
    assert [file.path for file in lake.misplaced()] == [path]


def test_files_that_no_path_can_reach_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system call takes 4,095 bytes; a longer path is made step by step, and would be skipped without a word."""
    lake = write(tmp_path, "song_data/A/x.json", SONG)
    monkeypatch.chdir(tmp_path / "song_data/A")
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    Path("y.json").write_bytes(SONG)
    os.chdir(tmp_path)
    with pytest.raises(LakeError, match="cannot be listed: File name too long"):
        lake.songs()


@pytest.mark.parametrize("path", ["log_data/2018/11/2018-11-04.json", "log_data/2018/11/2018-11-04.json.gz"])
def test_a_file_is_spooled_as_it_is_and_opened_decompressed(tmp_path: Path, path: str) -> None:
    lake = write(tmp_path, path)
    file = only_file(lake)
    assert file.size == (tmp_path / path).stat().st_size
    with lake.spool([file]) as spooled, open_content(spooled[0]) as stream:
        assert stream.read() == EVENT
        assert spooled == [tmp_path / path]


@pytest.mark.parametrize("change", ["gone", "another"])
def test_a_file_that_changes_between_listing_and_reading_is_an_error(tmp_path: Path, change: str) -> None:
    path = "log_data/2018/11/2018-11-04.json"
    lake = write(tmp_path, path)
    file = only_file(lake)
    with pytest.raises(FileUnreadable, match=f"{path}: it has changed since it was listed"), lake.spool([file]):
        (tmp_path / path).unlink() if change == "gone" else (tmp_path / path).write_bytes(b"another")


class TestTheFingerprint:
    @pytest.fixture
    def lake(self, tmp_path: Path) -> FolderLake:
        return write(tmp_path, "log_data/2018/11/2018-11-04.json")

    def test_it_is_the_same_while_the_file_is(self, lake: FolderLake) -> None:
        assert only_file(lake) == only_file(lake)

    def test_it_changes_with_the_size(self, lake: FolderLake) -> None:
        before = only_file(lake)
        path = lake.root / before.path
        state = path.stat()
        path.write_bytes(EVENT + b"\n")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert only_file(lake).fingerprint != before.fingerprint

    def test_it_changes_with_the_modification_time_by_a_nanosecond(self, lake: FolderLake) -> None:
        path = lake.root / only_file(lake).path
        os.utime(path, ns=(0, 1_541_296_805_000_000_000))
        before = only_file(lake)
        os.utime(path, ns=(0, 1_541_296_805_000_000_001))
        assert only_file(lake).fingerprint != before.fingerprint

    def test_it_changes_when_the_content_does_and_size_and_modification_time_are_as_they_were(
        self, lake: FolderLake
    ) -> None:
        before = only_file(lake)
        path = lake.root / before.path
        state = path.stat()
        # The kernel's clock ticks every few milliseconds.
        while path.stat().st_ctime_ns == state.st_ctime_ns:
            path.write_bytes(EVENT[::-1])
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert only_file(lake).fingerprint != before.fingerprint

    def test_it_changes_when_another_file_replaces_the_file(self, lake: FolderLake) -> None:
        before = only_file(lake)
        path = lake.root / before.path
        state = path.stat()
        other = path.with_suffix(".new")
        other.write_bytes(EVENT[::-1])
        os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
        other.replace(path)
        assert only_file(lake).fingerprint != before.fingerprint


def test_a_link_that_leads_back_into_the_lake_is_not_followed(tmp_path: Path) -> None:
    write_song(tmp_path, song())
    (tmp_path / "song_data/loop").symlink_to(tmp_path)
    (tmp_path / "song_data/self").symlink_to(tmp_path / "song_data")
    assert [file.path for file in FolderLake(tmp_path).songs()] == ["song_data/A/A/A/TRAAA1.json"]


def test_a_file_that_is_deleted_during_listing_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = write_log(tmp_path, EVENT, f"{DAY}-a.json")
    write_log(tmp_path, EVENT, f"{DAY}-b.json")
    scandir = os.scandir

    @contextmanager
    def listed_late(folder: str) -> Iterator[list["os.DirEntry[str]"]]:
        with scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found[:1]:
            if entry.name.endswith(".json"):
                os.unlink(entry.path)
        yield found

    monkeypatch.setattr(os, "scandir", listed_late)
    with pytest.raises(LakeError, match="cannot be listed: No such file"):
        lake.day(DAY)


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside the lake, with a file that is nobody's business."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "secret.json").write_text("root:$6$secret")
    return folder


def linked(lake: Path, path: str, target: Path) -> None:
    (lake / path).parent.mkdir(parents=True, exist_ok=True)
    (lake / path).symlink_to(target)


@pytest.mark.parametrize("path", ["log_data/2018/11/2018-11-04-events.json", "song_data/A/x.json"])
def test_a_link_out_of_the_lake_is_listed_and_never_opened(tmp_path: Path, elsewhere: Path, path: str) -> None:
    linked(tmp_path, path, elsewhere / "secret.json")
    lake = FolderLake(tmp_path)
    (file,) = [*lake.day(DAY), *lake.songs()]
    assert file.path == path
    with pytest.raises(FileUnreadable, match="a link that leads out of the lake"), lake.spool([file]):
        raise AssertionError("it was opened")
    with pytest.raises(FileUnreadable, match="a link that leads out of the lake"):
        lake.head(file, 100)


def test_a_link_out_of_the_lake_by_way_of_another_is_refused(tmp_path: Path, elsewhere: Path) -> None:
    linked(tmp_path, "hidden/.way", elsewhere / "secret.json")
    linked(tmp_path, "log_data/2018/11/2018-11-04-events.json", tmp_path / "hidden/.way")
    lake = FolderLake(tmp_path)
    with pytest.raises(FileUnreadable), lake.spool([only_file(lake)]):
        pass


def test_a_link_that_takes_the_place_of_a_file_is_not_what_was_listed(tmp_path: Path, elsewhere: Path) -> None:
    lake = write(tmp_path, "log_data/2018/11/2018-11-04-events.json")
    file = only_file(lake)
    (tmp_path / file.path).unlink()
    linked(tmp_path, file.path, elsewhere / "secret.json")
    with pytest.raises(FileUnreadable), lake.spool([file]):
        pass


@pytest.mark.parametrize("path", ["song_data/A", "song_data", "log_data", "log_data/2018/11"])
def test_a_linked_folder_out_of_the_lake_is_refused_by_name(tmp_path: Path, elsewhere: Path, path: str) -> None:
    linked(tmp_path, path, elsewhere)
    lake = FolderLake(tmp_path)
    with pytest.raises(LakeError, match=f"{path} is, or is in, a link that leads out of the lake"):
        (lake.songs if path.startswith("song") else lake.days)()


def test_links_within_the_lake_work(tmp_path: Path) -> None:
    lake = write(tmp_path, "log_data/2018/11/2018-11-04-events.json")
    linked(tmp_path, "log_data/2018/11/2018-11-05-events.json", Path("2018-11-04-events.json"))
    linked(tmp_path, "song_data/linked", tmp_path / "songs_of_old")
    write(tmp_path, "songs_of_old/x.json", SONG)
    assert [file.path for file in lake.songs()] == ["song_data/linked/x.json"]
    for files in lake.days().values():
        with lake.spool(files) as (path,):
            assert path.read_bytes() == EVENT


def test_the_lake_itself_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "there", "log_data/2018/11/2018-11-04-events.json")
    (tmp_path / "lake").symlink_to(tmp_path / "there")
    lake = FolderLake(tmp_path / "lake")
    with lake.spool([only_file(lake)]) as (path,):
        assert path.read_bytes() == EVENT

"""Bundles of song files: what they hold, and that unchanged files are not read again."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.errors import FileUnreadable
from sparkify_assets.lake.bundles import SMALL_BYTES, Bundle, is_small, make_bundles
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.s3 import S3Place, open_client
from sparkify_assets.lake.s3_work import S3Work
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.lakes import song, write_song

pytestmark = pytest.mark.check

SONGS = model.table("staging.staging_songs")


class ReadLake(FolderLake):
    """A lake that records which of its files were read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.read: list[str] = []

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        self.read += [file.path.rsplit("/", 1)[1] for file in files]
        with super().spool(files) as paths:
            yield paths


@pytest.fixture
def work(aws: str) -> S3Work:
    s3_client().create_bucket(Bucket="work")
    return S3Work(S3Place("work", "here/"), open_client("work", "signed", "SPARKIFY_WORK"))


@pytest.fixture
def lake(tmp_path: Path) -> ReadLake:
    for number in range(100):
        write_song(tmp_path, song(song_id=f"SO{number}"), f"TR{number}")
    return ReadLake(tmp_path)


def bundles_of(lake: FolderLake, work: S3Work) -> list[Bundle]:
    return make_bundles(lake, lake.songs(), SONGS, work)


def lines(work: S3Work, bundles: list[Bundle], rejects: bool = False) -> list[str]:
    """Every line of the bundles, as JSON texts."""
    urls = [bundle.rejects if rejects else bundle.records for bundle in bundles]
    packed = [work.read(url.removeprefix(str(work.place))) for url in urls]
    return [line for part in packed if part for line in gzip.decompress(part).decode().splitlines()]


def test_every_good_record_is_a_line_of_a_bundle(lake: ReadLake, work: S3Work) -> None:
    write_song(lake.root, json.dumps(song(song_id="SO100"), indent=2) + json.dumps(song(song_id="SO101")), "TR100")
    bundles = bundles_of(lake, work)
    assert len(bundles) <= 8
    assert {json.loads(line)["song_id"] for line in lines(work, bundles)} == {f"SO{n}" for n in range(102)}
    members = {member.path.rsplit("/", 1)[1]: member for bundle in bundles for member in bundle.members}
    assert (members["TR0.json"].good, members["TR100.json"].good) == (1, 2)
    assert sum(bundle.good for bundle in bundles) == 102


def test_a_rejected_record_is_a_line_of_the_rejects_with_its_place_and_reason(lake: ReadLake, work: S3Work) -> None:
    write_song(lake.root, json.dumps(song(title=None)), "TR1")
    write_song(lake.root, "null", "TR2")
    bundles = bundles_of(lake, work)
    rejects = {row["file"].rsplit("/", 1)[1]: row for row in map(json.loads, lines(work, bundles, rejects=True))}
    assert {name: row["reason"] for name, row in rejects.items()} == {
        "TR1.json": "title is missing",
        "TR2.json": "not an object",
    }
    assert sum(bundle.rejected for bundle in bundles) == 2
    (example,) = [m.example for bundle in bundles for m in bundle.members if m.path.endswith("TR1.json")]
    assert example == "line 1 (byte 0): title is missing"


def test_unchanged_files_are_not_read_again(lake: ReadLake, work: S3Work) -> None:
    first = bundles_of(lake, work)
    lake.read.clear()
    assert bundles_of(lake, work) == first
    assert lake.read == []


def test_only_changed_and_new_files_are_read(lake: ReadLake, work: S3Work) -> None:
    bundles_of(lake, work)
    lake.read.clear()
    write_song(lake.root, song(song_id="SO7", year=1999), "TR7")
    write_song(lake.root, song(song_id="SO200"), "TR200")
    (lake.root / "song_data/A/A/A/TR8.json").unlink()
    changed = bundles_of(lake, work)
    assert sorted(lake.read) == ["TR200.json", "TR7.json"]
    songs = {row["song_id"]: row["year"] for row in map(json.loads, lines(work, changed))}
    assert songs == {f"SO{n}": 0 for n in (*range(100), 200) if n != 8} | {"SO7": 1999}


def test_the_lines_of_unchanged_files_are_kept_whatever_they_hold(lake: ReadLake, work: S3Work) -> None:
    for number in range(1, 30, 3):
        write_song(lake.root, json.dumps(song(song_id=f"SO{number}")) * 2, f"TR{number}")
        write_song(lake.root, "null\n[]\n" + json.dumps(song(song_id=f"SO{number + 1}", label="")), f"TR{number + 1}")
    bundles_of(lake, work)
    for number in range(0, 100, 9):
        write_song(lake.root, song(song_id=f"SO{number}", year=1999), f"TR{number}")
    changed = bundles_of(lake, work)
    songs, rejects = lines(work, changed), lines(work, changed, rejects=True)
    for entry in s3_client().list_objects_v2(Bucket="work")["Contents"]:
        s3_client().delete_object(Bucket="work", Key=entry["Key"])
    anew = bundles_of(lake, work)
    assert anew == changed
    assert (lines(work, anew), lines(work, anew, rejects=True)) == (songs, rejects)


def test_files_that_another_contract_validated_are_read_again(
    lake: ReadLake, work: S3Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundles_of(lake, work)
    lake.read.clear()
    monkeypatch.setattr("sparkify_assets.lake.bundles.contract_version", lambda: "another")
    assert len(lines(work, bundles_of(lake, work))) == len(lake.read) == 100
    assert {bundle.records for bundle in bundles_of(lake, work)}.isdisjoint(bundle.records for bundle in first)


def test_a_bundle_without_rejected_records_has_no_object_for_them(lake: ReadLake, work: S3Work) -> None:
    made = bundles_of(lake, work)
    assert [work.read(bundle.rejects.removeprefix(str(work.place))) for bundle in made] == [None] * len(made)


def test_deleted_bundles_are_made_again(lake: ReadLake, work: S3Work) -> None:
    first = bundles_of(lake, work)
    client = s3_client()
    for entry in client.list_objects_v2(Bucket="work")["Contents"]:
        client.delete_object(Bucket="work", Key=entry["Key"])
    assert bundles_of(lake, work) == first
    assert len(lines(work, first)) == 100


def test_a_file_that_cannot_be_read_is_named(lake: ReadLake, work: S3Work) -> None:
    (lake.root / "song_data/A/A/A/TR5.json.gz").write_bytes(gzip.compress(b"{}")[:-4])
    with pytest.raises(FileUnreadable, match=r"TR5\.json\.gz: Compressed file ended"):
        bundles_of(lake, work)


@pytest.mark.parametrize(
    ("name", "size", "small"),
    [("TR1.json", SMALL_BYTES, True), ("TR1.json", SMALL_BYTES + 1, False), ("TR1.json.gz", SMALL_BYTES, False)],
)
def test_large_files_are_not_bundled(name: str, size: int, small: bool) -> None:
    assert is_small(File(f"song_data/{name}", None, "", size)) is small

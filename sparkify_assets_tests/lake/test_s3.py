"""A lake in a bucket: which objects are its files, and how they are listed and read."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from sparkify_assets.errors import FileUnreadable, LakeError
from sparkify_assets.lake import s3
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.places import open_lake
from sparkify_assets.lake.s3 import S3Lake, S3Place, open_client
from sparkify_assets.load.loading import load_songs
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.settings import Settings
from sparkify_assets_tests.aws import put_lake, s3_client
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day

LOG = f"log_data/{DAY:%Y/%m}/{DAY}"


@pytest.fixture
def bucket(aws: str) -> Any:
    """A client for an empty bucket, `music`."""
    client = s3_client()
    client.create_bucket(Bucket="music")
    return client


def put(client: Any, *keys: str, body: bytes = b"{}") -> None:
    for key in keys:
        client.put_object(Bucket="music", Key=key, Body=body)


def lake_of(folder: Path, url: str = "s3://music/lake", access: str = "signed") -> S3Lake:
    lake = open_lake(Settings(lake=url, work=str(folder), s3_access=access))
    assert isinstance(lake, S3Lake)
    return lake


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://music", "music", ""),
        ("s3://music/", "music", ""),
        ("s3://music/lake", "music", "lake/"),
        ("s3://music/a/lake/", "music", "a/lake/"),
    ],
)
def test_a_place_is_a_bucket_and_a_prefix(url: str, bucket: str, prefix: str) -> None:
    assert S3Place.parse(url) == S3Place(bucket, prefix)


@pytest.mark.parametrize("prefix", ["", "lake/", "a/b/"])
def test_files_are_told_apart_by_their_keys(bucket: Any, tmp_path: Path, prefix: str) -> None:
    other = f"log_data/2018/12/{date(2018, 12, 1)}-x.json.gz"
    songs = ("song_data/A/B/TR1.json", "song_data/TR2.json.gz")
    misplaced = ("log_data/2018-11-15.json", "song_data/readme.txt")
    ignored = ("log_data/", "log_data/2018/11/.hidden.json", "song_data/.tmp/TR3.json", "elsewhere/TR4.json")
    keys = (f"{LOG}-b.json", f"{LOG}-a.json", other, *songs, *misplaced, *ignored)
    put(bucket, *(prefix + key for key in keys))
    lake = lake_of(tmp_path, f"s3://music/{prefix}")
    assert [file.path for file in lake.day(DAY)] == [f"{LOG}-a.json", f"{LOG}-b.json"]
    assert {day: [f.path for f in files] for day, files in lake.days().items()} == {
        DAY: [f"{LOG}-a.json", f"{LOG}-b.json"],
        date(2018, 12, 1): [other],
    }
    assert [file.path for file in lake.songs()] == list(songs)
    assert [file.path for file in lake.misplaced()] == list(misplaced)


def test_more_files_than_one_response_holds_are_all_listed_and_spooled(bucket: Any, tmp_path: Path) -> None:
    put(bucket, *(f"lake/song_data/TR{n}.json" for n in range(10)))
    lake = lake_of(tmp_path)
    asked: list[Any] = []

    def ask_for_three(params: dict[str, Any], **_: object) -> dict[str, Any]:
        asked.append(params)
        return {**params, "MaxKeys": 3}

    lake._client.meta.events.register("provide-client-params.s3.ListObjectsV2", ask_for_three)
    files = lake.songs()
    assert (len(files), len(asked)) == (10, 4)
    with lake.spool(files) as paths:
        assert [path.read_bytes() for path in paths] == [b"{}"] * 10


def test_a_fingerprint_changes_with_the_content(bucket: Any, tmp_path: Path) -> None:
    put(bucket, f"lake/{LOG}.json", body=b"one")
    lake = lake_of(tmp_path)
    (before,) = lake.day(DAY)
    assert (before.size, before.fingerprint[-2:], before.day) == (3, "-3", DAY)
    assert lake.day(DAY) == [before]
    put(bucket, f"lake/{LOG}.json", body=b"two")
    assert lake.day(DAY) != [before]


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 12_345])
def test_a_file_is_spooled_in_parts_and_deleted_afterwards(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 1000)
    content = bytes(n % 251 for n in range(size))
    put(bucket, f"lake/{LOG}.json", f"lake/{LOG}-2.json.gz", body=content)
    lake = lake_of(tmp_path)
    with lake.spool(lake.day(DAY)) as paths:
        assert [path.read_bytes() for path in paths] == [content, content]
        assert [path.suffix for path in paths] == [".gz", ".json"]
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_file_that_has_changed_since_it_was_listed_is_not_read(bucket: Any, tmp_path: Path) -> None:
    put(bucket, f"lake/{LOG}.json", body=b"one")
    lake = lake_of(tmp_path)
    files = lake.day(DAY)
    put(bucket, f"lake/{LOG}.json", body=b"two")
    with pytest.raises(LakeError, match=f"{LOG}.json: PreconditionFailed: it has changed"), lake.spool(files):
        pass
    bucket.delete_object(Bucket="music", Key=f"lake/{LOG}.json")
    with pytest.raises(LakeError, match=f"{LOG}.json: NoSuchKey: it was deleted"), lake.spool(files):
        pass


def test_a_file_that_changes_between_listing_and_reading_is_loaded_as_changed(
    bucket: Any, embedded: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_day(embedded.lake, DAY, [event()])
    put_lake(bucket, "music", "lake/", embedded.lake)
    lake = lake_of(embedded.folder / "work")
    listed = lake.day
    path = write_day(embedded.lake, DAY, [event(level="paid")])

    def day_before_it_changes(day: date) -> Any:
        files = listed(day)
        put(bucket, f"lake/{path.relative_to(embedded.lake)}", body=path.read_bytes())
        return files

    monkeypatch.setattr(lake, "day", day_before_it_changes)
    assert load_day(embedded.warehouse, lake, DAY).state == "loaded"
    assert embedded.star() == embedded.expected([DAY])


def test_a_song_that_changes_between_listing_and_reading_is_loaded_as_changed(
    bucket: Any, embedded: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_song(embedded.lake, song())
    put_lake(bucket, "music", "lake/", embedded.lake)
    lake = lake_of(embedded.folder / "work")
    listed = lake.songs
    write_song(embedded.lake, song(year=1999))

    def songs_before_one_changes() -> Any:
        files = listed()
        put(bucket, f"lake/{path.relative_to(embedded.lake)}", body=path.read_bytes())
        return files

    monkeypatch.setattr(lake, "songs", songs_before_one_changes)
    assert load_songs(embedded.warehouse, lake).state == "loaded"
    assert embedded.star() == embedded.expected([])


def test_denied_access_to_a_file_is_told_apart_from_denied_access_to_the_lake(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, f"lake/{LOG}.json")
    lake = lake_of(tmp_path)
    files = lake.day(DAY)
    for code, unreadable in (("AccessDenied", True), ("ExpiredToken", False)):

        def refuse(code: str = code, **_: object) -> None:
            raise ClientError({"Error": {"Code": code}}, "GetObject")

        monkeypatch.setattr(lake._client, "get_object", refuse)
        with pytest.raises(LakeError) as raised, lake.spool(files):
            pass
        assert isinstance(raised.value, FileUnreadable) == unreadable


def test_a_response_that_breaks_off_is_requested_again(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, f"lake/{LOG}.json", body=b"whole")
    lake = lake_of(tmp_path)
    files = lake.day(DAY)
    chunks, broken = lake._chunks, [True, True, False]

    def break_off(file: File, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        if broken.pop(0):
            yield begin, b"wh"
            raise ResponseStreamingError(error="cut")
        yield from chunks(file, begin, end)

    monkeypatch.setattr(lake, "_chunks", break_off)
    with lake.spool(files) as (path,):
        assert path.read_bytes() == b"whole"


def test_a_key_may_be_longer_than_a_file_name(bucket: Any, tmp_path: Path) -> None:
    put(bucket, f"lake/song_data/{'x' * 500}.json", body=b"long")
    lake = lake_of(tmp_path)
    with lake.spool(lake.songs()) as (path,):
        assert path.read_bytes() == b"long"


def test_a_lake_in_a_bucket_gives_the_same_rows_as_in_a_folder(bucket: Any, embedded: Platform) -> None:
    days = [date(2018, 11, 1) + timedelta(days=n) for n in range(3)]
    generate(embedded.lake, SampleOptions(days=3, events=600, songs=60, dirt=0.02, files_per_day=2, compress=True))
    put_lake(bucket, "music", "lake/", embedded.lake)
    lake = lake_of(embedded.folder / "work")
    assert load_songs(embedded.warehouse, lake).state == "loaded"
    for day in days:
        assert load_day(embedded.warehouse, lake, day).state == "loaded"
        assert load_day(embedded.warehouse, lake, day).state == "unchanged"
    assert embedded.star() == embedded.expected(days)


def test_a_bucket_is_reached_in_its_own_region(aws: str) -> None:
    s3_client(region_name="eu-west-1").create_bucket(
        Bucket="music", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert open_client("music", "signed").meta.region_name == "eu-west-1"


@pytest.mark.parametrize(
    ("access", "signed", "payer"), [("signed", True, False), ("unsigned", False, False), ("requester-pays", True, True)]
)
def test_requests_are_signed_or_not_and_name_who_pays(
    bucket: Any, tmp_path: Path, access: str, signed: bool, payer: bool
) -> None:
    put(bucket, f"lake/{LOG}.json")
    bucket.put_bucket_acl(Bucket="music", ACL="public-read")
    bucket.put_object_acl(Bucket="music", Key=f"lake/{LOG}.json", ACL="public-read")
    lake = lake_of(tmp_path, access=access)
    sent: list[Any] = []
    lake._client.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.headers))
    with lake.spool(lake.day(DAY)):
        pass
    assert [("Authorization" in headers, "x-amz-request-payer" in headers) for headers in sent] == [(signed, payer)] * 2


@pytest.mark.parametrize(
    ("url", "environment", "problem"),
    [
        ("s3://nowhere/lake", {}, r"s3://nowhere: 404: there is no such bucket or object: see SPARKIFY_LAKE"),
        ("s3://music", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "Unable to locate credentials: see AWS"),
        ("s3://music", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "Could not connect to the endpoint .*AWS_ENDPOINT"),
    ],
)
def test_an_error_comes_with_a_remedy(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], problem: str
) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(LakeError, match=problem):
        lake_of(tmp_path, url)

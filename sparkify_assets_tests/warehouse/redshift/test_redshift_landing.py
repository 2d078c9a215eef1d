"""Landing on Redshift: which files COPY loads as they are, which the validator splits, the error if neither works."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets.load.results import LoadResult
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.lakes import DAY, event, log_file, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day
from sparkify_assets_tests.redshift.proxy import StandIn

GOOD = [event(), event(itemInSession=1)]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ends of the names of the files that Python has read."""
    files_read: list[str] = []
    spool = S3Lake.spool

    @contextmanager
    def recorded(lake: S3Lake, files: Sequence[File]) -> Iterator[list[Path]]:
        files_read.extend(file.path.rsplit("-", 1)[1] for file in files)
        with spool(lake, files) as paths:
            yield paths

    monkeypatch.setattr(S3Lake, "spool", recorded)
    return files_read


def copies_into(stand_in: StandIn, platform: Platform, table: str) -> tuple[LoadResult, int]:
    """Load the day, and return how many COPYs into a table that took."""
    with stand_in.recording() as statements:
        result = platform.load(DAY)
    return result, sum(statement.sql.startswith(f"COPY {table} ") for statement in statements)


def test_clean_files_are_one_copy_that_python_never_opens(
    redshift: Platform, stand_in: StandIn, read: list[str]
) -> None:
    for name in ("a", "b", "c"):
        write_day(redshift.lake, DAY, GOOD, name)
    result, copies = copies_into(stand_in, redshift, "landed_staging_events")
    assert (result.state, result.records, copies, read) == ("loaded", 6, 1, [])


def test_of_many_files_only_those_that_copy_names_go_to_the_validator(
    redshift: Platform, stand_in: StandIn, read: list[str]
) -> None:
    for name in ("a", "b", "c.gz", "d.gz"):
        write_day(redshift.lake, DAY, GOOD if name in ("a", "c.gz") else [*GOOD, "{"], name)
    result, copies = copies_into(stand_in, redshift, "landed_staging_events")
    assert (result.state, result.records, result.rejected) == ("loaded", 10, 2)
    assert read == ["b.json", "d.json.gz"]
    # Plain refused; each of the rest, one of them refused; the clean copies.
    assert copies == 5
    assert redshift.star() == redshift.expected([DAY])


@pytest.mark.parametrize(
    "wrong",
    [
        json.dumps(event(itemInSession=2)) * 2,
        json.dumps(event(song={"a": 1})),
        json.dumps(event(length="inf")),
        json.dumps(event(sessionId=None)),
    ],
    ids=["two objects on a line", "a nested value", "no finite number", "a missing key"],
)
def test_what_breaks_a_rule_is_found_in_its_file_alone(redshift: Platform, read: list[str], wrong: str) -> None:
    for name in ("a", "b", "c"):
        write_day(redshift.lake, DAY, [*GOOD, wrong] if name == "b" else GOOD, name)
    result = redshift.load(DAY)
    assert (result.state, result.records, result.rejected, read) == ("loaded", 7, 1, ["b.json"])


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        # Refused; the other 15; the bad one without its record.
        ("{", 3),
        # Doubtful; its quarters, one of them doubtful; the four files of that one; the clean copy.
        (json.dumps(event(song={"a": 1})), 10),
    ],
    ids=["named by COPY", "named by nobody"],
)
def test_one_bad_file_among_many_is_found_in_few_copies(
    redshift: Platform, stand_in: StandIn, read: list[str], wrong: str, expected: int
) -> None:
    for n in range(16):
        write_day(redshift.lake, DAY, [event(itemInSession=n), *([wrong] if n == 5 else [])], f"{n:02}")
    result, copies = copies_into(stand_in, redshift, "landed_staging_events")
    assert (result.state, result.records, result.rejected, read) == ("loaded", 17, 1, ["05.json"])
    assert copies == expected
    assert redshift.star() == redshift.expected([DAY])


def test_the_one_file_beside_a_bad_one_is_copied_as_it_is(redshift: Platform, read: list[str]) -> None:
    write_day(redshift.lake, DAY, GOOD, "a")
    write_day(redshift.lake, DAY, ["{"], "b")
    result = redshift.load(DAY)
    assert (result.records, result.rejected, read) == (3, 1, ["b.json"])


def test_a_day_fails_in_the_words_of_copy_when_copy_refuses_what_the_validator_has_passed(
    redshift: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkify_assets.lake.validator._values", lambda fields, table: dict(fields))
    write_day(redshift.lake, DAY, [*GOOD, event(ts="soon")])
    write_song(redshift.lake, song(), "TR1")
    write_song(redshift.lake, song(duration="long"), "TR2")
    result, songs = redshift.load(DAY), redshift.load_songs()
    for refused, file, column in ((result, f"{DAY}-events.json", "ts"), (songs, "TR2.json", "duration")):
        assert refused.state == "refused"
        assert refused.problem is not None
        assert f"{file}: COPY refuses what the validator has passed: {column}: " in refused.problem
    assert not any(redshift.star().values())


def test_a_copy_that_fails_for_another_reason_ends_the_load_in_its_own_words(
    redshift: Platform, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_day(redshift.lake, DAY, GOOD)
    lake = redshift.open_lake()
    monkeypatch.setattr(S3Lake, "region", "mars-north-1")
    monkeypatch.setattr("sparkify_assets.lake.s3_work.S3Work.region", "mars-north-1")
    with pytest.raises(WarehouseError, match=r"COPY into landed_staging_events failed on Redshift: S3ServiceException"):
        load_day(redshift.warehouse, lake, DAY)
    assert read == []


@pytest.mark.parametrize("change", ["gone", "another"])
def test_a_file_that_changes_between_listing_and_copy_is_loaded_as_it_is_then(
    redshift: Platform, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    write_day(redshift.lake, DAY, GOOD, "a")
    path = write_day(redshift.lake, DAY, [event(itemInSession=2)], "b")
    lake = redshift.open_lake()
    listed = lake.day
    bucket = redshift.settings.lake.removeprefix("s3://").split("/")[0]
    key = f"lake/{path.relative_to(redshift.lake)}"

    def day_before_it_changes(day: date) -> list[File]:
        files = listed(day)
        if change == "gone":
            s3_client().delete_object(Bucket=bucket, Key=key)
            path.unlink(missing_ok=True)
        else:
            write_day(redshift.lake, DAY, [event(itemInSession=3)], "b")
            s3_client().put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        return files

    monkeypatch.setattr(lake, "day", day_before_it_changes)
    assert load_day(redshift.warehouse, lake, DAY).state == "loaded"
    assert redshift.star() == redshift.expected([DAY])


def test_a_large_song_file_is_split_by_itself(redshift: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkify_assets.lake.bundles.SMALL_BYTES", 1000)
    many = "".join(json.dumps(song(song_id=f"SO{n}"), indent=1) for n in range(10)) + "null"
    write_song(redshift.lake, many, "TRLARGE")
    write_song(redshift.lake, song(), "TRSMALL")
    result = redshift.load_songs()
    assert (result.state, result.records, result.rejected) == ("loaded", 12, 1)
    assert redshift.star() == redshift.expected([])


def test_of_songs_only_changed_files_are_read(redshift: Platform, read: list[str]) -> None:
    for n in range(20):
        write_song(redshift.lake, song(song_id=f"SO{n}"), f"TR-{n}")
    assert redshift.load_songs().rows["songs"] == 20
    read.clear()
    write_song(redshift.lake, song(song_id="SO3", title="Other"), "TR-3")
    write_song(redshift.lake, "null", "TR-20")
    result = load_songs(redshift.warehouse, redshift.open_lake(), run_id="a run")
    assert (result.records, result.rejected, result.rows["songs"], sorted(read)) == (21, 1, 20, ["20.json", "3.json"])
    assert redshift.star() == redshift.expected([])


def test_files_with_the_same_records_are_landed_each_for_itself_also_at_once(redshift: Platform) -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    for day in days:
        for name in ("a", "b"):
            write_day(redshift.lake, day, [*GOOD, "{"], name)
    results = load_days(redshift.warehouse, redshift.open_lake(), days, at_once=len(days))
    assert [(result.state, result.records, result.rejected) for result in results] == [("loaded", 6, 2)] * 4
    assert redshift.star() == redshift.expected(days)
    bucket = redshift.settings.work.removeprefix("s3://").split("/")[0]
    client = s3_client()
    for entry in client.list_objects_v2(Bucket=bucket, Prefix="work/manifests/")["Contents"]:
        manifest = json.loads(client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        urls = [named["url"] for named in manifest["entries"]]
        assert len(urls) == len(set(urls))


def test_nothing_is_left_on_this_machine(redshift: Platform) -> None:
    write_day(redshift.lake, DAY, [*GOOD, "{"])
    write_song(redshift.lake, "null")
    redshift.load_songs()
    redshift.load(DAY)
    assert log_file(redshift.lake, DAY, "events").exists()
    assert [path for path in redshift.settings.scratch.rglob("*") if path.is_file()] == []

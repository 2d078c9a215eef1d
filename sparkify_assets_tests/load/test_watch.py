"""What is new in the lake: each change is found once, and nothing else is."""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from sparkify_assets.errors import LakeError, WarehouseError
from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.lake.s3 import S3Lake, S3Place
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.watch import Memory, News, look
from sparkify_assets.settings import Settings
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

DAYS = [DAY + timedelta(days=n) for n in range(5)]
TODAY = date(2024, 5, 1)
TOMORROW = TODAY + timedelta(days=1)


class Watch:
    """Looks at a platform's lake again and again, and remembers what it saw."""

    def __init__(self, platform: Platform) -> None:
        self.platform, self.memory = platform, Memory()

    def look(self, today: date = TODAY, days: list[date] = DAYS, notified: list[str] | None = None) -> News:
        news = look(self.platform.warehouse, self.platform.open_lake(), days, self.memory, today, notified)
        # Through its text, as a cursor is stored.
        self.memory = Memory.read(news.memory.text)
        return news


@pytest.fixture
def watch(platform: Platform) -> Watch:
    return Watch(platform)


def test_consecutive_new_days_are_requested_as_one_range(watch: Watch) -> None:
    for n in (0, 1, 3):
        write_day(watch.platform.lake, DAYS[n], [event()])
    assert watch.look().loads == (LogDays(DAYS[0], DAYS[1]), LogDays(DAYS[3], DAYS[3]))


def test_nothing_is_requested_twice(watch: Watch) -> None:
    write_day(watch.platform.lake, DAYS[0], [event()])
    write_song(watch.platform.lake, song())
    first = watch.look()
    assert first.loads == (LogDays.of(DAYS[0]), SONG_CATALOG)
    for today in (TODAY, TODAY, TOMORROW, TOMORROW):
        again = watch.look(today)
        assert (again.loads, again.versions) == ((), {})


def test_a_refused_day_is_requested_again_when_its_file_changes(watch: Watch) -> None:
    write_day(watch.platform.lake, DAYS[0], FLOOD)
    assert watch.look().loads
    watch.platform.load(DAYS[0])
    assert not watch.look(TOMORROW).loads
    write_day(watch.platform.lake, DAYS[0], [event()])
    assert watch.look(TOMORROW).loads == (LogDays(DAYS[0], DAYS[0]),)


def test_a_refused_day_is_requested_again_when_the_loaded_file_is_restored(watch: Watch) -> None:
    good = write_day(watch.platform.lake, DAYS[0], [event()])
    watch.platform.load(DAYS[0])
    away = good.rename(good.with_suffix(".away"))
    write_day(watch.platform.lake, DAYS[0], FLOOD)
    assert watch.look().loads == (LogDays.of(DAYS[0]),)
    assert watch.platform.load(DAYS[0]).state == "refused"
    away.replace(good)
    assert watch.look(TOMORROW).loads == (LogDays.of(DAYS[0]),)


def test_days_with_changed_or_vanished_files_are_requested(watch: Watch) -> None:
    for n in (0, 1, 2):
        write_day(watch.platform.lake, DAYS[n], [event()])
        watch.platform.load(DAYS[n])
    assert not watch.look().loads
    write_day(watch.platform.lake, DAYS[0], [event(), event()])
    write_day(watch.platform.lake, DAYS[2], [event()]).unlink()
    assert watch.look().loads == (LogDays(DAYS[0], DAYS[0]), LogDays(DAYS[2], DAYS[2]))


def test_a_file_that_vanished_before_the_first_look_is_found(watch: Watch) -> None:
    file = write_day(watch.platform.lake, DAYS[0], [event()])
    write_day(watch.platform.lake, DAYS[1], [event()])
    watch.platform.load(DAYS[0])
    watch.platform.load(DAYS[1])
    file.unlink()
    assert watch.look().loads == (LogDays(DAYS[0], DAYS[0]),)


def test_what_somebody_else_has_loaded_is_not_requested(watch: Watch) -> None:
    write_day(watch.platform.lake, DAYS[0], [event()])
    write_song(watch.platform.lake, song())
    watch.platform.load(DAYS[0])
    watch.platform.load_songs()
    news = watch.look()
    assert news.loads == ()
    assert set(news.versions) == {LogDays.of(DAYS[0]), SONG_CATALOG}


def test_a_restored_file_is_requested_again(watch: Watch) -> None:
    file = write_day(watch.platform.lake, DAYS[0], [event()])
    before = watch.look()
    away = file.rename(file.with_suffix(".away"))
    gone = watch.look()
    away.rename(file)
    back = watch.look()
    assert [bool(news.loads) for news in (before, gone, back)] == [True, False, True]
    assert set(before.versions) == set(back.versions)
    assert before.memory.finds < back.memory.finds


def test_changed_songs_are_found_by_the_next_complete_look(watch: Watch) -> None:
    write_song(watch.platform.lake, song())
    assert SONG_CATALOG in watch.look().loads
    write_song(watch.platform.lake, song(title="Another"))
    assert SONG_CATALOG not in watch.look().loads
    assert SONG_CATALOG in watch.look(TOMORROW).loads


def test_only_recent_months_are_listed_except_once_a_day(watch: Watch) -> None:
    days = [date(2018, 9, 1) + timedelta(days=n) for n in range(91)]
    watch.look(days=days)
    for day in (days[0], date(2018, 10, 31), days[-1]):
        write_day(watch.platform.lake, day, [event()])
    assert watch.look(days=days).loads == (LogDays.of(date(2018, 10, 31)), LogDays.of(days[-1]))
    assert watch.look(TOMORROW, days).loads == (LogDays(days[0], days[0]),)


def test_removed_songs_are_found(watch: Watch) -> None:
    file = write_song(watch.platform.lake, song())
    watch.platform.load_songs()
    watch.look()
    file.unlink()
    assert SONG_CATALOG in watch.look(TOMORROW).loads


def test_songs_removed_before_the_first_look_are_found(watch: Watch) -> None:
    file = write_song(watch.platform.lake, song())
    watch.platform.load_songs()
    file.unlink()
    assert SONG_CATALOG in watch.look().loads


def test_with_notifications_only_the_places_that_they_name_are_looked_at(watch: Watch) -> None:
    watch.look()
    for n in (0, 1):
        write_day(watch.platform.lake, DAYS[n], [event()])
    write_song(watch.platform.lake, song())
    assert not watch.look(notified=[]).versions
    assert not watch.look(notified=["log_data/2018/10/2018-10-31-events.json", "nonsense"]).versions
    found = watch.look(notified=["song_data/A/B/TRAAA1.json"])
    assert found.loads == (SONG_CATALOG,)
    assert watch.look(notified=[f"log_data/{DAYS[0]:%Y/%m}/{DAYS[0]}-events.json"]).loads == (
        LogDays(DAYS[0], DAYS[1]),
    )


def test_a_change_without_a_notification_is_found_by_the_next_complete_look(watch: Watch) -> None:
    watch.look()
    write_day(watch.platform.lake, DAYS[0], [event()])
    assert watch.look(TOMORROW, notified=[]).loads == (LogDays(DAYS[0], DAYS[0]),)


def test_days_outside_the_range_are_ignored(watch: Watch) -> None:
    write_day(watch.platform.lake, DAYS[0] - timedelta(days=1), [event()])
    assert not watch.look().versions


def test_the_warehouse_is_not_opened_if_nothing_differs(embedded: Platform) -> None:
    class Closed:
        def reader(self) -> object:
            raise AssertionError("the warehouse was opened")

    write_day(embedded.lake, DAYS[0], [event()])
    first = look(embedded.warehouse, embedded.open_lake(), DAYS, Memory(), TODAY)
    for today in (TODAY, TOMORROW):
        assert not look(Closed(), embedded.open_lake(), DAYS, first.memory, today).loads  # type: ignore[arg-type]


def test_an_unreadable_lake_is_not_an_empty_one(embedded: Platform) -> None:
    lake = open_lake(Settings(lake=str(embedded.lake / "nowhere")))
    with pytest.raises(LakeError):
        look(embedded.warehouse, lake, DAYS, Memory({LogDays.of(DAYS[0]): "seen"}, TODAY), TODAY)


def test_an_unreadable_warehouse_is_not_an_empty_one(embedded: Platform) -> None:
    class Unreachable:
        def reader(self) -> object:
            raise WarehouseError("not now")

    write_day(embedded.lake, DAYS[0], [event()])
    with pytest.raises(WarehouseError, match="not now"):
        look(Unreachable(), embedded.open_lake(), DAYS, Memory(), TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "{",
        "[]",
        "2018-11-01",
        '{"version":0}',
        '{"version":1,"days":{"Monday":"x"}}',
        '{"version":1,"days":[]}',
    ],
)
def test_an_unreadable_memory_is_an_empty_one(written: str | None) -> None:
    assert Memory.read(written) == Memory()


def test_a_memory_is_read_as_it_was_written() -> None:
    memory = Memory({LogDays.of(DAYS[0]): "a", LogDays.of(DAYS[1]): "b", SONG_CATALOG: "c"}, TODAY, 7)
    assert Memory.read(memory.text) == memory


def test_without_a_memory_loaded_days_are_not_requested(watch: Watch) -> None:
    write_day(watch.platform.lake, DAYS[0], [event()])
    watch.platform.load(DAYS[0])
    watch.look()
    watch.memory = Memory.read("an older version's")
    assert not watch.look().loads


def test_a_month_without_files_requests_nothing(watch: Watch) -> None:
    news = watch.look()
    assert news.loads == ()
    assert _listed(watch.platform.open_lake()) == {}


def _listed(lake: Lake) -> dict[date, object]:
    return dict(lake.days())


MANY_DAYS = [date(2016, 1, 1) + timedelta(days=n) for n in range(3_000)]


class Crowded:
    """S3 with a lake of 3,000 days and 100,000 files: it answers listings, and records which were requested."""

    def __init__(self, client: Any) -> None:
        names = [f"log_data/{day:%Y/%m}/{day}-{n:02}.json" for day in MANY_DAYS for n in range(33)]
        self.keys = sorted([*names, *(f"song_data/A/{n:04}.json" for n in range(1_000))])
        self.asked: list[str] = []
        client.meta.events.register_first("before-parameter-build.s3.ListObjectsV2", self._note)
        client.meta.events.register_first("before-call.s3.ListObjectsV2", self._answer)

    def _note(self, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["asked"] = dict(params)

    def _answer(self, context: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]]:
        prefix, after = context["asked"]["Prefix"], context["asked"].get("ContinuationToken", "")
        self.asked.append(prefix)
        begin = bisect_right(self.keys, after) if after else bisect_left(self.keys, prefix)
        page = list(takewhile(lambda key: key.startswith(prefix), self.keys[begin : begin + 1_001]))
        answer: dict[str, Any] = {
            "Contents": [{"Key": key, "ETag": f'"{key[-12:]}"', "Size": 100} for key in page[:1_000]],
            "IsTruncated": len(page) > 1_000,
        }
        if len(page) > 1_000:
            answer["NextContinuationToken"] = page[999]
        return AWSResponse("https://s3.amazonaws.com", 200, {}, None), answer


def test_a_look_at_a_large_lake_takes_few_requests(embedded: Platform, aws: str, tmp_path: Path) -> None:
    client = s3_client(region_name="us-east-1")
    crowded = Crowded(client)
    lake = S3Lake(S3Place.parse("s3://music/"), client, tmp_path)
    first = look(embedded.warehouse, lake, MANY_DAYS, Memory(), TODAY)
    assert first.loads == (LogDays(MANY_DAYS[0], MANY_DAYS[-1]), SONG_CATALOG)
    assert len(crowded.asked) == 100
    crowded.asked.clear()
    again = look(embedded.warehouse, lake, MANY_DAYS, first.memory, TODAY)
    assert not again.versions
    assert crowded.asked == ["log_data/2024/02/", "log_data/2024/03/"]
    assert len(first.memory.text) < 100_000

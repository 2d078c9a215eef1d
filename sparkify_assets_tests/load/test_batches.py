"""What is published together: a clean range at once, and of dirty files a few at a time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sparkify_assets.lake.listing import File
from sparkify_assets.load import land
from sparkify_assets.load.batches import MOST_DIRTY_BYTES, MOST_DIRTY_FILES, batches, size_of_dirty
from sparkify_assets.load.loading import load_days
from sparkify_assets.load.results import LOADED, UNCHANGED, LoadResult
from sparkify_assets_tests.lakes import DAY, at, event, write_day
from sparkify_assets_tests.laws.watched import WatchedWarehouse
from sparkify_assets_tests.platforms import Platform

DAYS = [DAY + timedelta(days=n) for n in range(5)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([0, 0, 0], [[0, 0, 0]]),
        ([4, 6, 1, 9, 0, 1], [[4, 6], [1, 9, 0], [1]]),
        ([11, 0, 30, 2], [[11], [0], [30], [2]]),
    ],
)
def test_what_follows_one_another_is_put_together_up_to_a_size(sizes: list[int], expected: list[list[int]]) -> None:
    assert list(batches(sizes, lambda size: size, 10)) == expected


@pytest.mark.parametrize(
    ("files", "size", "name"),
    [(MOST_DIRTY_FILES, 1, ".json"), (8, MOST_DIRTY_BYTES // 8, ".json"), (8, MOST_DIRTY_BYTES // 64, ".json.gz")],
)
def test_neither_many_dirty_files_nor_large_ones_wait_together(files: int, size: int, name: str) -> None:
    assert size_of_dirty([File(name, DAY, "", size)] * files) == MOST_DIRTY_BYTES


@pytest.fixture
def two_dirty_files_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(land, "MOST_DIRTY_BYTES", 2 * size_of_dirty([File("", DAY, "", 1)]))


def write_days(platform: Platform, dirty: set[int]) -> None:
    for number, day in enumerate(DAYS):
        for name in ("a", "b"):
            bad = ["oops"] if number in dirty and name == "b" else []
            write_day(platform.lake, day, [event(ts=at(day), page=f"Page {name}"), *bad], name)


def load(platform: Platform, on_result: Callable[[LoadResult], object] = lambda result: None) -> list[str]:
    """Load the days together, and return what was done, in its order."""
    calls: list[str] = []

    def notify(result: LoadResult) -> None:
        calls.append(result.name)
        on_result(result)

    watched = WatchedWarehouse(platform.warehouse, after=calls.append)
    load_days(watched, platform.open_lake(), DAYS, bytes_together=10**9, on_result=notify)
    return [call for call in calls if call in ("land", "land_dirty", "commit") or call[0].isdigit()]


@pytest.mark.usefixtures("two_dirty_files_at_a_time")
@pytest.mark.parametrize(
    ("dirty", "pieces"),
    [(set(), [5]), ({1}, [5]), ({0, 4}, [5]), ({0, 1, 3}, [3, 2]), ({0, 1, 2, 3, 4}, [2, 2, 1])],
    ids=str,
)
def test_days_are_published_and_notified_as_soon_as_their_dirty_files_are_landed(
    embedded: Platform, dirty: set[int], pieces: list[int]
) -> None:
    write_days(embedded, dirty)
    expected, left = ["land"], list(DAYS)
    for piece in pieces:
        published, left = left[:piece], left[piece:]
        expected += ["land_dirty"] * any(DAYS.index(day) in dirty for day in published)
        expected += ["commit", *map(str, published)]
    assert load(embedded) == expected
    assert embedded.star() == embedded.expected(DAYS)


@pytest.mark.usefixtures("two_dirty_files_at_a_time")
def test_what_was_published_before_a_load_ended_is_not_loaded_again(embedded: Platform) -> None:
    write_days(embedded, set(range(5)))

    def end(result: LoadResult) -> None:
        if result.name == str(DAYS[2]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(embedded, end)
    results = load_days(embedded.warehouse, embedded.open_lake(), DAYS, bytes_together=10**9)
    assert [result.state for result in results] == [UNCHANGED] * 4 + [LOADED]
    assert embedded.star() == embedded.expected(DAYS)


@pytest.mark.usefixtures("two_dirty_files_at_a_time")
def test_a_day_of_more_dirty_files_is_landed_a_few_at_a_time_and_published_whole(embedded: Platform) -> None:
    for n in range(5):
        write_day(embedded.lake, DAY, [event(itemInSession=n), "oops"], str(n))
    calls = [call for call in load(embedded) if not call[0].isdigit()]
    assert calls == ["land", "land_dirty", "land_dirty", "land_dirty", "commit"]
    assert embedded.values("SELECT file, records, loaded, rejected FROM ops.load_ledger ORDER BY file") == [
        (f"log_data/2018/11/{DAY}-{n}.json", 2, 1, 1) for n in range(5)
    ]

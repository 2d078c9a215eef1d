"""The acceptance queries of a sample are right for its lake, whatever the options."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.acceptance.pairs import examine, find_pairs
from sparkify_assets.load.loading import load_days
from sparkify_assets.sample import SampleOptions, generate, has_lake
from sparkify_assets.sample.agreed import AGREED, QUERIES
from sparkify_assets_tests.copies import embedded_copies_of
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.sample.reading import Lake

SMALL = SampleOptions(days=4, events=900, songs=80)
DIRTY = replace(SMALL, dirt=0.1, seed=7)


def loaded(platform: Platform, options: SampleOptions) -> Platform:
    """Generate a sample with its queries, and load all of it."""
    generate(platform.lake, options, acceptance=True)
    platform.load_songs()
    days = [options.day(number) for number in range(options.days)]
    results = load_days(platform.warehouse, platform.open_lake(), days, bytes_together=platform.settings.bytes_together)
    assert {result.state for result in results} <= {"loaded", "empty", "unchanged"}
    platform.warehouse.publish()
    return platform


def load_small(platform: Platform) -> None:
    loaded(platform, SMALL)


small = embedded_copies_of(load_small)


def problems(platform: Platform) -> dict[str, object]:
    """Return the outcome of each pair that does not pass."""
    pairs = find_pairs(platform.lake / "acceptance")
    assert {pair.name for pair in pairs} == set(AGREED)
    outcomes = {pair.name: examine(platform.warehouse, pair) for pair in pairs}
    return {name: outcome for name, outcome in outcomes.items() if not outcome.passed}


@pytest.mark.exhaustive(5)
@pytest.mark.parametrize(
    "options",
    [
        SMALL,
        replace(SMALL, seed=4711),
        DIRTY,
        replace(DIRTY, files_per_day=3, compress=True),
        replace(DIRTY, dirt=0.5, seed=3),
        replace(SMALL, start=date(2019, 12, 29), days=5, dirt=0.02),
        SampleOptions(days=2, events=1500, songs=1, dirt=0.05),
        SampleOptions(days=30, events=40, songs=3, dirt=0.2),
        # One of the ten longest sessions begins before midnight and ends after it.
        SampleOptions(days=12, events=1500, songs=20),
        SampleOptions(days=3, events=2, songs=0),
        SampleOptions(days=1, events=0, songs=0),
        SampleOptions(dirt=0.01, seed=5),
        SampleOptions(days=6, events=2500, songs=20, dirt=0.02, every_page=True),
    ],
    ids=str,
)
def test_every_query_returns_the_rows_that_the_sample_counted(embedded: Platform, options: SampleOptions) -> None:
    assert problems(loaded(embedded, options)) == {}


def test_every_query_returns_them_on_redshift_too(redshift: Platform) -> None:
    assert problems(loaded(redshift, DIRTY)) == {}


@pytest.mark.exhaustive(3)
@pytest.mark.parametrize(
    ("statement", "noticed"),
    [
        ("DELETE FROM sparkify.songplays WHERE session_id = (SELECT MAX(session_id) FROM sparkify.songplays)", 4),
        ("UPDATE sparkify.songplays SET start_date = start_date + 1", 1),
        ("UPDATE sparkify.time SET weekday = weekday % 7 + 1, hour = 23 - hour", 2),
        ("UPDATE sparkify.songplays SET length = length + 0.001", 1),
        ("UPDATE sparkify.users SET level = 'free'", 1),
        ("UPDATE sparkify.songs SET year = 0 WHERE year IS NULL", 1),
        ("DELETE FROM sparkify.artists WHERE artist_id = (SELECT MAX(artist_id) FROM sparkify.artists)", 1),
        ("UPDATE sparkify.songplays SET location = location || ' '", 1),
    ],
)
def test_wrong_rows_in_the_warehouse_are_noticed(small: Platform, statement: str, noticed: int) -> None:
    with duckdb.connect(small.settings.published_file) as connection:
        connection.execute(statement)
    assert len(problems(small)) >= noticed


def test_each_query_is_a_file_that_begins_with_what_it_asks() -> None:
    files = sorted(QUERIES.iterdir())
    assert [path.stem for path in files] == sorted(AGREED)
    assert len(files) == 10
    assert all(path.read_text("utf-8").startswith("-- ") for path in files)


def test_equal_options_give_equal_rows_with_any_number_of_processes(tmp_path: Path) -> None:
    lakes = [Lake(tmp_path / name) for name in ("one", "again", "two")]
    for lake, workers in zip(lakes, (1, 1, 2), strict=True):
        generate(lake.folder, DIRTY, workers=workers, acceptance=True)
    first, *others = [lake.files("acceptance") for lake in lakes]
    assert len(first) == 20
    assert others == [first, first]


def test_queries_are_written_only_on_request(lake: Lake) -> None:
    generate(lake.folder, SMALL)
    assert not lake.files("acceptance")


def test_a_sample_without_its_queries_is_unfinished(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, truth: object) -> Iterable[None]:
        raise OSError("disk full")

    # The function of that name hides its module.
    making = sys.modules["sparkify_assets.sample.generate"]
    monkeypatch.setattr(making, "write_agreed", broken)
    with pytest.raises(OSError, match="disk full"):
        generate(lake.folder, SMALL, acceptance=True)
    assert not has_lake(lake.folder)
    monkeypatch.undo()
    generate(lake.folder, SMALL, acceptance=True)
    assert has_lake(lake.folder)
    assert len(lake.files("acceptance")) == 20

"""Laws 2 and 4: a loader killed at any moment leaves whole days behind, and the next load ends right."""

import random
import shutil
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.laws.loaders import Loader
from sparkify_assets_tests.oracle import Rows, star_of
from sparkify_assets_tests.platforms import Platform

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(3)]
# Fewer on Redshift, where only a client is killed, and the server runs most of a load in transactions.
KILLS = {"duckdb": 50, "redshift": 10}
STAGED = "staging.staging_events"


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two versions of a lake, with different events, songs and bad records."""
    lakes = [tmp_path_factory.mktemp("lake") / str(seed) for seed in (1, 2)]
    for seed, lake in enumerate(lakes):
        generate(lake, SampleOptions(days=len(DAYS), events=150, songs=30, seed=seed, dirt=0.02))
    return lakes


def published(platform: Platform, versions: list[Path]) -> Path:
    """The lake that was published: for the songs and for each day one whole version, or nothing."""
    staged = platform.star()
    lake = platform.folder / "published"
    shutil.rmtree(lake, ignore_errors=True)
    for place in ("song_data", *(f"log_data/{day:%Y/%m}/{day}-events.json" for day in DAYS)):
        for version in (version for version in versions if is_staged(staged, version, place)):
            (lake / place).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if place == "song_data" else shutil.copy
            copy(version / place, lake / place)
            break
        else:
            assert is_staged(staged, None, place), f"{place} is staged, but as no version has it"
    return lake


def is_staged(staged: Rows, version: Path | None, place: str) -> bool:
    """Whether staging holds exactly the songs, or the day, of a version of the lake; nothing if there is no version."""
    day = None if place == "song_data" else place.rsplit("/", 1)[1][:10]
    table = STAGED if day else "staging.staging_songs"
    rows = star_of(version, DAYS)[table] if version else []
    return [row for row in staged[table] if not day or str(row[0]) == day] == sorted(
        (row for row in rows if not day or str(row[0]) == day), key=repr
    )


def test_a_loader_killed_at_any_moment_leaves_every_day_whole_or_absent(
    platform: Platform, versions: list[Path], chance: random.Random
) -> None:
    shutil.copytree(versions[0], platform.lake, dirs_exist_ok=True)
    platform.open_lake()
    kills = KILLS[platform.settings.warehouse]
    loader = Loader(platform, DAYS)
    loader.wait_until_begun()
    began = time.monotonic()
    assert loader.end() == 0
    takes = time.monotonic() - began
    killed = 0
    for attempt in range(kills):
        shutil.rmtree(platform.lake)
        shutil.copytree(versions[(attempt + 1) % 2], platform.lake)
        platform.open_lake()
        loader = Loader(platform, chance.sample(DAYS, len(DAYS)))
        loader.wait_until_begun()
        killed += not loader.ends_within(chance.random() * takes)
        loader.kill()
        assert platform.star() == {
            name: sorted(rows, key=repr) for name, rows in star_of(published(platform, versions), DAYS).items()
        }, f"kill {attempt}"
        platform.load_songs()
        for day in DAYS:
            platform.load(day)
        assert platform.star() == platform.expected(DAYS), f"after kill {attempt}"
    assert killed > kills / 2

"""Laws 2 and 4: a loader killed at any moment leaves whole days behind, and the next load ends right."""

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.faults import Fault
from sparkify_assets_tests.laws.kills import KILLED, drawing_kills
from sparkify_assets_tests.laws.loaders import Loader, load_all
from sparkify_assets_tests.oracle import Rows, star_of
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(3)]
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
    embedded: Platform, versions: list[Path], chance: random.Random
) -> None:
    take(embedded, versions[0])
    load_all(embedded.warehouse, embedded.open_lake(), DAYS)
    take(embedded, versions[1])
    draw = drawing_kills(embedded.warehouse, lambda warehouse: load_all(warehouse, embedded.open_lake(), DAYS), chance)
    for attempt in range(number_of_examples(4, thorough=50)):
        take(embedded, versions[attempt % 2])
        kill = draw()
        assert Loader(embedded, chance.sample(DAYS, len(DAYS)), kill).end() in KILLED, kill
        assert_whole_days_and_a_right_end(embedded, versions, str(kill))


def test_a_loader_killed_at_any_statement_on_redshift_leaves_every_day_whole_or_absent(
    redshift: Platform, versions: list[Path], stand_in: StandIn, chance: random.Random
) -> None:
    statements: list[str] = []
    for version in versions:
        take(redshift, version)
        with stand_in.recording() as recorded:
            load_all(redshift.warehouse, redshift.open_lake(), DAYS)
        statements = min(statements or [each.sql for each in recorded], [each.sql for each in recorded], key=len)
    for attempt in range(number_of_examples(2, thorough=10)):
        take(redshift, versions[attempt % 2])
        # One statement of a day depends on the order of the days.
        nth, delivered = chance.randint(1, len(statements) - len(DAYS)), chance.choice((None, 0))
        days = chance.sample(DAYS, len(DAYS))
        assert end_of_a_loader_killed_at(nth, delivered, redshift, days, stand_in) in KILLED, nth
        when = f"killed {'before' if delivered is None else 'after'} statement {nth}"
        assert_whole_days_and_a_right_end(redshift, versions, when)


def end_of_a_loader_killed_at(
    nth: int, delivered: int | None, platform: Platform, days: list[date], stand_in: StandIn
) -> int | None:
    """The stand-in kills the loader at its nth statement, before it runs or after it took effect."""
    fault = Fault(".+", nth, delivered=delivered, first=lambda: loader.process.kill())
    with stand_in.failing(platform.settings.redshift.database, fault):
        loader = Loader(platform, days)
        return loader.end()


def take(platform: Platform, version: Path) -> None:
    """Let the lake be this version."""
    shutil.rmtree(platform.lake)
    shutil.copytree(version, platform.lake)
    platform.open_lake()


def assert_whole_days_and_a_right_end(platform: Platform, versions: list[Path], when: str) -> None:
    assert platform.star() == {
        name: sorted(rows, key=repr) for name, rows in star_of(published(platform, versions), DAYS).items()
    }, when
    platform.load_songs()
    for day in DAYS:
        platform.load(day)
    assert platform.star() == platform.expected(DAYS), f"loaded again after: {when}"

"""The platform's own statements from end to end, on the stand-in or with `--live` on a cluster, where they run in a
database of their own, which is dropped afterwards. Roles are left alone there: they belong to the whole cluster.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sparkify_assets.load.loading import load_days
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.conftest import Cluster

DAYS = [DAY + timedelta(days=n) for n in range(4)]


@pytest.fixture
def own(cluster: Cluster, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """A platform in a new database, with a lake in the cluster's work prefix."""
    if not cluster.live:
        yield request.getfixturevalue("redshift_without_tables")
        return
    database = f"sparkify_live_{secrets.token_hex(6)}"
    settings = Settings(
        warehouse="redshift",
        lake=f"{cluster.work.place}lake",
        work=f"{cluster.work.place}work",
        redshift=replace(cluster.settings, database=database),
    )
    with cluster.connect() as session:
        session.run(f"CREATE DATABASE {database}")
        try:
            yield Platform.on_redshift(tmp_path, settings)
        finally:
            session.run(f"DROP DATABASE {database}")


def test_the_platform_runs_from_end_to_end(own: Platform) -> None:
    for number, day in enumerate(DAYS):
        records = [event(ts=at(day), itemInSession=n, page=("Home", "NextSong", "Help")[n % 3]) for n in range(9)]
        late = event(ts=at(day - timedelta(days=1)), itemInSession=20, level="paid")
        wrong = ["{", json.dumps(event(song={"a": 1}))]
        write_day(own.lake, day, [*records, *wrong[:number]], "a")
        write_day(own.lake, day, [late, late], "b.gz")
    together = own.settings.bytes_together
    results = load_days(own.warehouse, own.open_lake(), DAYS, bytes_together=together, run_id="a run")
    assert [result.state for result in results] == ["loaded"] * len(DAYS)
    assert own.star() == own.expected(DAYS)
    # A day again, and the song catalog after its plays.
    write_day(own.lake, DAYS[1], [event(ts=at(DAYS[1]), itemInSession=1)], "a")
    write_song(own.lake, song())
    assert own.load(DAYS[1]).state == "loaded"
    assert own.load_songs().state == "loaded"
    assert own.star() == own.expected(DAYS)
    assert {result.state for result in own.make_insights().values()} == {"rebuilt"}
    assert own.insights() == own.expected_insights(DAYS)

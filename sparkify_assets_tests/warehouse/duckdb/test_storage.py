"""How rows lie in DuckDB's file: those of a day together, so that a load moves no others and takes no more space."""

import re

import duckdb
import pytest

from sparkify_assets.warehouse.duckdb import duckdb_warehouse as embedded
from sparkify_assets.warehouse.duckdb.duckdb_tables import VARIED
from sparkify_assets_tests.copies import embedded_copies_of
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import file_of

DAYS = (DAY, NEXT_DAY)


def load_small(platform: Platform) -> None:
    """Two days, each loaded on its own."""
    for day in DAYS:
        moments = enumerate(range(at(day), at(day) + 3_000_000, 1000))
        plays = [event(itemInSession=n, ts=ts, song=f"{day} {ts}") for n, ts in moments]
        write_day(platform.lake, day, [*plays, *(play | {"page": "Home"} for play in plays)])
    load(platform)


def load_large(platform: Platform) -> None:
    """The same days in a warehouse that counts as large."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(embedded, "_LARGE_BYTES", 0)
        load_small(platform)


platform = embedded_copies_of(load_small)
loaded_large = embedded_copies_of(load_large)


@pytest.fixture
def large(loaded_large: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A warehouse that counts as large."""
    monkeypatch.setattr(embedded, "_LARGE_BYTES", 0)
    return loaded_large


def load(platform: Platform, times: int = 1) -> None:
    for _ in range(times):
        for day in DAYS:
            platform.load(day, force=True)


def row_groups(platform: Platform, table: str) -> int:
    with duckdb.connect(platform.settings.duckdb, read_only=True) as connection:
        statement = f"SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('{table}')"
        (groups,) = connection.execute(statement).fetchone() or (0,)
        return int(groups)


def test_in_a_small_warehouse_days_share_row_groups(platform: Platform) -> None:
    assert row_groups(platform, "staging.staging_events") == 1


def test_in_a_large_one_each_day_keeps_its_own_until_it_is_replaced(large: Platform) -> None:
    assert row_groups(large, "staging.staging_events") == len(DAYS)
    load(large, times=3)
    assert row_groups(large, "staging.staging_events") == len(DAYS)


def test_a_session_that_writes_a_row_moves_no_others(large: Platform) -> None:
    large.make_insights()
    assert row_groups(large, "staging.staging_events") == len(DAYS)


def test_loading_days_again_and_again_takes_no_more_space(large: Platform) -> None:
    load(large)
    before = large.settings.duckdb.stat().st_size
    load(large, times=4)
    assert large.settings.duckdb.stat().st_size <= 1.1 * before


def test_texts_that_hardly_repeat_are_compressed_by_zstd_and_no_others(platform: Platform) -> None:
    for table, names in VARIED.items():
        with duckdb.connect(platform.settings.duckdb, read_only=True) as connection:
            packed = connection.execute(
                "SELECT DISTINCT column_name FROM pragma_storage_info($table) WHERE compression = 'ZSTD'",
                # The schema that is named like the file lies in `main`.
                {"table": table.removeprefix("sparkify.")},
            ).fetchall()
        assert {name for (name,) in packed} == set(names)


def test_in_the_published_file_they_are_compressed_by_fsst(platform: Platform) -> None:
    """Which clients of two years ago read, and which is not searched for."""
    platform.warehouse.publish()
    with file_of(platform).open() as connection:
        (created,) = connection.execute("SELECT sql FROM duckdb_tables() WHERE table_name = 'songplays'").fetchall()
    chosen = re.findall(r"(\w+) VARCHAR USING COMPRESSION FSST", created[0])
    assert chosen == list(VARIED["sparkify.songplays"])


def test_small_tables_stay_in_one_piece(large: Platform) -> None:
    load(large)
    for table in ("ops.audits", "ops.load_ledger"):
        assert row_groups(large, table) == 1

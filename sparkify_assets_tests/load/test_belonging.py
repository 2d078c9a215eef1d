"""A warehouse belongs to the lake of its first load, and no other lake is mixed into it."""

import os
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.errors import AnotherLake
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.load.belonging import owner_of, replace_lake
from sparkify_assets.load.loading import load_songs
from sparkify_assets.load.status import read_status
from sparkify_assets.load.watch import Memory, look
from sparkify_assets.orchestration.plan import plan_load
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day

pytestmark = pytest.mark.check


def owner(platform: Platform) -> str | None:
    with platform.warehouse.reader() as session:
        return owner_of(session)


@pytest.fixture
def other(tmp_path: Path) -> FolderLake:
    """Another lake, with a day and a song."""
    folder = tmp_path / "other"
    write_day(folder, DAY, [event(userId="77", sessionId=7)])
    write_song(folder, song(song_id="SOOTHER"))
    return FolderLake(folder)


def test_it_belongs_to_the_lake_of_its_first_load(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    assert owner(platform) == platform.open_lake().address
    platform.load_songs()
    assert platform.values("SELECT COUNT(*) FROM ops.lake") == [(1,)]


def test_a_refused_day_claims_it_too(platform: Platform) -> None:
    write_day(platform.lake, DAY, FLOOD)
    platform.load(DAY)
    assert owner(platform) == platform.open_lake().address


def test_another_lake_is_refused_with_both_ways_out_and_nothing_is_written(
    embedded: Platform, other: FolderLake
) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    before, audits = embedded.everything(), embedded.values("SELECT * FROM ops.audits ORDER BY table_name, audit")
    for refused in (
        lambda: load_day(embedded.warehouse, other, DAY),
        lambda: load_day(embedded.warehouse, other, DAY, force=True),
        lambda: load_songs(embedded.warehouse, other),
        lambda: plan_load(embedded.warehouse, other, embedded.settings, [DAY]),
        lambda: read_status(embedded.warehouse, other, [DAY], [DAY]),
        lambda: look(embedded.warehouse, other, [DAY], Memory(), DAY),
    ):
        with pytest.raises(
            AnotherLake, match=r"another SPARKIFY_DUCKDB .* or empty this one for it with `sparkify load"
        ):
            refused()
    assert (embedded.everything(), embedded.values("SELECT * FROM ops.audits ORDER BY table_name, audit")) == (
        before,
        audits,
    )


def test_a_lake_is_the_same_by_whichever_path_it_is_named(
    embedded: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    (tmp_path / "link").symlink_to(embedded.lake)
    monkeypatch.chdir(embedded.lake)
    for same in (FolderLake(tmp_path / "link"), FolderLake(Path(os.curdir))):
        assert load_day(embedded.warehouse, same, DAY).state == "unchanged"


def test_replacing_the_lake_leaves_only_rows_of_the_new_one(embedded: Platform, other: FolderLake) -> None:
    write_day(embedded.lake, DAY, [event()])
    write_song(embedded.lake, song())
    embedded.load_songs()
    embedded.load(DAY)
    embedded.make_insights()
    with embedded.warehouse.session() as session:
        replace_lake(session, other)
    assert owner(embedded) == other.address
    assert not any(embedded.everything().values())
    load_songs(embedded.warehouse, other)
    load_day(embedded.warehouse, other, DAY)
    assert embedded.values("SELECT user_id FROM sparkify.users") == [(77,)]


def test_a_warehouse_of_another_model_still_belongs_to_its_lake(embedded: Platform, other: FolderLake) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    with duckdb.connect(embedded.folder / "sparkify.duckdb") as bare:
        bare.execute("COMMENT ON TABLE ops.load_lock IS 'Made by model 000000000000 in main, staging, ops, insights.'")
    with pytest.raises(AnotherLake):
        load_day(embedded.warehouse, other, DAY)
    assert load_day(embedded.warehouse, embedded.open_lake(), DAY).state == "loaded"

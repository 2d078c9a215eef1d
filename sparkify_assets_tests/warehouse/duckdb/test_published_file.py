"""The published file holds what analysts may read, follows the loader's, and is replaced under whoever reads it."""

import stat
from collections.abc import Callable
from dataclasses import replace

import duckdb
import pytest

from sparkify_assets.errors import WarehouseError, WarehouseMissing
from sparkify_assets.load.belonging import replace_lake
from sparkify_assets.model.roles import ANALYST
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets_tests.copies import embedded_copies_of
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import assert_published, file_of

NAME, AGENT = "Zephyrine", "Lynx/2.8.9 of nobody else"


def load(platform: Platform) -> None:
    """Two days of two users, with an agent and a name that are found nowhere else."""
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(firstName=NAME, lastName=NAME, userAgent=AGENT), event(userId="8"), NAME])
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=1, firstName=None)])
    platform.load_songs()
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.make_insights()
    platform.warehouse.publish()


loaded = embedded_copies_of(load)


def test_it_holds_what_analysts_may_read_masked(loaded: Platform) -> None:
    assert_published(loaded)
    with file_of(loaded).open() as connection:
        assert connection.execute("SELECT first_name FROM sparkify.users ORDER BY user_id").fetchall() == [
            (None,),
            ("***",),
        ]


def test_what_analysts_may_not_read_is_nowhere_in_its_bytes(loaded: Platform) -> None:
    write_day(loaded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), firstName=f"{NAME} 2", userAgent=AGENT, level="paid")])
    loaded.load(NEXT_DAY)
    loaded.make_insights()
    loaded.warehouse.publish()
    assert_published(loaded)
    for secret in (NAME, AGENT):
        assert secret.encode() in loaded.settings.duckdb.read_bytes()
        assert secret.encode() not in file_of(loaded).path.read_bytes()


def test_tables_and_columns_keep_their_comments(loaded: Platform) -> None:
    with file_of(loaded).open() as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        tables = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    assert set(columns) == {(table.name, c.name, c.meaning) for table in ANALYST.tables for c in table.columns}
    assert all(tables[table.name].startswith(table.meaning) for table in ANALYST.tables)


def test_whoever_has_it_open_keeps_it_and_keeps_no_loader_waiting(loaded: Platform) -> None:
    count = "SELECT count(*) FROM sparkify.songplays"
    with duckdb.connect(file_of(loaded).path, read_only=True) as reader:
        write_day(loaded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=n) for n in range(9)])
        loaded.load(NEXT_DAY)
        loaded.make_insights()
        loaded.warehouse.publish()
        assert reader.execute(count).fetchall() == [(3,)]
    with duckdb.connect(file_of(loaded).path, read_only=True) as reader:
        assert reader.execute(count).fetchall() == [(11,)]


def test_it_is_replaced_only_if_something_has_changed(loaded: Platform) -> None:
    before = file_of(loaded).path.stat().st_ino
    loaded.warehouse.publish()
    assert file_of(loaded).path.stat().st_ino == before
    loaded.load(DAY, force=True)
    assert not loaded.warehouse.is_published()
    loaded.warehouse.publish()
    assert loaded.warehouse.is_published()
    assert file_of(loaded).path.stat().st_ino != before


def test_a_changed_song_catalog_is_followed(loaded: Platform) -> None:
    write_song(loaded.lake, song(song_id="SO2"), "TR2")
    (loaded.lake / "song_data/A/A/A/TRAAA1.json").unlink()
    loaded.load_songs()
    loaded.warehouse.publish()
    assert_published(loaded)


def test_only_the_rows_of_changed_days_and_users_are_written(loaded: Platform) -> None:
    """What nothing has changed is left as it is, even if it is wrong."""
    with duckdb.connect(file_of(loaded).path) as connection:
        connection.execute(f"UPDATE sparkify.songplays SET location = 'here' WHERE start_date = '{NEXT_DAY}'")
        connection.execute("UPDATE sparkify.users SET level = 'here' WHERE user_id = 8")
    write_day(loaded.lake, NEXT_DAY + (NEXT_DAY - DAY), [event(ts=at(NEXT_DAY, 30), itemInSession=7)])
    loaded.load(NEXT_DAY + (NEXT_DAY - DAY))
    loaded.warehouse.publish()
    with file_of(loaded).open() as connection:
        assert connection.execute("SELECT count(*) FROM sparkify.songplays WHERE location = 'here'").fetchall() == [
            (1,)
        ]
        assert connection.execute("SELECT user_id FROM sparkify.users WHERE level = 'here'").fetchall() == [(8,)]


def test_only_the_affected_rows_of_an_insight_that_follows_are_written(loaded: Platform) -> None:
    """An insight that was outdated when it was published, or that another statement has built, is written whole."""

    def session_levels() -> set[str]:
        with file_of(loaded).open() as connection:
            return {str(level) for (level,) in connection.execute("SELECT level FROM insights.sessions").fetchall()}

    def publish_after(change: Callable[[], object]) -> set[str]:
        with duckdb.connect(file_of(loaded).path) as connection:
            connection.execute("UPDATE insights.sessions SET level = 'here' WHERE user_id = 8")
        change()
        loaded.warehouse.publish()
        return session_levels()

    def load_next_day(event_number: int) -> None:
        write_day(loaded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=event_number)])
        loaded.load(NEXT_DAY)

    def load_and_rebuild() -> None:
        load_next_day(2)
        loaded.make_insights()

    assert "here" in publish_after(load_and_rebuild)
    loaded.load(NEXT_DAY, force=True)
    loaded.warehouse.publish()
    assert "here" not in publish_after(loaded.make_insights)
    with loaded.warehouse.session() as session:
        session.run(Query("", "UPDATE ops.insight_ledger SET version = 'another' WHERE insight = 'sessions'"))
    loaded.warehouse.publish()
    assert "here" not in publish_after(loaded.make_insights)
    assert_published(loaded)


@pytest.mark.exhaustive(1)
@pytest.mark.parametrize("how", ["its file is gone", "an older one is back", "its lake is replaced"])
def test_the_changes_of_another_warehouse_are_not_taken_for_those_of_this_one(loaded: Platform, how: str) -> None:
    """Its changes have the same numbers."""
    older = loaded.settings.duckdb.read_bytes()
    write_day(loaded.lake, DAY, [event(userId="9")])
    loaded.load(DAY)
    loaded.warehouse.publish()
    if how == "its file is gone":
        loaded.settings.duckdb.unlink()
    elif how == "an older one is back":
        loaded.settings.duckdb.write_bytes(older)
    else:
        with loaded.warehouse.session() as session:
            replace_lake(session, loaded.open_lake())
    write_day(loaded.lake, DAY, [event(userId="10")])
    for _ in range(4):
        loaded.load(NEXT_DAY, force=True)
    loaded.warehouse.publish()
    assert_published(loaded)


@pytest.mark.exhaustive(1)
@pytest.mark.parametrize("name", ["published.duckdb", "Insights.db", "it's.sparkify.duckdb"])
def test_tables_have_the_same_names_in_a_file_of_any_name(loaded: Platform, name: str) -> None:
    named = replace(loaded, warehouse=DuckDBWarehouse(loaded.folder / name, loaded.folder / "work"))
    named.load(DAY)
    named.warehouse.publish()
    assert_published(named)


def test_it_is_its_users_alone_unless_a_setting_opens_it(loaded: Platform) -> None:
    assert mode_of(loaded) == 0o600
    opened = replace(file_of(loaded), mode=0o640)
    loaded.warehouse.published = opened  # type: ignore[attr-defined]
    assert not loaded.warehouse.is_published()
    loaded.warehouse.publish()
    assert mode_of(loaded) == 0o640
    assert stat.S_IMODE(loaded.settings.duckdb.stat().st_mode) != 0o640


def mode_of(platform: Platform) -> int:
    return stat.S_IMODE(file_of(platform).path.stat().st_mode)


def test_a_file_that_was_not_published_is_never_replaced(loaded: Platform) -> None:
    path = file_of(loaded).path
    path.unlink()
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
    with pytest.raises(WarehouseError, match="choose another SPARKIFY_PUBLISHED, or move it away"):
        loaded.warehouse.publish()
    with duckdb.connect(path) as connection:
        assert connection.execute("FROM mine").fetchall() == [(1,)]


def test_before_the_first_publication_the_error_says_what_to_do(embedded: Platform) -> None:
    with pytest.raises(WarehouseMissing, match="run `sparkify load` first"), file_of(embedded).open():
        pass
    embedded.load(DAY)
    with pytest.raises(WarehouseMissing, match="run `sparkify load` first"), file_of(embedded).open():
        pass


def test_what_an_interrupted_publication_and_a_writer_have_left_is_removed(loaded: Platform) -> None:
    path = file_of(loaded).path
    left = [path.with_name(f".{path.name}.new"), path.with_name(f"{path.name}.wal")]
    for each in left:
        each.write_bytes(b"half of it")
    path.unlink()
    loaded.warehouse.publish()
    assert_published(loaded)
    assert [each.name for each in path.parent.iterdir()] == [path.name]

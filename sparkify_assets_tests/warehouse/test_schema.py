"""`sparkify schema`: differences from the contract are shown as statements, and running them loses no data."""

import duckdb
import pytest

from sparkify_assets import model
from sparkify_assets.errors import WarehouseError, WarehouseMissing
from sparkify_assets.queries import Query
from sparkify_assets.report.terminal.schema_changes import print_changes
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

pytestmark = pytest.mark.check


def statements(platform: Platform) -> list[str]:
    return [change.statement for change in platform.warehouse.plan_schema()]


def test_planning_shows_every_statement_and_changes_nothing(new_platform: Platform) -> None:
    planned = statements(new_platform)
    assert sum(statement.startswith("CREATE TABLE") for statement in planned) == len(model.tables())
    assert sum(statement.startswith("COMMENT ON COLUMN") for statement in planned) == sum(
        len(table.columns) for table in model.tables().values()
    )
    with pytest.raises(WarehouseMissing):
        new_platform.star()


def test_applying_runs_what_was_planned_and_then_there_is_nothing_left(new_platform: Platform) -> None:
    planned = new_platform.warehouse.plan_schema()
    assert new_platform.warehouse.apply_schema() == planned
    assert new_platform.warehouse.plan_schema() == []
    assert new_platform.values("SELECT COUNT(*) FROM sparkify.songs") == [(0,)]


def test_what_is_run_on_redshift_is_what_was_planned(redshift_without_tables: Platform, stand_in: StandIn) -> None:
    planned = statements(redshift_without_tables)
    with stand_in.recording() as sent:
        redshift_without_tables.warehouse.apply_schema()
    assert [statement.sql for statement in sent][-len(planned) :] == planned


def test_a_new_column_and_a_new_comment_are_added_and_rows_stay(redshift: Platform, contract: Contract) -> None:
    write_song(redshift.lake, song())
    write_day(redshift.lake, DAY, [event()])
    redshift.warehouse.apply_schema()
    redshift.load_songs()
    redshift.load(DAY)
    contract.change(
        "songs",
        ("    duration DOUBLE PRECISION,", "    duration DOUBLE PRECISION,\n    mood VARCHAR(64),"),
        ("Length of the song", "How long the song is"),
        ("COMMENT ON TABLE", "COMMENT ON COLUMN sparkify.songs.mood IS 'How it is.';\nCOMMENT ON TABLE"),
    )
    with pytest.raises(WarehouseError, match="`sparkify schema plan`, then run `sparkify schema apply`"):
        redshift.load(DAY)
    *changes, comment = statements(redshift)
    assert changes == [
        "ALTER TABLE sparkify.songs ADD COLUMN mood VARCHAR(64)",
        "COMMENT ON COLUMN sparkify.songs.duration IS 'How long the song is, in seconds.'",
        "COMMENT ON COLUMN sparkify.songs.mood IS 'How it is.'",
    ]
    assert comment.startswith("COMMENT ON TABLE ops.load_lock IS ")
    redshift.warehouse.apply_schema()
    assert statements(redshift) == []
    assert redshift.values("SELECT song_id, mood FROM sparkify.songs") == [("SO1", None)]
    assert redshift.load(DAY).state == "loaded"
    assert redshift.values("SELECT song_id FROM sparkify.songplays") == [("SO1",)]


def test_what_would_lose_data_is_shown_and_not_run(
    redshift: Platform, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    redshift.warehouse.apply_schema()
    with redshift.warehouse.session() as session:
        session.run(Query("a table of someone's", "CREATE TABLE insights.former (n INTEGER)"))
        session.run(Query("a column of someone's", "ALTER TABLE sparkify.songs ADD COLUMN plays BIGINT"))
    contract.change("songs", ("year INTEGER", "year BIGINT"))
    assert print_changes(redshift.warehouse.apply_schema(), applied=True)
    said = capsys.readouterr().out
    assert (
        "-- not run, the column is INTEGER, and what is in it might not fit:\n-- ALTER TABLE sparkify.songs ALTER"
        in said
    )
    assert "would be lost:\n-- ALTER TABLE sparkify.songs DROP COLUMN plays;" in said
    assert "would be lost:\n-- DROP TABLE insights.former;" in said
    assert "-- Ran 0 statements; 3 left to you, for the reasons above." in said
    with pytest.raises(WarehouseError, match="made by the contract"):
        redshift.load_songs()


def test_what_the_contract_does_not_know_keeps_nobody_from_loading(redshift: Platform) -> None:
    redshift.load_songs()
    with redshift.warehouse.session() as session:
        session.run(Query("a column of someone's", "ALTER TABLE sparkify.songs ADD COLUMN plays BIGINT"))
    write_song(redshift.lake, song())
    assert redshift.load_songs().state == "loaded"


def test_an_embedded_warehouse_of_another_model_is_rebuilt(embedded: Platform) -> None:
    write_song(embedded.lake, song())
    embedded.load_songs()
    with duckdb.connect(embedded.folder / "sparkify.duckdb") as bare:
        bare.execute("COMMENT ON TABLE ops.load_lock IS 'Made by model 000000000000.'")
    planned = statements(embedded)
    assert 'DROP TABLE "sparkify"."songs"' in planned or 'DROP TABLE "main"."songs"' in planned
    embedded.warehouse.apply_schema()
    assert statements(embedded) == []
    assert embedded.values("SELECT COUNT(*) FROM sparkify.songs") == [(0,)]

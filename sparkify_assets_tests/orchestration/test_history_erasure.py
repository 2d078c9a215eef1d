"""Dagster's history without rows of people: its figures stay, and no page of its files holds what was erased."""

import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets.orchestration.history_erasure import erase_history
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    home = tmp_path / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return Settings(dagster_home=home)


@dg.asset
def listeners(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    table = dg.MetadataValue.table([dg.TableRecord({"user_id": 7, "last_name": "Quixworth"})])
    context.log.info("offending rows: user_id=7, level=trial; user_id=77, level=free")
    picture = dg.MetadataValue.md("![](data:image/png;base64,UXVpeHdvcnRo)")
    return dg.MaterializeResult(metadata={"preview": table, "rows": 1, "chart": picture})


def bytes_of(settings: Settings) -> bytes:
    return b"".join(path.read_bytes() for path in settings.dagster_home.rglob("*") if path.is_file())


def leave_in_free_pages(settings: Settings, text: str) -> None:
    """Write and delete a text, as SQLite does by default: it stays in the file."""
    with closing(sqlite3.connect(settings.dagster_home / "history/runs/index.db")) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for statement in (
            "CREATE TABLE once (a TEXT)",
            f"INSERT INTO once VALUES ('{text * 10_000}')",
            "DROP TABLE once",
        ):
            connection.execute(statement)
            connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_rows_pictures_and_ids_are_erased_and_figures_stay(settings: Settings) -> None:
    with open_instance(settings) as instance:
        run_id = dg.materialize([listeners], instance=instance).run_id
    leave_in_free_pages(settings, "Freepage")
    for kept in (b"Freepage", b"Quixworth", b"UXVpeHdvcnRo", b"user_id=7,", b"user_id=77,"):
        assert kept in bytes_of(settings)
    events, _ = erase_history(settings, [7])
    # In the file of the run and in the index of all runs.
    assert events >= 3
    left = bytes_of(settings)
    for gone in (b"Freepage", b"Quixworth", b"UXVpeHdvcnRo", b"user_id=7,"):
        assert gone not in left
    assert b"user_id=77," in left
    with open_instance(settings) as instance:
        (made,) = instance.fetch_materializations(dg.AssetKey("listeners"), limit=5).records
        assert made.asset_materialization
        assert made.asset_materialization.metadata["rows"].value == 1
        preview = made.asset_materialization.metadata["preview"]
        assert isinstance(preview, dg.TableMetadataValue)
        assert preview.records == []
        assert instance.get_run_by_id(run_id)
    assert erase_history(settings, [7]) == (0, 0)


def test_without_an_instance_there_is_nothing_to_erase(settings: Settings) -> None:
    assert erase_history(settings, [7]) == (0, 0)
    assert not settings.dagster_home.exists()

"""What people read: published by `sparkify load`, and asked while another load has the warehouse."""

import re
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets.warehouse.duckdb import duckdb_warehouse as engine
from sparkify_assets_tests.lakes import NEXT_DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.processes import held
from sparkify_assets_tests.published import assert_published

COUNT = "SELECT COUNT(*) AS n FROM sparkify.songplays"
STAGED = "SELECT COUNT(*) AS n FROM staging.staging_events"


def test_a_question_waits_for_no_load_unless_it_is_about_staging(
    warehouse: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(warehouse.settings.duckdb):
        assert main.main(["query", "--format", "csv", COUNT]) == 0
        assert capsys.readouterr().out == "n\n3\n"
        assert main.main(["query", STAGED]) == 2
    assert "`sparkify query --staging` asks the loader's warehouse" in capsys.readouterr().err
    assert main.main(["query", "--staging", "--format", "csv", STAGED]) == 0
    assert capsys.readouterr().out == "n\n3\n"


def test_who_only_reads_the_loaders_file_is_told_at_once_that_a_load_has_it(
    warehouse: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(warehouse.settings.duckdb):
        for command in (["query", "--staging", STAGED], ["status"], ["rejects"], ["dictionary"]):
            assert main.main(command) == 2
            # Nothing was waited for.
            assert re.search(r"is held by process \d+ \([^,]*\): try again when", capsys.readouterr().err)
        assert main.main(["doctor"]) == 0
        assert "is held by process" in " ".join(capsys.readouterr().out.split())


def test_a_tool_that_stays_connected_keeps_no_load_waiting(
    loaded_lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    write_day(loaded_lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=n) for n in range(5)])
    with held(Path("data/published/sparkify.duckdb"), read_only=True):
        assert main.main(["load"]) == 0
    capsys.readouterr()
    assert main.main(["query", "--format", "csv", COUNT]) == 0
    assert capsys.readouterr().out == "n\n7\n"
    assert_published(Platform.at(loaded_lake.parent))


def test_a_load_publishes_what_was_loaded_and_not_published(
    loaded_lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform.at(loaded_lake.parent)
    assert_published(platform)
    write_day(loaded_lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=n) for n in range(5)])
    platform.load(NEXT_DAY)
    rebuild_insights(platform.warehouse)
    assert main.main(["status"]) == 0
    assert "what people read is older than the warehouse" in " ".join(capsys.readouterr().out.split())
    assert main.main(["load"]) == 0
    assert_published(platform)


def test_one_who_has_opened_it_to_write_is_named(warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    with held(warehouse.settings.published_file):
        assert main.main(["query", COUNT]) == 2
        assert "close it there, or open it read-only" in capsys.readouterr().err

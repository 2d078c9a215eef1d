"""A load that is stopped or killed, wherever it is, leaves whole days behind, and the next one ends right."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.partitions import DAY_TABLES
from sparkify_assets.model import tables_named
from sparkify_assets.orchestration.plan import Plan, plan_load
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.settings import Settings
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import assert_published

ROOT = Path(__file__).parents[2]
DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(6)]
# Runs the command in a process that sends itself a signal at a moment of its load.
STOPPED = """
import sys
from sparkify_assets.cli.main import main
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets_tests.laws.kills import Kill

kill, opened = Kill(sys.argv[2], int(sys.argv[3]), signal=int(sys.argv[1])), WarehouseResource.open
WarehouseResource.open = lambda resource: kill.of(opened(resource))
sys.exit(main(["load"]))
"""


@pytest.fixture
def lake(embedded: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A lake of six days."""
    monkeypatch.setenv("DAGSTER_HOME", str(embedded.folder / "dagster"))
    generate(embedded.lake, SampleOptions(days=len(DAYS), events=600, songs=60, dirt=0.02))
    return embedded


def load(platform: Platform, *command: object, days: int = len(DAYS)) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARKIFY_", "DAGSTER_"))}
    environment |= {
        "SPARKIFY_LAKE": "lake",
        "SPARKIFY_WORK": "work",
        "SPARKIFY_DUCKDB": "sparkify.duckdb",
        "SPARKIFY_END_DATE": str(DAYS[days - 1]),
        "DAGSTER_HOME": str(platform.folder / "dagster"),
        "PYTHONPATH": str(ROOT),
    }
    words = [sys.executable, *map(str, command or ("-m", "sparkify_assets.cli", "load"))]
    return subprocess.run(
        words, cwd=platform.folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def statuses(folder: Path) -> set[dg.DagsterRunStatus]:
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        return {run.status for run in instance.get_runs()}


def settings_of(platform: Platform) -> Settings:
    return replace(platform.settings, dagster_home=platform.folder / "dagster")


def unreported(platform: Platform) -> set[str]:
    """The days of each table without a materialization, and the checks that were never evaluated."""
    definitions, missing = build_definitions(platform.settings), set[str]()
    with dg.DagsterInstance.from_config(str(platform.folder / "dagster")) as instance:
        for table in tables_named(DAY_TABLES):
            days = instance.get_materialized_partitions(dg.AssetKey(table.name))
            missing |= {f"{table.name} {day}" for day in DAYS if str(day) not in days}
        for key in definitions.resolve_asset_graph().asset_check_keys:
            if not instance.event_log_storage.get_asset_check_execution_history(key, limit=1):
                missing.add(key.to_user_string())
    return missing


def test_a_load_interrupted_and_killed_again_and_again_and_run_again_ends_with_the_rows_of_one_clean_load(
    lake: Platform,
) -> None:
    stopped = load(lake, "-c", STOPPED, int(signal.SIGINT), "before commit", 1, days=3)
    assert stopped.returncode == 128 + signal.SIGINT
    assert "Traceback" not in stopped.stderr
    assert stopped.stderr.splitlines()[-1].startswith("sparkify: stopped")
    moments = (
        ("before commit", 0),  # of the songs
        ("after load/log_days/insert_users", 0),
        ("after commit", 3),  # of the days: the songs are loaded by now
        ("after commit", 3),  # of the first insight: the days are loaded, and now reported
    )
    for moment, days in moments[-number_of_examples(3, thorough=4) :]:
        killed = load(lake, "-c", STOPPED, int(signal.SIGKILL), moment, 1, days=3)
        assert killed.returncode == -signal.SIGKILL, moment
        loaded = {row["log_date"] for row in lake.rows("SELECT DISTINCT log_date FROM ops.load_ledger")} - {None}
        staged = {row["log_date"] for row in lake.rows("SELECT DISTINCT log_date FROM staging.staging_events")}
        assert staged == loaded == {*DAYS[:days]}, moment
        events = lake.star()["staging.staging_events"]
        assert events == lake.expected([day for day in DAYS if day in loaded])["staging.staging_events"]
    assert dg.DagsterRunStatus.STARTED in statuses(lake.folder)
    assert load(lake).returncode == 0
    assert lake.star() == lake.expected(DAYS)
    assert_published(lake)
    assert statuses(lake.folder) <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
    assert unreported(lake) == set()
    assert plan_load(lake.warehouse, lake.open_lake(), settings_of(lake), DAYS) == Plan(())

"""Dagster's runs on Redshift: in one process from the command line, in one process per step from the UI."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets.cli import main
from sparkify_assets.cli.command import DONE
from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.instance import prepare_instance
from sparkify_assets.orchestration.jobs import LOAD_DAYS, LOAD_SONGS, RANGE_END, RANGE_START
from sparkify_assets.settings import read_settings
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift_local import variables


@pytest.fixture
def environment(redshift: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform that only the environment describes, in a working folder of its own."""
    home = tmp_path / "dagster"
    days = {"SPARKIFY_START_DATE": str(DAY), "SPARKIFY_END_DATE": str(NEXT_DAY)}
    for name, value in {**variables(redshift.settings), **days, "DAGSTER_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    prepare_instance(read_settings())
    write_song(redshift.lake, song())
    write_day(redshift.lake, DAY, [event(), "[]"])
    write_day(redshift.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=1)])
    redshift.open_lake()
    return redshift


def test_the_command_line_loads_shows_and_answers(environment: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["load"]) == DONE
    assert environment.star() == environment.expected([DAY, NEXT_DAY])
    assert main.main(["load"]) == DONE
    assert "Nothing changed" in capsys.readouterr().out
    for command in (["status"], ["rejects"], ["query", "SELECT COUNT(*) AS plays FROM sparkify.songplays"]):
        assert main.main(command) == DONE
    output = capsys.readouterr().out
    assert "3 loaded" in output
    assert "not an object" in output


def test_the_doctor_checks_redshift(environment: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    environment.load_songs()
    for day in (DAY, NEXT_DAY):
        environment.load(day)
    assert main.main(["doctor"]) == DONE
    output = " ".join(capsys.readouterr().out.split())
    assert f"SPARKIFY_REDSHIFT_DATABASE: {environment.settings.redshift.database}" in output
    assert f"{environment.warehouse.location} can be read" in output
    assert "SPARKIFY_DUCKDB" not in output


@pytest.fixture
def instance(environment: Platform) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_a_run_with_one_process_per_step_loads_days_and_reports_their_checks(
    environment: Platform, instance: dg.DagsterInstance
) -> None:
    executor = build_definitions(read_settings()).executor
    assert isinstance(executor, dg.ExecutorDefinition)
    assert executor.name == "multiprocess"
    launch(LOAD_SONGS)
    launch(LOAD_DAYS, f"{RANGE_START}={DAY}", f"{RANGE_END}={NEXT_DAY}")
    assert environment.star() == environment.expected([DAY, NEXT_DAY])
    runs = {run.job_name: run for run in instance.get_runs()}
    assert {run.status for run in runs.values()} == {dg.DagsterRunStatus.SUCCESS}
    processes = {
        entry.dagster_event.step_key
        for entry in instance.all_logs(runs[LOAD_DAYS].run_id, of_type=dg.DagsterEventType.STEP_WORKER_STARTED)
        if entry.dagster_event
    }
    assert processes == {"log_days", "log_days_expectations"}
    evaluations = instance.all_logs(runs[LOAD_DAYS].run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [entry.dagster_event.asset_check_evaluation_data for entry in evaluations if entry.dagster_event]
    days = {check.partition for check in found if check.check_name == "unique_key" and check.passed}
    assert days == {str(DAY), str(NEXT_DAY)}


def test_a_run_with_a_refused_day_fails_and_keeps_the_other(environment: Platform) -> None:
    write_day(environment.lake, DAY, FLOOD)
    environment.open_lake()
    output = launch(LOAD_DAYS, f"{RANGE_START}={DAY}", f"{RANGE_END}={NEXT_DAY}", succeeds=False)
    assert f"{DAY} was refused" in output
    assert environment.values("SELECT DISTINCT log_date FROM staging.staging_events") == [(NEXT_DAY,)]


def launch(job: str, *tags: str, succeeds: bool = True) -> str:
    """Run a job as the UI does, in a process that has only the environment; return its output."""
    pairs = ",".join(f'"{name}": "{value}"' for name, value in (tag.split("=") for tag in tags))
    done = subprocess.run(
        [
            Path(sys.executable).parent / "dagster",
            *("job", "execute", "--module-name", "sparkify_assets.definitions", "--job", job, "--tags", f"{{{pairs}}}"),
        ],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == succeeds, done.stderr
    return done.stderr

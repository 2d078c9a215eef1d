"""A load that is killed, wherever it is, leaves whole days behind, and the next one ends right."""

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.platforms import Platform

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(6)]


def start_load(folder: Path) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARKIFY_", "DAGSTER_"))}
    environment |= {
        "SPARKIFY_LAKE": "lake",
        "SPARKIFY_WORK": "work",
        "SPARKIFY_DUCKDB": "sparkify.duckdb",
        "SPARKIFY_END_DATE": str(DAYS[-1]),
        "DAGSTER_HOME": str(folder / "dagster"),
    }
    load = [sys.executable, "-m", "sparkify_assets.cli", "load"]
    return subprocess.Popen(
        load, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def test_a_load_that_is_interrupted_says_so_in_a_line_and_can_be_run_again(embedded: Platform) -> None:
    generate(embedded.lake, SampleOptions(days=len(DAYS), events=600, songs=60, dirt=0.02))
    (embedded.folder / "dagster").mkdir()
    (embedded.folder / "dagster/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with start_load(embedded.folder) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 2
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("sparkify: stopped")
    with start_load(embedded.folder) as process:
        assert process.wait() == 0
    assert embedded.star() == embedded.expected(DAYS)


def statuses(folder: Path) -> set[dg.DagsterRunStatus]:
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        return {run.status for run in instance.get_runs()}


def test_a_load_killed_three_times_and_run_again_ends_with_the_rows_of_one_clean_load(embedded: Platform) -> None:
    generate(embedded.lake, SampleOptions(days=len(DAYS), events=600, songs=60, dirt=0.02))
    (embedded.folder / "dagster").mkdir()
    (embedded.folder / "dagster/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    # Killed as soon as it has told of so many loads: in the middle of the next one.
    for told in (1, 2, 1):
        with start_load(embedded.folder) as process:
            assert process.stderr is not None
            lines = [line for _, line in zip(range(told), process.stderr, strict=False)]
            process.send_signal(signal.SIGKILL)
        assert len(lines) == told
        assert process.returncode == -signal.SIGKILL
        loaded = {row["log_date"] for row in embedded.rows("SELECT DISTINCT log_date FROM ops.load_ledger")} - {None}
        staged = {row["log_date"] for row in embedded.rows("SELECT DISTINCT log_date FROM staging.staging_events")}
        assert staged == loaded
        events = embedded.star()["staging.staging_events"]
        assert events == embedded.expected([day for day in DAYS if day in loaded])["staging.staging_events"]
    assert dg.DagsterRunStatus.STARTED in statuses(embedded.folder)
    with start_load(embedded.folder) as process:
        assert process.wait() == 0
    assert embedded.star() == embedded.expected(DAYS)
    assert statuses(embedded.folder) <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}

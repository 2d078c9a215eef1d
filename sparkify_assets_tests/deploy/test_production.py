"""The production deployment, for real: what `deploy/` says is started, left alone, and killed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.deploy.deployment import BUCKET, Deployment, Run, running_deployment
from sparkify_assets_tests.lakes import DAY, FLOOD, at, event, write_day
from sparkify_assets_tests.platforms import Platform

GOOD, BAD = DAY, DAY + timedelta(days=2)
LONG = [DAY - timedelta(days=n) for n in range(12, 2, -1)]


@pytest.fixture
def deployment(embedded: Platform, aws: str) -> Iterator[Deployment]:
    with running_deployment(embedded, aws) as running:
        yield running


def test_files_are_loaded_by_themselves_and_a_killed_run_is_retried_but_no_refused_day(deployment: Deployment) -> None:
    import time
    t0 = time.time()
    def mark(w):
        print(w, round(time.time() - t0, 1), flush=True)
    deployment.wait_for("a look at the empty lake", lambda: deployment.ticks("lake_changes"))
    mark("tick")
    write_day(deployment.platform.lake, GOOD, [event()])
    write_day(deployment.platform.lake, BAD, FLOOD)
    good = deployment.wait_for("the good day's run", lambda: run_of(deployment, GOOD, "SUCCESS"))
    bad = deployment.wait_for("the refused day's run", lambda: run_of(deployment, BAD, "FAILURE"))
    mark("first")
    for day in LONG:
        write_day(deployment.platform.lake, day, [event(ts=at(day), sessionId=day.day)])
    kill_in_mid_run(deployment)
    mark("killed")
    deployment.start("code")
    deployment.start("daemon")
    killed = deployment.wait_for("the killed run to be found dead", lambda: run_of(deployment, LONG[0], "FAILURE"))
    mark("found dead")
    retry = deployment.wait_for("the killed run's retry", lambda: run_of(deployment, LONG[0], "SUCCESS"))
    mark("retried")
    assert retry.retries == killed.id
    assert {run.id for run in deployment.runs()} == {good.id, bad.id, killed.id, retry.id}
    assert deployment.platform.star() == deployment.platform.expected([*LONG, GOOD])
    logged = {entry["Key"].split("/")[2] for entry in s3_client().list_objects_v2(Bucket=BUCKET)["Contents"]}
    print(s3_client().list_objects_v2(Bucket=BUCKET)["Contents"][0]["Key"])
    assert logged >= {good.id, bad.id, retry.id}
    print(list((deployment.folder / "deploy").iterdir()))
    print(deployment.logs())


def run_of(deployment: Deployment, first_day: object, status: str) -> Run | None:
    """The run of a stretch of days that ended so, if it has."""
    found = [run for run in deployment.runs() if run.first_day == str(first_day) and run.status == status]
    return found[0] if found else None


def kill_in_mid_run(deployment: Deployment) -> None:
    """Kill the run, the code server that it is a process of and the daemon, between two of the run's days."""

    def some_are_loaded() -> bool:
        try:
            # Who has the file open is alone with it: the run waits for its next day's turn.
            with duckdb.connect(deployment.platform.settings.duckdb, read_only=True) as warehouse:
                (loaded,) = warehouse.execute("SELECT COUNT(DISTINCT log_date) FROM ops.load_ledger").fetchone()
                loaded -= 1
                assert loaded < len(LONG), f"the run was over before it could be killed{deployment.logs()}"
                if loaded:
                    deployment.kill("code")
                    deployment.kill("daemon")
                return loaded > 0
        except duckdb.IOException:
            return False

    deployment.wait_for("a part of the days to be loaded", some_are_loaded)

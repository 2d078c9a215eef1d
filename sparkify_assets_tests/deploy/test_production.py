"""The production deployment, for real: the processes of `deploy/` are started, left to work, and killed.

It is one test, since one deployment takes half a minute of two cores.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.errors import WarehouseBusy
from sparkify_assets.insights.rebuilding import stale_insights
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.deploy.deployment import BUCKET, Deployment, Run, running_deployment
from sparkify_assets_tests.lakes import DAY, FLOOD, at, event, write_day
from sparkify_assets_tests.platforms import Platform

# Not consecutive, so that each is a run of its own.
GOOD, BAD = DAY, DAY + timedelta(days=2)
LONG = [DAY - timedelta(days=n) for n in range(12, 2, -1)]


@pytest.fixture
def deployment(embedded: Platform, aws: str) -> Iterator[Deployment]:
    with running_deployment(embedded, aws) as running:
        yield running


def test_new_files_are_loaded_the_insights_follow_and_only_a_killed_run_is_retried(
    deployment: Deployment,
) -> None:
    lake = deployment.platform.lake
    deployment.wait_for("a look at the empty lake", lambda: deployment.ticks("lake_changes"))
    write_day(lake, GOOD, [event()])
    write_day(lake, BAD, FLOOD)
    good = deployment.wait_for("the good day's run", lambda: ended(deployment, GOOD, "SUCCESS"))
    bad = deployment.wait_for("the refused day's run", lambda: ended(deployment, BAD, "FAILURE"))
    # Then no run is just starting when the processes are killed: whether one has started is found out after minutes.
    deployment.wait_for("the insights to follow the good day", lambda: is_followed(deployment))
    deployment.wait_for("a page of the warehouse", lambda: deployment.status("/sparkify/days/songplays") == 200)

    # All at the same moment, as far as the sensor can see.
    made = deployment.folder / "made"
    files = [
        write_day(made, day, [event(ts=at(day), sessionId=day.day, itemInSession=n) for n in range(200)])
        for day in LONG
    ]
    for file in files:
        file.rename(lake / file.relative_to(made))
    deployment.wait_for("the run of the other days", lambda: ended(deployment, LONG[0], "STARTED"), every=0.1)
    kill_in_the_middle(deployment)
    deployment.start("code")
    deployment.start("daemon")
    killed = deployment.wait_for("the killed run to be found dead", lambda: ended(deployment, LONG[0], "FAILURE"))
    retry = deployment.wait_for("its retry", lambda: ended(deployment, LONG[0], "SUCCESS"))

    assert deployment.platform.star() == deployment.platform.expected([*LONG, GOOD])
    assert retry.parent == killed.id
    # Failures are handled in order: a retry of the refused day would have come first.
    assert {run.id for run in deployment.runs() if run.first_day} == {good.id, bad.id, killed.id, retry.id}
    for run in (good, bad, retry):
        assert f"{run.id} - " in printed_by(run), f"no output of {run}{deployment.logs()}"
    deployment.wait_for("the insights to follow", lambda: is_followed(deployment))
    assert deployment.platform.insights() == deployment.platform.expected_insights([*LONG, GOOD])
    assert left_in_home(deployment) == {"dagster.yaml", "workspace.yaml"}


def ended(deployment: Deployment, first_day: date, status: str) -> Run | None:
    """The run of the range from this day, if it has this status."""
    found = [run for run in deployment.runs() if run.first_day == str(first_day) and run.status == status]
    return found[0] if found else None


def is_followed(deployment: Deployment) -> bool:
    """Whether the insights cover everything that was loaded; false while another process holds the file."""
    try:
        warehouse = DuckDBWarehouse(deployment.platform.settings.duckdb, deployment.folder, only_reads=True)
        with warehouse.reader() as session:
            return not stale_insights(session)
    except WarehouseBusy:
        return False


def kill_in_the_middle(deployment: Deployment) -> None:
    """Kill the code server, with its child that executes the run, and the daemon, during a write to the warehouse."""

    def killed() -> bool:
        try:
            duckdb.connect(deployment.platform.settings.duckdb, read_only=True).close()
        except duckdb.IOException:
            # The file is open for writing, which excludes everybody else.
            deployment.kill("code")
            deployment.kill("daemon")
            return True
        return False

    deployment.wait_for("the warehouse to be written to", killed, every=0.001)


def printed_by(run: Run) -> str:
    """What the run's processes printed, from the bucket."""
    client, prefix = s3_client(), f"compute-logs/storage/{run.id}/"
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())]
    return "".join(client.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys)


def left_in_home(deployment: Deployment) -> set[str]:
    """The files in the instance's folder. Nothing is written there, so that it may be read-only."""
    return {path.name for path in Path(deployment.here_is["DAGSTER_HOME"]).rglob("*") if path.is_file()}

"""Which runs the production instance considers dead; `deploy/test_production.py` shows that it finds them."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from sparkify_assets.orchestration.launcher import WatchedRunLauncher


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def status_of_a_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> WorkerStatus:
    run = dg.DagsterRun(job_name="load_days", run_id=str(uuid4()), status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.add_run(run)
    launcher = WatchedRunLauncher()
    launcher.register_instance(instance)
    return launcher.check_run_worker_health(run).status


def test_no_code_server_knows_a_run_from_the_command_line(instance: dg.DagsterInstance) -> None:
    assert status_of_a_run(instance, {}) is WorkerStatus.RUNNING


def test_a_run_whose_code_server_is_unreachable_may_be_alive(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    server = json.dumps({"host": "localhost", "socket": str(tmp_path / "code.sock")})
    assert status_of_a_run(instance, {GRPC_INFO_TAG: server}) is WorkerStatus.RUNNING

"""The daemon looks for backfills every few seconds."""

import logging
import threading
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon import controller
from dagster._daemon.backfill import execute_backfill_iteration_loop

from sparkify_assets.orchestration.daemon import BACKFILL_SECONDS, look_often


class Pauses(threading.Event):
    """Records how long the daemon would wait, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        return True


def test_it_looks_for_backfills_every_few_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Put back at the end of the test.
    monkeypatch.setattr(controller, "DEFAULT_DAEMON_INTERVAL_SECONDS", controller.DEFAULT_DAEMON_INTERVAL_SECONDS)
    look_often()
    pauses = Pauses()
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as workspace,
    ):
        looking = execute_backfill_iteration_loop(workspace, logging.getLogger("daemon"), pauses)
        while not pauses.seconds:
            next(looking)
    assert pauses.seconds[0] <= BACKFILL_SECONDS

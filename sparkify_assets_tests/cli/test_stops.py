"""Ctrl-C and SIGTERM end a command with one line and the exit code of the signal; the next command does the rest."""

import io
import os
import signal
import sys
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.warehouse.session import Warehouse
from sparkify_assets_tests.laws.kills import Kill

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
STOPPED = "sparkify: stopped: run the same command again to continue\n"


class Input(io.BytesIO):
    """A standard input that sends this process a signal when it is read."""

    def __init__(self, number: int) -> None:
        super().__init__(b"SELECT 1")
        self.number = number

    def read(self, size: int | None = -1) -> bytes:
        os.kill(os.getpid(), self.number)
        return super().read(size)


@SIGNALS
def test_a_command_that_is_stopped_says_so_in_one_line(
    home: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Input(number)))
    assert main.main(["query", "--file", "-"]) == 128 + number
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", STOPPED)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_load_that_is_stopped_in_a_run_is_continued_by_the_next(
    lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`test_kills.py` does it with Ctrl-C. During a run Dagster's handlers are in place, not ours."""
    opened = WarehouseResource.open

    def open_stopped(resource: WarehouseResource) -> Warehouse:
        return Kill("after commit", 1, signal=signal.SIGTERM).of(opened(resource))

    with monkeypatch.context() as stopped:
        stopped.setattr(WarehouseResource, "open", open_stopped)
        assert main.main(["load"]) == 128 + signal.SIGTERM
    said = capsys.readouterr()
    assert said.err.endswith(STOPPED)
    assert "Traceback" not in said.err
    assert main.main(["load"]) == 0
    assert "Loaded 2 days" in capsys.readouterr().out

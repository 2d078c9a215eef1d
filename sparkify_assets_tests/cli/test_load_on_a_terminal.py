"""What `sparkify load` shows on a terminal while it goes on: its bars move, and name what is being done."""

import os
import pty
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.filesize import decimal

from sparkify_assets.cli import main
from sparkify_assets_tests.lakes import DAY, event, write_day


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A pseudo-terminal in the place of stderr, and what was written to it once it is closed."""
    master, slave = pty.openpty()
    shown: list[bytes] = []

    def keep() -> None:
        # The system reports an error, and no end, once nobody has the terminal open any more.
        try:
            while part := os.read(master, 65_536):
                shown.append(part)
        except OSError:
            os.close(master)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        with monkeypatch.context() as patch, os.fdopen(slave, "w") as stderr:
            patch.setattr("sys.stderr", stderr)
            patch.setenv("TERM", "xterm")
            patch.setenv("COLUMNS", "100")
            yield shown
    finally:
        keeper.join()


def test_the_bars_move_while_the_steps_of_runs_go_on(loaded_lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Dagster sends what is written to stderr during a step elsewhere.
    size = decimal(write_day(loaded_lake, DAY, [event()]).stat().st_size)
    with terminal(monkeypatch) as shown:
        assert main.main(["load"]) == 0
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode()))
    of_steps = [line for line in lines if line.startswith("loaded ")]
    expected = ["starting", f"reading {DAY}", f"publishing {DAY}", f"checking {DAY}", "recording and checking"]
    expected += ["rebuilding artist_popularity", "rebuilding user_activity", "recording and checking"]
    found = iter(of_steps)
    assert [what for what in expected if any(what in line for line in found)] == expected
    of_bytes = [line for line in lines if line.startswith("read ")]
    assert f"0 bytes of {size}" in of_bytes[0]
    assert f"{size} of {size}" in of_bytes[-1]

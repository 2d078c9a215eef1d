"""The platform's own UI over a small lake, created, loaded and opened with the commands of the README."""

import http.client
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from sparkify_assets_tests.processes import Processes, environment_without_settings, free_port

_ROOT = Path(__file__).parent.parent.parent
_SPARKIFY = str(Path(sys.executable).parent / "sparkify")
# A finished but recent range: Dagster 1.13 plots the last 120 days until now, even if the range ended earlier
# (TimeWindowPartitionsDefinition.get_paginated_partition_keys starts with the current day).
DAYS = [datetime.now(UTC).date() - timedelta(days=ago) for ago in range(10, 2, -1)]
# What a check of `users` asks.
_PAIR = {"users.sql": "SELECT COUNT(*) - COUNT(user_id) AS missing FROM sparkify.users", "users.csv": "missing\n0\n"}


@dataclass
class UI(Processes):
    """The UI with its daemon, in a working folder of its own."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> None:
        """Run a command of the platform and wait for its end."""
        done = subprocess.run(
            [_SPARKIFY, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        self.run("ui", [_SPARKIFY, "ui", "--port", str(self.port)])
        self.wait_for("the UI", self._answers)

    @contextmanager
    def held(self) -> Iterator[Callable[[], None]]:
        """Let a load that is not asked of `users` wait before it begins, until what is yielded is called; and once its
        days are published, until the context ends."""
        agreed = _PAIR["users.csv"].encode()
        file = self.folder / "acceptance/users.csv"
        file.unlink()
        os.mkfifo(file)
        warehouse = self.wait_for("the warehouse", lambda: _opened(self.folder / "data/sparkify.duckdb"))
        try:
            yield warehouse.close
            with open(self.wait_for("a load", lambda: _reader_of(file)), "wb") as pipe:
                pipe.write(agreed)
        finally:
            warehouse.close()
            file.unlink()
            file.write_bytes(agreed)

    def _answers(self) -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
                connection.request("GET", "/server_info")
                return connection.getresponse().status == 200
        except OSError:
            return False


def _opened(file: Path) -> duckdb.DuckDBPyConnection | None:
    """The warehouse, if nobody else has opened it."""
    try:
        return duckdb.connect(file)
    except duckdb.IOException:
        return None


def _reader_of(pipe: Path) -> int | None:
    """The end of a pipe to write to, if somebody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


@contextmanager
def running_ui(folder: Path) -> Iterator[UI]:
    """The UI on a warehouse that holds all days of its lake."""
    # What lies in the working folder is not imported.
    for name in ("yaml", "dagster", "sparkify_assets"):
        (folder / f"{name}.py").write_text("raise SystemExit('a file of the working folder was imported')")
    for name in ("tmp", "acceptance"):
        (folder / name).mkdir()
    for name, text in _PAIR.items():
        (folder / "acceptance" / name).write_text(text)
    settings = {
        "SPARKIFY_START_DATE": str(DAYS[0]),
        "SPARKIFY_END_DATE": str(DAYS[-1]),
        # Runs are those that tests start: the sensor would load what one of them changes.
        "SPARKIFY_LOOK_SECONDS": "86400",
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": str(_ROOT),
    }
    ui = UI(folder, environment_without_settings() | settings, free_port())
    ui.command("sample", "--out", "data/lake", "--days", str(len(DAYS)), "--events", "800", "--songs", "30")
    ui.command("load")
    try:
        ui.start()
        yield ui
    finally:
        ui.kill_all()

"""Loaders in processes of their own, without Dagster, which tests kill or run at the same time.

They are forked from a server that has everything imported, so that a process costs no more than its load.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Sequence
from datetime import date
from logging.handlers import QueueHandler
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.queues import Queue

from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.load.loading import load_songs
from sparkify_assets.warehouse.session import Warehouse
from sparkify_assets_tests.laws.kills import Kill
from sparkify_assets_tests.platforms import Platform, load_day

# In seconds, on a machine that is busy with anything else.
PATIENCE = 300
CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["sparkify_assets_tests.laws.loaders"])


class Loader:
    """A process that loads the songs, then the days in this order, unless it is killed.

    Tests can wait for its log messages.
    """

    def __init__(self, platform: Platform, days: Sequence[date], kill: Kill | None = None) -> None:
        self.messages: Queue[logging.LogRecord] = CONTEXT.Queue()
        # The server that it is forked from has the environment of the first test.
        arguments = (platform.reopen, dict(os.environ), list(days), self.messages, kill)
        self.process: ForkServerProcess = CONTEXT.Process(target=_run, args=arguments)
        self.process.start()

    def end(self) -> int | None:
        """Wait for the end and return the exit code."""
        self.process.join(PATIENCE)
        return self.process.exitcode


def load_all(warehouse: Warehouse, lake: Lake, days: Sequence[date]) -> None:
    """Load the songs, then the days in this order, even if nothing changed."""
    load_songs(warehouse, lake, force=True, run_id="a run")
    for day in days:
        load_day(warehouse, lake, day, force=True, run_id="a run")


def _run(
    reopen: Callable[[], Platform],
    environment: dict[str, str],
    days: list[date],
    messages: "Queue[logging.LogRecord]",
    kill: Kill | None,
) -> None:
    os.environ.update(environment)
    logging.getLogger("sparkify_assets").addHandler(QueueHandler(messages))
    platform = reopen()
    load_all(kill.of(platform.warehouse) if kill else platform.warehouse, open_lake(platform.settings), days)

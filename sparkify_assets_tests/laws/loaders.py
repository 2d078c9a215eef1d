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

from sparkify_assets.lake.places import open_lake
from sparkify_assets.load.loading import load_songs
from sparkify_assets_tests.platforms import Platform, load_day

CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["sparkify_assets_tests.laws.loaders"])


class Loader:
    """A process that loads the songs, then the days in this order, even if nothing changed.

    Tests can wait for its start and for its log messages.
    """

    def __init__(self, platform: Platform, days: Sequence[date]) -> None:
        self.messages: Queue[logging.LogRecord] = CONTEXT.Queue()
        self._begun = CONTEXT.Event()
        # The server that it is forked from has the environment of the first test.
        arguments = (platform.reopen, dict(os.environ), list(days), self.messages, self._begun.set)
        self.process: ForkServerProcess = CONTEXT.Process(target=_load, args=arguments)
        self.process.start()

    def wait_until_begun(self) -> None:
        assert self._begun.wait(60)

    def ends_within(self, seconds: float) -> bool:
        self.process.join(seconds)
        return self.process.exitcode is not None

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def end(self) -> int | None:
        """Wait for the end and return the exit code."""
        self.process.join(60)
        return self.process.exitcode


def _load(
    reopen: Callable[[], Platform],
    environment: dict[str, str],
    days: list[date],
    messages: "Queue[logging.LogRecord]",
    begin: Callable[[], None],
) -> None:
    os.environ.update(environment)
    logging.getLogger("sparkify_assets").addHandler(QueueHandler(messages))
    platform = reopen()
    lake = open_lake(platform.settings)
    begin()
    load_songs(platform.warehouse, lake, force=True, run_id="a run")
    for day in days:
        load_day(platform.warehouse, lake, day, force=True, run_id="a run")

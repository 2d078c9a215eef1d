"""Dagster's daemon in a process of its own, which looks for backfills more often. `sparkify ui` starts it.

A range that is asked for in the UI is a backfill, and Dagster's daemon looks for these only every 30 seconds.
"""

from dagster._daemon import controller
from dagster._daemon.cli import main

BACKFILL_SECONDS = 5


def look_often() -> None:
    """Look for backfills every few seconds. Dagster 1.13 has no setting for it."""
    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = BACKFILL_SECONDS


if __name__ == "__main__":
    look_often()
    main()

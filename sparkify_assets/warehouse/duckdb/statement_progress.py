"""How far a statement of DuckDB is, while it runs: a thread asks every now and then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from sparkify_assets.lake.listing import OnRead

_SECONDS = 0.2


@contextmanager
def reading_reported(connection: duckdb.DuckDBPyConnection, size: int, on_read: OnRead | None) -> Iterator[None]:
    """Report how many of so many bytes the statements inside have read, as DuckDB estimates it; in the end all."""
    if on_read is None:
        yield
        return
    # DuckDB knows its progress only when it would show it.
    connection.execute("SET enable_progress_bar_print = false")
    connection.execute("SET enable_progress_bar = true")
    read, is_over = 0, threading.Event()

    def ask() -> None:
        nonlocal read
        while not is_over.wait(_SECONDS):
            # Below 0 while nothing is known; it begins anew with each statement.
            now = int(size * min(connection.query_progress(), 100.0) / 100)
            if now > read:
                on_read(now - read)
                read = now

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        yield
    finally:
        is_over.set()
        asking.join()
    connection.execute("SET enable_progress_bar = false")
    on_read(size - read)

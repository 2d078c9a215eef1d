"""Who only reads the loader's file gives it up as soon as a loader wants it: DuckDB would keep the loader waiting.

Loaders announce themselves by a lock on a file beside the warehouse, which ends with their process. Readers look at it.
"""

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from sparkify_assets.errors import WarehouseBusy

AGAIN = "try again when it is done"
# How long a reader may keep a loader.
_LOOK_SECONDS = 0.01
# Each loader locks a byte of its own, so that they announce themselves without waiting for each other.
_BYTES = 1 << 40


@contextmanager
def announced(warehouse: Path) -> Iterator[None]:
    """Let readers know of this loader, which has the warehouse or waits for it."""
    try:
        file = os.open(_announcements(warehouse), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        # DuckDB, which opens a file in the same folder, says what is wrong with it.
        yield
        return
    try:
        with suppress(OSError):
            os.lseek(file, secrets.randbelow(_BYTES), os.SEEK_SET)
            os.lockf(file, os.F_TLOCK, 1)
        yield
    finally:
        os.close(file)


@contextmanager
def giving_way(warehouse: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Stop what is read with this connection as soon as a loader of another process wants the warehouse."""
    is_over, is_wanted = threading.Event(), threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            if _is_wanted(warehouse):
                is_wanted.set()
                # Again and again: it stops a statement that runs, and none that begins later.
                connection.interrupt()
            is_over.wait(_LOOK_SECONDS)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except (duckdb.InterruptException, KeyboardInterrupt) as error:
        # Ctrl-C raises the same.
        if is_wanted.is_set():
            raise WarehouseBusy(f"a load has begun, and needs the warehouse {warehouse}: {AGAIN}") from error
        raise
    finally:
        is_over.set()
        watcher.join()


def _is_wanted(warehouse: Path) -> bool:
    try:
        file = os.open(_announcements(warehouse), os.O_RDONLY)
    except OSError:
        # No loader has ever been here.
        return False
    try:
        os.lockf(file, os.F_TEST, 0)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def _announcements(warehouse: Path) -> Path:
    return warehouse.with_name(f".{warehouse.name}.loaders")

"""Many readers of what is published, in a process of their own. They open it whenever it has changed, and keep open
what they had before. Each answer has to be that of one committed state, whatever was published since."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from sparkify_assets_tests.laws.loaders import CONTEXT
from sparkify_assets_tests.oracle import Rows
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import file_of, masked, rows_of

MANY = 3
# How many files each of them keeps open.
_KEPT = 2
# In seconds, between two looks at whether it was replaced.
_PAUSE = 0.005
_CHANGED = "what had been read from a file that is still open"


class Readers:
    """A process that waits for something to read."""

    def __init__(self) -> None:
        self._here, there = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(there,), daemon=True)
        self.process.start()

    def end(self) -> None:
        self._here.close()
        self.process.join()

    @contextmanager
    def reading(self, platform: Platform) -> Iterator[Callable[[], None]]:
        """Let them read until the context ends. What is yielded has to be called in each state that is published."""
        file, committed = file_of(platform).path, set[str]()

        def commit() -> None:
            committed.add(_digest(masked(platform)))

        if file.exists():
            commit()
        self._here.send(file)
        try:
            yield commit
        finally:
            self._here.send(None)
            seen, errors = self._here.recv()
        assert not errors
        assert _CHANGED not in seen
        assert seen <= committed, f"{len(seen - committed)} of {len(seen)} states that were read were never committed"
        assert seen


def _serve(there: Connection) -> None:
    while True:
        try:
            file: Path = there.recv()
        except EOFError:
            return
        is_over, seen = threading.Event(), set[str]()
        with ThreadPoolExecutor(MANY) as threads:
            read = [threads.submit(_read_on, file, n, is_over, seen) for n in range(MANY)]
            there.recv()
            is_over.set()
        there.send((seen, [error for each in read if (error := each.exception())]))


def _read_on(file: Path, reader: int, is_over: threading.Event, seen: set[str]) -> None:
    opened: list[tuple[str, duckdb.DuckDBPyConnection]] = []
    number, version, is_last = 0, (0, 0), False
    while not is_last:
        # Once more after the last publication.
        is_last = is_over.wait(_PAUSE)
        before, version = version, _version(file)
        if version == before and not is_last:
            continue
        for first, connection in opened:
            if _digest(rows_of(connection)) != first:
                seen.add(_CHANGED)
        number += 1
        if new := _open(file, file.parent.parent / f"reader-{reader}-{number}"):
            opened.append((_digest(rows_of(new)), new))
            seen.add(opened[-1][0])
        for _, oldest in opened[:-_KEPT]:
            oldest.close()
        del opened[:-_KEPT]
    for _, connection in opened:
        connection.close()


def _version(file: Path) -> tuple[int, int]:
    with suppress(FileNotFoundError):
        found = file.stat()
        return found.st_ino, found.st_mtime_ns
    return 0, 0


def _open(file: Path, folder: Path) -> duckdb.DuckDBPyConnection | None:
    """Open what is there now by a link: of connections to one path, a process opens only the first."""
    folder.mkdir()
    link = folder / file.name
    with suppress(FileNotFoundError):
        link.hardlink_to(file)
        return duckdb.connect(link, read_only=True, config={"threads": 1})
    return None


def _digest(rows: Rows) -> str:
    return hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest()

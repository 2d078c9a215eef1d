"""What DuckDB's errors mean: one line that says what failed, why, and what to do. Nothing is tried again here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from sparkify_assets.errors import FREE_SPACE, WarehouseError
from sparkify_assets.warehouse.duckdb.duckdb_names import first_line

_REBUILD = "the file is damaged, or not DuckDB's: move it away, then `sparkify load` rebuilds it from the lake"
_NO_ROOM = r"No space left|quota exceeded|File too large"
# DuckDB's classes of errors do not tell these apart. The first that is found counts.
_REMEDIES = (
    (_NO_ROOM, FREE_SPACE),
    (
        r"Permission denied|Read-only file system|Is a directory",
        "set SPARKIFY_DUCKDB to a file that this user can write",
    ),
    (r"reference to catalog or schema", "DuckDB keeps this name for itself: rename the file, and set SPARKIFY_DUCKDB"),
    (r"Conflicting lock", "close it there, or open it read-only"),
    (r"Corrupt|not a valid DuckDB|Could not read enough|replaying WAL|file with version", _REBUILD),
)


def explained(error: Exception) -> str:
    """Return DuckDB's reason, with a remedy if one is known."""
    reason = first_line(error)
    remedy = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, reason, re.IGNORECASE)), "")
    return f"{reason}; {remedy}" if remedy else reason


def lacks_room(error: Exception) -> bool:
    """Return whether the disk is full."""
    return bool(re.search(_NO_ROOM, first_line(error)))


@contextmanager
def failing_as(what: str) -> Iterator[None]:
    """Say what failed and what to do, where DuckDB only gives the reason. Ctrl-C stays what it is."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise WarehouseError(f"{what}: {explained(error)}") from error
    except RuntimeError as error:
        # DuckDB raises this when a signal's handler raises in the middle of a statement.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise

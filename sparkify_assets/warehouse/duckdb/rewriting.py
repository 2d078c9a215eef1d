"""Rewriting the loader's file: DuckDB leaves what was deleted in free blocks, a new file has none.

Which file people read is in `published_file.py`.
"""

import os
from pathlib import Path

import duckdb

from sparkify_assets.warehouse.duckdb.duckdb_names import identifier, literal

_DRAFT = "draft_of_warehouse"


def rewrite(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Put a copy of all tables in the place of the file, whole or not at all. The connection has to be the only one and
    to be closed afterwards: it has the old file open."""
    draft = path.with_name(f".{path.name}.rewritten")
    draft.unlink(missing_ok=True)
    try:
        # Nothing may be left in the log: it would be taken for that of the new file.
        connection.execute("FORCE CHECKPOINT")
        # A day's rows lie together, and stay so.
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {literal(str(draft.absolute()))} AS {_DRAFT}")
        try:
            draft.chmod(path.stat().st_mode & 0o777)
            (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
            connection.execute(f"COPY FROM DATABASE {identifier(name)} TO {_DRAFT}")
            connection.execute(f"CHECKPOINT {_DRAFT}")
        finally:
            connection.execute(f"DETACH {_DRAFT}")
        _sync(draft)
        draft.rename(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Write a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

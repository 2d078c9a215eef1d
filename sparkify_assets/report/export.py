"""Everything that is published, written to files that other tools read: a file a table, or one a month where a table is
large, and a manifest that says what is in them. A folder is written whole or not at all.

Answers to questions belong in `answer_files.py`. On Redshift the engine itself exports, with UNLOAD.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from sparkify_assets.errors import QueryError
from sparkify_assets.model import Table
from sparkify_assets.model.roles import ANALYST
from sparkify_assets.warehouse.duckdb.duckdb_failures import failing_as
from sparkify_assets.warehouse.duckdb.duckdb_names import literal
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile

MANIFEST = "manifest.json"
FORMATS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}
# A table with more rows is written by month.
LARGE_ROWS = 1_000_000
_MONTHS = "SELECT DISTINCT date_trunc('month', start_date) FROM {} ORDER BY ALL"


@dataclass(frozen=True)
class Exported:
    """What was written of a table: its files with their rows."""

    table: Table
    files: dict[Path, int]

    @property
    def rows(self) -> int:
        return sum(self.files.values())


def export(published: PublishedFile, layout: str, out: Path, on_table: Callable[[Exported], object]) -> list[Exported]:
    """Write all tables of one published state to a folder that is not there yet, or empty. `on_table` hears of each
    table once it is written."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise QueryError(
            f"{out} is there already: expected a folder that is empty or missing; choose another, or move it"
        )
    place = out.absolute()
    draft = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        # For its user alone, as everything that the platform writes.
        draft.mkdir(mode=0o700)
        with published.open() as connection:
            written = []
            for table in ANALYST.tables:
                written.append(Exported(table, dict(_write(connection, table, layout, draft))))
                on_table(written[-1])
        manifest = _manifest(layout, draft, written)
        (draft / MANIFEST).write_text(f"{json.dumps(manifest, indent=1, ensure_ascii=False)}\n", "utf-8")
        # Takes the place of an empty folder, too.
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return written


def _write(
    connection: duckdb.DuckDBPyConnection, table: Table, layout: str, folder: Path
) -> Iterator[tuple[Path, int]]:
    """Write the files of a table, and return each with its rows."""
    place = Path(table.schema, table.name)
    order = ", ".join(table.primary_key) or "ALL"
    for name, condition in _pieces(connection, table):
        file = (place / name if name else place).with_suffix(f".{layout}")
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        select = f"SELECT * FROM {table.full_name} {condition} ORDER BY {order}"
        with failing_as(f"{folder / file} cannot be written"):
            copied = connection.execute(
                f"COPY ({select}) TO {literal(str(folder / file))} ({FORMATS[layout]})"
            ).fetchone()
        yield file, copied[0] if copied else 0


def _pieces(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[tuple[str, str]]:
    """Return the pieces that a table is written in: each one's name, and which rows it has."""
    (rows,) = connection.execute(f"SELECT count(*) FROM {table.full_name}").fetchone() or (0,)
    if rows <= LARGE_ROWS or "start_date" not in {column.name for column in table.columns}:
        yield "", ""
        return
    for (month,) in connection.execute(_MONTHS.format(table.full_name)).fetchall():
        yield _name(month), f"WHERE date_trunc('month', start_date) IS NOT DISTINCT FROM {_as_date(month)}"


def _name(month: date | None) -> str:
    return f"{month:%Y-%m}" if month else "no-date"


def _as_date(month: date | None) -> str:
    return f"DATE {literal(str(month))}" if month else "NULL"


def _manifest(layout: str, folder: Path, written: list[Exported]) -> dict[str, Any]:
    masked = {(table.full_name, column.name) for table, column in ANALYST.masked_columns}
    return {
        "format": layout,
        "exported_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "tables": [
            {
                "table": exported.table.full_name,
                "meaning": exported.table.meaning,
                "rows": exported.rows,
                "columns": [
                    {
                        "name": column.name,
                        "type": column.type,
                        "meaning": column.meaning,
                        "masked": (exported.table.full_name, column.name) in masked,
                    }
                    for column in exported.table.columns
                ],
                "files": [
                    {"file": file.as_posix(), "rows": rows, "bytes": path.stat().st_size, "sha256": _sha256(path)}
                    for file, rows in exported.files.items()
                    for path in (folder / file,)
                ],
            }
            for exported in written
        ],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

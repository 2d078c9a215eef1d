"""Landing on DuckDB: files of the lake go into a session's own table, rejected records into another.

All log files are first landed together, strictly. A file that is not clean is landed alone: DuckDB flags the records
that look doubtful, and the validator decides about those. Where DuckDB's reading of a file cannot be trusted, the
validator reads the whole file. Song files are thousands and too small for any reader, so the validator reads them at
once and bundles them. The statements themselves are in `json_reading.py`.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import is_small, make_bundles
from sparkify_assets.lake.listing import UNREADABLE, File, Lake, open_content
from sparkify_assets.lake.records import LineCount, Lines, count_lines
from sparkify_assets.lake.split import Split, reject_columns, split_file
from sparkify_assets.lake.work import FolderWork, sweep
from sparkify_assets.model import Table
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, first_line
from sparkify_assets.warehouse.duckdb.json_reading import (
    IS_ODD_IF_NESTED,
    TEXTS,
    USUAL_KEYS,
    landing_statement,
    line_by_line_statement,
    looks_nested,
    no_pattern,
)
from sparkify_assets.warehouse.session import LandedFile, reading

# A list of more suspects is not worth its memory: the validator reads the whole file instead, and needs no list.
_MOST_SUSPECTS = 1_000_000
_REFUSALS = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)


class _Spooled(NamedTuple):
    """A log file as it was spooled. The number stands for it beside its rows, whose size a path would double."""

    file: File
    path: str
    number: int
    counted: LineCount


class _Text(NamedTuple):
    """What the text of a landed file shows: its records, whether one is odd, whether one may hold a nested value."""

    records: int = 0
    odd: bool = False
    nested: bool = False


class _Rows(NamedTuple):
    """What was landed of a file: its rows, those that are doubtful, those that the validator is certain to reject, and
    whether row ids number them without a gap."""

    landed: int = 0
    doubtful: int = 0
    certainly_bad: int = 0
    numbered: bool = True


class DuckDBLanding:
    """The tables in which files are landed, on a session's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, lake: Lake, work: Path) -> None:
        self._connection, self._table, self._lake, self._work = connection, table, lake, work
        self._landed = f"landed_{table.name}"
        self._numbers = count()

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        sweep(self._work)
        self._make_tables()
        if files and files[0].day is None:
            return self._land_songs(files)
        landed = self._land_together(files) if len(files) > 1 else {}
        return [landed.get(file) or self._land_alone(file) for file in files]

    def _make_tables(self) -> None:
        landed = ", ".join(f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns)
        rejected = ", ".join(f"{column.name} {duckdb_type(column)}" for column in reject_columns())
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self._landed} "
            f"(log_date DATE, {landed}, landed_file INTEGER NOT NULL, landed_doubtful BOOLEAN)"
        )
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE landed_rejected_records ({rejected})")

    def _land_together(self, files: Sequence[File]) -> dict[File, LandedFile]:
        """Land log files in one statement, and return those that are clean. Nothing is kept of the others."""
        try:
            with self._lake.spool(files) as paths:
                spooled = [self._spooled(file, path) for file, path in zip(files, paths, strict=True)]
                landed = self._land_strictly([each for each in spooled if not each.counted.ambiguous])
        except (FileRefused, *UNREADABLE, *_REFUSALS):
            self._make_tables()
            return {}
        self._delete([each for each, rows in landed.items() if rows.doubtful])
        return {
            each.file: LandedFile(each.file, rows.landed, rows.landed)
            for each, rows in landed.items()
            if not rows.doubtful
        }

    def _land_alone(self, file: File) -> LandedFile:
        # Rows keep the order of the file, so that a row's number is that of its record.
        self._connection.execute("SET preserve_insertion_order = true")
        try:
            with reading(file), self._lake.spool([file]) as (path,):
                return self._land_log(self._spooled(file, path))
        except FileRefused as refusal:
            return LandedFile(file, 0, 0, refusal=refusal)
        finally:
            self._connection.execute("SET preserve_insertion_order = false")

    def _spooled(self, file: File, path: Path) -> _Spooled:
        with reading(file), open_content(path) as stream:
            return _Spooled(file, str(path), next(self._numbers), count_lines(stream))

    def _land_log(self, log: _Spooled) -> LandedFile:
        rows = self._land_unvalidated(log)
        if rows and not rows.doubtful:
            return LandedFile(log.file, rows.landed, rows.landed)
        if rows and rows.numbered and rows.doubtful <= _MOST_SUSPECTS:
            split = self._split(log.file, log.path, self._suspects(log))
            if split.seen == rows.landed and split.rejected >= rows.certainly_bad:
                self._delete([log], "AND landed_doubtful")
                return self._land_split(log.file, log.number, split)
            split.discard()
        self._delete([log])
        return self._land_split(log.file, log.number, self._split(log.file, log.path))

    def _land_unvalidated(self, log: _Spooled) -> _Rows | None:
        """Land a row for every record: for every object, or else for every line, whatever it holds. Return None if
        DuckDB's reading of the file cannot be trusted."""
        if log.counted.ambiguous:
            return None
        with suppress(*_REFUSALS):
            if landed := self._land_strictly([log]):
                return landed[log]
        with suppress(*_REFUSALS):
            paths = [no_pattern(log.path)]
            (keys,) = self._one(USUAL_KEYS, paths=paths)
            statement = line_by_line_statement(self._table)
            self._one(statement, paths=paths, file=log.number, day=log.file.day, usual_keys=keys or [])
            (rows,) = self._rows([log.number])
            return rows if self._is_complete(log, rows) else None
        return None

    def _land_strictly(self, logs: Sequence[_Spooled]) -> dict[_Spooled, _Rows]:
        """Land files that are JSON throughout. Return those that are one object a line, each with its rows, and keep
        nothing of the others."""
        numbers = [log.number for log in logs]
        self._insert([log.path for log in logs], numbers, [log.file.day for log in logs])
        found = self._fetch(TEXTS, paths=[no_pattern(log.path) for log in logs]) if logs else []
        texts = {path: _Text(*seen) for path, *seen in found}
        landed = dict(zip(logs, self._rows(numbers), strict=True))
        whole = {log: rows for log, rows in landed.items() if self._is_whole(log, rows, texts.get(log.path, _Text()))}
        self._delete([log for log in logs if log not in whole])
        return whole

    def _insert(self, paths: Sequence[str], numbers: Sequence[int], days: Sequence[date | None]) -> None:
        """Land files strictly, each with its number and its day."""
        if paths:
            patterns = [no_pattern(path) for path in paths]
            self._one(landing_statement(self._table), paths=patterns, names=paths, files=numbers, days=days)

    def _is_whole(self, log: _Spooled, rows: _Rows, text: _Text) -> bool:
        return rows.landed == text.records and not self._is_odd(log, text) and self._is_complete(log, rows)

    def _is_complete(self, log: _Spooled, rows: _Rows) -> bool:
        """Return whether there is a row for every record: for every line, or for every line that is not blank."""
        if rows.landed == log.counted.lines:
            return True
        with reading(log.file), open_content(Path(log.path)) as stream:
            lines = Lines(stream, picked=())
            list(lines)
        return rows.landed == lines.seen

    def _is_odd(self, log: _Spooled, text: _Text) -> bool:
        """Return whether a landed file holds something that DuckDB accepts and the validator may not."""
        if text.odd or not text.nested:
            return text.odd
        (odd,) = self._one(IS_ODD_IF_NESTED, paths=[no_pattern(log.path)])
        names = {column: column.name for column in self._table.landed_columns}
        (nested,) = self._one(
            f"SELECT count(*) FROM {self._landed} WHERE landed_file = $file AND ({looks_nested(names)})",
            file=log.number,
        )
        return bool(odd or nested)

    def _suspects(self, log: _Spooled) -> list[int]:
        """Return the numbers of a file's doubtful rows; the first row is 0."""
        found = self._fetch(
            f"SELECT rowid - (SELECT min(rowid) FROM {self._landed} WHERE landed_file = $file) AS number "
            f"FROM {self._landed} WHERE landed_file = $file AND landed_doubtful ORDER BY number",
            file=log.number,
        )
        return [number for (number,) in found]

    def _rows(self, numbers: Sequence[int]) -> list[_Rows]:
        """Return what was landed of each of these files."""
        # A row without what a record needs is bad, except for the first one: DuckDB cannot read it after a BOM.
        lacks = " OR ".join(f"{column.name} IS NULL" for column in self._table.landed_columns if not column.nullable)
        found = self._fetch(
            "SELECT landed_file, count(*), count(*) FILTER (landed_doubtful), "
            f"count(*) FILTER ({lacks}) - CAST(arg_min({lacks}, rowid) AS INTEGER), "
            f"max(rowid) - min(rowid) + 1 = count(*) FROM {self._landed} "
            "WHERE list_contains($files, landed_file) GROUP BY landed_file",
            files=numbers,
        )
        rows = {number: _Rows(*counts) for number, *counts in found}
        return [rows.get(number, _Rows()) for number in numbers]

    def _fetch(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def _one(self, statement: str, **values: object) -> tuple[Any, ...]:
        return (*self._fetch(statement, **values), (None,))[0]

    def _delete(self, logs: Collection[_Spooled], condition: str = "") -> None:
        if logs:
            statement = f"DELETE FROM {self._landed} WHERE list_contains($files, landed_file) {condition}"
            self._connection.execute(statement, {"files": [log.number for log in logs]})

    def _split(self, file: File, path: str | Path, suspects: Sequence[int] | None = None) -> Split:
        with reading(file):
            return split_file(Path(path), file, self._table, self._work, suspects)

    def _land_split(self, file: File, number: int, split: Split) -> LandedFile:
        clean = [str(split.clean_copy)] if split.good else []
        rejects = [str(split.rejects_copy)] if split.rejected else []
        try:
            self._land_validated(file, number, clean, rejects, split.seen, split.rejected)
        finally:
            split.discard()
        loaded = split.seen - split.rejected
        return LandedFile(file, split.seen, loaded, split.rejected, split.example, split.unknown)

    def _land_songs(self, files: Sequence[File]) -> list[LandedFile]:
        """Land thousands of small files as a few validated bundles, and each large file alone."""
        with reading():
            bundles = make_bundles(self._lake, [f for f in files if is_small(f)], self._table, FolderWork(self._work))
        file_at = {file.path: file for file in files}
        members = [member for bundle in bundles for member in bundle.members]
        landed = {member.path: LandedFile.validated(file_at[member.path], member) for member in members}
        if members:
            clean = [bundle.records for bundle in bundles if bundle.good]
            rejects = [bundle.rejects for bundle in bundles if bundle.rejected]
            rejected = sum(bundle.rejected for bundle in bundles)
            seen = rejected + sum(bundle.good for bundle in bundles)
            first, context = file_at[members[0].path], "in this file or one that was bundled with it, "
            self._land_validated(first, next(self._numbers), clean, rejects, seen, rejected, context)
        for file in (file for file in files if not is_small(file)):
            with reading(file), self._lake.spool([file]) as (path,):
                landed[file.path] = self._land_split(file, next(self._numbers), self._split(file, path))
        return [landed[file.path] for file in files]

    def _land_validated(
        self, file: File, number: int, clean: list[str], rejects: list[str], seen: int, rejected: int, context: str = ""
    ) -> None:
        """Land the validator's copies. DuckDB has to accept every record that the validator passed."""
        try:
            self._insert(clean, [number] * len(clean), [file.day] * len(clean))
            self._insert_rejects(rejects)
        except duckdb.Error as error:
            problem = f"DuckDB refuses what the validator has passed: {first_line(error)}"
            raise FileRefused(file, f"{context}{problem}") from error
        (rows,) = self._rows([number])
        if rows.doubtful or rows.landed != seen - rejected:
            raise FileRefused(
                file,
                f"{context}the validator rejected {rejected} of {seen} records, but DuckDB landed {rows.landed}, of "
                f"which {rows.doubtful} break a rule",
            )

    def _insert_rejects(self, copies: Sequence[str]) -> None:
        if not copies:
            return
        keys = ", ".join(f"{column.name}: '{duckdb_type(column)}'" for column in reject_columns())
        self._connection.execute(
            "INSERT INTO landed_rejected_records "
            f"FROM read_json($paths, columns = {{{keys}}}, format = 'newline_delimited')",
            {"paths": [no_pattern(copy) for copy in copies]},
        )

"""Landing on DuckDB: files of the lake go into a session's own table, rejected records into another.

All log files are first landed together, strictly. A file that is not clean is landed alone: DuckDB flags the records
that look doubtful, and the validator decides about those. Where DuckDB's reading of a file cannot be trusted, the
validator reads the whole file. Song files are thousands and too small for any reader, so the validator reads them at
once and bundles them. The statements themselves are in `json_reading.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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
# Rows of all bundles are landed under one file number.
_BUNDLES = "songs/"


class _Text(NamedTuple):
    """What the text of a landed file shows: its records, whether one is odd, whether one may hold a nested value."""

    records: int = 0
    odd: bool = False
    nested: bool = False


class _Rows(NamedTuple):
    """What was landed of a file: its rows, those that are doubtful, those that the validator is certain to reject, and
    whether row ids number them without a gap."""

    landed: int
    doubtful: int
    certainly_bad: int
    numbered: bool


class DuckDBLanding:
    """The tables in which files are landed, on a session's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, lake: Lake, work: Path) -> None:
        self._connection, self._table, self._lake, self._work = connection, table, lake, work
        self._landed = f"landed_{table.name}"
        self._numbers: dict[str, int] = {}

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        sweep(self._work)
        self._make_tables()
        if files and files[0].day is None:
            return self._land_songs(files)
        landed = self._land_together(files)
        return [landed.get(file) or self._land_alone(file) for file in files]

    def _make_tables(self) -> None:
        landed = ", ".join(f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns)
        rejected = ", ".join(f"{column.name} {duckdb_type(column)}" for column in reject_columns())
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self._landed} "
            f"(log_date DATE, {landed}, landed_file INTEGER, landed_doubtful BOOLEAN)"
        )
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE landed_rejected_records ({rejected})")

    def _number(self, path: str) -> int:
        """Return the number that stands for a file beside its rows: its path would double the size of a row."""
        return self._numbers.setdefault(path, len(self._numbers))

    def _land_together(self, files: Sequence[File]) -> dict[File, LandedFile]:
        """Land log files in one statement, and return those that are clean. Nothing is kept of the others."""
        if len(files) == 1:
            return {}
        try:
            with self._lake.spool(files) as paths:
                return self._land_clean(dict(zip(map(str, paths), files, strict=True)))
        except (FileRefused, *UNREADABLE, *_REFUSALS):
            self._make_tables()
            return {}

    def _land_clean(self, file_at: Mapping[str, File]) -> dict[File, LandedFile]:
        counts = {path: count for path, file in file_at.items() if not (count := _count_lines(file, path)).ambiguous}
        files = [self._number(path) for path in counts]
        days = [file_at[path].day for path in counts]
        statement = landing_statement(self._table, together=True)
        self._insert(statement, list(counts), names=list(counts), files=files, days=days)
        texts = self._texts(list(counts))
        landed = self._connection.execute(
            f"SELECT landed_file, count(*) FROM {self._landed} GROUP BY landed_file HAVING NOT bool_or(landed_doubtful)"
        )
        by_number = dict(landed.fetchall())
        clean: dict[str, int] = {}
        for path, count in counts.items():
            rows, text = by_number.get(self._number(path), 0), texts.get(path, _Text())
            if self._is_clean(file_at[path], path, rows, text, count):
                clean[path] = rows
        self._delete(counts.keys() - clean)
        return {file_at[path]: LandedFile(file_at[path], rows, rows) for path, rows in clean.items()}

    def _land_alone(self, file: File) -> LandedFile:
        # Rows keep the order of the file, so that a row's number is that of its record.
        self._connection.execute("SET preserve_insertion_order = true")
        try:
            with reading(file), self._lake.spool([file]) as (path,):
                return self._land_log(file, str(path))
        except FileRefused as refusal:
            return LandedFile(file, 0, 0, refusal=refusal)
        finally:
            self._connection.execute("SET preserve_insertion_order = false")

    def _land_log(self, file: File, path: str) -> LandedFile:
        count = _count_lines(file, path)
        if not count.ambiguous and (self._land_strictly(file, path, count) or self._land_lines(file, path, count)):
            rows = self._rows(path)
            if not rows.doubtful:
                return LandedFile(file, rows.landed, rows.landed)
            if rows.numbered and rows.doubtful <= _MOST_SUSPECTS:
                split = self._split(file, path, self._suspects(path))
                if split.seen == rows.landed and split.rejected >= rows.certainly_bad:
                    self._delete([path], "AND landed_doubtful")
                    return self._land_split(file, path, split)
                split.discard()
        self._delete([path])
        return self._land_split(file, path, self._split(file, path))

    def _land_strictly(self, file: File, path: str, count: LineCount) -> bool:
        """Land a file that is JSON throughout, one object a line; return whether it is one."""
        try:
            rows = self._insert(landing_statement(self._table), [path], file=self._number(path), day=file.day)
            text = self._texts([path]).get(path, _Text())
        except _REFUSALS:
            return False
        if self._is_clean(file, path, rows, text, count):
            return True
        self._delete([path])
        return False

    def _land_lines(self, file: File, path: str, count: LineCount) -> bool:
        """Land one row for every line, whatever it holds; return whether that worked."""
        statement = line_by_line_statement(self._table)
        try:
            (keys,) = self._one(USUAL_KEYS, paths=[no_pattern(path)])
            rows = self._insert(statement, [path], file=self._number(path), day=file.day, usual_keys=keys or [])
        except _REFUSALS:
            return False
        return self._is_complete(file, path, rows, count)

    def _insert(self, statement: str, paths: Sequence[str], **values: object) -> int:
        """Land files and return the number of rows."""
        if not paths:
            return 0
        (inserted,) = self._one(statement, paths=[no_pattern(path) for path in paths], **values)
        return int(str(inserted))

    def _is_clean(self, file: File, path: str, rows: int, text: _Text, count: LineCount) -> bool:
        return rows == text.records and not self._is_odd(path, text) and self._is_complete(file, path, rows, count)

    def _is_complete(self, file: File, path: str, rows: int, count: LineCount) -> bool:
        """Return whether there is a row for every record: for every line, or for every line that is not blank."""
        if rows == count.lines:
            return True
        with reading(file), open_content(Path(path)) as stream:
            lines = Lines(stream, picked=())
            list(lines)
        return rows == lines.seen

    def _is_odd(self, path: str, text: _Text) -> bool:
        """Return whether a landed file holds something that DuckDB accepts and the validator may not."""
        if text.odd or not text.nested:
            return text.odd
        (odd,) = self._one(IS_ODD_IF_NESTED, paths=[no_pattern(path)])
        names = {column: column.name for column in self._table.landed_columns}
        (nested,) = self._one(
            f"SELECT count(*) FROM {self._landed} WHERE landed_file = $file AND ({looks_nested(names)})",
            file=self._number(path),
        )
        return bool(odd or nested)

    def _texts(self, paths: list[str]) -> dict[str, _Text]:
        if not paths:
            return {}
        found = self._connection.execute(TEXTS, {"paths": [no_pattern(path) for path in paths]})
        return {path: _Text(*seen) for path, *seen in found.fetchall()}

    def _suspects(self, path: str) -> list[int]:
        """Return the numbers of a file's doubtful rows; the first row is 0."""
        found = self._connection.execute(
            f"SELECT rowid - (SELECT min(rowid) FROM {self._landed} WHERE landed_file = $file) AS number "
            f"FROM {self._landed} WHERE landed_file = $file AND landed_doubtful ORDER BY number",
            {"file": self._number(path)},
        )
        return [number for (number,) in found.fetchall()]

    def _rows(self, path: str) -> _Rows:
        # A row without what a record needs is bad, except for the first one: DuckDB cannot read it after a BOM.
        lacks = " OR ".join(f"{column.name} IS NULL" for column in self._table.landed_columns if not column.nullable)
        first = f"(SELECT min(rowid) FROM {self._landed} WHERE landed_file = $file)"
        landed, doubtful, bad, numbered = self._one(
            f"SELECT count(*), count(*) FILTER (landed_doubtful), count(*) FILTER (({lacks}) AND rowid > {first}), "
            f"coalesce(max(rowid) - {first} + 1 = count(*), true) FROM {self._landed} WHERE landed_file = $file",
            file=self._number(path),
        )
        return _Rows(int(str(landed)), int(str(doubtful)), int(str(bad)), bool(numbered))

    def _one(self, statement: str, **values: object) -> tuple[object, ...]:
        row: tuple[object, ...] = self._connection.execute(statement, values).fetchone() or (None,)
        return row

    def _delete(self, paths: Collection[str], condition: str = "") -> None:
        if paths:
            statement = f"DELETE FROM {self._landed} WHERE list_contains($files, landed_file) {condition}"
            self._connection.execute(statement, {"files": [self._number(path) for path in paths]})

    def _split(self, file: File, path: str, suspects: Sequence[int] | None = None) -> Split:
        with reading(file):
            return split_file(Path(path), file, self._table, self._work, suspects)

    def _land_split(self, file: File, path: str, split: Split) -> LandedFile:
        clean = [str(split.clean_copy)] if split.good else []
        rejects = [str(split.rejects_copy)] if split.rejected else []
        try:
            self._land_validated(file, path, clean, rejects, split.seen, split.rejected)
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
            self._land_validated(first, _BUNDLES, clean, rejects, seen, rejected, context)
        for file in (file for file in files if not is_small(file)):
            with reading(file), self._lake.spool([file]) as (path,):
                landed[file.path] = self._land_split(file, str(path), self._split(file, str(path)))
        return [landed[file.path] for file in files]

    def _land_validated(
        self, file: File, path: str, clean: list[str], rejects: list[str], seen: int, rejected: int, context: str = ""
    ) -> None:
        """Land the validator's copies. DuckDB has to accept every record that the validator passed."""
        try:
            self._insert(landing_statement(self._table), clean, file=self._number(path), day=file.day)
            self._insert_rejects(rejects)
        except duckdb.Error as error:
            problem = f"DuckDB refuses what the validator has passed: {first_line(error)}"
            raise FileRefused(file, f"{context}{problem}") from error
        rows = self._rows(path)
        if rows.doubtful or rows.landed != seen - rejected:
            raise FileRefused(
                file,
                f"{context}the validator rejected {rejected} of {seen} records, but DuckDB landed {rows.landed}, of "
                f"which {rows.doubtful} break a rule",
            )

    def _insert_rejects(self, copies: Sequence[str]) -> None:
        if not copies:
            return
        names = ", ".join(column.name for column in reject_columns())
        keys = ", ".join(f"{column.name}: '{duckdb_type(column)}'" for column in reject_columns())
        self._connection.execute(
            f"INSERT INTO landed_rejected_records ({names}) SELECT {names} "
            f"FROM read_json($paths, columns = {{{keys}}}, format = 'newline_delimited')",
            {"paths": [no_pattern(copy) for copy in copies]},
        )


def _count_lines(file: File, path: str) -> LineCount:
    with reading(file), open_content(Path(path)) as stream:
        return count_lines(stream)

"""Landing on DuckDB: files of the lake go into a session's own table, rejected records into another.

All log files are first landed together, strictly. Those that are not clean are landed line by line, many in one
statement: DuckDB flags the records that look doubtful, and the validator decides about those. Where DuckDB's reading of
a file cannot be trusted, the validator reads the whole file. Rows of forgotten users are left out last. Song files are
thousands and too small for any reader, so the validator reads them at once and bundles them. The statements themselves
are in `json_reading.py`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import is_small, make_bundles
from sparkify_assets.lake.forgotten import USER_COLUMN
from sparkify_assets.lake.listing import File, Lake, OnRead, open_content
from sparkify_assets.lake.records import Lines, count_lines
from sparkify_assets.lake.split import Split, reject_columns, split_file
from sparkify_assets.lake.work import FolderWork, sweep, temporary_folder
from sparkify_assets.model import Table
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, first_line
from sparkify_assets.warehouse.duckdb.json_reading import (
    ODD_IF_NESTED,
    TEXTS,
    USUAL_KEYS,
    landing_statement,
    line_by_line_statement,
    looks_nested,
    no_pattern,
)
from sparkify_assets.warehouse.duckdb.spooled_logs import FoundInText, RowsFound, SourceFile, SplitCopies, SpooledLog
from sparkify_assets.warehouse.duckdb.statement_progress import reading_reported
from sparkify_assets.warehouse.retries import quarters
from sparkify_assets.warehouse.session import DEFECT, LandedFile, reading

# A list of more suspects is not worth its memory: the validator reads the whole file instead, and needs no list.
_MOST_SUSPECTS = 1_000_000
# A clean log file is read so often: its lines are counted, its text is examined, its rows are landed.
_PASSES = 3
_REFUSALS = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)


class DuckDBLanding:
    """The tables in which files are landed, on a session's connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        lake: Lake,
        work: Path,
        on_read: OnRead | None = None,
        forgotten: Collection[int] = frozenset(),
    ) -> None:
        self._connection, self._table, self._lake, self._work = connection, table, lake, work
        self._on_read, self._forgotten = on_read, forgotten
        self._file_of: dict[int, File] = {}
        self._landed = f"landed_{table.name}"
        self._numbers = count()

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        sweep(self._work)
        self._make_tables()
        if files and files[0].day is None:
            return self._land_songs(files)
        return self._without_forgotten(self._land_together(self._land_clean, files))

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        # Rows keep the order of their file, so that a row's number is that of its record.
        self._connection.execute("SET preserve_insertion_order = true")
        try:
            return self._without_forgotten(self._land_together(self._land_line_by_line, files))
        finally:
            self._connection.execute("SET preserve_insertion_order = false")

    def _make_tables(self) -> None:
        landed = ", ".join(f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns)
        rejected = ", ".join(f"{column.name} {duckdb_type(column)}" for column in reject_columns())
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self._landed} "
            f"(log_date DATE, {landed}, landed_file INTEGER NOT NULL, landed_doubtful BOOLEAN)"
        )
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE landed_rejected_records ({rejected})")

    def _land_together(
        self, land: Callable[[Sequence[SpooledLog]], list[LandedFile]], files: Sequence[File]
    ) -> list[LandedFile]:
        """Spool log files and land them, in a few statements for all of them; in quarters where a file is in the way,
        until that one is alone."""
        if not files:
            return []
        logs: list[SpooledLog] = []
        try:
            with reading(files[0]), self._lake.spool(files) as paths:
                logs += [self._spooled(file, path) for file, path in zip(files, paths, strict=True)]
                return land(logs)
        except FileRefused as refusal:
            self._undo(logs)
            if len(files) == 1:
                return [LandedFile(files[0], 0, 0, refusal=refusal)]
            return [each for some in quarters(files) for each in self._land_together(land, some)]

    def _spooled(self, file: File, path: Path) -> SpooledLog:
        with reading(file), open_content(path) as stream:
            spooled = SpooledLog(file, str(path), next(self._numbers), count_lines(stream))
        self._file_of[spooled.number] = file
        if self._on_read:
            self._on_read(file.size // _PASSES)
        return spooled

    def _land_clean(self, logs: Sequence[SpooledLog]) -> list[LandedFile]:
        """Land the log files that are clean, and keep nothing of the others."""
        landed = self._where_accepted(self._land_strictly, [log for log in logs if not log.counted.ambiguous])
        self._delete([log for log, rows in landed.items() if rows.doubtful])
        return [LandedFile(log.file, rows.landed, rows.landed) for log, rows in landed.items() if not rows.doubtful]

    def _land_line_by_line(self, logs: Sequence[SpooledLog]) -> list[LandedFile]:
        """Land log files in which some records may be bad. The validator decides about those that are doubtful; it
        reads a file whole where DuckDB's reading of it cannot be trusted."""
        landed = self._where_accepted(self._land_lines, [log for log in logs if not log.counted.ambiguous])
        suspects = self._suspects(landed)
        splits: dict[SpooledLog, Split] = {}
        with temporary_folder(self._work, "split") as folder:
            for log in logs:
                if log not in landed or landed[log].doubtful:
                    splits[log] = self._split(log, folder, landed.get(log), suspects.get(log))
            self._delete(splits, "AND landed_doubtful")
            self._land_copies([SplitCopies.of(log.file, log.number, split) for log, split in splits.items()])
        clean = [LandedFile(log.file, landed[log].landed, landed[log].landed) for log in logs if log not in splits]
        return [*clean, *(_landed_split(log.file, split) for log, split in splits.items())]

    def _where_accepted(
        self, land: Callable[[Sequence[SpooledLog]], dict[SpooledLog, RowsFound]], logs: Sequence[SpooledLog]
    ) -> dict[SpooledLog, RowsFound]:
        """Land log files in one go; in quarters where DuckDB refuses one of them, without naming it. Leave that one
        out."""
        if not logs:
            return {}
        try:
            return land(logs)
        except _REFUSALS:
            self._delete(logs)
            return {log: rows for some in quarters(logs) for log, rows in self._where_accepted(land, some).items()}

    def _land_strictly(self, logs: Sequence[SpooledLog]) -> dict[SpooledLog, RowsFound]:
        """Land files that are JSON throughout. Return those that are one object a line, each with its rows, and keep
        nothing of the others."""
        third = sum(log.file.size for log in logs) // _PASSES
        with reading_reported(self._connection, third, self._on_read):
            found = self._fetch(TEXTS, paths=[no_pattern(log.path) for log in logs])
        text_of = {path: FoundInText(*seen) for path, *seen in found}
        texts = {log: text_of.get(log.path, FoundInText()) for log in logs}
        usual = [log for log in logs if not texts[log].odd]
        with reading_reported(self._connection, third, self._on_read):
            self._insert(landing_statement(self._table), [log.source for log in usual])
        rows = self._rows([log.number for log in usual])
        odd = self._odd([log for log in usual if texts[log].nested])
        whole = {
            log: rows[log.number]
            for log in usual
            if log not in odd
            and rows[log.number].landed == texts[log].records
            and self._is_complete(log, rows[log.number])
        }
        self._delete([log for log in usual if log not in whole])
        return whole

    def _land_lines(self, logs: Sequence[SpooledLog]) -> dict[SpooledLog, RowsFound]:
        """Land a row for every line, whatever it holds. Return the files of which no line is missing, and keep nothing
        of the others."""
        (keys,) = self._one(USUAL_KEYS, paths=[no_pattern(log.path) for log in logs])
        self._insert(line_by_line_statement(self._table), [log.source for log in logs], usual_keys=keys or [])
        rows = self._rows([log.number for log in logs])
        complete = {log: rows[log.number] for log in logs if self._is_complete(log, rows[log.number])}
        self._delete([log for log in logs if log not in complete])
        return complete

    def _is_complete(self, log: SpooledLog, rows: RowsFound) -> bool:
        """Return whether there is a row for every record: for every line, or for every line that is not blank."""
        if rows.landed == log.counted.lines:
            return True
        with reading(log.file), open_content(Path(log.path)) as stream:
            lines = Lines(stream, picked=())
            list(lines)
        return rows.landed == lines.seen

    def _odd(self, logs: Sequence[SpooledLog]) -> set[SpooledLog]:
        """Return those of landed files, in which values may nest, that hold something that DuckDB accepts and the
        validator may not."""
        if not logs:
            return set()
        names = {column: column.name for column in self._table.landed_columns}
        texts = self._fetch(ODD_IF_NESTED, paths=[no_pattern(log.path) for log in logs])
        nested = self._fetch(
            f"SELECT DISTINCT landed_file FROM {self._landed} "
            f"WHERE list_contains($files, landed_file) AND ({looks_nested(names)})",
            files=[log.number for log in logs],
        )
        odd = {value for (value,) in texts + nested}
        return {log for log in logs if log.path in odd or log.number in odd}

    def _suspects(self, landed: Mapping[SpooledLog, RowsFound]) -> dict[SpooledLog, list[int]]:
        """Return the numbers of each file's doubtful rows, the first row being 0; of no file that the validator has to
        read whole."""
        found: dict[SpooledLog, list[int]] = {}
        room = _MOST_SUSPECTS
        for log, rows in landed.items():
            if rows.numbered and 0 < rows.doubtful <= room:
                found[log] = []
                room -= rows.doubtful
        list_of = {log.number: numbers for log, numbers in found.items()}
        for file, number in self._fetch(
            f"SELECT landed_file, number FROM (SELECT landed_file, landed_doubtful, "
            f"rowid - min(rowid) OVER (PARTITION BY landed_file) AS number FROM {self._landed} "
            "WHERE list_contains($files, landed_file)) WHERE landed_doubtful ORDER BY landed_file, number",
            files=list(list_of),
        ):
            list_of[file].append(number)
        return found

    def _rows(self, numbers: Sequence[int]) -> dict[int, RowsFound]:
        """Return what was landed of each of these files, by its number."""
        # A row without what a record needs is bad, except for the first one: DuckDB cannot read it after a BOM.
        lacks = " OR ".join(f"{column.name} IS NULL" for column in self._table.landed_columns if not column.nullable)
        found = self._fetch(
            "SELECT landed_file, count(*), count(*) FILTER (landed_doubtful), "
            f"count(*) FILTER ({lacks}) - CAST(arg_min({lacks}, rowid) AS INTEGER), "
            f"max(rowid) - min(rowid) + 1 = count(*) FROM {self._landed} "
            "WHERE list_contains($files, landed_file) GROUP BY landed_file",
            files=numbers,
        )
        rows = {number: RowsFound(*counts) for number, *counts in found}
        return {number: rows.get(number, RowsFound()) for number in numbers}

    def _fetch(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def _one(self, statement: str, **values: object) -> tuple[Any, ...]:
        return (*self._fetch(statement, **values), (None,))[0]

    def _delete(self, logs: Collection[SpooledLog], condition: str = "") -> None:
        if logs:
            statement = f"DELETE FROM {self._landed} WHERE list_contains($files, landed_file) {condition}"
            self._connection.execute(statement, {"files": [log.number for log in logs]})

    def _without_forgotten(self, landed: list[LandedFile]) -> list[LandedFile]:
        """Delete the rows of forgotten users, and count them by file."""
        if not self._forgotten or not landed:
            return landed
        of_forgotten = f"FROM {self._landed} WHERE {USER_COLUMN} IN (SELECT user_id FROM ops.forgotten)"
        left_out = Counter[File]()
        for number, rows in self._fetch(f"SELECT landed_file, count(*) {of_forgotten} GROUP BY landed_file"):
            left_out[self._file_of[number]] += rows
        if left_out:
            self._connection.execute(f"DELETE {of_forgotten}")
        return [
            each._replace(loaded=each.loaded - rows, forgotten=each.forgotten + rows)
            if (rows := left_out[each.file])
            else each
            for each in landed
        ]

    def _undo(self, logs: Sequence[SpooledLog]) -> None:
        """Keep nothing of files."""
        self._delete(logs)
        statement = "DELETE FROM landed_rejected_records WHERE list_contains(CAST($paths AS VARCHAR[]), file)"
        self._connection.execute(statement, {"paths": [log.file.path for log in logs]})

    def _split(self, log: SpooledLog, folder: Path, rows: RowsFound | None, suspects: Sequence[int] | None) -> Split:
        """Split a file: its suspects, or, if there is no list of them or it cannot be trusted, all of its records."""
        with reading(log.file):
            if rows and suspects:
                lines = log.counted.lines if log.counted.lines == rows.landed else None
                split = self._split_file(log, folder, suspects, lines)
                if split.seen == rows.landed and split.rejected >= rows.certainly_bad:
                    return split
            if rows:
                self._delete([log])
            return self._split_file(log, folder)

    def _split_file(
        self, log: SpooledLog, folder: Path, suspects: Sequence[int] | None = None, lines: int | None = None
    ) -> Split:
        # Another file may hold the same records.
        prefix = f"{log.number}-"
        return split_file(Path(log.path), log.file, self._table, folder, suspects, lines, prefix, self._forgotten)

    def _land_songs(self, files: Sequence[File]) -> list[LandedFile]:
        """Land thousands of small files as a few validated bundles, and each large file alone."""
        with reading():
            bundles = make_bundles(
                self._lake, [f for f in files if is_small(f)], self._table, FolderWork(self._work), self._on_read
            )
        file_at = {file.path: file for file in files}
        members = [member for bundle in bundles for member in bundle.members]
        landed = {member.path: LandedFile.validated(file_at[member.path], member) for member in members}
        if members:
            clean = [bundle.records for bundle in bundles if bundle.good]
            rejects = [bundle.rejects for bundle in bundles if bundle.rejected]
            rejected = sum(bundle.rejected for bundle in bundles)
            seen = rejected + sum(bundle.good for bundle in bundles)
            first, context = file_at[members[0].path], "in this file or one that was bundled with it, "
            self._land_copies([SplitCopies(first, next(self._numbers), clean, rejects, seen, rejected, context)])
        for file in (file for file in files if not is_small(file)):
            with (
                reading(file),
                self._lake.spool([file]) as (path,),
                temporary_folder(self._work, "split") as folder,
            ):
                split = split_file(path, file, self._table, folder)
                self._land_copies([SplitCopies.of(file, next(self._numbers), split)])
            landed[file.path] = _landed_split(file, split)
        return [landed[file.path] for file in files]

    def _land_copies(self, copies: Sequence[SplitCopies]) -> None:
        """Land the validator's copies. DuckDB has to accept every record that the validator passed."""
        try:
            self._insert(
                landing_statement(self._table, validated=True),
                [SourceFile(path, copy.number, copy.file.day) for copy in copies for path in copy.clean],
            )
            self._insert_rejects([path for copy in copies for path in copy.rejects])
        except duckdb.Error as error:
            # Of several files this may not be the one in question; they are then landed in quarters.
            problem = f"DuckDB refuses what the validator has passed: {first_line(error)}"
            raise FileRefused(copies[0].file, f"{copies[0].context}{problem}", DEFECT) from error
        landed = self._rows([copy.number for copy in copies])
        for copy in copies:
            rows = landed[copy.number]
            if rows.doubtful or rows.landed != copy.seen - copy.kept_out:
                raise FileRefused(
                    copy.file,
                    f"{copy.context}the validator passed {copy.seen - copy.kept_out} of {copy.seen} records, DuckDB "
                    f"landed {rows.landed}, of which {rows.doubtful} break a rule",
                    DEFECT,
                )

    def _insert(self, statement: str, sources: Sequence[SourceFile], **values: object) -> None:
        """Land local files by a statement, each with its number and its day."""
        if sources:
            paths, numbers, days = zip(*sources, strict=True)
            patterns = [no_pattern(path) for path in paths]
            self._one(statement, paths=patterns, files=list(numbers), days=list(days), **values)

    def _insert_rejects(self, copies: Sequence[str]) -> None:
        if not copies:
            return
        keys = ", ".join(f"{column.name}: '{duckdb_type(column)}'" for column in reject_columns())
        self._connection.execute(
            "INSERT INTO landed_rejected_records "
            f"FROM read_json($paths, columns = {{{keys}}}, format = 'newline_delimited')",
            {"paths": [no_pattern(copy) for copy in copies]},
        )


def _landed_split(file: File, split: Split) -> LandedFile:
    loaded = split.seen - split.rejected - split.forgotten
    return LandedFile(file, split.seen, loaded, split.rejected, split.example, split.unknown, forgotten=split.forgotten)

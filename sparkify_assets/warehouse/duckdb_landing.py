"""Landing on DuckDB: files of the lake into a session's own table, and their rejects into another.

Strictly first. What DuckDB refuses is looked at record by record, and what is doubtful then the sieve decides; where
DuckDB's reading cannot be trusted, the whole file goes through the sieve.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sparkify_assets.lake import File, Lake, open_content
from sparkify_assets.lake.mend import Mended, mend, reject_columns
from sparkify_assets.lake.records import LineCount, Lines, count_lines
from sparkify_assets.lake.work import sweep
from sparkify_assets.model import Table
from sparkify_assets.warehouse import FileRefused, LandedFile, reading
from sparkify_assets.warehouse.duckdb_names import duckdb_type, first_line
from sparkify_assets.warehouse.duckdb_reading import (
    bracket,
    close_statement,
    landing_statement,
    no_pattern,
    odd_statement,
    text_statement,
    usual_keys_statement,
)

# Of more than these it is not worth to keep a list: the file goes through the sieve, which keeps none.
_MOST_SUSPECTS = 1_000_000
_SPOOL_BYTES = 256_000_000
_REFUSALS = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)


@dataclass(frozen=True)
class _Text:
    """What the text of a landed file shows: its records, whether one is odd, whether one may nest a value."""

    records: int
    odd: bool
    nested: bool


@dataclass(frozen=True)
class _Rows:
    """What was landed of a file: its rows, those in doubt, those that the sieve is certain to reject, and whether rows
    can be told by their number."""

    landed: int
    doubtful: int
    certainly_bad: int
    numbered: bool


class Landing:
    """The tables that files are landed in, on a session's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, lake: Lake, work: Path) -> None:
        self._connection, self._table, self._lake, self._work = connection, table, lake, work
        self._landed = f"landed_{table.name}"

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        sweep(self._work)
        self._make_tables()
        if files and files[0].day is not None:
            # One after another: of several at once DuckDB 2.0 now and then drops a broken last line.
            with self._in_order():
                return [self._spool_log(file) for file in files]
        return [landed for batch in _batches(files) for landed in self._spool_songs(batch)]

    def _spool_log(self, file: File) -> LandedFile:
        with reading(), self._lake.spool([file]) as (path,):
            return self._land_log(file, str(path))

    def _spool_songs(self, files: Sequence[File]) -> list[LandedFile]:
        with reading(), self._lake.spool(files) as paths:
            return self._land_songs(dict(zip(map(str, paths), files, strict=True)))

    def _make_tables(self) -> None:
        columns = [f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns]
        self._create(self._landed, [*columns, "landed_file VARCHAR", "landed_doubtful BOOLEAN"])
        self._create("landed_rejected_records", [f"{c.name} {duckdb_type(c)}" for c in reject_columns()])

    def _create(self, name: str, columns: list[str]) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(columns)})")

    @contextmanager
    def _in_order(self) -> Iterator[None]:
        """Rows are landed in the order of the file, so that they can be told by their number."""
        self._connection.execute("SET preserve_insertion_order = true")
        try:
            yield
        finally:
            self._connection.execute("SET preserve_insertion_order = false")

    def _land_log(self, file: File, path: str) -> LandedFile:
        count = _count_lines(file, path)
        trusted = not count.ambiguous and (
            self._lands_strictly(file, path, count) or self._lands_closely(file, path, count)
        )
        if trusted:
            rows = self._rows(path)
            if not rows.doubtful:
                return LandedFile(file, rows.landed, rows.landed)
            if rows.numbered and rows.doubtful <= _MOST_SUSPECTS:
                mended = self._mend(file, path, self._suspects(path))
                if mended.seen == rows.landed and mended.rejected >= rows.certainly_bad:
                    self._delete([path], "AND landed_doubtful")
                    return self._land_mended(file, path, mended)
                mended.discard()
        self._delete([path])
        return self._land_mended(file, path, self._mend(file, path))

    def _lands_strictly(self, file: File, path: str, count: LineCount) -> bool:
        """Land what is JSON throughout, one object a line."""
        try:
            rows = self._insert(landing_statement(self._table, lines=True), path)
            text = self._texts([path], lines=True).get(path, _Text(0, odd=False, nested=False))
        except _REFUSALS:
            return False
        if rows == text.records and not self._is_odd(path, text, lines=True) and self._is_all(file, path, rows, count):
            return True
        self._delete([path])
        return False

    def _lands_closely(self, file: File, path: str, count: LineCount) -> bool:
        """Land a row for every line, whatever is in it."""
        paths = {"paths": [no_pattern(path)]}
        try:
            usual = self._connection.execute(usual_keys_statement(), paths).fetchone()
            rows = self._insert(close_statement(self._table), path, usual_keys=usual[0] if usual else [])
        except _REFUSALS:
            return False
        return self._is_all(file, path, rows, count)

    def _insert(self, statement: str, path: str, source: str | None = None, **values: object) -> int:
        """Land a file, under its own path; how many rows that were."""
        values |= {"path": path, "paths": [no_pattern(source or path)]}
        inserted = self._connection.execute(statement, values).fetchone()
        return int(inserted[0]) if inserted else 0

    def _is_all(self, file: File, path: str, rows: int, count: LineCount) -> bool:
        """Whether there is a row for every record: for every line, or, where some are blank, for every other."""
        if rows == count.lines:
            return True
        with reading(file), open_content(Path(path)) as stream:
            lines = Lines(stream, picked=())
            list(lines)
        return rows == lines.seen

    def _is_odd(self, path: str, text: _Text, *, lines: bool) -> bool:
        """Whether a landed file has something that DuckDB lets pass."""
        if text.odd or not text.nested:
            return text.odd
        (odd,) = self._one(odd_statement(lines=lines), paths=[no_pattern(path)])
        names = {column: column.name for column in self._table.landed_columns}
        (nested,) = self._one(
            f"SELECT count(*) FROM {self._landed} WHERE landed_file = $path AND ({bracket(names)})", path=path
        )
        return bool(odd or nested)

    def _texts(self, paths: list[str], *, lines: bool) -> dict[str, _Text]:
        found = self._connection.execute(text_statement(lines=lines), {"paths": [no_pattern(path) for path in paths]})
        return {path: _Text(*seen) for path, *seen in found.fetchall()}

    def _suspects(self, path: str) -> list[int]:
        """The numbers of the doubtful rows of a file, the first is 0."""
        found = self._connection.execute(
            f"SELECT rowid - (SELECT min(rowid) FROM {self._landed} WHERE landed_file = $path) AS number "
            f"FROM {self._landed} WHERE landed_file = $path AND landed_doubtful ORDER BY number",
            {"path": path},
        )
        return [number for (number,) in found.fetchall()]

    def _rows(self, path: str) -> _Rows:
        # What lacks what a record needs is bad; but the first, which DuckDB cannot read if a BOM is before it.
        lacks = " OR ".join(f"{column.name} IS NULL" for column in self._table.landed_columns if not column.nullable)
        first = f"(SELECT min(rowid) FROM {self._landed} WHERE landed_file = $path)"
        landed, doubtful, bad, numbered = self._one(
            f"SELECT count(*), count(*) FILTER (landed_doubtful), count(*) FILTER (({lacks}) AND rowid > {first}), "
            f"coalesce(max(rowid) - {first} + 1 = count(*), true) FROM {self._landed} WHERE landed_file = $path",
            path=path,
        )
        return _Rows(int(str(landed)), int(str(doubtful)), int(str(bad)), bool(numbered))

    def _one(self, statement: str, **values: object) -> tuple[object, ...]:
        row: tuple[object, ...] = self._connection.execute(statement, values).fetchone() or (None,)
        return row

    def _delete(self, paths: Sequence[str], condition: str = "") -> None:
        if paths:
            gone = f"DELETE FROM {self._landed} WHERE list_contains($paths, landed_file) {condition}"
            self._connection.execute(gone, {"paths": paths})

    def _mend(self, file: File, path: str, suspects: Sequence[int] | None = None) -> Mended:
        with reading(file):
            return mend(Path(path), file, self._table, self._work, suspects)

    def _land_mended(self, file: File, path: str, mended: Mended) -> LandedFile:
        """Land what the sieve has passed, which DuckDB has to take, and keep what it has not."""
        try:
            if mended.good:
                self._insert(landing_statement(self._table, lines=True), path, str(mended.good_copy))
            if mended.rejected:
                self._insert_rejects(mended.rejects_copy)
        except duckdb.Error as error:
            raise FileRefused(file, f"DuckDB refuses what the sieve has passed: {first_line(error)}") from error
        finally:
            mended.discard()
        rows = self._rows(path)
        if rows.doubtful or rows.landed != mended.seen - mended.rejected:
            raise FileRefused(
                file,
                f"of {mended.seen} records the sieve rejected {mended.rejected}, and DuckDB took {rows.landed}, of "
                f"which {rows.doubtful} break a rule",
            )
        return LandedFile(file, mended.seen, rows.landed, mended.rejected, mended.example, mended.unknown)

    def _insert_rejects(self, copy: Path) -> None:
        names = ", ".join(column.name for column in reject_columns())
        keys = ", ".join(f"{column.name}: '{duckdb_type(column)}'" for column in reject_columns())
        self._connection.execute(
            f"INSERT INTO landed_rejected_records ({names}) SELECT {names} "
            f"FROM read_json($paths, columns = {{{keys}}}, format = 'newline_delimited')",
            {"paths": [no_pattern(str(copy))]},
        )

    def _land_songs(self, file_at: Mapping[str, File]) -> list[LandedFile]:
        """Land thousands of small files at once."""
        clear = [path for path, file in file_at.items() if not _count_lines(file, path).ambiguous]
        texts = self._land_together(clear)
        passed = self._passed(texts)
        # Of a file of one byte DuckDB says that it is empty, whichever byte that is.
        refused = {path for path, file in file_at.items() if path not in passed and file.size}
        self._delete(sorted(refused))
        return [
            self._land_mended(file, path, self._mend(file, path))
            if path in refused
            else LandedFile(file, passed.get(path, 0), passed.get(path, 0))
            for path, file in file_at.items()
        ]

    def _land_together(self, paths: list[str]) -> dict[str, _Text]:
        """Land what DuckDB can read, and look at its text; the files that it cannot read are found by halving."""
        if not paths:
            return {}
        try:
            texts = self._texts(paths, lines=False)
            self._connection.execute(
                landing_statement(self._table, lines=False), {"paths": [no_pattern(path) for path in paths]}
            )
        except _REFUSALS:
            if len(paths) == 1:
                return {}
            half = len(paths) // 2
            return self._land_together(paths[:half]) | self._land_together(paths[half:])
        return texts

    def _passed(self, texts: Mapping[str, _Text]) -> dict[str, int]:
        """The files of which every record was landed and none is in doubt, with how many that are."""
        landed = self._connection.execute(
            f"SELECT landed_file, count(*), bool_or(landed_doubtful) FROM {self._landed} "
            "WHERE list_contains($paths, landed_file) GROUP BY landed_file",
            {"paths": list(texts)},
        ).fetchall()
        return {
            path: rows
            for path, rows, doubtful in landed
            if not doubtful and rows == texts[path].records and not self._is_odd(path, texts[path], lines=False)
        }


def _batches(files: Sequence[File]) -> Iterator[Sequence[File]]:
    """Small files together, as many as may be spooled at once; one batch at least, since tables are made by it."""
    begin, size = 0, 0
    for end, file in enumerate(files):
        if size and size + file.size > _SPOOL_BYTES:
            yield files[begin:end]
            begin, size = end, 0
        size += file.size
    yield files[begin:]


def _count_lines(file: File, path: str) -> LineCount:
    with reading(file), open_content(Path(path)) as stream:
        return count_lines(stream)

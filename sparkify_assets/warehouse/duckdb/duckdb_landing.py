"""Landing on DuckDB: files of the lake into a session's own table, and their rejects into another.

Strictly first, all files together. What is not clean is landed alone: what DuckDB refuses is looked at record by
record, and what is doubtful then the sieve decides; where DuckDB's reading cannot be trusted, the whole file goes
through the sieve. Song files are thousands, too small for any reader, and go through the sieve at once, to be put
together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import Bundle, is_small, make_bundles
from sparkify_assets.lake.listing import UNREADABLE, File, Lake, open_content
from sparkify_assets.lake.records import LineCount, Lines, count_lines
from sparkify_assets.lake.split import Split, reject_columns, split_file
from sparkify_assets.lake.work import FolderWork, sweep
from sparkify_assets.model import Table
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, first_line
from sparkify_assets.warehouse.duckdb.json_reading import (
    bracket,
    close_statement,
    landing_statement,
    no_pattern,
    odd_statement,
    text_statement,
    usual_keys_statement,
)
from sparkify_assets.warehouse.session import LandedFile, reading

# Of more than these it is not worth to keep a list: the file goes through the sieve, which keeps none.
_MOST_SUSPECTS = 1_000_000
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


_NO_TEXT = _Text(0, odd=False, nested=False)
_BUNDLES, _IN_BUNDLES = "songs/", "in this file or one that was bundled with it"


class Landing:
    """The tables that files are landed in, on a session's connection."""

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
        columns = [f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns]
        self._create(self._landed, ["log_date DATE", *columns, "landed_file INTEGER", "landed_doubtful BOOLEAN"])
        self._create("landed_rejected_records", [f"{c.name} {duckdb_type(c)}" for c in reject_columns()])

    def _number(self, path: str) -> int:
        """What a file's rows are known by: a path with every row would be half of what is landed."""
        return self._numbers.setdefault(path, len(self._numbers))

    def _create(self, name: str, columns: list[str]) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(columns)})")

    def _land_together(self, files: Sequence[File]) -> dict[File, LandedFile]:
        """Land log files in one statement: those among them that are clean. In the others nothing is told apart."""
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
        told = {
            "names": list(counts),
            "files": [self._number(path) for path in counts],
            "days": [file_at[path].day for path in counts],
        }
        self._insert(landing_statement(self._table, together=True), list(counts), **told)
        texts = self._texts(list(counts))
        landed = self._connection.execute(
            f"SELECT landed_file, count(*) FROM {self._landed} GROUP BY landed_file HAVING NOT bool_or(landed_doubtful)"
        )
        by_number = dict(landed.fetchall())
        rows = {path: by_number.get(self._number(path), 0) for path in counts}
        clean = {
            path: rows[path]
            for path, count in counts.items()
            if rows[path] == texts.get(path, _NO_TEXT).records
            and not self._is_odd(path, texts.get(path, _NO_TEXT))
            and self._is_all(file_at[path], path, rows[path], count)
        }
        self._delete(counts.keys() - clean)
        return {file_at[path]: LandedFile(file_at[path], number, number) for path, number in clean.items()}

    def _land_alone(self, file: File) -> LandedFile:
        try:
            with self._in_order(), reading(file), self._lake.spool([file]) as (path,):
                return self._land_log(file, str(path))
        except FileRefused as refusal:
            return LandedFile(file, 0, 0, refusal=refusal)

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
                split = self._split(file, path, self._suspects(path))
                if split.seen == rows.landed and split.rejected >= rows.certainly_bad:
                    self._delete([path], "AND landed_doubtful")
                    return self._land_split(file, path, split)
                split.discard()
        self._delete([path])
        return self._land_split(file, path, self._split(file, path))

    def _lands_strictly(self, file: File, path: str, count: LineCount) -> bool:
        """Land what is JSON throughout, one object a line."""
        try:
            rows = self._insert(landing_statement(self._table), [path], file=self._number(path), day=file.day)
            text = self._texts([path]).get(path, _NO_TEXT)
        except _REFUSALS:
            return False
        if rows == text.records and not self._is_odd(path, text) and self._is_all(file, path, rows, count):
            return True
        self._delete([path])
        return False

    def _lands_closely(self, file: File, path: str, count: LineCount) -> bool:
        """Land a row for every line, whatever is in it."""
        paths = {"paths": [no_pattern(path)]}
        try:
            usual = self._connection.execute(usual_keys_statement(), paths).fetchone()
            keys = usual[0] if usual else []
            rows = self._insert(
                close_statement(self._table), [path], file=self._number(path), day=file.day, usual_keys=keys
            )
        except _REFUSALS:
            return False
        return self._is_all(file, path, rows, count)

    def _insert(self, statement: str, paths: Sequence[str], **values: object) -> int:
        """Land files; how many rows that were."""
        values["paths"] = [no_pattern(path) for path in paths]
        inserted = self._connection.execute(statement, values).fetchone() if paths else None
        return int(inserted[0]) if inserted else 0

    def _is_all(self, file: File, path: str, rows: int, count: LineCount) -> bool:
        """Whether there is a row for every record: for every line, or, where some are blank, for every other."""
        if rows == count.lines:
            return True
        with reading(file), open_content(Path(path)) as stream:
            lines = Lines(stream, picked=())
            list(lines)
        return rows == lines.seen

    def _is_odd(self, path: str, text: _Text) -> bool:
        """Whether a landed file has something that DuckDB lets pass."""
        if text.odd or not text.nested:
            return text.odd
        (odd,) = self._one(odd_statement(), paths=[no_pattern(path)])
        names = {column: column.name for column in self._table.landed_columns}
        (nested,) = self._one(
            f"SELECT count(*) FROM {self._landed} WHERE landed_file = $file AND ({bracket(names)})",
            file=self._number(path),
        )
        return bool(odd or nested)

    def _texts(self, paths: list[str]) -> dict[str, _Text]:
        if not paths:
            return {}
        found = self._connection.execute(text_statement(), {"paths": [no_pattern(path) for path in paths]})
        return {path: _Text(*seen) for path, *seen in found.fetchall()}

    def _suspects(self, path: str) -> list[int]:
        """The numbers of the doubtful rows of a file, the first is 0."""
        found = self._connection.execute(
            f"SELECT rowid - (SELECT min(rowid) FROM {self._landed} WHERE landed_file = $file) AS number "
            f"FROM {self._landed} WHERE landed_file = $file AND landed_doubtful ORDER BY number",
            {"file": self._number(path)},
        )
        return [number for (number,) in found.fetchall()]

    def _rows(self, path: str) -> _Rows:
        # What lacks what a record needs is bad; but the first, which DuckDB cannot read if a BOM is before it.
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
            gone = f"DELETE FROM {self._landed} WHERE list_contains($files, landed_file) {condition}"
            self._connection.execute(gone, {"files": [self._number(path) for path in paths]})

    def _split(self, file: File, path: str, suspects: Sequence[int] | None = None) -> Split:
        with reading(file):
            return split_file(Path(path), file, self._table, self._work, suspects)

    def _land_split(self, file: File, path: str, split: Split) -> LandedFile:
        """Land what the sieve has passed, which DuckDB has to take, and keep what it has not."""
        try:
            if split.good:
                self._insert(
                    landing_statement(self._table), [str(split.clean_copy)], file=self._number(path), day=file.day
                )
            if split.rejected:
                self._insert_rejects([str(split.rejects_copy)])
        except duckdb.Error as error:
            raise FileRefused(file, f"DuckDB refuses what the sieve has passed: {first_line(error)}") from error
        finally:
            split.discard()
        rows = self._rows(path)
        if rows.doubtful or rows.landed != split.seen - split.rejected:
            raise FileRefused(
                file,
                f"of {split.seen} records the sieve rejected {split.rejected}, and DuckDB took {rows.landed}, of "
                f"which {rows.doubtful} break a rule",
            )
        return LandedFile(file, split.seen, rows.landed, split.rejected, split.example, split.unknown)

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

    def _land_songs(self, files: Sequence[File]) -> list[LandedFile]:
        """Land thousands of small files as a few bundles that the sieve has been through, and each large one alone."""
        with reading():
            bundles = make_bundles(self._lake, [f for f in files if is_small(f)], self._table, FolderWork(self._work))
        file_at = {file.path: file for file in files}
        members = [member for bundle in bundles for member in bundle.members]
        if members:
            self._land_bundles(bundles, file_at[members[0].path])
        landed = {member.path: LandedFile.bundled(file_at[member.path], member) for member in members}
        for file in (file for file in files if not is_small(file)):
            with reading(file), self._lake.spool([file]) as (path,):
                landed[file.path] = self._land_split(file, str(path), self._split(file, str(path)))
        return [landed[file.path] for file in files]

    def _land_bundles(self, bundles: Sequence[Bundle], first: File) -> None:
        """Land what the sieve has passed, which DuckDB has to take, and keep what it has not."""
        records = [bundle.records for bundle in bundles if bundle.good]
        rejects = [bundle.rejects for bundle in bundles if bundle.rejected]
        try:
            self._insert(landing_statement(self._table), records, file=self._number(_BUNDLES), day=None)
            self._insert_rejects(rejects)
        except duckdb.Error as error:
            raise FileRefused(
                first, f"{_IN_BUNDLES}, DuckDB refuses what the sieve has passed: {first_line(error)}"
            ) from error
        rows, good = self._rows(_BUNDLES), sum(bundle.good for bundle in bundles)
        if rows.doubtful or rows.landed != good:
            raise FileRefused(
                first,
                f"{_IN_BUNDLES}, DuckDB took {rows.landed} of {good} records that the sieve has passed, of which "
                f"{rows.doubtful} break a rule",
            )


def _count_lines(file: File, path: str) -> LineCount:
    with reading(file), open_content(Path(path)) as stream:
        return count_lines(stream)

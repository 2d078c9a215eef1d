"""Landing on DuckDB: files of the lake into a session's own table, every field read as text and judged in the scan.

What DuckDB refuses, and what it takes though a rule may be broken, goes to the sieve, which decides.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from sparkify_assets.lake import File, Lake, LakeError
from sparkify_assets.lake.mend import Mended, mend
from sparkify_assets.lake.records import MAX_BYTES
from sparkify_assets.lake.sieve import DOUBLE, INTEGER
from sparkify_assets.model import Column, Table
from sparkify_assets.warehouse import FileRefused, LandedFile
from sparkify_assets.warehouse.duckdb_names import duckdb_type, first_line, identifier, literal


class Landing:
    """A table that files are landed in, on a session's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, lake: Lake, work: Path) -> None:
        self._connection, self._table, self._lake, self._work = connection, table, lake, work

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        columns = ", ".join(f"{column.name} {duckdb_type(column)}" for column in self._table.landed_columns)
        self._connection.execute(
            f"CREATE TEMP TABLE landed_{self._table.name} "
            f"({columns}, landed_file VARCHAR, landed_refused BOOLEAN, landed_bracket BOOLEAN)"
        )
        with self._lake.spool(files) as paths:
            file_at = dict(zip(map(str, paths), files, strict=True))
            scanned = self._scan_strictly(list(file_at), lines=bool(files) and files[0].day is not None)
        passed = self._passed(scanned)
        # Of a file of one byte DuckDB says that it is empty, whichever byte that is.
        refused = [path for path, file in file_at.items() if path not in passed and (path in scanned or file.size)]
        self._delete(refused)
        return [
            self._land_mended(file) if path in refused else LandedFile(file, passed.get(path, 0), passed.get(path, 0))
            for path, file in file_at.items()
        ]

    def _scan_strictly(self, paths: list[str], *, lines: bool) -> dict[str, "_Scan"]:
        """Land what DuckDB can read, and look at its text; the files that it cannot read are found by halving."""
        if not paths:
            return {}
        if lines and len(paths) > 1:
            # Of several files at once, DuckDB 2.0 now and then drops a broken last line instead of refusing it.
            return {path: scan for one in paths for path, scan in self._scan_strictly([one], lines=True).items()}
        values = {"paths": [_no_pattern(path) for path in paths]}
        try:
            scans = self._connection.execute(_text_statement(lines=lines), values).fetchall()
            self._connection.execute(_landing_statement(self._table, lines=lines), values)
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException):
            if len(paths) == 1:
                return {paths[0]: _UNREADABLE}
            half = len(paths) // 2
            return self._scan_strictly(paths[:half], lines=lines) | self._scan_strictly(paths[half:], lines=lines)
        return {path: _Scan(*seen) for path, *seen in scans}

    def _passed(self, scanned: Mapping[str, "_Scan"]) -> dict[str, int]:
        """The files of which every record was landed and none is in doubt, with how many that are."""
        landed = self._connection.execute(
            "SELECT landed_file, count(*), bool_or(landed_refused), bool_or(landed_bracket) "
            f"FROM landed_{self._table.name} GROUP BY landed_file"
        ).fetchall()
        return {
            path: rows
            for path, rows, refused, bracket in landed
            if not refused
            and rows == scanned[path].records
            and not scanned[path].lenient
            and not (bracket and scanned[path].nested)
        }

    def _delete(self, paths: list[str]) -> None:
        if paths:
            gone = f"DELETE FROM landed_{self._table.name} WHERE list_contains($paths, landed_file)"
            self._connection.execute(gone, {"paths": paths})

    def _land_mended(self, file: File) -> LandedFile:
        """Land the good records of a file that DuckDB refused; what the sieve has passed has to be taken."""
        try:
            mended: Mended = mend(self._lake, file, self._table, self._work)
        except (LakeError, OSError, EOFError, zlib.error) as error:
            raise FileRefused(file, f"cannot be read to its end: {error}") from error
        try:
            landed = self._connection.execute(
                _landing_statement(self._table, lines=True, sieved=True), {"paths": [_no_pattern(str(mended.path))]}
            ).fetchone()
            refused = self._connection.execute(
                f"SELECT count(*) FROM landed_{self._table.name} WHERE landed_file = $path AND landed_refused",
                {"path": str(mended.path)},
            ).fetchone()
        except duckdb.Error as error:
            raise FileRefused(file, f"DuckDB refuses what the sieve has passed: {first_line(error)}") from error
        rows = int(landed[0]) if landed else 0
        if rows != mended.good or (refused and refused[0]):
            raise FileRefused(file, f"the sieve passed {mended.good} records, DuckDB took {rows}, refusing {refused}")
        return LandedFile(file, mended.good + len(mended.rejects), mended.good, mended.rejects)


@dataclass(frozen=True)
class _Scan:
    """What the text of a file shows: its records; whether DuckDB was lenient with one; whether one nests a value."""

    records: int
    lenient: bool
    nested: bool


_UNREADABLE = _Scan(-1, lenient=True, nested=True)


@cache
def _landing_statement(table: Table, *, lines: bool, sieved: bool = False) -> str:
    """Read every field as text and judge it in the same scan: DuckDB's own typing would take 1.5 for an integer."""
    columns = table.landed_columns
    typed = ", ".join(f"{_typed(column)} AS {column.name}" for column in columns)
    refused = " OR ".join(_refused(column) for column in columns)
    # An object or an array arrives in a text column as its text, and so does a text that begins like one.
    texts = [_field(column) for column in columns if column.is_text]
    bracket = " OR ".join(f"coalesce(starts_with({text}, '{mark}'), false)" for text in texts for mark in "{[")
    keys = ", ".join(f"{literal(column.source or '')}: 'VARCHAR'" for column in columns)
    return (
        f"INSERT INTO landed_{table.name} SELECT {typed}, filename, {refused}, {'false' if sieved else bracket} "
        f"FROM read_json($paths, columns = {{{keys}}}, {_reading(lines=lines)})"
    )


def _text_statement(*, lines: bool) -> str:
    """What DuckDB takes and JSON, or the sieve, does not: a comma that closes, NaN and infinity, a record over 4 MB."""
    lenient = r',\s*[}\]]|"\s*:\s*-?(?i:nan|inf)'
    nested = r'"\s*:\s*[\[{]'
    return (
        f"SELECT filename, count(*), bool_or(strlen(json) > {MAX_BYTES} OR regexp_matches(json, {literal(lenient)})), "
        f"bool_or(regexp_matches(json, {literal(nested)})) "
        f"FROM read_json_objects($paths, {_reading(lines=lines)}) GROUP BY filename"
    )


def _reading(*, lines: bool) -> str:
    """How files are read. A folder named like `page=Home` is a folder, not a column."""
    return (
        f"format = '{'newline_delimited' if lines else 'unstructured'}', filename = true, hive_partitioning = false, "
        f"maximum_object_size = {MAX_BYTES}"
    )


def _typed(column: Column) -> str:
    field = _field(column)
    if column.is_text:
        return field
    pattern = INTEGER.pattern if column.is_integer else DOUBLE.pattern
    return (
        f"TRY_CAST(CASE WHEN regexp_full_match({field}, {literal(pattern)}) THEN {field} END AS {duckdb_type(column)})"
    )


def _refused(column: Column) -> str:
    """Whether a field breaks a rule of the contract."""
    field, typed = _field(column), _typed(column)
    if column.is_text:
        rules = [f"strlen({field}) > {column.max_bytes}", f"contains({field}, chr(0))"]
        if not column.nullable:
            rules.append(f"{field} IS NULL")
    else:
        rules = [f"({field} <> '' AND {typed} IS NULL)" if column.nullable else f"{typed} IS NULL"]
        if column.is_double:
            rules.append(f"NOT isfinite({typed})")
        if column.least is not None:
            rules.append(f"NOT {typed} BETWEEN {column.range[0]} AND {column.range[1]}")
    return " OR ".join(f"coalesce({rule}, false)" for rule in rules)


def _field(column: Column) -> str:
    return identifier(column.source or "")


def _no_pattern(path: str) -> str:
    """A path for read_json, which takes `*`, `?` and `[` for patterns, and with one of them a backslash as well."""
    return re.sub(r"([*?\[\\])", r"[\1]", path) if re.search(r"[*?\[]", path) else path

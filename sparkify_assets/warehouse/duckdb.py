"""The embedded warehouse: one DuckDB file, opened late and closed early, since it has one writer at a time.

Everything that only DuckDB understands is here and in `dialect.py`.
"""

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.lake import File, Lake, LakeError
from sparkify_assets.lake.mend import Mended, mend
from sparkify_assets.lake.records import MAX_BYTES
from sparkify_assets.lake.sieve import DOUBLE, INTEGER
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query, model_version
from sparkify_assets.warehouse import (
    Answer,
    FileRefused,
    LandedFile,
    QueryError,
    Row,
    Session,
    Value,
    WarehouseBusy,
    WarehouseError,
    WarehouseMissing,
)
from sparkify_assets.warehouse.dialect import TranslationError, parameters, translate

log = logging.getLogger(__name__)

_SETTINGS = (
    "SET integer_division = true",
    "SET TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET preserve_insertion_order = false",
)
_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")
BUSY_SECONDS = 60.0


class DuckDBWarehouse:
    """A warehouse in a file. `busy_seconds` is how long it waits for another process to be done with it."""

    def __init__(self, path: Path, work: Path, busy_seconds: float | None = None) -> None:
        self.path, self.work = path, work
        self.busy_seconds = BUSY_SECONDS if busy_seconds is None else busy_seconds

    @property
    def location(self) -> Path:
        return self.path

    @contextmanager
    def session(self) -> Iterator[Session]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect(read_only=False) as connection:
            _bring_tables_up_to_date(connection)
            yield DuckDBSession(connection, self.work)

    @contextmanager
    def reader(self) -> Iterator[Session]:
        if not self.path.exists():
            raise WarehouseMissing(f"there is no warehouse at {self.path} yet: run `sparkify load` first")
        with self._connect(read_only=True) as connection:
            yield DuckDBSession(connection, self.work)

    @contextmanager
    def _connect(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._wait_for_file(read_only)
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            yield connection
        finally:
            connection.close()

    def _wait_for_file(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting while another process has it open."""
        deadline = time.monotonic() + self.busy_seconds
        told = False
        while True:
            try:
                return duckdb.connect(self.path, read_only=read_only)
            except duckdb.IOException as error:
                holder = _HOLDER.search(str(error))
                if not holder:
                    raise WarehouseError(
                        f"the warehouse {self.path} cannot be opened: {_first_line(error)}; if it is not a DuckDB file "
                        "of this version, move it away and load again"
                    ) from error
                held = f"the warehouse {self.path} is held by process {holder['process']} ({holder['program']})"
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(
                        f"{held}, and was for {self.busy_seconds:.0f} s: try again when it is done"
                    ) from error
            if not told:
                log.warning("%s: waiting for it, %.0f s at most", held, self.busy_seconds)
                told = True
            time.sleep(0.05)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _bring_tables_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the contract. What another model has made is dropped: the lake makes it again.

    A file's name is its catalog's, and DuckDB takes `sparkify.songplays` in data/sparkify.duckdb for catalog and table.
    So the schema that is named like the file is the catalog's own, `main`, and every name means the same in any file.
    """
    (catalog,) = connection.execute("SELECT lower(current_database())").fetchone() or ("",)
    schemas = {schema: "main" if schema == catalog else schema for schema in model.SCHEMAS}
    mark = f"{model.table('ops.load_lock').meaning} Made by model {model_version()} in {', '.join(schemas.values())}."
    found = connection.execute(
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'load_lock' AND database_name = current_database()"
    ).fetchall()
    if found == [(mark,)]:
        return
    connection.begin()
    made = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() "
        "AND (list_contains($schemas, schema_name) OR (schema_name = 'main' AND list_contains($names, table_name)))",
        {"schemas": model.SCHEMAS, "names": [table.name for table in model.tables().values()]},
    ).fetchall()
    for schema, table in made:
        connection.execute(f"DROP TABLE {_identifier(schema)}.{_identifier(table)}")
    for schema in schemas.values():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for contract in model.tables().values():
        for statement in contract.statements:
            connection.execute(translate(statement))
    connection.execute(f"COMMENT ON TABLE ops.load_lock IS {_literal(mark)}")
    connection.commit()


class DuckDBSession:
    """A connection to the embedded warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._connection = connection
        self._work = work

    @contextmanager
    def transaction(self) -> Iterator[None]:
        # The file itself is the loaders' lock: no other process has it open.
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def run(self, query: Query, **values: Value) -> int:
        sql = translate(query.sql)
        changed = self._connection.execute(sql, _only_named(query, values)).fetchone()
        return int(changed[0]) if changed else 0

    def fetch(self, query: Query, **values: Value) -> list[Row]:
        result = self._connection.execute(translate(query.sql), _only_named(query, values))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def ask(self, query: Query) -> Answer:
        try:
            # A question about tables: not a way to read or write files.
            self._connection.execute("SET enable_external_access = false")
            result = self._connection.execute(translate(query.sql))
            return Answer(tuple(column[0] for column in result.description), result.fetchall())
        except (duckdb.Error, TranslationError) as error:
            raise QueryError(f"the question cannot be answered: {_first_line(error)}") from error

    def insert(self, table: Table, rows: Sequence[Mapping[str, Value]]) -> None:
        if not rows:
            return
        names = ", ".join(column.name for column in table.columns)
        fields = ", ".join(f"{column.name} {_type(column)}" for column in table.columns)
        self._connection.execute(
            f"INSERT INTO {table.full_name} ({names}) SELECT {names} "
            f"FROM (SELECT unnest(CAST($rows AS STRUCT({fields})[]), recursive := true))",
            {"rows": [{column.name: row[column.name] for column in table.columns} for row in rows]},
        )

    def land(self, table: Table, lake: Lake, files: Sequence[File]) -> list[LandedFile]:
        landing = f"landed_{table.name}"
        columns = ", ".join(f"{column.name} {_type(column)}" for column in table.landed_columns)
        self._connection.execute(
            f"CREATE TEMP TABLE {landing} ({columns}, landed_file VARCHAR, landed_refused BOOLEAN)"
        )
        with lake.spool(files) as paths:
            file_at = dict(zip(map(str, paths), files, strict=True))
            refused = self._insert_strictly(table, list(file_at), lines=bool(files) and files[0].day is not None)
        counts = {path: (records, bad) for path, records, bad in self._count_landed(landing)}
        refused += [path for path, (_, bad) in counts.items() if bad]
        # Of a file of one byte DuckDB says that it is empty, whichever byte that is.
        refused += [path for path, file in file_at.items() if file.size and path not in counts and path not in refused]
        self._delete_landed(landing, refused)
        landed = []
        for path, file in file_at.items():
            if path in refused:
                landed.append(self._land_mended(table, lake, file))
            else:
                records, _ = counts.get(path, (0, 0))
                landed.append(LandedFile(file, records, records))
        return landed

    def _insert_strictly(self, table: Table, paths: list[str], *, lines: bool) -> list[str]:
        """Land what DuckDB can read; the files that it cannot, found by halving, or takes with more than is JSON."""
        if not paths:
            return []
        if lines and len(paths) > 1:
            # Of several files at once, DuckDB 2.0 now and then drops a broken last line instead of refusing it.
            return [refused for path in paths for refused in self._insert_strictly(table, [path], lines=True)]
        values = {"paths": [_no_pattern(path) for path in paths]}
        try:
            lenient = self._connection.execute(_lenient_statement(lines=lines), values).fetchall()
            self._connection.execute(_landing_statement(table, lines=lines), values)
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException):
            if len(paths) == 1:
                return paths
            half = len(paths) // 2
            return self._insert_strictly(table, paths[:half], lines=lines) + self._insert_strictly(
                table, paths[half:], lines=lines
            )
        return [path for (path,) in lenient]

    def _count_landed(self, landing: str) -> list[tuple[str, int, int]]:
        return self._connection.execute(
            f"SELECT landed_file, count(*), count(*) FILTER (WHERE landed_refused) FROM {landing} GROUP BY landed_file"
        ).fetchall()

    def _delete_landed(self, landing: str, paths: list[str]) -> None:
        if paths:
            self._connection.execute(
                f"DELETE FROM {landing} WHERE list_contains($paths, landed_file)", {"paths": paths}
            )

    def _land_mended(self, table: Table, lake: Lake, file: File) -> LandedFile:
        """Land the good records of a file that DuckDB refused; what the sieve has passed has to be taken."""
        try:
            mended: Mended = mend(lake, file, table, self._work)
        except (LakeError, OSError, EOFError) as error:
            raise FileRefused(file, f"cannot be read to its end: {error}") from error
        try:
            landed = self._connection.execute(
                _landing_statement(table, lines=True, sieved=True), {"paths": [_no_pattern(str(mended.path))]}
            ).fetchone()
            refused = self._connection.execute(
                f"SELECT count(*) FROM landed_{table.name} WHERE landed_file = $path AND landed_refused",
                {"path": str(mended.path)},
            ).fetchone()
        except duckdb.Error as error:
            raise FileRefused(file, f"DuckDB refuses what the sieve has passed: {_first_line(error)}") from error
        rows = int(landed[0]) if landed else 0
        if rows != mended.good or (refused and refused[0]):
            raise FileRefused(file, f"the sieve passed {mended.good} records, DuckDB took {rows}, refusing {refused}")
        return LandedFile(file, mended.good + len(mended.rejects), mended.good, mended.rejects)


def _only_named(query: Query, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that the statement names: DuckDB refuses others."""
    return {name: values[name] for name in parameters(query.sql)}


@cache
def _landing_statement(table: Table, *, lines: bool, sieved: bool = False) -> str:
    """Read every field as text and judge it in the same scan: DuckDB's own typing would take 1.5 for an integer."""
    columns = table.landed_columns
    typed = ", ".join(f"{_typed(column)} AS {column.name}" for column in columns)
    refused = " OR ".join(f"coalesce({_refused(column, sieved=sieved)}, false)" for column in columns)
    keys = ", ".join(f"{_literal(column.source or '')}: 'VARCHAR'" for column in columns)
    return (
        f"INSERT INTO landed_{table.name} SELECT {typed}, filename, {refused} "
        f"FROM read_json($paths, columns = {{{keys}}}, {_reading(lines=lines)})"
    )


def _lenient_statement(*, lines: bool) -> str:
    """The files with what DuckDB takes and JSON, or the sieve, does not: a comma that closes, a record over 4 MB."""
    return (
        f"SELECT DISTINCT filename FROM read_json_objects($paths, {_reading(lines=lines)}) "
        rf"WHERE strlen(json) > {MAX_BYTES} OR regexp_matches(json, ',\s*[}}\]]')"
    )


def _reading(*, lines: bool) -> str:
    """How files are read. A folder named like `page=Home` is a folder, not a column."""
    return (
        f"format = '{'newline_delimited' if lines else 'unstructured'}', filename = true, hive_partitioning = false, "
        f"maximum_object_size = {MAX_BYTES}"
    )


def _typed(column: Column) -> str:
    field = _identifier(column.source or "")
    if column.is_text:
        return field
    pattern = INTEGER.pattern if column.is_integer else DOUBLE.pattern
    return f"TRY_CAST(CASE WHEN regexp_full_match({field}, {_literal(pattern)}) THEN {field} END AS {_type(column)})"


def _refused(column: Column, *, sieved: bool) -> str:
    """Whether a field breaks a rule, or looks as if it did: an object arrives as text, and so does a text like one."""
    field = _identifier(column.source or "")
    if column.is_text:
        rules = [f"strlen({field}) > {column.max_bytes}", f"contains({field}, chr(0))"]
        if not column.nullable:
            rules.append(f"{field} IS NULL")
        if not sieved:
            rules += [f"starts_with({field}, '{{')", f"starts_with({field}, '[')"]
            # NaN and infinity without quotes are no JSON, but DuckDB takes them, in any case.
            rules.append(f"regexp_full_match({field}, '(?i)-?(nan|inf|infinity)')")
        return " OR ".join(f"coalesce({rule}, false)" for rule in rules)
    typed = _typed(column)
    rules = [f"{typed} IS NULL" if not column.nullable else f"({field} <> '' AND {typed} IS NULL)"]
    if column.is_double:
        rules.append(f"NOT isfinite({typed})")
    if column.least is not None:
        rules.append(f"NOT {typed} BETWEEN {column.range[0]} AND {column.range[1]}")
    return " OR ".join(f"coalesce({rule}, false)" for rule in rules)


def _type(column: Column) -> str:
    return {"DOUBLE PRECISION": "DOUBLE"}.get(column.type, "VARCHAR" if column.is_text else column.type)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _no_pattern(path: str) -> str:
    """A path for read_json, which takes `*`, `?` and `[` for patterns, and with one of them a backslash as well."""
    return re.sub(r"([*?\[\\])", r"[\1]", path) if re.search(r"[*?\[]", path) else path

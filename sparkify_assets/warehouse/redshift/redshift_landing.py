"""Landing on Redshift: COPY of a day's files into a session's own table, and their rejects into another.

Strictly first. A file that COPY refuses, or in which something is doubtful once it has landed, goes through the sieve,
and its mended copy is landed instead, until nothing is refused. Song files go through the sieve first: they are
thousands, too small for COPY, and have to be read to be put together.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import Bundle, is_small, make_bundles
from sparkify_assets.lake.listing import CHANGED, File
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.lake.split import reject_columns, split_file
from sparkify_assets.lake.work import sweep, working
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.redshift.connection import Connection, StatementFailed
from sparkify_assets.warehouse.redshift.copy import Copier
from sparkify_assets.warehouse.redshift.redshift_tables import temporary
from sparkify_assets.warehouse.session import LandedFile, reading

_SCANNED = Query(
    "the lines that COPY scanned",
    "SELECT TRIM(file_name) AS url, SUM(lines_scanned) AS lines FROM sys_load_detail "
    "WHERE query_id = PG_LAST_COPY_ID() GROUP BY TRIM(file_name)",
)
_COPIED = Query("the rows of the last COPY", "SELECT PG_LAST_COPY_COUNT() AS n")
_REFUSED = Query(
    "what COPY refused",
    "SELECT TRIM(file_name) AS url, line_number, TRIM(column_name) AS name, TRIM(error_message) AS message "
    "FROM sys_load_error_detail WHERE session_id = PG_BACKEND_PID()",
)
# What COPY says of data that it cannot load, or unpack; anything else that it says is about the role, the bucket or the
# cluster.
DATA_REFUSED = re.compile(r"Load into table '\S+' failed|\bgzip\b|\bzlib\b", re.IGNORECASE)
_GREATEST_DOUBLE = "1.7976931348623157E308"


@dataclass(frozen=True)
class _Copy:
    """What the sieve has made of files: good records and rejects, which COPY has to take, a line each."""

    files: Sequence[tuple[File, int]]
    records: str
    rejects: str
    rejected: int
    packed: bool

    @property
    def good(self) -> int:
        return sum(good for _, good in self.files)

    def file_at(self, line: int) -> File:
        """The file that a line of the good records is from."""
        for file, good in self.files:
            line -= good
            if line <= 0:
                return file
        return self.files[-1][0]


class _Doubtful(Exception):
    """What was landed may not be what the files say."""


class Landing:
    """The tables that files are landed in, on a session's connection."""

    def __init__(self, connection: Connection, copier: Copier, scratch: Path, table: Table, lake: S3Lake) -> None:
        self._connection, self._copier, self._scratch = connection, copier, scratch
        self._table, self._lake = table, lake
        self._landed = f"landed_{table.name}"

    def land(self, files: Sequence[File]) -> list[LandedFile]:
        sweep(self._scratch)
        if files and files[0].day is None:
            return self._land_songs(files)
        return self._land_logs(files)

    def _land_logs(self, files: Sequence[File]) -> list[LandedFile]:
        landed: dict[File, LandedFile] = {}
        copies: list[_Copy] = []
        while in_the_way := self._land_as_they_are([file for file in files if file not in landed], landed):
            for file in in_the_way:
                landed[file], copy = self._split(file)
                copies.append(copy)
        self._refuse_changed(files)
        self._land_copies(copies)
        return [landed[file] for file in files]

    def _refuse_changed(self, files: Sequence[File]) -> None:
        """COPY reads what is there: it cannot be told what was listed."""
        now = set(self._lake.day(day)) if files and (day := files[0].day) else set()
        for file in files:
            if file not in now:
                raise FileRefused(file, CHANGED)

    def _land_as_they_are(self, files: list[File], landed: dict[File, LandedFile]) -> list[File]:
        """Land files strictly. If that cannot be, nothing is landed: which of them are in the way."""
        try:
            with self._connection.private():
                self._make_tables()
                lines = self._copy_strictly(files)
        except _Doubtful:
            named = []
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise
            refused = self._refused()
            named = [file for file in files if self._lake.url(file) in refused]
        else:
            landed.update({file: LandedFile(file, lines[file], lines[file]) for file in files})
            return []
        if named or len(files) == 1:
            return named or files
        # Not said of which: each alone.
        return [file for file in files if self._land_as_they_are([file], {})] or files

    def _copy_strictly(self, files: list[File]) -> dict[File, int]:
        """The lines of each file, if there is a row for each and nothing that COPY takes and a rule does not."""
        rows, lines = 0, dict.fromkeys((file for file in files if not file.size), 0)
        for packed in (False, True):
            url_of = {self._lake.url(f): f for f in files if f.size and f.path.endswith(".gz") == packed}
            if url_of:
                rows += self._copy(self._landed, self._table.landed_columns, list(url_of), packed)
                scanned = {str(row["url"]): int(str(row["lines"])) for row in self._connection.fetch(_SCANNED)}
                lines |= {file: scanned[url] for url, file in url_of.items() if url in scanned}
        if len(lines) < len(files) or rows != sum(lines.values()) or self._connection.number(doubts(self._table)):
            raise _Doubtful
        return lines

    def _land_songs(self, files: Sequence[File]) -> list[LandedFile]:
        file_at = {file.path: file for file in files}
        landed: dict[str, LandedFile] = {}
        with reading():
            bundles = make_bundles(self._lake, [f for f in files if is_small(f)], self._table, self._copier.work)
        copies = [_copy_of(bundle, file_at) for bundle in bundles]
        for member in (member for bundle in bundles for member in bundle.members):
            landed[member.path] = LandedFile.bundled(file_at[member.path], member)
        for file in (file for file in files if not is_small(file)):
            landed[file.path], copy = self._split(file)
            copies.append(copy)
        with self._connection.private():
            self._make_tables()
        self._land_copies(copies)
        return [landed[file.path] for file in files]

    def _split(self, file: File) -> tuple[LandedFile, _Copy]:
        """Put a file through the sieve, and its copies where COPY can read them."""
        spool = self._scratch / "spool"
        with working(spool):
            spool.mkdir(parents=True, exist_ok=True)
        # A folder of its own: another day, landed at the same time, may have a file with the same records.
        with tempfile.TemporaryDirectory(prefix="mend-", dir=spool) as folder:
            with reading(file), self._lake.spool([file]) as (path,):
                split = split_file(path, file, self._table, Path(folder))
            # And a name of its own: COPY is not told what to do with an object that its manifest has twice.
            of_file = hashlib.sha256(file.path.encode()).hexdigest()[:16]
            records, rejects = (
                self._copier.work.upload(f"{kind}/{of_file}-{copy.name}", copy) if count else ""
                for kind, copy, count in (
                    ("clean", split.clean_copy, split.good),
                    ("rejected", split.rejects_copy, split.rejected),
                )
            )
        landed = LandedFile(file, split.seen, split.good, split.rejected, split.example, split.unknown)
        return landed, _Copy([(file, split.good)], records, rejects, split.rejected, packed=False)

    def _land_copies(self, copies: Sequence[_Copy]) -> None:
        """Land what the sieve has passed, which COPY has to take, and keep what it has not."""
        if not copies:
            return
        copy_at = {copy.records: copy for copy in copies}
        try:
            with self._connection.private():
                for packed in (False, True):
                    some = [copy for copy in copies if copy.packed == packed]
                    good = [copy.records for copy in some if copy.good]
                    rejects = [copy.rejects for copy in some if copy.rejected]
                    self._copy_all(self._landed, self._table.landed_columns, good, packed, sum(c.good for c in some))
                    rejected = sum(c.rejected for c in some)
                    self._copy_all("landed_rejected_records", reject_columns(), rejects, packed, rejected)
        except StatementFailed as failure:
            for url, (line, words) in self._refused().items():
                if url in copy_at and DATA_REFUSED.search(failure.words):
                    reason = f"COPY refuses what the sieve has passed: {words}"
                    raise FileRefused(copy_at[url].file_at(line), reason) from failure
            raise

    def _copy_all(self, table: str, columns: Sequence[Column], urls: list[str], packed: bool, expected: int) -> None:
        rows = self._copy(table, columns, urls, packed) if urls else 0
        if rows != expected:
            raise StatementFailed(f"filling {table}", f"{expected} records were given to COPY, and it loaded {rows}")

    def _copy(self, table: str, columns: Sequence[Column], urls: list[str], packed: bool) -> int:
        """COPY these objects; how many rows it loaded."""
        statement = self._copier.statement(table, columns, urls, packed=packed)
        self._connection.execute(f"COPY into {table}", statement)
        return self._connection.number(_COPIED)

    def _refused(self) -> dict[str, tuple[int, str]]:
        """What COPY has refused in this session: the line and the reason, by the object's URL."""
        return {
            str(row["url"]): (int(str(row["line_number"])), f"{row['name']}: {row['message']}")
            for row in self._connection.fetch(_REFUSED)
        }

    def _make_tables(self) -> None:
        # The log day stays null: no record says it, and there is no other than that of the load.
        temporary(self._landed, self._table.landed_columns, self._execute, ["log_date DATE"])
        temporary("landed_rejected_records", reject_columns(), self._execute)

    def _execute(self, statement: str) -> None:
        self._connection.execute("making a table", statement)


def probe(connection: Connection, copier: Copier, lake: S3Lake, file: File | None) -> None:
    """Have COPY read an object of the work prefix, and a file of the lake: whether the role may, whatever they hold."""
    column = next(column for column in model.table("staging.staging_events").columns if column.source == "page")
    temporary("probed", [replace(column, nullable=True)], lambda sql: connection.execute("making a table", sql))
    urls = {copier.work.keep("probe", b'{"page": "Home"}\n'): False}
    if file:
        urls[lake.url(file)] = file.path.endswith(".gz")
    for url, packed in urls.items():
        try:
            connection.execute(f"COPY of {url}", copier.statement("probed", [column], [url], packed=packed))
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise


@cache
def doubts(table: Table) -> Query:
    """How many landed rows hold what COPY takes and a rule does not: nested values, no finite numbers, out of range."""
    conditions = []
    for column in table.landed_columns:
        if column.is_text:
            conditions.append(f"LEFT({column.name}, 1) IN ('{{', '[')")
        elif column.is_double:
            conditions.append(f"NOT ({column.name} BETWEEN -{_GREATEST_DOUBLE} AND {_GREATEST_DOUBLE})")
        elif column.least is not None:
            conditions.append(f"NOT ({column.name} BETWEEN {column.range[0]} AND {column.range[1]})")
    sql = f"SELECT COUNT(*) AS n FROM landed_{table.name} WHERE {' OR '.join(conditions)}"
    return Query(f"the doubts about {table.name}", sql)


def _copy_of(bundle: Bundle, file_at: Mapping[str, File]) -> _Copy:
    files = [(file_at[member.path], member.good) for member in bundle.members]
    return _Copy(files, bundle.records, bundle.rejects, bundle.rejected, packed=True)

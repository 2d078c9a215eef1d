"""Landing on Redshift: COPY loads a day's files into a session's own table, and rejected records into another.

All log files are first copied together, strictly. When COPY refuses a file, or landed rows look doubtful, the validator
splits the file into good and rejected records, and COPY loads those copies instead. Song files are thousands and too
small for COPY, so the validator reads them first and bundles them. The COPY statement itself is in `copy.py`.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import Bundle, Member, is_small, make_bundles
from sparkify_assets.lake.forgotten import USER_COLUMN
from sparkify_assets.lake.listing import CHANGED, WRITTEN, File, OnRead
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.lake.split import reject_columns, split_file
from sparkify_assets.lake.validator import PERHAPS_REWRITTEN
from sparkify_assets.lake.work import sweep, temporary_folder
from sparkify_assets.model import Column, Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.redshift.connection import Connection, StatementFailed
from sparkify_assets.warehouse.redshift.copy import Copier
from sparkify_assets.warehouse.retries import quarters
from sparkify_assets.warehouse.session import DEFECT, LandedFile, ListChanged, reading

# COPY's words for data that it cannot load or unpack; all its other errors are about the role, bucket or cluster.
DATA_REFUSED = re.compile(r"Load into table '\S+' failed|\bgzip\b|\bzlib\b", re.IGNORECASE)
_GREATEST_DOUBLE = "1.7976931348623157E308"
# The forgotten users, in a table of the session's own.
_FORGOTTEN = "landed_forgotten"


class _Doubtful(Exception):
    """The landed rows may differ from what the files say, or cannot be counted by file."""


class RedshiftLanding:
    """The tables in which files are landed, on a session's connection."""

    def __init__(
        self,
        connection: Connection,
        copier: Copier,
        scratch: Path,
        table: Table,
        lake: S3Lake,
        forgotten: Collection[int] = frozenset(),
    ) -> None:
        self._connection, self._copier, self._scratch = connection, copier, scratch
        self._table, self._lake, self._forgotten = table, lake, forgotten
        self._landed = f"landed_{table.name}"

    def land(self, files: Sequence[File], on_read: OnRead | None = None) -> list[LandedFile]:
        sweep(self._scratch)
        if files and files[0].day is None:
            return self._land_songs({file.path: file for file in files}, on_read)
        if self._forgotten:
            self._list_forgotten()
        clean = self._land_clean(files, is_first=True)
        changed = self._changed(files)
        landed = [clean[file] for file in files if file in clean and file not in changed]
        return [*landed, *(LandedFile(file, 0, 0, refusal=FileRefused(file, CHANGED, WRITTEN)) for file in changed)]

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        return self._land_validated([self._split(file) for file in files], {file.path: file for file in files})

    def _changed(self, files: Sequence[File]) -> list[File]:
        """Compare with a new listing: COPY reads the files as they are now, not as they were listed."""
        day = next((file.day for file in files), None)
        now = set(self._lake.day(day)) if day else set()
        return [file for file in files if file not in now]

    def _list_forgotten(self) -> None:
        """Keep the list as it is now for this session: the same users are left out to the end."""
        with self._connection.private():
            self._connection.execute("making a table", f"DROP TABLE IF EXISTS {_FORGOTTEN}")
            self._connection.execute("making a table", f"CREATE TEMP TABLE {_FORGOTTEN} (user_id INTEGER NOT NULL)")
            self._connection.execute(
                "listing the forgotten users", f"INSERT INTO {_FORGOTTEN} (user_id) SELECT user_id FROM ops.forgotten"
            )
        listed = self._connection.fetch(Query("the forgotten users", f"SELECT user_id FROM {_FORGOTTEN}"))
        if {row["user_id"] for row in listed} != set(self._forgotten):
            raise ListChanged

    def _land_clean(self, files: Sequence[File], *, is_first: bool = False) -> dict[File, LandedFile]:
        """Land the log files that are clean, and return what became of each. If some are not, none of them is
        landed: those that COPY names are left out, and the others are landed in quarters."""
        refused: Collection[str] = ()
        try:
            with self._connection.private():
                if is_first:
                    self._make_tables()
                return self._copy_strictly(files)
        except _Doubtful:
            pass
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise
            refused = self._refused()
        if is_first:
            with self._connection.private():
                self._make_tables()
        unnamed = [file for file in files if self._lake.url(file) not in refused]
        left = quarters(unnamed) or ([unnamed] if len(unnamed) < len(files) else [])
        return {file: landed for some in left for file, landed in self._land_clean(some).items()}

    def _copy_strictly(self, files: Sequence[File]) -> dict[File, LandedFile]:
        """Return what became of each file, if there is a row for every line and every row follows the rules."""
        rows, lines = 0, dict.fromkeys((file for file in files if not file.size), 0)
        file_at = {self._lake.url(file): file for file in files if file.size}
        for packed, urls in _by_packing(file_at):
            rows += self._copy(self._landed, self._table.landed_columns, urls, packed)
            scanned = {str(row["url"]): int(str(row["lines"])) for row in self._connection.system("copied_lines")}
            lines |= {file_at[url]: scanned[url] for url in urls if url in scanned}
        if (
            len(lines) < len(files)
            or rows != sum(lines.values())
            or self._connection.fetch(doubts(self._table))[0]["n"]
        ):
            raise _Doubtful
        forgotten = self._leave_out_forgotten(files) if self._forgotten else 0
        return {file: LandedFile(file, n, n - forgotten, forgotten=forgotten) for file, n in lines.items()}

    def _leave_out_forgotten(self, files: Sequence[File]) -> int:
        """Delete the rows of forgotten users that these files have, and return how many there were. They are counted by
        file, so files that have some are landed one by one."""
        of_forgotten = f"FROM {self._landed} WHERE {USER_COLUMN} IN (SELECT user_id FROM {_FORGOTTEN})"
        counting = Query("counting rows of forgotten users", f"SELECT COUNT(*) AS n {of_forgotten}")
        rows = int(str(self._connection.fetch(counting)[0]["n"]))
        if rows and len(files) > 1:
            raise _Doubtful
        if rows:
            self._connection.execute("leaving out forgotten users", f"DELETE {of_forgotten}")
        return rows

    def _land_songs(self, file_at: Mapping[str, File], on_read: OnRead | None) -> list[LandedFile]:
        """Land thousands of small files as a few validated bundles, and each large file as a split."""
        small = [file for file in file_at.values() if is_small(file)]
        with reading():
            bundles = make_bundles(self._lake, small, self._table, self._copier.work, on_read)
        splits = [self._split(file) for file in file_at.values() if not is_small(file)]
        with self._connection.private():
            self._make_tables()
        return self._land_validated([*bundles, *splits], file_at)

    def _split(self, file: File) -> Bundle:
        """Validate a file, and upload its good and its rejected records: a bundle of one."""
        # Each file has a folder of its own: another day, landed at the same time, may hold the same records.
        with temporary_folder(self._scratch, "split") as folder:
            with reading(file), self._lake.spool([file]) as (path,):
                split = split_file(path, file, self._table, folder, forgotten=self._forgotten)
            # And its objects have names of their own: it is undocumented what COPY does with one that is listed twice.
            of_file = hashlib.sha256(file.path.encode()).hexdigest()[:16]
            records, rejects = (
                self._copier.work.upload(f"{kind}/{of_file}-{copy.name}", copy) if count else ""
                for kind, copy, count in (
                    ("clean", split.clean_copy, split.good),
                    ("rejected", split.rejects_copy, split.rejected),
                )
            )
        member = Member(
            file.path, file.fingerprint, split.good, split.rejected, split.example, split.unknown, split.forgotten
        )
        return Bundle((member,), records, rejects)

    def _land_validated(self, bundles: Sequence[Bundle], file_at: Mapping[str, File]) -> list[LandedFile]:
        """Land what the validator has read. COPY has to accept every record that the validator passed."""
        if not bundles:
            return []
        records = {bundle.records: bundle for bundle in bundles if bundle.good}
        rejects = [bundle.rejects for bundle in bundles if bundle.rejected]
        good, rejected = (sum(bundle.good for bundle in bundles), sum(bundle.rejected for bundle in bundles))
        try:
            with self._connection.private():
                self._copy_all(self._landed, self._table.landed_columns, records, good)
                self._copy_all("landed_rejected_records", reject_columns(), rejects, rejected)
        except StatementFailed as failure:
            for url, (line, words) in self._refused().items():
                if url in records and DATA_REFUSED.search(failure.words):
                    file = file_at[_path_of(records[url], line)]
                    problem = f"COPY refuses what the validator has passed: {words}"
                    raise FileRefused(file, problem, DEFECT) from failure
            raise
        members = [member for bundle in bundles for member in bundle.members]
        return [LandedFile.validated(file_at[member.path], member) for member in members]

    def _copy_all(self, table: str, columns: Sequence[Column], urls: Collection[str], expected: int) -> None:
        rows = sum(self._copy(table, columns, some, packed) for packed, some in _by_packing(urls))
        if rows != expected:
            raise StatementFailed(f"filling {table}", f"COPY was given {expected} records, and loaded {rows}")

    def _copy(self, table: str, columns: Sequence[Column], urls: Sequence[str], packed: bool) -> int:
        """Run a COPY and return how many rows it loaded."""
        statement = self._copier.statement(table, columns, urls, packed=packed)
        self._connection.execute(f"COPY into {table}", statement)
        return int(str(self._connection.system("copied_rows")[0]["n"]))

    def _refused(self) -> dict[str, tuple[int, str]]:
        """Return what COPY has refused in this session: the line and the reason, by the object's URL."""
        return {
            str(row["url"]): (int(str(row["line_number"])), f"{row['name']}: {row['message']}")
            for row in self._connection.system("copy_errors")
        }

    def _make_tables(self) -> None:
        # The log day stays null: no record holds it, and a load on Redshift lands one day at a time.
        _make_table(self._connection, self._landed, self._table.landed_columns, "log_date DATE")
        _make_table(self._connection, "landed_rejected_records", reject_columns())


def _make_table(connection: Connection, name: str, columns: Iterable[Column], *more: str) -> None:
    """Create a session's own table. It keeps NOT NULL, so that COPY refuses records without what they need."""
    fields = [*more, *(f"{column.name} {column.type}{'' if column.nullable else ' NOT NULL'}" for column in columns)]
    connection.execute("making a table", f"DROP TABLE IF EXISTS {name}")
    connection.execute("making a table", f"CREATE TEMP TABLE {name} ({', '.join(fields)})")


def _by_packing(urls: Collection[str]) -> list[tuple[bool, list[str]]]:
    """Group objects by whether they are gzipped: one COPY reads either kind, never both."""
    groups = [(packed, [url for url in urls if url.endswith(".gz") == packed]) for packed in (False, True)]
    return [(packed, some) for packed, some in groups if some]


def _path_of(bundle: Bundle, line: int) -> str:
    """Return the path of the file that a line of a bundle's good records is from."""
    for member in bundle.members:
        line -= member.good
        if line <= 0:
            return member.path
    return bundle.members[-1].path


def probe(connection: Connection, copier: Copier, lake: S3Lake, file: File | None) -> None:
    """Have COPY read an object of the work prefix and a file of the lake, to see whether its role may read them; what
    they hold does not matter."""
    column = next(column for column in model.table("staging.staging_events").columns if column.source == "page")
    _make_table(connection, "probed", [replace(column, nullable=True)])
    urls = [copier.work.keep("probe", b'{"page": "Home"}\n'), *([lake.url(file)] if file else [])]
    for url in urls:
        statement = copier.statement("probed", [column], [url], packed=url.endswith(".gz"))
        try:
            connection.execute(f"COPY of {url}", statement)
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise


@cache
def doubts(table: Table) -> Query:
    """Count the landed rows that COPY accepts and a rule does not (nested values, infinite numbers, out of range), or
    that may be a number which COPY has rewritten."""
    conditions = []
    for column in table.landed_columns:
        if column.is_text:
            conditions.append(f"LEFT({column.name}, 1) IN ('{{', '[')")
            conditions.append(f"{column.name} ~ '^({PERHAPS_REWRITTEN.pattern})$'")
        elif column.is_double:
            conditions.append(f"NOT ({column.name} BETWEEN -{_GREATEST_DOUBLE} AND {_GREATEST_DOUBLE})")
        elif column.least is not None:
            conditions.append(f"NOT ({column.name} BETWEEN {column.range[0]} AND {column.range[1]})")
    sql = f"SELECT COUNT(*) AS n FROM landed_{table.name} WHERE {' OR '.join(conditions)}"
    return Query(f"the doubts about {table.name}", sql)

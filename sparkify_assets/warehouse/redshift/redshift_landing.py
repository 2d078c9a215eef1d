"""Landing on Redshift: COPY loads the files of log days into a session's own table, and rejected records into another.

All log files are first copied together, strictly. When COPY refuses one, another COPY reports all records that it
refuses, and the files that have none are copied again. In the others the validator looks at the records that COPY has
refused, or at all if there is any doubt; then it splits the file into good and rejected records, and COPY loads those
copies instead. Song files are thousands and too small for COPY, so the validator reads them first and bundles them.

The COPY statement itself is in `copy.py`, what it reports in `copy_reports.py`, days in `day_copies.py`.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sparkify_assets import model
from sparkify_assets.errors import FileRefused
from sparkify_assets.lake.bundles import Bundle, Member, is_small, make_bundles
from sparkify_assets.lake.forgotten import USER_COLUMN
from sparkify_assets.lake.listing import CHANGED, WRITTEN, File, OnRead
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.lake.split import Split, reject_columns, split_file
from sparkify_assets.lake.work import sweep, temporary_folder
from sparkify_assets.model import Table
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.redshift.connection import Connection, StatementFailed
from sparkify_assets.warehouse.redshift.copy import Copier
from sparkify_assets.warehouse.redshift.copy_reports import CopyReports
from sparkify_assets.warehouse.redshift.day_copies import DayCopies, DayCount, make_table
from sparkify_assets.warehouse.retries import quarters
from sparkify_assets.warehouse.session import DEFECT, LandedFile, ListChanged, reading

_REJECTED = "landed_rejected_records"
# The forgotten users, in a table of the session's own.
_FORGOTTEN = "landed_forgotten"
# COPY's words for data that it cannot load or unpack; all its other errors are about the role, bucket or cluster.
DATA_REFUSED = re.compile(r"Load into table '\S+' failed|\bgzip\b|\bzlib\b", re.IGNORECASE)
# As many errors as COPY can tolerate.
# https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-load.html
MOST_ERRORS = 100_000


class _Doubtful(Exception):
    """The landed rows of these files may differ from what the files say, or cannot be counted by file."""

    def __init__(self, files: Collection[File]) -> None:
        super().__init__()
        self.files = files


class _Abandoned(Exception):
    """A transaction has shown what it was begun for, and is rolled back."""


class _Suspects(NamedTuple):
    """The lines of a file that COPY has refused, counted from 0, and how many lines it has."""

    refused: Sequence[int]
    lines: int


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
        # How many rows of each file are landed, and how many of forgotten users were left out.
        self._clean: dict[File, int] = {}
        self._left_out: dict[File, int] = {}
        self._suspects: dict[File, _Suspects] = {}

    def land(self, files: Sequence[File], on_read: OnRead | None = None) -> list[LandedFile]:
        sweep(self._scratch)
        self._copies = DayCopies(self._connection, self._copier, self._table, {file.day for file in files} or {None})
        if files and files[0].day is None:
            return self._land_songs({file.path: file for file in files}, on_read)
        if self._forgotten:
            self._list_forgotten()
        lines = self._land_clean(files, is_first=True)
        changed = self._changed(files)
        landed = [
            LandedFile(file, lines[file], self._clean[file], forgotten=self._left_out[file])
            for file in files
            if file in lines and file not in changed
        ]
        return [*landed, *(LandedFile(file, 0, 0, refusal=FileRefused(file, CHANGED, WRITTEN)) for file in changed)]

    def land_dirty(self, files: Sequence[File]) -> list[LandedFile]:
        landed = self._land_suspected([file for file in files if file in self._suspects])
        done = {each.file for each in landed}
        left = [file for file in files if file not in done]
        return [
            *landed,
            *self._land_validated([self._split(file) for file in left], {file.path: file for file in left}),
        ]

    def _changed(self, files: Sequence[File]) -> list[File]:
        """Compare with a new listing: COPY reads the files as they are now, not as they were listed."""
        days = sorted({file.day for file in files if file.day})
        listed = {day: self._lake.day(day) for day in days} if len(days) == 1 else self._lake.days(days)
        return [file for file in files if not file.day or file not in listed.get(file.day, ())]

    def _list_forgotten(self) -> None:
        """Keep the list as it is now for this session: the same users are left out to the end."""
        with self._connection.private():
            make_table(self._connection, _FORGOTTEN, [], "user_id INTEGER NOT NULL")
            self._connection.execute(
                "listing the forgotten users", f"INSERT INTO {_FORGOTTEN} (user_id) SELECT user_id FROM ops.forgotten"
            )
        listed = self._connection.fetch(Query("the forgotten users", f"SELECT user_id FROM {_FORGOTTEN}"))
        if {row["user_id"] for row in listed} != set(self._forgotten):
            raise ListChanged

    def _land_clean(self, files: Sequence[File], *, is_first: bool = False) -> dict[File, int]:
        """Land the log files that are clean, and return the number of lines of each. Of the others none is landed:
        those that COPY names are left out; of those that nobody names, the clean ones are landed in quarters."""
        reports = CopyReports(self._connection)
        try:
            with self._connection.private():
                if is_first:
                    self._make_tables()
                lines = self._copy_strictly(files, reports)
                left_out = self._leave_out_forgotten(files)
            self._keep(lines, left_out)
            return lines
        except _Doubtful as doubt:
            doubtful, named = [file for file in files if file in doubt.files], set[str]()
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise
            doubtful, named = [], {record.url for record in reports.refused()}
        if is_first:
            with self._connection.private():
                self._make_tables()
        if not doubtful:
            named |= self._name(files)
        left = [file for file in files if file not in doubtful and self._lake.url(file) not in named]
        if len(left) == len(files):
            doubtful, left = left, []
        parts = [*([left] if left else []), *quarters(doubtful)]
        return {file: lines for part in parts for file, lines in self._land_clean(part).items()}

    def _name(self, files: Sequence[File]) -> set[str]:
        """Have COPY report every record that it refuses, and return the URLs of their files. No row is kept."""
        reports, file_at = CopyReports(self._connection), {self._lake.url(file): file for file in files if file.size}
        lines: dict[str, int] = {}
        try:
            with self._connection.private():
                self._copies.try_copy(self._urls(files), MOST_ERRORS)
                lines = reports.lines(file_at, rows=0)
                raise _Abandoned
        except _Abandoned:
            pass
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise
        refused = defaultdict[str, set[int]](set)
        for record in reports.refused():
            refused[record.url].add(record.line - 1)
        self._suspects |= {
            file_at[url]: _Suspects(sorted(numbers), lines[url]) for url, numbers in refused.items() if url in lines
        }
        return {url for url in refused if url in file_at}

    def _urls(self, files: Iterable[File]) -> dict[date | None, list[str]]:
        """Return the URLs of files that have any content, by day."""
        urls: dict[date | None, list[str]] = {}
        for file in files:
            if file.size:
                urls.setdefault(file.day, []).append(self._lake.url(file))
        return urls

    def _copy_strictly(self, files: Sequence[File], reports: CopyReports) -> dict[File, int]:
        """Return the number of lines of each file, if there is a row for every line and every row follows the rules."""
        self._copies.copy(self._urls(files))
        counted = self._copies.counted()
        file_at = {self._lake.url(file): file for file in files if file.size}
        found = reports.lines(file_at, sum(day.rows for day in counted.values())) if file_at else {}
        lines = {file: 0 for file in files if not file.size} | {file_at[url]: read for url, read in found.items()}
        self._check(files, {**self._clean, **lines}, counted)
        return lines

    def _check(
        self, files: Sequence[File], expected: Mapping[File, int], counted: Mapping[date | None, DayCount]
    ) -> None:
        """Compare the rows of each day with what is expected of its files; these are the files landed last."""
        rows = Counter[date | None]()
        for file, number in expected.items():
            rows[file.day] += number
        days = {file.day for file in files if file not in expected}
        days |= {day for day in rows if counted.get(day, DayCount()) != DayCount(rows[day])}
        if days:
            raise _Doubtful([file for file in files if file.day in days])

    def _leave_out_forgotten(self, files: Sequence[File]) -> dict[File, int]:
        """Delete the rows of forgotten users, all of which are of the files landed last, and return how many each file
        had. Rows are counted by day, so of a day's files that have some, each is landed alone."""
        if not self._forgotten or not files:
            return {}
        of_forgotten = f"{USER_COLUMN} IN (SELECT user_id FROM {_FORGOTTEN})"
        rows = self._copies.counted_where(of_forgotten)
        files_of = {day: [file for file in files if file.day == day and file.size] for day in rows}
        if several := [file for some in files_of.values() if len(some) > 1 for file in some]:
            raise _Doubtful(several)
        if rows:
            self._copies.delete_where(of_forgotten)
        return {file: rows[day] for day, some in files_of.items() for file in some}

    def _keep(self, rows: Mapping[File, int], left_out: dict[File, int]) -> None:
        """Note what was landed of files."""
        self._left_out |= dict.fromkeys(rows, 0) | left_out
        self._clean |= {file: number - self._left_out[file] for file, number in rows.items()}

    def _land_suspected(self, files: Sequence[File]) -> list[LandedFile]:
        """Land files without the records that COPY refuses, which alone are validated. Nothing is landed if the
        validator passes one of them, or if rows are not as many as there have to be."""
        with temporary_folder(self._scratch, "split") as folder:
            splits = {file: self._split_suspects(file, folder) for file in files}
            splits = {file: split for file, split in splits.items() if not split.good and not split.forgotten}
            if not splits:
                return []
            rejects = [
                self._copier.work.upload(f"rejected/{_digest(file)}-{split.rejects_copy.name}", split.rejects_copy)
                for file, split in splits.items()
            ]
        rows = {file: split.seen - split.rejected for file, split in splits.items()}
        try:
            with self._connection.private():
                self._copies.copy(self._urls(splits), MOST_ERRORS)
                self._check(list(splits), {**self._clean, **rows}, self._copies.counted())
                left_out = self._leave_out_forgotten(list(splits))
                self._copy_rejects(rejects, sum(split.rejected for split in splits.values()))
        except _Doubtful:
            # Rows of forgotten users are counted where each file is alone.
            return [each for some in quarters(files) for each in self._land_suspected(some)] if self._forgotten else []
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise
            return []
        self._keep(rows, left_out)
        changed = {file: FileRefused(file, CHANGED, WRITTEN) for file in self._changed(list(splits))}
        return [
            LandedFile(
                file,
                split.seen,
                self._clean[file],
                split.rejected,
                split.example,
                split.unknown,
                changed.get(file),
                forgotten=self._left_out[file],
            )
            for file, split in splits.items()
        ]

    def _split_suspects(self, file: File, folder: Path) -> Split:
        suspects = self._suspects[file]
        with reading(file), self._lake.spool([file]) as (path,):
            return split_file(
                path, file, self._table, folder, suspects.refused, suspects.lines, forgotten=self._forgotten
            )

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
            records, rejects = (
                self._copier.work.upload(f"{kind}/{_digest(file)}-{copy.name}", copy) if count else ""
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
        urls: dict[date | None, list[str]] = {}
        rows = dict.fromkeys(file_at.values(), 0)
        for bundle in bundles:
            if bundle.good:
                urls.setdefault(file_at[bundle.members[0].path].day, []).append(bundle.records)
            rows |= {file_at[member.path]: member.good for member in bundle.members}
        reports = CopyReports(self._connection)
        try:
            with self._connection.private():
                self._copies.copy(urls)
                self._check_passed({**self._clean, **rows})
                self._copy_rejects(rejects, sum(bundle.rejected for bundle in bundles))
        except StatementFailed as failure:
            for record in reports.refused():
                if record.url in records and DATA_REFUSED.search(failure.words):
                    file = file_at[_path_of(records[record.url], record.line)]
                    problem = f"COPY refuses what the validator has passed: {record.words}"
                    raise FileRefused(file, problem, DEFECT) from failure
            raise
        self._clean |= rows
        members = [member for bundle in bundles for member in bundle.members]
        return [LandedFile.validated(file_at[member.path], member) for member in members]

    def _check_passed(self, expected: Mapping[File, int]) -> None:
        """COPY has to make a row of every record that the validator passed."""
        passed, rows = sum(expected.values()), sum(day.rows for day in self._copies.counted().values())
        if rows != passed:
            raise StatementFailed("filling the landed rows", f"COPY was given {passed} records, and loaded {rows}")

    def _copy_rejects(self, rejects: Collection[str], expected: int) -> None:
        """Land rejected records."""
        self._copies.copy_into(_REJECTED, reject_columns(), rejects)
        rows = int(str(self._connection.system("copied_rows")[0]["n"])) if rejects else 0
        if rows != expected:
            raise StatementFailed(f"filling {_REJECTED}", f"COPY was given {expected} records, and loaded {rows}")

    def _make_tables(self) -> None:
        self._copies.make_table()
        make_table(self._connection, _REJECTED, reject_columns())


def _digest(file: File) -> str:
    """Return a name for a file, so that no two files have copies of one name: it is undocumented what COPY does with an
    object that is listed twice."""
    return hashlib.sha256(file.path.encode()).hexdigest()[:16]


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
    make_table(connection, "probed", [replace(column, nullable=True)])
    urls = [copier.work.keep("probe", b'{"page": "Home"}\n'), *([lake.url(file)] if file else [])]
    for url in urls:
        statement = copier.statement("probed", [column], [url], packed=url.endswith(".gz"))
        try:
            connection.execute(f"COPY of {url}", statement)
        except StatementFailed as failure:
            if not DATA_REFUSED.search(failure.words):
                raise

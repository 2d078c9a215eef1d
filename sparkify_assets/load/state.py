"""What the warehouse knows of its loads: which files, as they were, and how each load ended. It is only read here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sparkify_assets import model
from sparkify_assets.lake.listing import File
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.load.partitions import between, count_by_day_query, count_query
from sparkify_assets.queries import model_version, query
from sparkify_assets.warehouse.session import Row, Session

# Files by their paths: what each was when it was read, and what it was read with.
Fingerprints = dict[str, str]


def day_of(row: Row, column: str = "log_date") -> date | None:
    """The day of a row; None where it stands for the song catalog."""
    day = row[column]
    return day if isinstance(day, date) else None


def fingerprint(file: File) -> str:
    return f"{model_version()}:{file.fingerprint}"


def fingerprints(files: Iterable[File]) -> Fingerprints:
    return {file.path: fingerprint(file) for file in files}


def read_ledger(session: Session) -> dict[date | None, Fingerprints]:
    """The loaded files, by log day; the songs' under None."""
    return _by_day(session.fetch(query("read/ledger")))


def outdated(session: Session, files: Mapping[date | None, Sequence[File]]) -> list[date | None]:
    """The days, of days that touch, whose files are not those that were loaded, or whose latest attempt was refused."""
    loaded = _by_day(session.fetch(query("read/day_ledger"), **between(list(files))))
    refused = refused_loads(session)
    return [day for day in files if day in refused or fingerprints(files[day]) != loaded.get(day, {})]


def refused_loads(session: Session) -> set[date | None]:
    """The log days whose latest attempt was refused; None stands for the song catalog."""
    failed = session.fetch(query("read/failed_audits"))
    return {day_of(row) for row in failed if is_blocking(str(row["table_name"]), str(row["audit"]))}


def count_rows(session: Session, table: model.Table) -> int:
    """How many rows a table has."""
    (row,) = session.fetch(count_query(table))
    return int(str(row["n"]))


def count_by_day(session: Session, table: model.Table, days: Sequence[date | None]) -> dict[date | None, int]:
    """How many rows a table has of each of some days that touch; of a table of the song catalog, in all."""
    if days[0] is None:
        return {None: count_rows(session, table)}
    rows = session.fetch(count_by_day_query(table), **between(days))
    return {day_of(row, "day"): int(str(row["n"])) for row in rows}


def _by_day(rows: Iterable[Row]) -> dict[date | None, Fingerprints]:
    found: dict[date | None, Fingerprints] = {}
    for row in rows:
        found.setdefault(day_of(row), {})[str(row["file"])] = str(row["fingerprint"])
    return found

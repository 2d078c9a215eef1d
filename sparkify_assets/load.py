"""The only place that changes data: one log day, or the song catalog, loaded whole or not at all.

Files are landed in private; then, in one transaction, a slice of staging is replaced, everything of the star that it
touches is made again from staging, and audited. What the statements say is in `queries/load/`, what ought to be true
afterwards in `audits.py`; who asks for a load, and who is told, is not known here.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

from sparkify_assets import model
from sparkify_assets.audits import (
    KNOWN_KEYS,
    Audit,
    Finding,
    as_json,
    audits_of,
    catalog_links,
    is_gate,
    run_audits,
)
from sparkify_assets.lake import File, Lake
from sparkify_assets.load_result import LOADED, REFUSED, UNCHANGED, LoadResult, blocks
from sparkify_assets.queries import model_version, query
from sparkify_assets.slices import CATALOG_TABLES, DAY_TABLES, count_query
from sparkify_assets.warehouse import (
    ConnectionLost,
    FileRefused,
    LandedFile,
    Row,
    Session,
    Warehouse,
    WarehouseError,
    WarehouseUnreachable,
)
from sparkify_assets.warehouse.patience import ATTEMPTS, attempts

DAY_STATEMENTS = (
    "create_touched_days",
    "create_touched_users",
    "touch_days",
    "touch_users",
    "delete_rejected_records",
    "insert_rejected_records",
    "delete_staging_events",
    "insert_staging_events",
    "touch_days",
    "touch_users",
    "delete_songplays",
    "insert_songplays",
    "delete_time",
    "insert_time",
    "delete_users",
    "insert_users",
    "delete_changed_days",
    "insert_changed_days",
)
CATALOG_STATEMENTS = (
    "delete_rejected_records",
    "insert_rejected_records",
    "delete_staging_songs",
    "insert_staging_songs",
    "delete_songs",
    "insert_songs",
    "delete_artists",
    "insert_artists",
    "relink_songplays",
    "delete_changed_catalog",
    "insert_changed_catalog",
)

# A file may have as many rejects, whatever share of its records they are.
FEW_REJECTS = 100
MAX_REJECTED = 0.05

log = logging.getLogger(__name__)
# What the results are told by may be listened to alone.
_attempts_log = logging.getLogger("sparkify_assets.attempts")


class AuditsFailed(Exception):
    """Audits that gate a load found rows against them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        failed = [f"{f.audit.table.name}.{f.audit.name} ({f.failing_rows} rows)" for f in findings if blocks(f)]
        super().__init__(f"nothing was published, audits failed: {', '.join(failed)}")
        self.findings = findings


def load_day(
    warehouse: Warehouse,
    lake: Lake,
    day: date,
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
) -> LoadResult:
    """Bring a log day up to date with the lake, in staging and in the star."""
    return _load(warehouse, lake, day, force, run_id, max_rejected)


def load_days(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date],
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
    at_once: int = 1,
) -> list[LoadResult]:
    """Bring log days up to date: several are landed at once, each in a session of its own; the lock has them published
    one after another."""

    def load(day: date) -> LoadResult:
        return load_day(warehouse, lake, day, force, run_id, max_rejected)

    if at_once == 1 or len(days) == 1:
        return [load(day) for day in days]
    with ThreadPoolExecutor(at_once) as pool:
        try:
            return list(pool.map(load, days))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def load_songs(
    warehouse: Warehouse,
    lake: Lake,
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
) -> LoadResult:
    """Bring the song catalog up to date with the lake, and re-link the plays whose match changed."""
    return _load(warehouse, lake, None, force, run_id, max_rejected)


def _load(
    warehouse: Warehouse, lake: Lake, day: date | None, force: bool, run_id: str | None, max_rejected: float
) -> LoadResult:
    """Load once; again, if the connection broke and the warehouse does not have what was about to be committed."""
    prepared: list[LoadResult] = []
    for attempt in attempts(first_seconds=1.0):
        try:
            with warehouse.session(run_id) as session:
                if prepared and _was_committed(session, prepared[-1]):
                    return _told(prepared[-1])
                return _told(_load_in(session, lake, day, force, run_id, max_rejected, prepared.append))
        except (ConnectionLost, WarehouseUnreachable) as error:
            # What was never reached is not waited for.
            if attempt == ATTEMPTS or (attempt == 1 and isinstance(error, WarehouseUnreachable)):
                raise
            _attempts_log.warning("%s: attempt %d of %d: %s", day or "the song catalog", attempt + 1, ATTEMPTS, error)
    raise AssertionError


def _load_in(
    session: Session,
    lake: Lake,
    day: date | None,
    force: bool,
    run_id: str | None,
    max_rejected: float,
    prepare: Callable[[LoadResult], None],
) -> LoadResult:
    """Load in a session; what is about to be committed is told before."""
    started, loaded_at = time.monotonic(), datetime.now(UTC).replace(tzinfo=None)
    files = _files(lake, day)
    if not force and _is_up_to_date(session, day, files):
        return LoadResult(day, UNCHANGED, files=len(files))

    def publish() -> LoadResult:
        refreshed = _replace(session, day)
        _write_ledger(session, day, landed, run_id, loaded_at)
        session.run(query("load/delete_audits"), log_date=day)
        findings = _audit(session, day)
        if any(blocks(finding) for finding in findings):
            raise AuditsFailed(findings)
        _write_audits(session, day, (*findings, *_unknown_keys(day, landed)), run_id)
        result = LoadResult(
            day,
            LOADED,
            files=len(landed),
            records=sum(file.records for file in landed),
            rejected=sum(file.rejected for file in landed),
            example=next((f"{file.file.path}, {file.example}" for file in landed if file.rejected), ""),
            rows={table.name: count_rows(session, table, day) for table in model.tables_named(_tables(day))},
            matched=_count_matched(session, day),
            findings=findings,
            refreshed=refreshed,
            loaded_at=loaded_at,
            seconds=time.monotonic() - started,
        )
        prepare(result)
        return result

    def record(findings: tuple[Finding, ...]) -> None:
        session.run(query("load/delete_audits"), log_date=day)
        _write_audits(session, day, (*findings, *_unknown_keys(day, landed)), run_id)

    landed: list[LandedFile] = []
    try:
        landed = _land(session, lake, day, files)
        _refuse_floods(landed, max_rejected)
        return session.transact(publish)
    except (FileRefused, AuditsFailed) as refusal:
        found = refusal.findings if isinstance(refusal, AuditsFailed) else (_unloadable(day, refusal),)
        session.transact(lambda: record(found))
        return LoadResult(day, REFUSED, files=len(files), findings=found, problem=str(refusal))


def _was_committed(session: Session, result: LoadResult) -> bool:
    """Whether the ledger has what was about to be committed when the connection broke."""
    ledger = session.fetch(query("read/day_ledger"), log_date=result.day)
    return any(row["loaded_at"] == result.loaded_at for row in ledger)


def _is_up_to_date(session: Session, day: date | None, files: list[File]) -> bool:
    """Whether these very files are what was loaded, and the latest attempt was not refused."""
    ledger = {
        str(row["file"]): str(row["fingerprint"]) for row in session.fetch(query("read/day_ledger"), log_date=day)
    }
    return fingerprints(files) == ledger and day not in refused_loads(session)


def refused_loads(session: Session) -> set[date | None]:
    """The log days whose latest attempt was refused; None stands for the song catalog."""
    failed = session.fetch(query("read/failed_audits"))
    return {day_of(row) for row in failed if is_gate(str(row["table_name"]), str(row["audit"]))}


def day_of(row: Row) -> date | None:
    """The log day of a row of the ledger or the audits; None for the song catalog's."""
    day = row["log_date"]
    return day if isinstance(day, date) else None


def _tables(day: date | None) -> tuple[str, ...]:
    """The tables that a log day's load fills, or the song catalog's."""
    return DAY_TABLES if day else CATALOG_TABLES


def _staging(day: date | None) -> model.Table:
    return model.table("staging.staging_events" if day else "staging.staging_songs")


def _files(lake: Lake, day: date | None) -> list[File]:
    return lake.day(day) if day else lake.songs()


def _land(session: Session, lake: Lake, day: date | None, files: list[File]) -> list[LandedFile]:
    """Land files as they are now: once more, if one of them changed while it was read."""
    for _ in range(2):
        problem: FileRefused | WarehouseError | None = None
        landed: list[LandedFile] = []
        try:
            landed = session.land(_staging(day), lake, files)
        except (FileRefused, WarehouseError) as error:
            problem = error
        now = _files(lake, day)
        if now == files:
            if problem:
                raise problem
            return landed
        before, files = files, now
    changed = min(set(before) ^ set(files), key=lambda file: file.path)
    raise FileRefused(changed, "changed while it was read, and when it was read again: load it when it is written")


def _refuse_floods(landed: list[LandedFile], max_rejected: float) -> None:
    """Few bad records are put aside; a file of many is rather a file that is not what it should be."""
    for file in landed:
        if file.rejected > FEW_REJECTS and file.rejected > max_rejected * file.records:
            raise FileRefused(
                file.file,
                f"{file.rejected:,} of {file.records:,} records are rejected, the first is {file.example}: expected "
                f"no more than {FEW_REJECTS}, or {100 * max_rejected:g}% (SPARKIFY_MAX_REJECTED): mend the file",
                file.rejected,
            )


def _replace(session: Session, day: date | None) -> tuple[date, ...]:
    """Replace a slice of staging and make what it touches again; the other days whose plays were made again."""
    (changes,) = session.fetch(query("read/latest_change"))
    change = int(str(changes["latest"])) + 1
    for name in DAY_STATEMENTS if day else CATALOG_STATEMENTS:
        session.run(query(f"load/{name}"), log_date=day, change=change)
    if not day:
        return ()
    touched = [row["start_date"] for row in session.fetch(query("read/touched_days"))]
    return tuple(other for other in touched if isinstance(other, date) and other != day)


def _audit(session: Session, day: date | None) -> tuple[Finding, ...]:
    audits = [audit for name in _tables(day) for audit in audits_of(name)]
    if day:
        return tuple(run_audits(session, audits, log_date=day))
    return tuple(run_audits(session, [*audits, *catalog_links()]))


def _unloadable(day: date | None, refusal: FileRefused) -> Finding:
    """The finding that stands for a file which could not be loaded."""
    audit = next(audit for audit in audits_of(_staging(day).full_name) if audit.name == "files_loadable")
    sample = json.dumps([{"file": refusal.file.path, "reason": refusal.reason}], ensure_ascii=False)
    return Finding(audit, False, refusal.records, sample)


def _unknown_keys(day: date | None, landed: Iterable[LandedFile]) -> Iterator[Finding]:
    """The finding of the keys that the sieve met and the contract does not know."""
    met = Counter[str]()
    for file in landed:
        met.update(file.unknown)
    if met:
        audit = Audit(_staging(day), KNOWN_KEYS, "warning", "The records that the sieve meets have no other keys.", "")
        sample = [{"key": key, "records": records} for key, records in sorted(met.items())]
        yield Finding(audit, False, max(met.values()), as_json(sample))


def _write_ledger(
    session: Session, day: date | None, landed: list[LandedFile], run_id: str | None, loaded_at: datetime
) -> None:
    session.run(query("load/delete_ledger"), log_date=day)
    session.insert(
        model.table("ops.load_ledger"),
        [
            {
                "log_date": day,
                "file": file.file.path,
                "fingerprint": _fingerprint(file.file),
                "size": file.file.size,
                "records": file.records,
                "loaded": file.loaded,
                "rejected": file.rejected,
                "loaded_at": loaded_at,
                "run_id": run_id,
            }
            for file in landed
        ],
    )


def _write_audits(session: Session, day: date | None, findings: tuple[Finding, ...], run_id: str | None) -> None:
    audited_at = datetime.now(UTC).replace(tzinfo=None)
    session.insert(
        model.table("ops.audits"),
        [
            {
                "log_date": day,
                "table_name": finding.audit.table.name,
                "audit": finding.audit.name,
                "passed": finding.passed,
                "failing_rows": finding.failing_rows,
                "sample": finding.sample,
                "run_id": run_id,
                "audited_at": audited_at,
            }
            for finding in findings
        ],
    )


def count_rows(session: Session, table: model.Table, day: date | None = None) -> int:
    """How many rows a table has, of a log day or in all."""
    (row,) = session.fetch(count_query(table, of_day=day is not None), log_date=day)
    return int(str(row["n"]))


def _count_matched(session: Session, day: date | None) -> int:
    (row,) = session.fetch(query("read/day_matches"), log_date=day)
    return int(str(row["matched"]))


def _fingerprint(file: File) -> str:
    return f"{model_version()}:{file.fingerprint}"


def fingerprints(files: Iterable[File]) -> dict[str, str]:
    return {file.path: _fingerprint(file) for file in files}


def _told(result: LoadResult) -> LoadResult:
    """Say what became of a load, in the process's log."""
    log.info(result.said, extra={"load_result": result})
    return result

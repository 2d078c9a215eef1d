"""The only place that changes data: log days, or the song catalog, loaded whole or not at all.

Files are landed in private; then, in one transaction, slices of staging are replaced, everything of the star that they
touch is made again from staging, and audited. Days that touch are published together, and each for itself where one of
them is refused. What the statements say is in `queries/load/`, what ought to be true afterwards in `audits.py`; who
asks for a load, and who is told, is not known here.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sparkify_assets import model
from sparkify_assets.errors import ConnectionLost, WarehouseUnreachable
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.audits import Finding, audits_of, catalog_links, run_audits
from sparkify_assets.load.land import MAX_REJECTED, Files, Landed, land, list_files, unknown_keys, unloadable
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES, between, consecutive
from sparkify_assets.load.results import LOADED, REFUSED, UNCHANGED, LoadResult, blocks
from sparkify_assets.load.state import count_by_day, day_of, fingerprint, outdated
from sparkify_assets.queries import query
from sparkify_assets.warehouse.retries import ATTEMPTS, attempts
from sparkify_assets.warehouse.session import Session, Value, Warehouse

STAGING_STATEMENTS = (
    "create_affected_days",
    "create_affected_users",
    "create_affected_latest",
    "insert_affected_days",
    "insert_affected_users",
    "delete_rejected_records",
    "insert_rejected_records",
    "delete_staging_events",
    "insert_staging_events",
    "insert_affected_days",
    "insert_affected_users",
    "insert_affected_latest",
)
STAR_STATEMENTS = (
    "delete_songplays",
    "insert_songplays",
    "delete_time",
    "insert_time",
    "delete_users",
    "insert_users",
    "delete_changed_days",
    "insert_changed_days",
)
LAST_STATEMENTS = ("drop_affected_days", "drop_affected_users", "drop_affected_latest")
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

# How much larger logs are than they lie there packed.
_UNPACKED = 8

Findings = Mapping[date | None, tuple[Finding, ...]]

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
    (result,) = _load(warehouse, lake, [day], force, run_id, max_rejected)
    return result


def load_days(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date],
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
    at_once: int = 1,
    bytes_together: int = 0,
) -> list[LoadResult]:
    """Bring log days up to date: days that touch are landed and published together, as many as have so many bytes;
    several such batches are landed at once, each in a session of its own, and the lock has them published one after
    another."""

    def load(batch: Sequence[date | None]) -> list[LoadResult]:
        return _load(warehouse, lake, batch, force, run_id, max_rejected)

    batches = _batches(lake, days, bytes_together)
    if at_once == 1 or len(batches) == 1:
        return [result for batch in batches for result in load(batch)]
    with ThreadPoolExecutor(at_once) as pool:
        try:
            return [result for results in pool.map(load, batches) for result in results]
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
    (result,) = _load(warehouse, lake, [None], force, run_id, max_rejected)
    return result


def _batches(lake: Lake, days: Sequence[date], most_bytes: int) -> list[list[date | None]]:
    """Days that touch, as many together as have no more than so many bytes; one at least."""
    if len(days) == 1 or not most_bytes:
        return [[day] for day in days]
    files = list_files(lake, days)
    batches: list[list[date | None]] = []
    for run in consecutive(days):
        room = 0
        for day in run:
            size = sum(file.size * (_UNPACKED if file.path.endswith(".gz") else 1) for file in files[day])
            if day == run[0] or size > room:
                batches.append([])
                room = most_bytes
            batches[-1].append(day)
            room -= size
    return batches


def _load(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date | None],
    force: bool,
    run_id: str | None,
    max_rejected: float,
) -> list[LoadResult]:
    """Load once; again, if the connection broke, what the warehouse does not have of what was about to be committed."""
    done: dict[date | None, LoadResult] = {}
    about: list[LoadResult] = []
    for attempt in attempts(first_seconds=1.0):
        try:
            with warehouse.session(run_id) as session:
                if about and _were_committed(session, about):
                    done |= {result.day: _told(result) for result in about}
                left = [day for day in days if day not in done]
                for result in _Loading(session, lake, run_id, max_rejected, about).load(left, force):
                    done[result.day] = _told(result)
            return [done[day] for day in days]
        except (ConnectionLost, WarehouseUnreachable) as error:
            # What was never reached is not waited for.
            if attempt == ATTEMPTS or (attempt == 1 and isinstance(error, WarehouseUnreachable)):
                raise
            _attempts_log.warning(
                "%s: attempt %d of %d: %s", days[0] or "the song catalog", attempt + 1, ATTEMPTS, error
            )
    raise AssertionError


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class _Loading:
    """A load in a session: of days that touch, or of the song catalog. `about` holds what is about to be committed."""

    session: Session
    lake: Lake
    run_id: str | None
    max_rejected: float
    about: list[LoadResult]
    files: Files = field(init=False)
    landed: Landed = field(init=False)
    started: float = field(default_factory=time.monotonic)
    loaded_at: datetime = field(default_factory=_utc_now)

    def load(self, days: Sequence[date | None], force: bool) -> Iterator[LoadResult]:
        """Load what changed of these days, or all of it by force."""
        if not days:
            return
        files = list_files(self.lake, days)
        wanted = list(files) if force else outdated(self.session, files)
        yield from (LoadResult(day, UNCHANGED, files=len(files[day])) for day in days if day not in wanted)
        if not wanted:
            return
        self.files = {day: files[day] for day in wanted}
        self.landed = land(self.session, self.lake, self.files, self.max_rejected)
        for run in consecutive(self.landed.loadable):
            yield from self._publish(run)
        for day, refusal in self.landed.refused.items():
            yield self._refuse(day, (unloadable(day, refusal),), str(refusal))

    def _publish(self, days: Sequence[date | None]) -> Iterator[LoadResult]:
        """Publish days together; each for itself, if together they cannot be published."""
        self.about.clear()
        try:
            yield from self.session.transact(lambda: self._replace(days))
        except AuditsFailed as failure:
            if len(days) == 1:
                yield self._refuse(days[0], failure.findings, str(failure))
            else:
                for day in days:
                    yield from self._publish([day])

    def _replace(self, days: Sequence[date | None]) -> list[LoadResult]:
        """Replace the slices of staging, make again what they touch, and audit it."""
        touched = _replace_days(self.session, days) if days[0] else _replace_catalog(self.session, days)
        self._write_ledger(days)
        self.session.run(query("load/delete_audits"), **between(days))
        findings = _audit(self.session, days, touched)
        self._write_audits(findings)
        self.about[:] = self._results(days, findings)
        for name in LAST_STATEMENTS if days[0] else ():
            self.session.run(query(f"load/{name}"))
        return list(self.about)

    def _refuse(self, day: date | None, findings: tuple[Finding, ...], problem: str) -> LoadResult:
        """Record why a day was not loaded; what it had before stays."""

        def record() -> None:
            self.session.run(query("load/delete_audits"), **between([day]))
            self._write_audits({day: findings})

        self.session.transact(record)
        return LoadResult(day, REFUSED, files=len(self.files[day]), findings=findings, problem=problem)

    def _results(self, days: Sequence[date | None], findings: Findings) -> list[LoadResult]:
        """What became of each day; of the time that all of them took, its share by its records."""
        tables = model.tables_named(DAY_TABLES if days[0] else CATALOG_TABLES)
        rows = {table.name: count_by_day(self.session, table, days) for table in tables}
        matched, refreshed = _matched(self.session, days), _refreshed(self.session, days)
        seconds = (time.monotonic() - self.started) / (sum(self._records(day) for day in days) or len(days))
        return [
            LoadResult(
                day,
                LOADED,
                files=len(files),
                records=self._records(day),
                rejected=sum(file.rejected for file in files),
                example=next((f"{file.file.path}, {file.example}" for file in files if file.rejected), ""),
                rows={name: counted.get(day, 0) for name, counted in rows.items()},
                matched=matched.get(day, 0),
                findings=findings[day],
                refreshed=tuple(sorted(other for other in refreshed.get(day, ()) if other != day)),
                loaded_at=self.loaded_at,
                seconds=seconds * (self._records(day) or 1),
            )
            for day in days
            for files in [self.landed.files[day]]
        ]

    def _records(self, day: date | None) -> int:
        return sum(file.records for file in self.landed.files[day])

    def _write_ledger(self, days: Sequence[date | None]) -> None:
        self.session.run(query("load/delete_ledger"), **between(days))
        rows = [
            {
                "log_date": day,
                "file": file.file.path,
                "fingerprint": fingerprint(file.file),
                "size": file.file.size,
                "records": file.records,
                "loaded": file.loaded,
                "rejected": file.rejected,
                "loaded_at": self.loaded_at,
                "run_id": self.run_id,
            }
            for day in days
            for file in self.landed.files[day]
        ]
        self.session.insert(model.table("ops.load_ledger"), rows)

    def _write_audits(self, found: Findings) -> None:
        audited_at = _utc_now()
        rows = [
            {
                "log_date": day,
                "table_name": finding.audit.table.name,
                "audit": finding.audit.name,
                "passed": finding.passed,
                "failing_rows": finding.failing_rows,
                "sample": finding.sample,
                "run_id": self.run_id,
                "audited_at": audited_at,
            }
            for day, findings in found.items()
            for finding in (*findings, *unknown_keys(day, self.landed.files.get(day, ())))
        ]
        self.session.insert(model.table("ops.audits"), rows)


def _were_committed(session: Session, about: Sequence[LoadResult]) -> bool:
    """Whether the ledger has what was about to be committed when the connection broke."""
    ledger = session.fetch(query("read/day_ledger"), **between([result.day for result in about]))
    return any(row["loaded_at"] == about[0].loaded_at for row in ledger)


def _replace_days(session: Session, days: Sequence[date | None]) -> dict[str, Value]:
    """Replace slices of staging and make again what they touch; the values that name it."""
    values = between(days) | {"change": _next_change(session)}
    for name in STAGING_STATEMENTS:
        session.run(query(f"load/{name}"), **values)
    (touched,) = session.fetch(query("read/affected"))
    lost_users = touched.pop("lost_users")
    values |= touched
    for name in STAR_STATEMENTS:
        session.run(query(f"load/{name}"), **values)
    if lost_users:
        session.run(query("load/insert_users_again"))
    return values


def _replace_catalog(session: Session, days: Sequence[date | None]) -> dict[str, Value]:
    """Replace the song catalog; no value names what it touches, which is all of it."""
    values = between(days) | {"change": _next_change(session)}
    for name in CATALOG_STATEMENTS:
        session.run(query(f"load/{name}"), **values)
    return {}


def _next_change(session: Session) -> int:
    (changes,) = session.fetch(query("read/latest_change"))
    return int(str(changes["latest"])) + 1


def _audit(session: Session, days: Sequence[date | None], touched: Mapping[str, Value]) -> Findings:
    """What the audits find, by day: found in all days at once, and looked for in each where it is more than nothing."""
    audits = [audit for name in (DAY_TABLES if days[0] else CATALOG_TABLES) for audit in audits_of(name)]
    found = run_audits(session, audits if days[0] else [*audits, *catalog_links()], **touched)
    if any(blocks(finding) for finding in found):
        raise AuditsFailed(tuple(found))
    if len(days) == 1:
        return {days[0]: tuple(found)}
    return {
        day: tuple(
            finding if finding.is_nothing else run_audits(session, [finding.audit], **{**touched, **between([day])})[0]
            for finding in found
        )
        for day in days
    }


def _matched(session: Session, days: Sequence[date | None]) -> dict[date | None, int]:
    """How many plays of each day match a song."""
    rows = session.fetch(query("read/day_matches"), **between(days))
    return {day_of(row, "start_date"): int(str(row["matched"])) for row in rows}


def _refreshed(session: Session, days: Sequence[date | None]) -> dict[date | None, list[date]]:
    """The days whose plays each log day has touched."""
    found: dict[date | None, list[date]] = {}
    for row in session.fetch(query("read/affected_days")) if days[0] else ():
        touched = day_of(row, "start_date")
        assert touched
        found.setdefault(day_of(row), []).append(touched)
    return found


def _told(result: LoadResult) -> LoadResult:
    """Say what became of a load, in the process's log."""
    log.info(result.said, extra={"load_result": result})
    return result

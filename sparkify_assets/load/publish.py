"""Publishing: in one transaction partitions are replaced by what was landed, what they affect is rebuilt, and all of it
is audited. A failed blocking audit publishes nothing.

Days that were landed together are published together, and each by itself where one of them is refused.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sparkify_assets import model
from sparkify_assets.errors import ConnectionLost
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import AuditsFailed, Finding, run_blocking_audits, run_of_parts
from sparkify_assets.load.belonging import claim
from sparkify_assets.load.findings import Findings, split
from sparkify_assets.load.forgetting import forgotten_users
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.land import Landed, land, unknown_keys, unloadable
from sparkify_assets.load.progress import OnProgress, Progress
from sparkify_assets.load.results import REFUSED, UNCHANGED, LoadResult
from sparkify_assets.load.state import files_version, fingerprint, read_ledger
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import ListChanged, Session, Value


class CommitUnknown(ConnectionLost):
    """The connection broke when this was to be committed. Whether it was, the ledger knows."""

    def __init__(self, load: Load, results: list[LoadResult], error: ConnectionLost) -> None:
        super().__init__(str(error))
        self.load, self.results = load, results

    def was_committed(self, session: Session) -> bool:
        """Ask the ledger, on a new connection."""
        loaded_at = self.results[0].loaded_at
        return any(row["loaded_at"] == loaded_at for row in self.load.fetch(session, "ledger"))


@dataclass
class Publication:
    """Lands and publishes a load in a session."""

    session: Session
    lake: Lake
    run_id: str | None
    max_rejected: float
    on_progress: OnProgress | None = None
    landed: Landed = field(init=False)
    forgotten: frozenset[int] = frozenset()
    started: float = field(default_factory=time.monotonic)
    loaded_at: datetime = field(default_factory=lambda: _utc_now())

    def bring_up_to_date(self, load: Load, force: bool) -> Iterator[list[LoadResult]]:
        """Load the parts that are stale, or all of them by force. Yield what was decided together, at once."""
        files = load.list_files(self.lake)
        ledger = None if force else read_ledger(self.session, load)
        stale = [part for part in load.parts if ledger is None or ledger.is_stale(part, files[part])]
        if unchanged := [
            LoadResult(part, UNCHANGED, files=len(files[part]), version=files_version(files[part]))
            for part in load.parts
            if part not in stale
        ]:
            yield unchanged
        if not stale:
            return
        files_of = {part: files[part] for part in stale}
        self.forgotten = forgotten_users(self.session)
        for landed in land(
            self.session, self.lake, load, files_of, self.max_rejected, self.on_progress, self.forgotten
        ):
            self.landed = landed
            for loadable in load.joined(part for part in landed.files if part not in landed.refused):
                yield from self._publish(loadable)
            for part, refusal in landed.refused.items():
                yield [self._refuse(part, files[part], (unloadable(part, refusal),))]
            self.started = time.monotonic()

    def _publish(self, load: Load) -> Iterator[list[LoadResult]]:
        """Publish a load; its parts by themselves, if it cannot be published whole."""
        results: list[LoadResult] = []
        self._notify(f"publishing {load}")

        def work() -> None:
            results[:] = self._replace(load)

        try:
            self.session.transact(work)
        except ConnectionLost as error:
            if not results:
                raise
            raise CommitUnknown(load, results, error) from error
        except AuditsFailed as failure:
            if len(load.parts) == 1:
                read = [file.file for file in self.landed.files[load]]
                yield [self._refuse(load, read, failure.findings)]
            else:
                for part in load.parts:
                    yield from self._publish(part)
        else:
            yield results

    def _replace(self, load: Load) -> list[LoadResult]:
        """What the transaction does."""
        claim(self.session, self.lake)
        (changes,) = self.session.fetch(query("read/latest_change"))
        if (changes["forgotten_users"] or self.forgotten) and forgotten_users(self.session) != self.forgotten:
            raise ListChanged
        affected = load.replace(self.session, change=int(str(changes["latest"])) + 1)
        self._write_ledger(load)
        load.run(self.session, "delete_audits")
        self._notify(f"checking {load}")
        findings = self._audit(load, affected)
        self._write_audits(findings)
        return self._results(load, findings)

    def _audit(self, load: Load, affected: Mapping[str, Value]) -> Findings:
        """What the audits find in all parts at once, and in each part where that is more than nothing."""
        found = run_blocking_audits(self.session, load.audits, **affected)
        return split(
            load,
            found,
            lambda audit, parts: run_of_parts(self.session, audit, [{**affected, **part.values} for part in parts]),
        )

    def _notify(self, doing: str) -> None:
        if self.on_progress:
            self.on_progress(Progress(doing))

    def _refuse(self, load: Load, files: Sequence[File], findings: tuple[Finding, ...]) -> LoadResult:
        """Record why a part was refused; what it had before stays."""

        def record() -> None:
            claim(self.session, self.lake)
            load.run(self.session, "delete_audits")
            self._write_audits({load: findings})

        self.session.transact(record)
        return LoadResult(load, REFUSED, files=len(files), version=files_version(files), findings=findings)

    def _results(self, load: Load, findings: Findings) -> list[LoadResult]:
        """What became of each part."""
        results, seconds = load.results(self.session), time.monotonic() - self.started
        return [
            replace(
                results[part],
                files=len(files),
                version=files_version([file.file for file in files]),
                size=sum(file.file.size for file in files),
                records=sum(file.records for file in files),
                rejected=sum(file.rejected for file in files),
                forgotten=sum(file.forgotten for file in files),
                example=next((f"{file.file.path}, {file.example}" for file in files if file.rejected), ""),
                findings=findings[part],
                loaded_at=self.loaded_at,
                seconds=seconds,
                together=len(load.parts),
            )
            for part in load.parts
            for files in [self.landed.files[part]]
        ]

    def _write_ledger(self, load: Load) -> None:
        load.run(self.session, "delete_ledger")
        rows = [
            {
                "log_date": part.log_date,
                "file": file.file.path,
                "fingerprint": fingerprint(file.file),
                "size": file.file.size,
                "records": file.records,
                "loaded": file.loaded,
                "rejected": file.rejected,
                "forgotten": file.forgotten,
                "loaded_at": self.loaded_at,
                "run_id": self.run_id,
            }
            for part in load.parts
            for file in self.landed.files[part]
        ]
        self.session.insert(model.table("ops.load_ledger"), rows)

    def _write_audits(self, found: Findings) -> None:
        audited_at = _utc_now()
        rows = [
            {
                "log_date": part.log_date,
                "table_name": finding.audit.table.name,
                "audit": finding.audit.name,
                "passed": finding.passed,
                "failing_rows": finding.failing_rows,
                "sample": finding.sample,
                "run_id": self.run_id,
                "audited_at": audited_at,
            }
            for part, findings in found.items()
            for finding in (*findings, *unknown_keys(part, self.landed.files.get(part, ())))
        ]
        self.session.insert(model.table("ops.audits"), rows)


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

"""Rebuilding insights from the star: the only place that changes them.

Every load numbers its change: `ops.changed_days` holds the latest change of each day, `ops.insight_ledger` the latest
change that each insight includes. An insight with an older number is outdated. Insights are summed up from summaries,
which are replaced by the changed days and users. The statements are in `queries/insights/`; when they run is decided in
`orchestration/`.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sparkify_assets import model
from sparkify_assets.errors import ConnectionLost, WarehouseError, WarehouseUnreachable
from sparkify_assets.load.audits import AuditsFailed, Finding, audits_of, run_blocking_audits
from sparkify_assets.load.explanations import Explanation, explain_refusal
from sparkify_assets.load.loading import ignore
from sparkify_assets.load.partitions import count_rows
from sparkify_assets.load.progress import OnProgress, Progress
from sparkify_assets.load.results import REFUSED, UNCHANGED
from sparkify_assets.model import Insight
from sparkify_assets.queries import Query, insert_insight, query
from sparkify_assets.warehouse.session import Session, Warehouse
from sparkify_assets.warehouse.translations import tables_read

REBUILT = "rebuilt"
# Less than the number of every change: all days have changed since.
_BEFORE_ALL = -1


@dataclass(frozen=True)
class InsightResult:
    """What became of an insight: rebuilt (whole, or the rows that changed days affect), unchanged, or refused."""

    insight: Insight
    state: str
    rows: int = 0
    changed: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def name(self) -> str:
        return self.insight.table.name

    @property
    def problem(self) -> str | None:
        """Why it was refused, in a line."""
        return "; ".join(why.text for why in self.refusals) or None

    @property
    def refusals(self) -> list[Explanation]:
        """Why it was refused: its audits, or the error with which its statement failed."""
        if self.error:
            remedy = (
                f"`sparkify load` tries again; if you have changed queries/insights/{self.name}.sql, correct it first"
            )
            return [Explanation(f"insights.{self.name}", self.error, remedy)]
        return explain_refusal(self.findings)

    @property
    def summary(self) -> str:
        """The result in a line."""
        if self.state == REFUSED:
            return f"{self.name}: refused: {self.problem}"
        if self.state == UNCHANGED:
            return f"{self.name}: unchanged"
        return f"{self.name}: rebuilt {self.changed:,} of {self.rows:,} rows in {self.seconds:.2f} s"


@dataclass(frozen=True)
class _Changes:
    """The latest change of the star, the latest that affected all days, when an audit last ran, and the change that
    each insight includes."""

    latest: int
    of_all_days: int
    audited_at: object
    included: Mapping[str, tuple[str, int]]

    def is_current(self, insight: Insight) -> bool:
        return self.included.get(insight.table.name) == (self.version(insight), self.latest)

    def since(self, insight: Insight) -> int:
        """The change after which the insight's rows are outdated; all are, unless it can follow day by day."""
        version, change = self.included.get(insight.table.name, ("", _BEFORE_ALL))
        follows = insight.affected and version == self.version(insight) and self.of_all_days <= change
        return change if follows else _BEFORE_ALL

    def version(self, insight: Insight) -> str:
        """The version of the insight's rows. A refused load changes audits, and has no number."""
        version = version_of(insight)
        return f"{version} {self.audited_at}" if "ops.audits" in tables_read(insight.sql) else version


def version_of(insight: Insight) -> str:
    """A hash of what decides an insight's rows beside the star: its statement, and those of what it reads."""
    statements = [insight.sql, *(read.sql for read in insights_read(insight.table.name))]
    return hashlib.sha256("\0".join(statements).encode()).hexdigest()[:12]


@cache
def insights_read(name: str) -> tuple[Insight, ...]:
    """The insights and summaries that an insight reads, directly or through others."""
    sql = {**model.summaries(), **model.insights()}[name].sql
    # A summary may read the rows of its own that stay.
    direct = [read for each in sorted(tables_read(sql)) if (read := model.built(each)) and read.table.name != name]
    return tuple(dict.fromkeys(each for read in direct for each in (*insights_read(read.table.name), read)))


@cache
def in_order() -> tuple[Insight, ...]:
    """Return all insights, each after those that it reads."""
    made = dict.fromkeys(each for name, insight in model.insights().items() for each in (*insights_read(name), insight))
    return tuple(each for each in made if each.table.name in model.insights())


def star_tables_read(insight: Insight) -> set[str]:
    """The tables that an insight reads, with those behind its summaries in place of these."""
    read = set(tables_read(insight.sql)) - {insight.table.full_name}
    summaries = {each.table.full_name: each for each in model.summaries().values()}
    behind = (star_tables_read(each) for full_name, each in summaries.items() if full_name in read)
    return {*(read - summaries.keys()), *(name for names in behind for name in names)}


def stale_insights(session: Session) -> list[str]:
    """Return the names of the outdated insights."""
    changes = _read_changes(session)
    return [insight.table.name for insight in in_order() if not changes.is_current(insight)]


def latest_change(session: Session) -> int:
    """Return the number of the latest change of the star."""
    return _read_changes(session).latest


def insight_runs(session: Session) -> Mapping[str, str]:
    """Return the run that built each insight, as far as it was built by one."""
    ledger = session.fetch(query("read/insight_ledger"))
    return {
        str(row["insight"]): str(row["run_id"])
        for row in ledger
        if row["run_id"] and row["insight"] in model.insights()
    }


def rebuild_insights(
    warehouse: Warehouse,
    names: Iterable[str] | None = None,
    force: bool = False,
    run_id: str | None = None,
    on_result: Callable[[InsightResult], object] = ignore,
    on_progress: OnProgress | None = None,
) -> list[InsightResult]:
    """Bring insights up to date with the star, and what they read. One that fails keeps its rows, and stops only those
    that read it."""
    wanted = set(model.insights() if names is None else names)
    needed = {read.table.name for name in wanted for read in insights_read(name)}
    outdated = wanted | (needed & model.summaries().keys()) if force else set()
    results = []
    with warehouse.session(run_id) as session:
        for insight in in_order():
            if (name := insight.table.name) in wanted | needed:
                if on_progress:
                    on_progress(Progress(f"rebuilding {name}"))
                results.append(_rebuild(session, insight, outdated, run_id))
                if results[-1].state == REBUILT:
                    outdated -= {name, *(read.table.name for read in insights_read(name))}
                on_result(results[-1])
    return results


def _rebuild(session: Session, insight: Insight, outdated: set[str], run_id: str | None) -> InsightResult:
    """Rebuild an insight if it has not followed the latest change, or is among those that count as outdated."""
    started = time.monotonic()

    def publish() -> InsightResult:
        changes = _read_changes(session)

        def is_current(made: Insight) -> bool:
            return changes.is_current(made) and made.table.name not in outdated

        def replace(made: Insight) -> tuple[int, tuple[Finding, ...]]:
            changed = _replace(session, made, _BEFORE_ALL if made.table.name in outdated else changes.since(made))
            # A summary has no audits: those of the insights that are summed up from it find what it lacks.
            audits = audits_of(made.table.full_name) if made.table.name in model.insights() else ()
            findings = run_blocking_audits(session, audits)
            _write_ledger(session, made, changes, run_id)
            return changed, findings

        if is_current(insight):
            return InsightResult(insight, UNCHANGED, rows=count_rows(session, insight.table))
        # In this transaction, since a load may have been published after they were last rebuilt.
        for read in insights_read(insight.table.name):
            if not is_current(read):
                replace(read)
        changed, findings = replace(insight)
        seconds = time.monotonic() - started
        return InsightResult(insight, REBUILT, count_rows(session, insight.table), changed, seconds, findings)

    try:
        return session.transact(publish)
    except AuditsFailed as refusal:
        return InsightResult(insight, REFUSED, findings=refusal.findings)
    except (ConnectionLost, WarehouseUnreachable):
        raise
    except WarehouseError as error:
        return InsightResult(insight, REFUSED, error=str(error))


def _read_changes(session: Session) -> _Changes:
    (changes,) = session.fetch(query("read/latest_change"))
    ledger = session.fetch(query("read/insight_ledger"))
    return _Changes(
        int(str(changes["latest"])),
        int(str(changes["of_all_days"])),
        changes["audited_at"],
        {str(row["insight"]): (str(row["version"]), int(str(row["change"]))) for row in ledger},
    )


def _replace(session: Session, insight: Insight, since: int) -> int:
    """Replace an insight's rows, or those that later changes affect, and return how many there are now."""
    for deletion in deletions(insight, whole=since == _BEFORE_ALL):
        session.run(deletion, change=since)
    return session.run(insert_insight(insight), change=since)


def deletions(insight: Insight, *, whole: bool) -> list[Query]:
    """The statements that empty an insight's table, or delete the rows that changed days or users affect: Redshift
    joins a table that it deletes from by equality alone, so each condition is a statement of its own."""
    name, changed = insight.table.full_name, f"ops.changed_{insight.affected_by}"
    if whole:
        return [Query(f"emptying {name}", f"DELETE FROM {name}")]
    return [
        Query(
            f"deleting from {name}",
            f"DELETE FROM {name} USING {changed} AS changed WHERE changed.change > :change AND {condition}"
            if "changed." in condition
            else f"DELETE FROM {name} WHERE {condition}",
        )
        for condition in insight.affected
    ]


def _write_ledger(session: Session, insight: Insight, changes: _Changes, run_id: str | None) -> None:
    """Record what the insight was made from, in the transaction that makes it."""
    session.run(query("rebuild/delete_insight_ledger"), insight=insight.table.name)
    made_at = datetime.now(UTC).replace(tzinfo=None)
    row = {"insight": insight.table.name, "version": changes.version(insight), "change": changes.latest}
    session.insert(model.table("ops.insight_ledger"), [row | {"made_at": made_at, "run_id": run_id}])

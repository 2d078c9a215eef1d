"""The insights, made from the star: the only place that changes them.

An insight follows the star by the numbers of its changes: a load notes in `ops.changed_days` which days it has made
again, and `ops.insight_ledger` holds which of these changes an insight knows. What is asked is in `queries/insights/`,
who makes the insights, and when, in `assets/`.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sqlglot import exp

from sparkify_assets import model
from sparkify_assets.errors import ConnectionLost, WarehouseError, WarehouseUnreachable
from sparkify_assets.load.audits import Finding, audits_of, run_audits
from sparkify_assets.load.loading import ignore
from sparkify_assets.load.partitions import count_rows
from sparkify_assets.load.results import REFUSED, UNCHANGED
from sparkify_assets.model import Insight
from sparkify_assets.queries import Query, insert_insight, query
from sparkify_assets.warehouse.dialect import parse
from sparkify_assets.warehouse.session import Session, Warehouse

MADE = "made"
# What is less than every change: all days have changed since.
_BEFORE_ALL = -1


@dataclass(frozen=True)
class InsightResult:
    """What became of an insight: made (again, or the rows alone that changed days touch), unchanged, or refused."""

    insight: Insight
    state: str
    rows: int = 0
    changed: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.insight.table.name

    @property
    def summary(self) -> str:
        """The result in a line."""
        if self.state == REFUSED:
            return f"{self.name}: refused: {self.problem}"
        if self.state == UNCHANGED:
            return f"{self.name}: unchanged"
        return f"{self.name}: made {self.changed:,} of {self.rows:,} rows in {self.seconds:.2f} s"


@dataclass(frozen=True)
class _Standing:
    """Up to which change the star has come, in all and for all days at once; and what each insight knows of it."""

    latest: int
    of_all_days: int
    known: Mapping[str, tuple[str, int]]

    def is_current(self, insight: Insight) -> bool:
        return self.known.get(insight.table.name) == (version_of(insight), self.latest)

    def known_change(self, insight: Insight) -> int:
        """The change since which the insight has to follow, where it can follow day by day."""
        version, change = self.known.get(insight.table.name, ("", _BEFORE_ALL))
        follows = insight.affected and version == version_of(insight) and self.of_all_days <= change
        return change if follows else _BEFORE_ALL


def version_of(insight: Insight) -> str:
    """What decides an insight's rows, beside the rows of the star: its statement, and those of what it reads."""
    statements = [insight.sql, *(read.sql for read in insights_read(insight.table.name))]
    return hashlib.sha256("\0".join(statements).encode()).hexdigest()[:12]


@cache
def insights_read(name: str) -> tuple[Insight, ...]:
    """The insights that an insight reads, and those that these read."""
    names = {full.removeprefix("insights.") for full in tables_read(model.insights()[name].sql)}
    direct = [insight for other, insight in sorted(model.insights().items()) if other in names]
    return tuple(dict.fromkeys(each for read in direct for each in (*insights_read(read.table.name), read)))


@cache
def in_order() -> tuple[Insight, ...]:
    """All insights; one that reads another comes after it."""
    return tuple(
        dict.fromkeys(each for name in model.insights() for each in (*insights_read(name), model.insights()[name]))
    )


def tables_read(sql: str) -> set[str]:
    """The tables of the warehouse that a statement reads."""
    return {f"{table.db}.{table.name}" for table in parse(sql).find_all(exp.Table) if table.db}


def stale_insights(session: Session) -> list[str]:
    """The names of the insights that do not know of the latest change."""
    standing = _look(session)
    return [insight.table.name for insight in in_order() if not standing.is_current(insight)]


def make_insights(
    warehouse: Warehouse,
    names: Iterable[str] | None = None,
    force: bool = False,
    run_id: str | None = None,
    on_result: Callable[[InsightResult], object] = ignore,
) -> list[InsightResult]:
    """Bring insights up to date with the star, and those that they read; each for itself: one that fails keeps what it
    had."""
    wanted = set(model.insights() if names is None else names)
    needed = {read.table.name for name in wanted for read in insights_read(name)}
    results = []
    with warehouse.session(run_id) as session:
        for insight in in_order():
            if (name := insight.table.name) in wanted | needed:
                results.append(_make(session, insight, force and name in wanted, run_id))
                on_result(results[-1])
    return results


class _Refused(Exception):
    """The insight's audits found rows against them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        failed = [f"{found.audit.name} ({found.failing_rows} rows)" for found in findings if found.blocks]
        super().__init__(f"what it held before stays, audits failed: {', '.join(failed)}")
        self.findings = tuple(findings)


def _make(session: Session, insight: Insight, force: bool, run_id: str | None) -> InsightResult:
    started = time.monotonic()

    def publish() -> InsightResult:
        standing = _look(session)
        if standing.is_current(insight) and not force:
            return InsightResult(insight, UNCHANGED, rows=count_rows(session, insight.table))
        since = _BEFORE_ALL if force else standing.known_change(insight)
        session.run(deletion(insight, whole=since == _BEFORE_ALL), change=since)
        changed = session.run(insert_insight(insight), change=since)
        findings = run_audits(session, audits_of(insight.table.full_name))
        if any(found.blocks for found in findings):
            raise _Refused(findings)
        _note(session, insight, standing.latest, run_id)
        seconds = time.monotonic() - started
        return InsightResult(insight, MADE, count_rows(session, insight.table), changed, seconds, tuple(findings))

    try:
        return session.transact(publish)
    except _Refused as refusal:
        return InsightResult(insight, REFUSED, findings=refusal.findings, problem=str(refusal))
    except (ConnectionLost, WarehouseUnreachable):
        raise
    except WarehouseError as error:
        return InsightResult(insight, REFUSED, problem=str(error))


def _look(session: Session) -> _Standing:
    (changes,) = session.fetch(query("read/latest_change"))
    ledger = session.fetch(query("read/insight_ledger"))
    return _Standing(
        int(str(changes["latest"])),
        int(str(changes["of_all_days"])),
        {str(row["insight"]): (str(row["version"]), int(str(row["change"]))) for row in ledger},
    )


def deletion(insight: Insight, *, whole: bool) -> Query:
    """The statement that empties an insight's table, or takes out the rows that changed days touch."""
    name = insight.table.full_name
    touched = f" USING ops.changed_days AS changed WHERE changed.change > :change AND ({insight.affected})"
    return Query(f"emptying {name}", f"DELETE FROM {name}{'' if whole else touched}")


def _note(session: Session, insight: Insight, change: int, run_id: str | None) -> None:
    """Note what the insight was made from, in the transaction that makes it."""
    session.run(query("load/delete_insight_ledger"), insight=insight.table.name)
    made_at = datetime.now(UTC).replace(tzinfo=None)
    row = {"insight": insight.table.name, "version": version_of(insight), "change": change, "made_at": made_at}
    session.insert(model.table("ops.insight_ledger"), [row | {"run_id": run_id}])

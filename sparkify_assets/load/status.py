"""How each log day stands: what the lake has of it, what the warehouse has of it, and what its audits found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.load.state import day_of, fingerprints, read_ledger
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Row, Session, Warehouse

NEW, CHANGED, VANISHED, LOADED, REFUSED, EMPTY = "new", "changed", "vanished", "loaded", "refused", "empty"
TO_LOAD = (NEW, CHANGED, VANISHED, REFUSED)


@dataclass(frozen=True)
class DayStatus:
    """A log day, or the song catalog where there is no day."""

    day: date | None
    state: str
    figures: Row = field(default_factory=dict)
    failed_audits: tuple[Row, ...] = ()

    @property
    def name(self) -> str:
        return str(self.day) if self.day else "songs"


@dataclass(frozen=True)
class Status:
    """How everything stands, the files that nobody reads, and loaded days that nobody keeps up to date."""

    catalog: DayStatus
    days: tuple[DayStatus, ...]
    misplaced: tuple[str, ...]
    outside: tuple[str, ...]
    stranded: tuple[date, ...] = ()

    def count(self, *states: str) -> int:
        return sum(day.state in states for day in (self.catalog, *self.days))


def read_status(warehouse: Warehouse, lake: Lake, days: Sequence[date], known: Sequence[date]) -> Status:
    """How the catalog and these days stand; files of days that are not among the known ones are outside."""
    files = lake.days()
    in_lake: dict[date | None, dict[str, str]] = {day: fingerprints(found) for day, found in files.items()}
    in_lake[None] = fingerprints(lake.songs())
    try:
        with warehouse.reader() as session:
            ledger, figures, failed = _read(session)
    except WarehouseMissing:
        ledger, figures, failed = {}, {}, {}

    def status_of(day: date | None) -> DayStatus:
        audits = tuple(failed.get(day, ()))
        state = day_state(
            in_lake.get(day, {}),
            ledger.get(day, {}),
            refused=any(is_blocking(str(row["table_name"]), str(row["audit"])) for row in audits),
        )
        return DayStatus(day, state, figures.get(day, {}), audits)

    outside = [file.path for day, found in files.items() if day not in set(known) for file in found]
    return Status(
        catalog=status_of(None),
        days=tuple(status_of(day) for day in days),
        misplaced=tuple(file.path for file in lake.misplaced()),
        outside=tuple(outside),
        stranded=tuple(sorted(day for day in ledger if day and day not in set(known))),
    )


def day_state(in_lake: Mapping[str, str], in_ledger: Mapping[str, str], *, refused: bool) -> str:
    """The state of a day, from the fingerprints of its files in the lake and in the ledger."""
    if refused:
        return REFUSED
    if in_lake == in_ledger:
        return LOADED if in_lake else EMPTY
    if not in_ledger:
        return NEW
    return CHANGED if in_lake else VANISHED


def _read(
    session: Session,
) -> tuple[dict[date | None, dict[str, str]], dict[date | None, Row], dict[date | None, list[Row]]]:
    """The ledger's files, its figures and the audits that failed, each by day."""
    figures = {day_of(row): row for row in session.fetch(query("read/day_summary"))}
    failed: dict[date | None, list[Row]] = {}
    for row in session.fetch(query("read/failed_audits")):
        failed.setdefault(day_of(row), []).append(row)
    return read_ledger(session), figures, failed

"""How each log day stands: what the lake has of it, what the warehouse has of it, and what its audits found."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.audits import is_blocking
from sparkify_assets.load.belonging import refuse_another
from sparkify_assets.load.explanations import Explanation, explain_row
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import Ledger, State, load_of, read_ledger
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Row, Warehouse


@dataclass(frozen=True)
class LoadStatus:
    """How a log day or the song catalog stands, what its files became, and which audits its latest attempt failed."""

    load: Load
    state: State
    figures: Row = field(default_factory=dict)
    failed_audits: Sequence[Row] = ()

    @property
    def name(self) -> str:
        return "songs" if self.load == SONG_CATALOG else str(self.load)

    @property
    def refusals(self) -> list[Explanation]:
        """Why it was refused, if it was."""
        return [explain_row(row) for row in self.failed_audits if _is_blocking(row)]

    @property
    def warnings(self) -> dict[str, Explanation]:
        """What audits warn of that do not block, by their names."""
        return {
            f"{row['table_name']}.{row['audit']}": explain_row(row)
            for row in self.failed_audits
            if not _is_blocking(row)
        }


@dataclass(frozen=True)
class Status:
    """How everything stands, the files that are not read, and loaded days that are not kept up to date any more."""

    catalog: LoadStatus
    days: tuple[LoadStatus, ...]
    misplaced: tuple[str, ...]
    outside: tuple[str, ...]
    stranded: tuple[date, ...] = ()

    @property
    def loads(self) -> tuple[LoadStatus, ...]:
        return (self.catalog, *self.days)

    def count(self, *states: State) -> int:
        return sum(load.state in states for load in self.loads)

    @property
    def refusals(self) -> list[tuple[str, Explanation]]:
        """Why loads were refused, each by its name."""
        return [(str(load.load), why) for load in self.loads for why in load.refusals]

    @property
    def warnings(self) -> dict[str, list[tuple[str, Explanation]]]:
        """What audits warn of, by their names: on which loads, and what they found there."""
        found: dict[str, list[tuple[str, Explanation]]] = {}
        for load in self.loads:
            for audit, warning in load.warnings.items():
                found.setdefault(audit, []).append((str(load.load), warning))
        return found


def _is_blocking(row: Row) -> bool:
    return is_blocking(str(row["table_name"]), str(row["audit"]))


def read_status(warehouse: Warehouse, lake: Lake, days: Sequence[date], known: Sequence[date]) -> Status:
    """How the song catalog and these days stand; files of days that are not among the known ones are outside."""
    in_lake, songs = lake.days(), lake.songs()
    ledger, figures = Ledger(), dict[Load, Row]()
    with suppress(WarehouseMissing), warehouse.reader() as session:
        refuse_another(session, lake)
        ledger = read_ledger(session)
        figures = {load_of(row["log_date"]): row for row in session.fetch(query("read/day_summary"))}

    def status_of(load: Load) -> LoadStatus:
        files = in_lake.get(load.log_date, []) if load.log_date else songs
        return LoadStatus(load, ledger.state(load, files), figures.get(load, {}), ledger.failed_audits.get(load, ()))

    known_days = set(known)
    return Status(
        catalog=status_of(SONG_CATALOG),
        days=tuple(status_of(LogDays.of(day)) for day in days),
        misplaced=tuple(file.path for file in lake.misplaced()),
        outside=tuple(file.path for day, files in in_lake.items() if day not in known_days for file in files),
        stranded=tuple(
            sorted(load.log_date for load in ledger.files if load.log_date and load.log_date not in known_days)
        ),
    )

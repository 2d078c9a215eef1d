"""What a load has to do: which days differ from what was loaded, and in which runs. It reads, and changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sparkify_assets.insights import in_order, stale_insights
from sparkify_assets.lake import Lake
from sparkify_assets.load import day_of, fingerprints, refused_loads
from sparkify_assets.queries import query
from sparkify_assets.warehouse import Session, Warehouse, WarehouseMissing


class NothingToLoad(Exception):
    """Neither the lake nor the warehouse knows a file of the days asked for."""


@dataclass(frozen=True)
class Plan:
    """What a load is going to do: the catalog or not, which days, in stretches that are a run each, and which insights:
    all of them after a load, or those that did not follow the one before."""

    songs: bool
    stretches: tuple[tuple[date, date], ...]
    insights: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many results one is going to be told of."""
        return self.songs + sum((last - first).days + 1 for first, last in self.stretches) + len(self.insights)


def plan_load(warehouse: Warehouse, lake: Lake, days: list[date], force: bool) -> Plan:
    """What brings the catalog and these days up to date: what is new, changed or vanished, or all of it by force."""
    in_lake = {day: fingerprints(files) for day, files in lake.days().items()}
    songs = fingerprints(lake.songs())
    try:
        with warehouse.reader() as session:
            ledger, refused = read_ledger(session), refused_loads(session)
            insights = stale_insights(session)
    except WarehouseMissing:
        ledger, refused, insights = {}, set(), []
    if not any(day in in_lake or day in ledger for day in days):
        raise NothingToLoad(
            f"neither the lake nor the warehouse has a log file of {days[0]} to {days[-1]}: expected "
            "log_data/YYYY/MM/YYYY-MM-DD*.json; set SPARKIFY_LAKE, or SPARKIFY_START_DATE and SPARKIFY_END_DATE"
        )
    wanted = [day for day in days if force or day in refused or in_lake.get(day, {}) != ledger.get(day, {})]
    songs_too = force or None in refused or songs != ledger.get(None, {})
    if wanted or songs_too:
        insights = [insight.table.name for insight in in_order()]
    return Plan(songs_too, tuple(stretches(wanted)), tuple(insights))


def read_ledger(session: Session) -> dict[date | None, dict[str, str]]:
    """The loaded files and their fingerprints, by log day; the songs' under None."""
    ledger: dict[date | None, dict[str, str]] = {}
    for row in session.fetch(query("read/ledger")):
        ledger.setdefault(day_of(row), {})[str(row["file"])] = str(row["fingerprint"])
    return ledger


def stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that touch, as first and last, of days in order."""
    first = last = None
    for day in days:
        if first and last and day != last + timedelta(days=1):
            yield first, last
            first = None
        first, last = first or day, day
    if first and last:
        yield first, last

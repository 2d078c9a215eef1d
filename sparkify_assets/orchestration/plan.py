"""What a load has to do: which days differ from what was loaded, and in which runs. It reads, and changes nothing."""

from dataclasses import dataclass
from datetime import date

from sparkify_assets.errors import NothingToLoad, WarehouseMissing
from sparkify_assets.insights.rebuilding import in_order, stale_insights
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.partitions import ranges
from sparkify_assets.load.state import fingerprints, read_ledger, refused_loads
from sparkify_assets.warehouse.session import Warehouse


@dataclass(frozen=True)
class Plan:
    """What a load is going to do: the catalog or not, which days, in stretches that are a run each, and which insights:
    all of them after a load, or those that did not follow the one before."""

    songs: bool
    ranges: tuple[tuple[date, date], ...]
    insights: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many results one is going to be told of."""
        return self.songs + sum((last - first).days + 1 for first, last in self.ranges) + len(self.insights)


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
    return Plan(songs_too, ranges(wanted), tuple(insights))

"""What a load has to do: which log days and songs are stale, and which insights follow. It only reads."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sparkify_assets.errors import NothingToLoad, WarehouseMissing
from sparkify_assets.insights.rebuilding import in_order, stale_insights
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays, consecutive
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import Ledger, read_ledger
from sparkify_assets.warehouse.session import Warehouse


@dataclass(frozen=True)
class Plan:
    """What a load is going to do: loads, a run each, and insights: all of them after a load, else those that are
    outdated."""

    loads: tuple[Load, ...]
    insights: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many results there are going to be."""
        return sum(len(load.parts) for load in self.loads) + len(self.insights)


def plan_load(warehouse: Warehouse, lake: Lake, days: list[date], force: bool) -> Plan:
    """What brings the song catalog and these days up to date: what is stale, or all of it by force."""
    in_lake, songs = lake.days(), lake.songs()
    ledger, insights = Ledger(), list[str]()
    with suppress(WarehouseMissing), warehouse.reader() as session:
        ledger, insights = read_ledger(session), stale_insights(session)
    if not any(day in in_lake or LogDays.of(day) in ledger.files for day in days):
        raise NothingToLoad(
            f"neither the lake nor the warehouse has a log file of {days[0]} to {days[-1]}: expected "
            "log_data/YYYY/MM/YYYY-MM-DD*.json; set SPARKIFY_LAKE, or SPARKIFY_START_DATE and SPARKIFY_END_DATE"
        )
    loads: list[Load] = [SONG_CATALOG] if force or ledger.is_stale(SONG_CATALOG, songs) else []
    loads += consecutive(d for d in days if force or ledger.is_stale(LogDays.of(d), in_lake.get(d, ())))
    if loads:
        insights = [insight.table.name for insight in in_order()]
    return Plan(tuple(loads), tuple(insights))

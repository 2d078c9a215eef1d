"""What a load has to do: which log days and songs are stale, what an interrupted run left unreported, and which
insights follow. It only reads.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sparkify_assets.errors import NothingToLoad, WarehouseMissing
from sparkify_assets.insights.rebuilding import in_order, insight_runs, stale_insights
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.belonging import refuse_another
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays, consecutive
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import Ledger, read_ledger, read_runs
from sparkify_assets.orchestration.interrupted_runs import interrupted
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session, Warehouse

if TYPE_CHECKING:
    from sparkify_assets.report.doctor import Diagnosis

_UNPUBLISHED = "what people read is older than the warehouse"


@dataclass(frozen=True)
class Plan:
    """What a load is going to do: loads, a run each, and insights, which follow in the last one: all of them after a
    load, else those that are outdated. What interrupted runs have loaded is among them, to be reported and checked.
    Days of the lake that are outside the log days are not loaded."""

    loads: tuple[Load, ...]
    insights: tuple[str, ...] = ()
    interrupted: frozenset[str] = frozenset()
    outside: tuple[date, ...] = ()
    # How many bytes the files have that are to be read.
    size: int = field(default=0, compare=False)

    @property
    def steps(self) -> int:
        """How many results there are going to be."""
        return sum(len(load.parts) for load in self.loads) + len(self.insights)


@dataclass(frozen=True)
class _Made:
    """What the warehouse knows of earlier loads: the loaded files, outdated insights, whether all is published, and
    which run made what."""

    ledger: Ledger = field(default_factory=Ledger)
    outdated: list[str] = field(default_factory=list)
    is_published: bool = True
    load_runs: Mapping[Load, str] = field(default_factory=dict)
    insight_runs: Mapping[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> set[str]:
        return {*self.load_runs.values(), *self.insight_runs.values()}


def plan_load(warehouse: Warehouse, lake: Lake, settings: Settings, days: list[date], force: bool = False) -> Plan:
    """What brings the song catalog and these days up to date: what is stale, or all of it by force."""
    in_lake, songs, made = lake.days(), lake.songs(), _Made()
    with suppress(WarehouseMissing), warehouse.reader() as session:
        refuse_another(session, lake)
        made = _read(warehouse, session)
    if not any(day in in_lake or LogDays.of(day) in made.ledger.files for day in days):
        has = f"the lake has those of {min(in_lake)} to {max(in_lake)}" if in_lake else "the lake has none at all"
        raise NothingToLoad(
            f"neither the lake nor the warehouse has a log file of {days[0]} to {days[-1]}; {has}: expected "
            "log_data/YYYY/MM/YYYY-MM-DD*.json; set SPARKIFY_LAKE, or SPARKIFY_START_DATE and SPARKIFY_END_DATE (or "
            "have `sparkify init` set them)"
        )
    wanted: list[Load] = [SONG_CATALOG, *map(LogDays.of, days)]

    def files_of(load: Load) -> list[File]:
        return in_lake.get(load.log_date, []) if load.log_date else songs

    stale = [each for each in wanted if force or made.ledger.is_stale(each, files_of(each))]
    cut_off = interrupted(settings, made.runs)
    unreported = [each for each in wanted if made.load_runs.get(each) in cut_off and each not in stale]
    left = {run for each, run in made.load_runs.items() if each not in wanted}
    # Apart from each other: a run that refuses a day checks only what it loads.
    loads = (*_in_runs(stale), *_in_runs(unreported))
    insights = {*made.outdated, *(name for name, run in made.insight_runs.items() if run in cut_off)}
    # Their run publishes.
    every = stale or not made.is_published
    return Plan(
        loads,
        tuple(name for name in (insight.table.name for insight in in_order()) if every or name in insights),
        frozenset(cut_off - left),
        tuple(sorted(set(in_lake) - set(settings.days()))),
        sum(file.size for each in stale for file in files_of(each)),
    )


def behind(warehouse: Warehouse, settings: Settings) -> list["Diagnosis"]:
    """Return what hangs behind the loads: what interrupted runs left unreported, outdated insights, and dashboards that
    are older than the star."""
    # Imported here: a load does without it.
    from sparkify_assets.report.doctor import NOTE, PROBLEM, Diagnosis
    from sparkify_assets.report.pages.outdated import outdated_dashboards
    from sparkify_assets.report.phrases import first_of

    with suppress(WarehouseMissing), warehouse.reader() as session:
        made, dashboards = _read(warehouse, session), outdated_dashboards(session, settings)
        cut_off = interrupted(settings, made.runs)
        unreported = [str(load) for load, run in made.load_runs.items() if run in cut_off]
        unreported += [name for name, run in made.insight_runs.items() if run in cut_off]
        found = (
            ("of an interrupted run, not reported and checked", PROBLEM, unreported),
            ("older than the star", NOTE, made.outdated),
        )
        return [
            *(
                Diagnosis(why, state, first_of(some), "`sparkify load`, which says why if it cannot")
                for why, state, some in found
                if some
            ),
            *([] if made.is_published else [Diagnosis("published", NOTE, _UNPUBLISHED, "`sparkify load`")]),
            *(Diagnosis("dashboard", NOTE, f"{page} is older than the star", r) for page, r in dashboards.items()),
        ]
    return []


def _read(warehouse: Warehouse, session: Session) -> _Made:
    published = warehouse.is_published()
    return _Made(read_ledger(session), stale_insights(session), published, read_runs(session), insight_runs(session))


def _in_runs(loads: list[Load]) -> Iterator[Load]:
    """The song catalog, and days in runs of consecutive ones."""
    yield from (load for load in loads if load == SONG_CATALOG)
    yield from consecutive(load.log_date for load in loads if load.log_date)

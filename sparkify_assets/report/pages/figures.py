"""The figures that the dashboard shows, read from a warehouse. Nothing is built or changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sparkify_assets import model
from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.insights.rebuilding import in_order
from sparkify_assets.queries import names, query
from sparkify_assets.report.charts.insight_charts import CHARTS
from sparkify_assets.report.charts.timeline import day_of
from sparkify_assets.report.phrases import range_in_words
from sparkify_assets.report.terminal.insight_rows import rows_in_order
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import PublishedState, Row, Session, Warehouse


@dataclass(frozen=True)
class Origin:
    """Where the figures come from, and when they were read. The page is sent on: it names no folder of the machine."""

    made_at: datetime
    engine: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Figures:
    """Everything that the dashboard shows. Without a warehouse there is only the origin."""

    origin: Origin
    # The latest change of the star that all insights include.
    change: int = 0
    headline: Row = field(default_factory=dict)
    insights: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    # What each log day brought, and how it was checked.
    days: tuple[Row, ...] = ()

    @property
    def days_to_look_at(self) -> list[Row]:
        """The days with rejected records or failed checks."""
        return [day for day in self.days if day["rejected"] or day["failed_checks"]]

    @property
    def covered(self) -> str:
        """The range of the days with plays, in words."""
        first, last = self.headline.get("first_day"), self.headline.get("last_day")
        return range_in_words(day_of(first), day_of(last)) if first and last else ""

    @property
    def is_empty(self) -> bool:
        return not self.headline.get("plays")


def read_figures(warehouse: Warehouse, settings: Settings) -> Figures:
    """Return what the warehouse has to show. Without a warehouse, return the origin alone."""
    origin = Origin(
        made_at=datetime.now(UTC).replace(tzinfo=None),
        engine={"duckdb": "DuckDB", "redshift": "Amazon Redshift"}[settings.warehouse],
        first_day=settings.start_date,
        last_day=settings.last_day,
    )
    try:
        # First: what is published in between makes an insight look outdated, never up to date.
        state = warehouse.published_state()
        with warehouse.for_questions() as session:
            return _read(session, origin, state)
    except WarehouseMissing:
        return Figures(origin)


def _read(session: Session, origin: Origin, state: PublishedState) -> Figures:
    """Return what the star and the insights hold."""
    (star,), (totals,) = (session.fetch(query(f"report/{name}")) for name in ("headline", "insight_totals"))
    charted = [insight for insight in in_order() if insight.table.name in CHARTS]
    return Figures(
        origin,
        change=state.change,
        headline=star | totals,
        insights={insight.table.name: chart_rows(session, insight) for insight in charted},
        stale=state.outdated,
        days=tuple(session.fetch(rows_in_order(model.insights()["data_status"]))),
    )


def chart_rows(session: Session, insight: model.Insight) -> list[Row]:
    """Return the rows that an insight's chart shows: those of its statement in `queries/report/`, or all."""
    name = f"report/{insight.table.name}"
    if name in names("report"):
        return session.fetch(query(name))
    return session.fetch(rows_in_order(insight))

"""The figures that the dashboard shows, read from a warehouse. Nothing is built or changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from sparkify_assets import model
from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.insights.rebuilding import change_included, in_order, stale_insights
from sparkify_assets.queries import names, query
from sparkify_assets.report.charts.insight_charts import CHARTS
from sparkify_assets.report.terminal.insight_rows import rows_in_order
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row, Session, Warehouse


@dataclass(frozen=True)
class Origin:
    """Where the figures come from, and when they were read."""

    made_at: datetime
    lake: str
    engine: str
    warehouse: str
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
    loads: tuple[Row, ...] = ()
    rejects: tuple[Row, ...] = ()
    audits: tuple[Row, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.headline.get("plays")


def read_figures(warehouse: Warehouse, settings: Settings) -> Figures:
    """Return what the warehouse has to show. Without a warehouse, return the origin alone."""
    origin = Origin(
        made_at=datetime.now(UTC).replace(tzinfo=None),
        lake=settings.lake,
        engine={"duckdb": "DuckDB", "redshift": "Amazon Redshift"}[settings.warehouse],
        warehouse=str(warehouse.location),
        first_day=settings.start_date,
        last_day=settings.last_day,
    )
    try:
        # Numbers of changes first: a load in between makes an insight look outdated, never up to date.
        with warehouse.reader() as session:
            figures = _read_loads(session, origin)
        with warehouse.for_questions() as session:
            return _with_answers(session, figures)
    except WarehouseMissing:
        return Figures(origin)


def _read_loads(session: Session, origin: Origin) -> Figures:
    """Return what the loads recorded, and the totals, which include when the insights were built."""
    (totals,) = session.fetch(query("report/insight_totals"))
    return Figures(
        origin,
        change=change_included(session),
        headline=totals,
        stale=tuple(stale_insights(session)),
        loads=tuple(session.fetch(query("read/day_summary"))),
        rejects=tuple(session.fetch(query("read/rejected_reasons"), log_date=None, file="")),
        audits=tuple(session.fetch(query("read/table_summary"))),
    )


def _with_answers(session: Session, figures: Figures) -> Figures:
    """Return the figures with what the star and the insights hold, which the reader may read."""
    (star,) = session.fetch(query("report/headline"))
    charted = [insight for insight in in_order() if insight.table.name in CHARTS]
    insights = {insight.table.name: chart_rows(session, insight) for insight in charted}
    return replace(figures, headline=star | figures.headline, insights=insights)


def chart_rows(session: Session, insight: model.Insight) -> list[Row]:
    """Return the rows that an insight's chart shows: those of its statement in `queries/report/`, or all."""
    name = f"report/{insight.table.name}"
    if name in names("report"):
        return session.fetch(query(name))
    return session.fetch(rows_in_order(insight))

"""The page of a daily table's days: rows, rejects and match rate of each day, and what each audit found.

Everything is read from the warehouse, so a day stands where it belongs and not where it was loaded. `day_strips.py`
draws the strips, and `templates/days.html` has the page's words and markup. `build_days` is pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.load.audits import Audit, audit_named, audits_of, is_blocking
from sparkify_assets.load.partitions import DAY_TABLES, count_by_day_query
from sparkify_assets.model import Table, tables_named
from sparkify_assets.queries import query
from sparkify_assets.report.addresses import days_of
from sparkify_assets.report.pages.day_strips import Axis, Strip, bars, verdicts
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import number
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session, Warehouse

# A page shows at most this many days, and links to those before and after them.
MOST_DAYS = 366


@dataclass(frozen=True)
class TableDay:
    """What one log day is in a table. `found` are the results of the latest attempt's audits, by their names."""

    day: date
    rows: int = 0
    matched: int | None = None
    files: int = 0
    records: int = 0
    rejected: int = 0
    loaded_at: datetime | None = None
    found: Mapping[str, bool] = field(default_factory=dict)
    refused: bool = False

    @property
    def failed(self) -> list[str]:
        return [name for name, passed in self.found.items() if not passed]

    @property
    def is_known(self) -> bool:
        return bool(self.rows or self.files or self.found)

    @property
    def match_rate(self) -> float | None:
        return None if self.matched is None or not self.rows else self.matched / self.rows


@dataclass(frozen=True)
class TableDays:
    """The days of a table from `first` to `last`, and which log days there are altogether."""

    table: Table
    first: date
    last: date
    first_of_all: date
    last_of_all: date
    days: tuple[TableDay, ...] = ()

    @property
    def earlier(self) -> str | None:
        """The address of the days before these."""
        return days_of(self.table.name, self.first - timedelta(days=1)) if self.first > self.first_of_all else None

    @property
    def later(self) -> str | None:
        """The address of the days after these."""
        end = min(self.last + timedelta(days=MOST_DAYS), self.last_of_all)
        return days_of(self.table.name, end) if self.last < self.last_of_all else None


def daily_table(name: str) -> Table | None:
    """Return the daily table of a name, if there is one."""
    return next((table for table in tables_named(DAY_TABLES) if table.name == name), None)


def read_days(warehouse: Warehouse, settings: Settings, table: Table, last: date | None = None) -> TableDays:
    """Return the days of a table until `last`, by default until the latest that was loaded or refused."""
    try:
        with warehouse.reader() as session:
            if last is None:
                (latest,) = session.fetch(query("report/latest_day"))
                last = _as_day(latest["latest_day"])
            window = _window(settings, table, last)
            return TableDays(table, *window, tuple(_read(session, table, *window[:2])))
    except WarehouseMissing:
        return TableDays(table, *_window(settings, table, last))


def _window(settings: Settings, table: Table, last: date | None) -> tuple[date, date, date, date]:
    first_of_all, last_of_all = settings.start_date, settings.last_day
    end = max(first_of_all, min(last or last_of_all, last_of_all))
    return max(first_of_all, end - timedelta(days=MOST_DAYS - 1)), end, first_of_all, last_of_all


def _read(session: Session, table: Table, first: date, last: date) -> list[TableDay]:
    between = {"first_day": first, "last_day": last}
    rows = {_as_day(row["day"]): number(row["n"]) for row in session.fetch(count_by_day_query(table), **between)}
    matched: dict[date | None, int] = {}
    has_matches = table.name == "songplays"
    if has_matches:
        fetched = session.fetch(query("report/matched_by_day"), **between)
        matched = {_as_day(row["day"]): number(row["matched"]) for row in fetched}
    loads = {_as_day(row["log_date"]): row for row in session.fetch(query("read/day_summary"))}
    found: dict[date | None, dict[str, bool]] = {}
    refused = set[date | None]()
    for row in session.fetch(query("report/day_audits"), **between):
        day, its_table, audit, passed = (
            _as_day(row["log_date"]),
            str(row["table_name"]),
            str(row["audit"]),
            row["passed"],
        )
        if its_table == table.name:
            found.setdefault(day, {})[audit] = bool(passed)
        # A day is published in all its tables or in none.
        if not passed and is_blocking(its_table, audit):
            refused.add(day)
    return [
        TableDay(
            day,
            rows.get(day, 0),
            matched.get(day, 0) if has_matches else None,
            **{name: number(loads.get(day, {}).get(name)) for name in ("files", "records", "rejected")},
            loaded_at=_as_moment(loads.get(day, {}).get("loaded_at")),
            found=found.get(day, {}),
            refused=day in refused,
        )
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    ]


def _as_day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _as_moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def build_days(days: TableDays) -> str:
    """Return the page."""
    known = [day for day in days.days if day.is_known or day.refused]
    axis = Axis(days.first, days.last)
    return render(
        "days.html",
        table=days.table,
        shown=days,
        known=known,
        axis=axis,
        measures=_measures(axis, days, known),
        checks=_checks(axis, days, known),
        has_matches=any(day.matched is not None for day in known),
    )


def _measures(axis: Axis, days: TableDays, known: Collection[TableDay]) -> list[Strip]:
    strips = [bars(axis, "Rows", f"of {days.table.name} of each day.", {day.day: day.rows for day in known})]
    if any(day.matched is not None for day in known):
        rates = {day.day: day.match_rate for day in known if day.match_rate is not None}
        strips.append(bars(axis, "Match rate", "of the plays, in the song catalog.", rates, "{:.1%}"))
    rejects = {day.day: day.rejected for day in known}
    return [*strips, bars(axis, "Rejected records", "of the day's files.", rejects)]


def _checks(axis: Axis, days: TableDays, known: Collection[TableDay]) -> list[Strip]:
    met = {name for day in known for name in day.found}
    order = [audit.name for audit in audits_of(days.table.full_name)]
    published = verdicts(
        axis,
        "Published",
        "No blocking audit of the day's tables failed.",
        "refused",
        {day.day: not day.refused for day in known},
    )
    return [published] + [
        verdicts(
            axis,
            name,
            _meaning(audit_named(days.table.name, name)),
            "blocking" if is_blocking(days.table.name, name) else "warning",
            {day.day: day.found[name] for day in known if name in day.found},
        )
        for name in sorted(met, key=lambda name: (order.index(name) if name in order else len(order), name))
    ]


def _meaning(audit: Audit | None) -> str:
    return audit.meaning if audit else "The contract's keys and no others."

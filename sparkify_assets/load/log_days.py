"""A load of log days: the tables that it fills and its statements, in their order.

What the statements say is in `queries/load/log_days/`; in `insert_songplays.sql` an event becomes a play, in
`insert_page_views.sql` every other one a page view.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.partitions import DAY_TABLES, count_by_day_query
from sparkify_assets.load.results import LOADED, LoadResult
from sparkify_assets.queries.undoing import undo_misreadings
from sparkify_assets.warehouse.session import Session, Value

# The affected days and users are noted twice: as the old partitions have them, and as the new ones do.
STAGING_STATEMENTS = (
    "create_affected_days",
    "create_affected_users",
    "create_affected_latest",
    "create_affected_names",
    "insert_affected_days",
    "insert_affected_users",
    "delete_rejected_records",
    "insert_rejected_records",
    "delete_staging_events",
    "insert_staging_events",
    "insert_affected_days",
    "insert_affected_users",
    "insert_affected_latest",
)
STAR_STATEMENTS = (
    "delete_songplays",
    "insert_songplays",
    "delete_page_views",
    "insert_page_views",
    "delete_time",
    "insert_time",
    "delete_users",
    "insert_users",
    "delete_changed_days",
    "delete_changed_log_days",
    "insert_changed_days",
    "delete_changed_users",
    "insert_changed_users",
)
LAST_STATEMENTS = ("drop_affected_days", "drop_affected_users", "drop_affected_latest", "drop_affected_names")


@dataclass(frozen=True)
class LogDays(Load):
    """Consecutive log days, from the first to the last."""

    first: date
    last: date

    folder = "log_days"
    table_names = DAY_TABLES

    @classmethod
    def of(cls, day: date) -> "LogDays":
        """One log day."""
        return cls(day, day)

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def parts(self) -> Sequence["LogDays"]:
        return [LogDays.of(self.first + timedelta(days=n)) for n in range((self.last - self.first).days + 1)]

    def joined(self, parts: Iterable[Load]) -> list[Load]:
        return list(consecutive(part.log_date for part in parts if part.log_date))

    @property
    def log_date(self) -> date:
        return self.first

    @property
    def values(self) -> Mapping[str, Value]:
        return {"first_day": self.first, "last_day": self.last}

    def list_files(self, lake: Lake) -> Mapping[Load, list[File]]:
        if self.first == self.last:
            return {self: lake.day(self.first)}
        found = lake.days([part.first for part in self.parts])
        return {part: found.get(part.first, []) for part in self.parts}

    def replace(self, session: Session, change: int) -> Mapping[str, Value]:
        self.run(session, *STAGING_STATEMENTS)
        (affected,) = self.fetch(session, "affected")
        users_to_look_up = affected.pop("lost_users")
        self._clean_names(session, affected)
        self.run(session, *STAR_STATEMENTS, **affected, change=change)
        if users_to_look_up:
            self.run(session, "insert_users_again")
        return {**self.values, **affected}

    def _clean_names(self, session: Session, affected: Mapping[str, Value]) -> None:
        """Note the affected names that may have been encoded twice, and what they were."""
        self.run(session, "insert_affected_names", **affected)
        (found,) = self.fetch(session, "affected_names")
        if found["names"]:
            for statement in undo_misreadings():
                session.run(statement)

    def results(self, session: Session) -> Mapping[Load, LoadResult]:
        rows = {
            table.name: {row["day"]: int(str(row["n"])) for row in session.fetch(counting, **self.values)}
            for table in self.tables
            for counting in [count_by_day_query(table)]
        }
        matched = {row["start_date"]: int(str(row["matched"])) for row in self.fetch(session, "matches")}
        rebuilt = defaultdict[Value, list[date]](list)
        for row in self.fetch(session, "affected_days"):
            if isinstance(row["start_date"], date) and row["start_date"] != row["log_date"]:
                rebuilt[row["log_date"]].append(row["start_date"])
        self.run(session, *LAST_STATEMENTS)
        return {
            part: LoadResult(
                part,
                LOADED,
                rows={name: counted.get(part.first, 0) for name, counted in rows.items()},
                matched=matched.get(part.first, 0),
                rebuilt=tuple(rebuilt[part.first]),
            )
            for part in self.parts
        }


def consecutive(days: Iterable[date]) -> list[LogDays]:
    """Days in order, joined where one follows the other."""
    found: list[LogDays] = []
    for day in days:
        if found and day == found[-1].last + timedelta(days=1):
            found[-1] = LogDays(found[-1].first, day)
        else:
            found.append(LogDays.of(day))
    return found

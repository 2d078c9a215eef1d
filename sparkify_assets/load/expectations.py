"""What is expected of log days beside their audits: yesterday's is loaded by noon, and a day has about as many records
as its weekday usually has. Neither keeps a load from being published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sparkify_assets.load.state import load_of
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Session

DUE_HOUR = 12
_WEEKS, _FEWEST_WEEKS = 8, 4
# Up to three standard deviations are usual, each estimated by the median absolute deviation; and any day may differ by
# this share.
_DEVIATIONS, _SHARE = 3 * 1.4826, 0.3


@dataclass(frozen=True)
class Band:
    """The usual range of records for a day, taken from so many earlier weeks."""

    low: int
    high: int
    weeks: int


@dataclass(frozen=True)
class Count:
    """How many records of a day were loaded, and the usual range; None with too few weeks to tell."""

    day: date
    records: int
    band: Band | None

    @property
    def is_usual(self) -> bool:
        return self.band is None or self.band.low <= self.records <= self.band.high


def day_due(days: Sequence[date], now: datetime) -> date | None:
    """Return the latest log day that has to be loaded: from noon on yesterday's, before noon the day before. None if
    that day is not among the log days."""
    due = now.date() - timedelta(days=1 if now.hour >= DUE_HOUR else 2)
    return due if days[0] <= due <= days[-1] else None


def loaded_records(session: Session) -> dict[date, int]:
    """Return how many records of each log day were loaded."""
    rows = session.fetch(query("read/day_summary"))
    return {day: int(str(row["loaded"])) for row in rows if (day := load_of(row["log_date"]).log_date)}


def counts(days: Sequence[date], records: Mapping[date, int]) -> list[Count]:
    """Return each day's number of records beside its usual range."""
    return [Count(day, records.get(day, 0), band_of(day, records)) for day in days]


def band_of(day: date, records: Mapping[date, int]) -> Band | None:
    """Return the usual range around the median of the same weekday in the weeks before: one odd day hardly moves it."""
    before = [day - timedelta(weeks=week) for week in range(1, _WEEKS + 1)]
    known = [records[each] for each in before if each in records]
    if len(known) < _FEWEST_WEEKS:
        return None
    middle = median(known)
    room = max(_DEVIATIONS * median(abs(each - middle) for each in known), _SHARE * middle)
    return Band(max(0, round(middle - room)), round(middle + room), len(known))

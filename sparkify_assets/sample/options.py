"""The options of a sample, and the summary of what was written: values only.

How a sample is made does not belong here.
"""

from dataclasses import dataclass
from datetime import date, timedelta

MOST_DIRT = 0.5
# Track ids have five letters that differ from song to song.
MOST_SONGS = 26**5


@dataclass(frozen=True)
class SampleOptions:
    """The size, dates and seed of a sample. Equal options give equal bytes.

    With `every_page` users also see the pages that the real month lacks: they register, rate songs, cancel.
    """

    start: date = date(2018, 11, 1)
    days: int = 30
    events: int = 8000
    songs: int = 1000
    seed: int = 1
    dirt: float = 0.0
    compress: bool = False
    files_per_day: int = 1
    every_page: bool = False

    def __post_init__(self) -> None:
        _require(self.days >= 1, f"days is {self.days}: expected 1 or more; ask for at least one day")
        _require(self.events >= 0, f"events is {self.events}: expected 0 or more; ask for 0 to get no log files")
        _require(
            0 <= self.songs <= MOST_SONGS,
            f"songs is {self.songs}: expected 0 to {MOST_SONGS}; ask for 0 to get no song files",
        )
        _require(
            0 <= self.dirt <= MOST_DIRT,
            f"dirt is {self.dirt}: expected a share of records from 0 to {MOST_DIRT}; one in a thousand is 0.001",
        )
        _require(
            self.files_per_day >= 1,
            f"files_per_day is {self.files_per_day}: expected 1 or more; leave it out for one file a day",
        )
        _require(
            (date.max - self.start).days > self.days,
            f"days is {self.days} from {self.start}: expected to end before {date.max}; start earlier or ask for fewer",
        )
        _require(
            self.start >= date(1971, 1, 1),
            f"start is {self.start}: expected 1971-01-01 or later, as ts counts from 1970; start later",
        )

    def day(self, number: int) -> date:
        return self.start + timedelta(days=number)


@dataclass(frozen=True)
class SampleSummary:
    """Counts over all log and song files.

    `events` and `songs` count the good ones, each once. `malformed` records and `doubled` deliveries are not among
    them; `late` events are.
    """

    files: int = 0
    events: int = 0
    songs: int = 0
    bytes: int = 0
    malformed: int = 0
    doubled: int = 0
    late: int = 0

    def __add__(self, other: "SampleSummary") -> "SampleSummary":
        return SampleSummary(
            self.files + other.files,
            self.events + other.events,
            self.songs + other.songs,
            self.bytes + other.bytes,
            self.malformed + other.malformed,
            self.doubled + other.doubled,
            self.late + other.late,
        )


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)

"""The acceptance queries of a sample: `acceptance/*.sql`, and the rows that each must return for this lake.

Counting what the sample contains belongs in `counts`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from math import fsum
from pathlib import Path
from typing import Any, TypeVar

from sparkify_assets.queries.csv_rows import write_rows
from sparkify_assets.sample.counts import Counts
from sparkify_assets.sample.repertoire import Tune
from sparkify_assets.sample.writing import replace_file

QUERIES = Path(__file__).parent / "acceptance"
_EPOCH = datetime(1970, 1, 1)

Row = tuple[Any, ...]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Truth:
    """What was counted, and the tunes that the counts refer to by number."""

    counts: Counts
    repertoire: Sequence[Tune]


def write_agreed(folder: Path, truth: Truth) -> None:
    """Write every query and its expected rows."""
    for name, (columns, rows) in AGREED.items():
        replace_file(folder / f"{name}.sql", (QUERIES / f"{name}.sql").read_bytes())
        replace_file(folder / f"{name}.csv", write_rows([columns.split(), *rows(truth)]).encode())


def _activity_per_day(truth: Truth) -> list[Row]:
    plays = _summed((day, n) for (day, _, _), n in truth.counts.plays.items())
    return [
        (day, plays[day], truth.counts.users_of_day[day], truth.counts.sessions_of_day[day]) for day in sorted(plays)
    ]


def _plays_per_hour(truth: Truth) -> list[Row]:
    return [*sorted(_summed((hour, n) for (_, hour, _), n in truth.counts.plays.items()).items())]


def _plays_by_weekday_and_level(truth: Truth) -> list[Row]:
    plays = _summed(((day.isoweekday(), level), n) for (day, _, level), n in truth.counts.plays.items())
    return [(*of, n) for of, n in sorted(plays.items())]


def _listening_time(truth: Truth) -> list[Row]:
    plays = _summed((level, n) for (_, _, level), n in truth.counts.plays.items())
    return [(level, plays[level], fsum(truth.counts.seconds[level])) for level in sorted(plays)]


def _most_played(number: int, rows: Iterable[Row], plays: int) -> list[Row]:
    """Return the rows with the most plays, which stand in column `plays`; ties are broken by the columns before it."""
    return nsmallest(number, rows, key=lambda row: (-row[plays], *row[:plays]))


def _top_songs(truth: Truth) -> list[Row]:
    return _most_played(20, ((*tune, n) for tune, n in _tunes(truth).items()), 2)


def _top_artists(truth: Truth) -> list[Row]:
    tunes = _tunes(truth)
    plays = _summed((artist, n) for (_, artist), n in tunes.items())
    songs = Counter(artist for _, artist in tunes)
    return _most_played(20, ((artist, n, songs[artist]) for artist, n in plays.items()), 1)


def _top_locations(truth: Truth) -> list[Row]:
    plays = _summed((place, n) for (place, _), n in truth.counts.places.items())
    users = Counter(place for place, _ in truth.counts.places)
    return _most_played(20, ((place, n, users[place]) for place, n in plays.items()), 1)


def _longest_sessions(truth: Truth) -> list[Row]:
    rows = ((int(session), int(user), *span) for (session, user), span in truth.counts.sessions.items())
    return [(*row[:3], *(_EPOCH + timedelta(milliseconds=ts) for ts in row[3:])) for row in _most_played(10, rows, 2)]


def _users_by_gender_and_level(truth: Truth) -> list[Row]:
    users = Counter((gender, level) for *_, gender, level in truth.counts.users.values())
    return [(*of, n) for of, n in sorted(users.items())]


def _songs_by_year(truth: Truth) -> list[Row]:
    songs = _summed((year, n) for (year, _), n in truth.counts.songs.items())
    artists = Counter(year for year, _ in truth.counts.songs)
    # Year 0 means that the year is unknown.
    return [(year or None, songs[year], artists[year]) for year in sorted(songs, key=lambda year: (not year, year))]


def _tunes(truth: Truth) -> dict[tuple[str, str], int]:
    """Return how often each title of each artist was played; several tunes may differ only in length."""
    named = ((truth.repertoire[number], n) for number, n in truth.counts.tunes.items())
    return _summed(((tune.title, tune.artist), n) for tune, n in named)


def _summed(numbers: Iterable[tuple[T, int]]) -> dict[T, int]:
    sums: dict[T, int] = defaultdict(int)
    for of, number in numbers:
        sums[of] += number
    return sums


# The columns of each query, and the function that returns its rows.
AGREED: dict[str, tuple[str, Callable[[Truth], list[Row]]]] = {
    "activity_per_day": ("start_date plays users sessions", _activity_per_day),
    "listening_time": ("level plays seconds", _listening_time),
    "longest_sessions": ("session_id user_id plays first_play last_play", _longest_sessions),
    "plays_by_weekday_and_level": ("weekday level plays", _plays_by_weekday_and_level),
    "plays_per_hour": ("hour plays", _plays_per_hour),
    "songs_by_year": ("year songs artists", _songs_by_year),
    "top_artists": ("artist_name_clean plays songs", _top_artists),
    "top_locations": ("location plays users", _top_locations),
    "top_songs": ("song_title_clean artist_name_clean plays", _top_songs),
    "users_by_gender_and_level": ("gender level users", _users_by_gender_and_level),
}

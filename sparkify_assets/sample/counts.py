"""The totals of a sample's good records, counted as they are made. A warehouse that has loaded the lake must return the
same totals, whatever malformed, doubled and late records its files hold.

The queries that check them belong in `agreed`. Counting uses no code of the platform, so the totals are an independent
check on it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from math import fsum
from operator import itemgetter

from sparkify_assets.sample.catalogue import Song
from sparkify_assets.sample.listeners import DAY
from sparkify_assets.sample.sessions import Event

_HOUR = DAY // 24

# The time and session that decide which event of a user is the latest; gender and level.
Latest = tuple[int, int, str, str]
# The number of plays, and the times of the first and the last.
Span = tuple[int, int, int]


@dataclass
class Counts:
    """Totals over some days and some songs: plays by day, hour and level, by tune, by location and user, and by session
    and user; users and sessions by day; seconds of listening by level; users as of their latest event; songs by year
    and artist."""

    plays: Counter[tuple[date, int, str]] = field(default_factory=Counter)
    tunes: Counter[int] = field(default_factory=Counter)
    places: Counter[tuple[str, int]] = field(default_factory=Counter)
    sessions: dict[tuple[int, int], Span] = field(default_factory=dict)
    users_of_day: dict[date, int] = field(default_factory=dict)
    sessions_of_day: dict[date, int] = field(default_factory=dict)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    users: dict[int, Latest] = field(default_factory=dict)
    songs: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        """Add the counts of other days and songs."""
        self.plays.update(other.plays)
        self.tunes.update(other.tunes)
        self.places.update(other.places)
        self.songs.update(other.songs)
        self.users_of_day |= other.users_of_day
        self.sessions_of_day |= other.sessions_of_day
        for level, seconds in other.seconds.items():
            self.seconds[level] += seconds
        for session, span in other.sessions.items():
            self.sessions[session] = _joined(span, self.sessions.get(session))
        for user, latest in other.users.items():
            self.users[user] = max(latest, self.users.get(user, latest))


def count_day(day: date, events: Iterable[Event]) -> Counts:
    """Count the good events of a UTC day, each once."""
    counts = Counts()
    hours: Counter[tuple[int, str]] = Counter()
    lengths: defaultdict[str, list[float]] = defaultdict(list)
    # A session's events are adjacent, unless other events lie between its parts.
    for who, seen in groupby(events, key=itemgetter(2)):
        if who is None:
            continue
        user, session, level, gender, location = who
        of_session = list(seen)
        latest = (max(event[0] for event in of_session), session, gender, level)
        counts.users[user] = max(latest, counts.users.get(user, latest))
        played = [(event[0], event[3]) for event in of_session if event[3]]
        if not played:
            continue
        moments = [ts for ts, _ in played]
        hours.update([(ts % DAY // _HOUR, level) for ts in moments])
        lengths[level] += [float(tune.length) for _, tune in played]
        counts.tunes.update([tune.number for _, tune in played])
        counts.places[location, user] += len(played)
        span = (len(played), min(moments), max(moments))
        counts.sessions[session, user] = _joined(span, counts.sessions.get((session, user)))
    if counts.sessions:
        counts.plays.update({(day, *of): number for of, number in hours.items()})
        counts.users_of_day[day] = len({user for _, user in counts.sessions})
        counts.sessions_of_day[day] = len({session for session, _ in counts.sessions})
    for level, seconds in lengths.items():
        counts.seconds[level].append(fsum(seconds))
    return counts


def count_songs(songs: Iterable[Song]) -> Counts:
    """Count the good records of the song catalog, by year and artist."""
    return Counts(songs=Counter((song.year, song.artist.artist_id) for song in songs))


def _joined(one: Span, other: Span | None) -> Span:
    """Return two parts of a session as one."""
    return (one[0] + other[0], min(one[1], other[1]), max(one[2], other[2])) if other else one

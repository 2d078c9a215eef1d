"""The insights that a star should give, computed in plain Python, play by play.

Like `oracle.py` for the star, it shares nothing with the platform except the meanings of the tables.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import total_ordering
from typing import Any

from sparkify_assets import model
from sparkify_assets_tests.oracle import Row, Rows, catalog_of, clean, least

Play = dict[str, Any]
PLAY = [column.name for column in model.table("sparkify.songplays").columns if column.name != "start_date"]
VIEW = [column.name for column in model.table("sparkify.page_views").columns if column.name != "start_date"]
EVENT = ["log_date", *(column.name for column in model.table("staging.staging_events").landed_columns)]
EPOCH = datetime(1970, 1, 1)


def insights_of(star: Rows) -> Rows:
    """Every row of every insight, by table."""
    plays: list[Play] = [dict(zip(PLAY, row, strict=True)) for row in star["sparkify.songplays"]]
    events: list[Play] = [dict(zip(EVENT, row, strict=True)) for row in star["staging.staging_events"]]
    known = _natural([event for event in events if event["user_id"] is not None])
    history = _history(known)
    rejected = Counter(row[0] for row in star["staging.rejected_records"] if isinstance(row[0], date))
    days = _calendar({*rejected, *(event["log_date"] for event in events)})
    registered: dict[int, datetime | None] = {row[0]: row[5] for row in star["sparkify.users"]}  # type: ignore[misc]
    made: Rows = {
        "song_popularity": _ranked(plays, ("song_title_clean", "artist_name_clean"), _of_song),
        "artist_popularity": _ranked(plays, ("artist_name_clean",), _of_artist),
        "location_activity": _places(plays),
        "peak_usage": _peaks(plays, days),
        "user_activity": _activity(plays),
        "subscription_levels": _levels(plays, known, history, registered, days),
        "retention": _retention(plays, registered, days),
        "data_status": _status(plays, events, rejected),
        "catalog_coverage": _coverage(plays, star),
        "user_summary": _summaries(known, star["sparkify.users"]),
        "sessions": _sessions(known),
        "funnel": _funnel(known),
        "page_activity": _page_activity([dict(zip(VIEW, row, strict=True)) for row in star["sparkify.page_views"]]),
        "user_level_history": [(user, level, *rest) for user, level, _, *rest in history],
    }
    return {f"insights.{name}": sorted(rows, key=repr) for name, rows in made.items()}


def _grouped(plays: Iterable[Play], key: Callable[[Play], Hashable]) -> Mapping[Any, list[Play]]:
    groups: dict[Hashable, list[Play]] = defaultdict(list)
    for play in plays:
        groups[key(play)].append(play)
    return groups


def _distinct(plays: Iterable[Play], name: str) -> int:
    return len({play[name] for play in plays if play[name] is not None})


def _ranked(plays: list[Play], names: tuple[str, ...], more: Callable[[list[Play]], Row]) -> list[Row]:
    groups = _grouped(plays, lambda play: tuple(play[name] for name in names))
    sizes = sorted(map(len, groups.values()))
    return [
        (
            1 + len(sizes) - bisect_right(sizes, len(some)),
            *key,
            len(some),
            _distinct(some, "user_id"),
            *more(some),
        )
        for key, some in groups.items()
    ]


def _of_song(plays: list[Play]) -> Row:
    starts = [play["start_time"] for play in plays]
    return _matched(plays), min(starts), max(starts)


def _of_artist(plays: list[Play]) -> Row:
    return _distinct(plays, "song_title_clean"), _matched(plays)


def _places(plays: list[Play]) -> list[Row]:
    groups = _grouped(plays, lambda play: play["location"])
    sizes = {place: (_distinct(some, "user_id"), len(some)) for place, some in groups.items()}
    return [
        (
            1 + sum(size > sizes[place] for size in sizes.values()),
            place,
            *sizes[place],
            _distinct(some, "session_id"),
            max(Counter(play["user_id"] for play in some).values()),
        )
        for place, some in groups.items()
    ]


def _coverage(plays: list[Play], star: Rows) -> list[Row]:
    """By the artist names of the song catalog's records: only those of the songs that were chosen from them."""
    songs = {(title, name) for _, title, _, _, _, name in catalog_of(star)}
    names = {name for _, name in songs}

    def kind(play: Play) -> str:
        if play["song_id"] is not None:
            return "exact"
        if None not in (play["song_title"], play["artist_name"]) and (play["song_title"], play["artist_name"]) in songs:
            return "title_and_artist"
        return "artist_only" if play["artist_name"] is not None and play["artist_name"] in names else "none"

    return [
        (
            match_kind,
            len(some),
            _distinct(some, "user_id"),
            len({(play["song_title_clean"], play["artist_name_clean"]) for play in some}),
        )
        for match_kind, some in _grouped(plays, kind).items()
    ]


def _matched(plays: list[Play]) -> int:
    return sum(play["song_id"] is not None for play in plays)


def _day(play: Play) -> date:
    day: date = play["start_time"].date()
    return day


def _calendar(log_days: set[date]) -> list[date]:
    """Every day from the first to the last log day of which records are loaded."""
    if not log_days:
        return []
    first = min(log_days)
    return [first + timedelta(days=n) for n in range((max(log_days) - first).days + 1)]


def _peaks(plays: list[Play], days: list[date]) -> list[Row]:
    groups = _grouped(plays, lambda play: (play["start_time"].isoweekday(), play["start_time"].hour))
    loaded = Counter(day.isoweekday() for day in days)
    return [
        (
            weekday,
            hour,
            len(some),
            _distinct(some, "user_id"),
            len(set(map(_day, some))),
            loaded[weekday],
            len(some) / loaded[weekday] if loaded[weekday] else None,
        )
        for (weekday, hour), some in groups.items()
    ]


def _activity(plays: list[Play]) -> list[Row]:
    begins: dict[str, Callable[[Play], date]] = {
        "day": _day,
        "week": lambda play: _day(play) - timedelta(days=_day(play).weekday()),
        "month": lambda play: _day(play).replace(day=1),
    }
    rows: list[Row] = []
    for period, begin in begins.items():
        for day, some in _grouped(plays, begin).items():
            by_user = Counter(play["user_id"] for play in some)
            rows.append(
                (
                    period,
                    day,
                    len(by_user),
                    _distinct(some, "session_id"),
                    len(some),
                    len(some) / len(by_user),
                    _heard(some),
                    sum(sorted(by_user.values())[-10:]) / len(some),
                    sum(not 0 <= play["length"] <= 86_400 for play in some if play["length"] is not None),
                )
            )
    return rows


def _heard(plays: list[Play]) -> float:
    """The seconds listened to: a sum of whole 100,000ths, without impossible lengths."""
    lengths: list[float] = [play["length"] for play in plays if play["length"] is not None]
    return sum(math.floor(length * 100_000 + 0.5) for length in lengths if 0 <= length <= 86_400) / 100_000


def _natural(events: list[Play]) -> list[Play]:
    """Each event once: of those that were delivered more than once the delivery that counts, in order."""
    latest: dict[Hashable, Play] = {}
    for event in sorted(events, key=_order):
        latest[tuple(event[name] for name in ("user_id", "session_id", "item_in_session", "ts", "page"))] = event
    return sorted(latest.values(), key=_order)


def _order(event: Play) -> Any:
    """When it happened; of one event the latest day's delivery comes last, then the least row."""
    place = tuple(event[name] for name in ("ts", "session_id", "item_in_session", "log_date"))
    return place, _Backwards(least(event.values()))


@total_ordering
class _Backwards:
    """A sort key in descending order."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and bool(self.key == other.key)

    def __lt__(self, other: "_Backwards") -> bool:
        return bool(other.key < self.key)


def _history(events: list[Play]) -> list[tuple[int, str, str | None, datetime, datetime | None, int]]:
    """Every change of a user's level: the level, the previous one, its start and its end, and its number."""
    rows = []
    for user, some in _grouped(events, lambda event: event["user_id"]).items():
        changes: list[tuple[str, datetime]] = []
        for event in some:
            if event["level"] is not None and (not changes or changes[-1][0] != event["level"]):
                changes.append((event["level"], _moment(event)))
        for n, (level, since) in enumerate(changes):
            before = changes[n - 1][0] if n else None
            rows.append((user, level, before, since, changes[n + 1][1] if n + 1 < len(changes) else None, n + 1))
    return rows


def _moment(event: Play) -> datetime:
    return EPOCH + timedelta(milliseconds=event["ts"])


def _levels(
    plays: list[Play],
    events: list[Play],
    history: list[Any],
    registered: Mapping[int, datetime | None],
    days: list[date],
) -> list[Row]:
    users: dict[tuple[date, Any], set[int]] = defaultdict(set)
    for event in events:
        users[_moment(event).date(), event["level"]].add(event["user_id"])
    moves = [(since.date(), level, before) for _, level, before, since, *_ in history]
    levels_of = {user: [(row[3].date(), row[1]) for row in some] for user, some in _of_user(history).items()}

    def known(day: date, level: str | None) -> int:
        """How many had registered by then, at the level of their latest event by then, or of their first one."""
        return sum(
            next((its for since, its in reversed(levels) if since <= day), levels[0][1]) == level
            for user, levels in levels_of.items()
            for moment in [registered[user]]
            if moment is not None and moment.date() <= day
        )

    filled = {(day, level) for day in days for level in {its for some in levels_of.values() for _, its in some}}
    return [
        (
            day,
            level,
            len(users[day, level]),
            sum((_day(play), play["level"]) == (day, level) for play in plays),
            sum(move == (day, "paid", "free") for move in moves if level == "paid"),
            sum(move == (day, "free", "paid") for move in moves if level == "free"),
            known(day, level),
        )
        for day, level in {*users, *(place for place in filled if known(*place))}
    ]


def _of_user(history: list[Any]) -> Mapping[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in history:
        groups[row[0]].append(row)
    return groups


def _summaries(known: list[Play], users: list[Row]) -> list[Row]:
    events = _grouped(known, lambda event: event["user_id"])
    rows: list[Row] = []
    for user, _, _, _, level, registered_at in users:
        mine = events[user]
        plays = [event for event in mine if _is_play(event)]
        pages = Counter(event["page"] for event in mine)
        heard = [(clean(play["song"]), clean(play["artist"])) for play in plays]
        rows.append(
            (
                user,
                registered_at,
                level,
                _moment(mine[0]),
                _moment(mine[-1]),
                _moment(plays[0]) if plays else None,
                _moment(plays[-1]) if plays else None,
                len({_moment(event).date() for event in mine}),
                _distinct(mine, "session_id"),
                len(plays),
                _heard(plays),
                len({song for song in heard if song[0] is not None}),
                len({artist for _, artist in heard if artist is not None}),
                *(pages[page] for page in ("Submit Upgrade", "Submit Downgrade", "Downgrade", "Help")),
                sum(map(STEPS["error"], mine)),
                *(pages[page] for page in ("Thumbs Up", "Thumbs Down", "Roll Advert")),
            )
        )
    return rows


def _is_play(event: Play) -> bool:
    return bool(event["page"] == "NextSong")


def _sessions(known: list[Play]) -> list[Row]:
    rows: list[Row] = []
    for (session, user), some in _grouped(known, lambda event: (event["session_id"], event["user_id"])).items():
        events = sorted(some, key=lambda event: (event["ts"], event["item_in_session"], event["page"].encode()))
        first, last = events[0], events[-1]
        plays = [event for event in events if _is_play(event)]
        rows.append(
            (
                session,
                user,
                first["level"],
                _moment(first),
                _moment(last),
                (last["ts"] - first["ts"]) / 1000,
                len(events),
                len(plays),
                len(events) - len(plays),
                _heard(plays),
                first["page"],
                last["page"],
                _moment(first).date() != _moment(last).date(),
            )
        )
    return rows


STEPS: dict[str, Callable[[Play], bool]] = {
    "seen": lambda event: True,
    "played": _is_play,
    "upgrade_page": lambda event: event["page"] == "Upgrade",
    "upgraded": lambda event: event["page"] == "Submit Upgrade",
    "downgrade_page": lambda event: event["page"] == "Downgrade",
    "downgraded": lambda event: event["page"] == "Submit Downgrade",
    "cancelled": lambda event: event["page"] == "Cancellation Confirmation",
    "help": lambda event: event["page"] == "Help",
    "error": lambda event: not _is_play(event) and (event["status"] or 0) >= 400,
}


def _funnel(known: list[Play]) -> list[Row]:
    rows: list[Row] = []
    for week, some in _grouped(known, lambda event: _monday(_moment(event).date())).items():
        seen = _distinct(some, "user_id")
        for number, (step, is_taken) in enumerate(STEPS.items(), 1):
            if users := _distinct(filter(is_taken, some), "user_id"):
                rows.append((week, step, number, users, users / seen))
    return rows


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _page_activity(views: list[Play]) -> list[Row]:
    groups = _grouped(views, lambda view: (_day(view), view["page"], view["level"], view["status"]))
    return [
        (*key, len(some), _distinct(some, "user_id"), _distinct(some, "session_id")) for key, some in groups.items()
    ]


def _status(plays: list[Play], events: list[Play], rejected: Mapping[date, int]) -> list[Row]:
    """Without the failed checks, which depend on what else was loaded at that time."""
    loaded, played = Counter(event["log_date"] for event in events), Counter(map(_day, plays))
    return [(day, loaded[day] + rejected[day], loaded[day], rejected[day], played[day]) for day in {*loaded, *rejected}]


def _retention(plays: list[Play], registered: Mapping[int, datetime | None], days: list[date]) -> list[Row]:
    weeks: dict[int, set[date]] = defaultdict(set)
    for play in plays:
        weeks[play["user_id"]].add(_monday(_day(play)))
    cohorts: dict[date | None, list[int]] = defaultdict(list)
    for user, moment in registered.items():
        if moment is not None:
            cohorts[_monday(moment.date()) if moment.date() >= days[0] else None].append(user)
    left_out = sum(moment is None for moment in registered.values())
    rows: list[Row] = []
    for cohort, members in cohorts.items():
        first = cohort or _monday(days[0])
        shown = {first, *(_monday(day) for day in days if _monday(day) >= first)}
        for week in shown.union(*(weeks[user] for user in members)):
            there = sum(week in weeks[user] for user in members)
            later = (week - first).days // 7
            rows.append((cohort, later, len(members), there, there / len(members), left_out))
    return rows

"""The insights that a star should give, computed in plain Python, play by play.

Like `oracle.py` for the star, it shares nothing with the platform except the meanings of the tables.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sparkify_assets import model
from sparkify_assets_tests.event_oracle import (
    Play,
    day_of_start,
    distinct,
    funnel_of,
    grouped,
    is_play,
    levels_over_time,
    moment_of,
    monday_of,
    natural_events,
    page_activity_of,
    seconds_heard,
    sessions_of,
    user_summaries,
)
from sparkify_assets_tests.oracle import Row, Rows, catalog_of

PLAY = [column.name for column in model.table("sparkify.songplays").columns if column.name != "start_date"]
VIEW = [column.name for column in model.table("sparkify.page_views").columns if column.name != "start_date"]
EVENT = ["log_date", *(column.name for column in model.table("staging.staging_events").landed_columns)]


def insights_of(star: Rows) -> Rows:
    """Every row of every insight, by table."""
    plays: list[Play] = [dict(zip(PLAY, row, strict=True)) for row in star["sparkify.songplays"]]
    views: list[Play] = [dict(zip(VIEW, row, strict=True)) for row in star["sparkify.page_views"]]
    events: list[Play] = [dict(zip(EVENT, row, strict=True)) for row in star["staging.staging_events"]]
    known = natural_events([event for event in events if event["user_id"] is not None])
    history = levels_over_time(known)
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
        "data_status": _status(plays, events, rejected, views),
        "catalog_coverage": _coverage(plays, star),
        "user_summary": user_summaries(known, star["sparkify.users"]),
        "sessions": sessions_of(known),
        "funnel": funnel_of(known),
        "page_activity": page_activity_of(views),
        "user_level_history": [(user, level, *rest) for user, level, _, *rest in history],
    }
    return {f"insights.{name}": sorted(rows, key=repr) for name, rows in made.items()}


def _ranked(plays: list[Play], names: tuple[str, ...], more: Callable[[list[Play]], Row]) -> list[Row]:
    groups = grouped(plays, lambda play: tuple(play[name] for name in names))
    sizes = sorted(map(len, groups.values()))
    return [
        (
            1 + len(sizes) - bisect_right(sizes, len(some)),
            *key,
            len(some),
            distinct(some, "user_id"),
            *more(some),
        )
        for key, some in groups.items()
    ]


def _of_song(plays: list[Play]) -> Row:
    starts = [play["start_time"] for play in plays]
    return _matched(plays), min(starts), max(starts)


def _of_artist(plays: list[Play]) -> Row:
    return distinct(plays, "song_title_clean"), _matched(plays)


def _places(plays: list[Play]) -> list[Row]:
    groups = grouped(plays, lambda play: play["location"])
    sizes = {place: (distinct(some, "user_id"), len(some)) for place, some in groups.items()}
    return [
        (
            1 + sum(size > sizes[place] for size in sizes.values()),
            place,
            *sizes[place],
            distinct(some, "session_id"),
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
            distinct(some, "user_id"),
            len({(play["song_title_clean"], play["artist_name_clean"]) for play in some}),
        )
        for match_kind, some in grouped(plays, kind).items()
    ]


def _matched(plays: list[Play]) -> int:
    return sum(play["song_id"] is not None for play in plays)


def _calendar(log_days: set[date]) -> list[date]:
    """Every day from the first to the last log day of which records are loaded."""
    if not log_days:
        return []
    first = min(log_days)
    return [first + timedelta(days=n) for n in range((max(log_days) - first).days + 1)]


def _peaks(plays: list[Play], days: list[date]) -> list[Row]:
    groups = grouped(plays, lambda play: (play["start_time"].isoweekday(), play["start_time"].hour))
    loaded = Counter(day.isoweekday() for day in days)
    return [
        (
            weekday,
            hour,
            len(some),
            distinct(some, "user_id"),
            len(set(map(day_of_start, some))),
            loaded[weekday],
            len(some) / loaded[weekday] if loaded[weekday] else None,
        )
        for (weekday, hour), some in groups.items()
    ]


def _activity(plays: list[Play]) -> list[Row]:
    begins: dict[str, Callable[[Play], date]] = {
        "day": day_of_start,
        "week": lambda play: day_of_start(play) - timedelta(days=day_of_start(play).weekday()),
        "month": lambda play: day_of_start(play).replace(day=1),
    }
    rows: list[Row] = []
    for period, begin in begins.items():
        for day, some in grouped(plays, begin).items():
            by_user = Counter(play["user_id"] for play in some)
            rows.append(
                (
                    period,
                    day,
                    len(by_user),
                    distinct(some, "session_id"),
                    len(some),
                    len(some) / len(by_user),
                    seconds_heard(some),
                    sum(sorted(by_user.values())[-10:]) / len(some),
                    sum(not 0 <= play["length"] <= 86_400 for play in some if play["length"] is not None),
                )
            )
    return rows


def _levels(
    plays: list[Play],
    events: list[Play],
    history: list[Any],
    registered: Mapping[int, datetime | None],
    days: list[date],
) -> list[Row]:
    users: dict[tuple[date, Any], set[int]] = defaultdict(set)
    for event in events:
        users[moment_of(event).date(), event["level"]].add(event["user_id"])
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
            sum((day_of_start(play), play["level"]) == (day, level) for play in plays),
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


def _status(plays: list[Play], events: list[Play], rejected: Mapping[date, int], views: list[Play]) -> list[Row]:
    """Without the failed checks, which depend on what else was loaded at that time."""
    loaded, played = Counter(event["log_date"] for event in events), Counter(map(day_of_start, plays))
    silent = Counter(day_of_start(view) for view in views if is_play(view))
    return [
        (day, loaded[day] + rejected[day], loaded[day], rejected[day], played[day], silent[day])
        for day in {*loaded, *rejected}
    ]


def _retention(plays: list[Play], registered: Mapping[int, datetime | None], days: list[date]) -> list[Row]:
    weeks: dict[int, set[date]] = defaultdict(set)
    for play in plays:
        weeks[play["user_id"]].add(monday_of(day_of_start(play)))
    cohorts: dict[date | None, list[int]] = defaultdict(list)
    for user, moment in registered.items():
        if moment is not None:
            cohorts[monday_of(moment.date()) if moment.date() >= days[0] else None].append(user)
    left_out = sum(moment is None for moment in registered.values())
    rows: list[Row] = []
    for cohort, members in cohorts.items():
        first = cohort or monday_of(days[0])
        shown = {first, *(monday_of(day) for day in days if monday_of(day) >= first)}
        for week in shown.union(*(weeks[user] for user in members)):
            there = sum(week in weeks[user] for user in members)
            later = (week - first).days // 7
            rows.append((cohort, later, len(members), there, there / len(members), left_out))
    return rows

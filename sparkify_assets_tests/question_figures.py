"""The figures of the questions about users, sessions and pages, in plain Python. Those about plays are in
`test_questions.py`."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from sparkify_assets_tests.event_oracle import (
    Play,
    day_of_start,
    funnel_of,
    grouped,
    levels_over_time,
    monday_of,
    natural_events,
    seconds_heard,
    sessions_of,
    user_summaries,
)
from sparkify_assets_tests.insight_oracle import EVENT, PLAY, VIEW
from sparkify_assets_tests.oracle import Row, Rows, catalog_of, least


def plays_of(star: Rows) -> list[Play]:
    return [dict(zip(PLAY, row, strict=True)) for row in star["sparkify.songplays"]]


def views_of(star: Rows) -> list[Play]:
    return [dict(zip(VIEW, row, strict=True)) for row in star["sparkify.page_views"]]


def known_of(star: Rows) -> list[Play]:
    """The natural events of users, in order."""
    events = [dict(zip(EVENT, row, strict=True)) for row in star["staging.staging_events"]]
    return natural_events([event for event in events if event["user_id"] is not None])


def log_days(star: Rows) -> list[date]:
    days = {row[0] for name in ("staging.staging_events", "staging.rejected_records") for row in star[name] if row[0]}
    return sorted(day for day in days if isinstance(day, date))


def counted(keys: Iterable[Row]) -> list[Row]:
    """How often each key occurs, by key."""
    return [(*key, count) for key, count in sorted(Counter(keys).items(), key=lambda item: least(item[0]))]


def summaries(star: Rows) -> list[Row]:
    return user_summaries(known_of(star), star["sparkify.users"])


def users_that(is_one: Callable[[Row], object]) -> Callable[[Rows], list[Row]]:
    """How many users have such a row: user, registered_at, level, first_seen, last_seen, first_played, last_played,
    days, sessions, plays, seconds, songs, artists, upgrades, downgrades, downgrade_views, help_views, errors."""
    return lambda star: [(sum(bool(is_one(row)) for row in summaries(star)),)]


def by_month_of_registration(star: Rows) -> list[Row]:
    dates = [row[5] for row in star["sparkify.users"]]
    return _by_day(each.date().replace(day=1) if each is not None else None for each in dates)  # type: ignore[attr-defined]


def _by_day(days: Iterable[date | None]) -> list[Row]:
    return sorted(Counter(days).items(), key=lambda item: (item[0] is None, item[0] or date.min))


def registered_by_level(star: Rows) -> list[Row]:
    """Nobody registers or changes level after the latest log day here."""
    latest = {row[0]: row[1] for row in levels_over_time(known_of(star))}
    return counted((latest[row[0]],) for row in star["sparkify.users"] if row[5] is not None)  # type: ignore[index]


def quiet(star: Rows) -> list[Row]:
    since = log_days(star)[-1] - timedelta(days=2)
    return [(sum(row[4].date() < since for row in summaries(star)),)]  # type: ignore[attr-defined]


def new_listeners(star: Rows) -> list[Row]:
    return _by_day(monday_of(row[5].date()) for row in summaries(star) if row[5])  # type: ignore[attr-defined]


def back_after_a_week(star: Rows) -> list[Row]:
    first, *_, last = log_days(star)
    week = timedelta(days=7)
    weeks = {
        row[0]: monday_of(row[5].date()) + week  # type: ignore[attr-defined]
        for row in star["sparkify.users"]
        if row[5] is not None and row[5].date() >= first  # type: ignore[attr-defined]
    }
    played = {(play["user_id"], monday_of(day_of_start(play))) for play in plays_of(star)}
    could = [(user, later) for user, later in weeks.items() if later <= last]
    return [(len(could), sum(each in played for each in could))]


def sessions(star: Rows) -> list[Row]:
    return sessions_of(known_of(star))


def sessions_with_and_without_plays(star: Rows) -> list[Row]:
    played = [row[7] for row in sessions(star)]
    return [(sum(map(bool, played)), played.count(0))]


def length_by_level(star: Rows) -> list[Row]:
    rows = []
    for level, some in grouped([{"row": row} for row in sessions(star)], lambda each: each["row"][2]).items():
        milliseconds = sum(round(each["row"][5] * 1000) for each in some)
        plays = sum(each["row"][7] for each in some)
        rows.append((level, len(some), milliseconds / 1000 / len(some), plays / len(some)))
    return sorted(rows, key=lambda row: least(row[:1]))


def of_sessions(place: int) -> Callable[[Rows], list[Row]]:
    return lambda star: counted((row[place],) for row in sessions(star))


def views_by(*names: str, where: Callable[[Play], object] = bool) -> Callable[[Rows], list[Row]]:
    return lambda star: counted(tuple(view[name] for name in names) for view in views_of(star) if where(view))


def errors_per_day(star: Rows) -> list[Row]:
    return _by_day(day_of_start(view) for view in views_of(star) if (view["status"] or 0) >= 400)


def help_by_level(star: Rows) -> list[Row]:
    groups = grouped((view for view in views_of(star) if view["page"] == "Help"), lambda view: view["level"])
    rows = [(level, len(some), len({v["user_id"] for v in some} - {None})) for level, some in groups.items()]
    return sorted(rows, key=lambda row: least(row[:1]))


def funnel(star: Rows) -> list[Row]:
    return sorted(funnel_of(known_of(star)), key=lambda row: (row[0], row[2]))


def moves(star: Rows) -> list[Row]:
    changes = [row[2:0:-1] for row in levels_over_time(known_of(star))]
    return [(changes.count(("free", "paid")), changes.count(("paid", "free")))]


def busiest_hours(star: Rows) -> list[Row]:
    """Each weekday that was loaded lies in the range once here."""
    assert len(log_days(star)) <= 7
    loaded = {day.isoweekday() for day in log_days(star)}
    starts = [play["start_time"] for play in plays_of(star)]
    hours = Counter((start.isoweekday(), start.hour) for start in starts if start.isoweekday() in loaded)
    ordered = sorted(hours.items(), key=lambda item: (-item[1], item[0]))
    return [(*hour, float(plays)) for hour, plays in ordered[:3]]


def lengths_left_out(star: Rows) -> list[Row]:
    return [(sum(not 0 <= (play["length"] or 0) <= 86_400 for play in plays_of(star)),)]


def plays_without_user(star: Rows) -> list[Row]:
    days = set(log_days(star))
    return [(sum(view["page"] == "NextSong" and day_of_start(view) in days for view in views_of(star)),)]


def concentration(star: Rows) -> list[Row]:
    groups = grouped(plays_of(star), lambda play: day_of_start(play).replace(day=1))
    return [
        (month, sum(sorted(Counter(play["user_id"] for play in some).values())[-10:]) / len(some))
        for month, some in sorted(groups.items())
    ]


def seconds_by_gender(star: Rows) -> list[Row]:
    gender = {row[0]: row[3] for row in star["sparkify.users"]}
    played = {
        key: seconds_heard(some) for key, some in grouped(plays_of(star), lambda play: gender[play["user_id"]]).items()
    }
    rows = [(each, round(played.get(each, 0.0), 5)) for each in set(gender.values())]
    return sorted(rows, key=lambda row: least(row[:1]))


def places(star: Rows) -> list[Row]:
    rows: list[Row] = []
    for location, some in grouped(plays_of(star), lambda play: play["location"]).items():
        by_user = Counter(play["user_id"] for play in some)
        rows.append((location, len(by_user), len(some), max(by_user.values())))
    return sorted(rows, key=lambda row: (-row[1], -row[2], least(row[:1])))  # type: ignore[operator]


def places_of_one(star: Rows) -> list[Row]:
    alone = [row[2] for row in places(star) if row[1] == 1]
    return [(len(alone), sum(alone))]  # type: ignore[arg-type]


def artists_by_listeners(star: Rows) -> list[Row]:
    listened = {(play["artist_name_clean"], play["user_id"]) for play in plays_of(star)}
    ordered = sorted(Counter(artist for artist, _ in listened).items(), key=lambda item: (-item[1], least(item[:1])))
    return [*ordered[:10]]


def played_once(star: Rows) -> list[Row]:
    songs = Counter((play["song_title_clean"], play["artist_name_clean"]) for play in plays_of(star))
    return [([*songs.values()].count(1),)]


def coverage(star: Rows) -> list[Row]:
    songs = {(row[1], row[5]) for row in catalog_of(star)}
    names = {name for _, name in songs}

    def kind(play: Play) -> str:
        if play["song_id"] is not None:
            return "exact"
        if (play["song_title"], play["artist_name"]) in songs:
            return "title_and_artist"
        return "artist_only" if play["artist_name"] in names else "none"

    return [
        (
            match_kind,
            len(some),
            len({play["user_id"] for play in some}),
            len({(play["song_title_clean"], play["artist_name_clean"]) for play in some}),
        )
        for match_kind, some in sorted(grouped(plays_of(star), kind).items())
    ]


FIGURES: dict[str, Callable[[Rows], list[Row]]] = {
    "Users without a play": users_that(lambda row: not row[9]),
    "Users by month of registration": by_month_of_registration,
    "Registered users by level on the latest day": registered_by_level,
    "Users who have gone quiet": quiet,
    "Users by number of active days": lambda star: counted((row[7],) for row in summaries(star)),
    "New listeners per week": new_listeners,
    "Who thinks about downgrading": users_that(lambda row: row[15] and not row[14]),
    "Who comes back in the week after the registration": back_after_a_week,
    "Sessions with and without a play": sessions_with_and_without_plays,
    "Length of sessions by level": length_by_level,
    "Sessions past midnight": lambda star: [(sum(bool(row[12]) for row in sessions(star)),)],
    "Where sessions begin": of_sessions(10),
    "Where sessions end": of_sessions(11),
    "Page views by page": views_by("page"),
    "Page views of nobody logged in": views_by("page", where=lambda view: view["user_id"] is None),
    "Errors per day": errors_per_day,
    "Users who met an error": users_that(lambda row: row[17]),
    "Help by level": help_by_level,
    "Users by step of the funnel": lambda star: [(week, step, users) for week, step, _, users, _ in funnel(star)],
    "Users who play, of those who were seen": lambda star: [
        (week, share) for week, step, _, _, share in funnel(star) if step == "played"
    ],
    "Upgrades and downgrades": moves,
    "The busiest hours": busiest_hours,
    "Plays that count as no listening": lengths_left_out,
    "Plays of nobody logged in": plays_without_user,
    "How concentrated plays are": concentration,
    "Seconds listened by gender": seconds_by_gender,
    "The ten places with the most listeners": lambda star: places(star)[:10],
    "Places of one listener": places_of_one,
    "The ten artists with the most listeners": artists_by_listeners,
    "Songs that were played once": played_once,
    "What the song catalog knows": coverage,
}

"""What users did, event by event, in plain Python: natural events, levels, sessions, the funnel, page views and users.

Part of the oracle of `insight_oracle.py`, which counts plays.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import total_ordering
from typing import Any

from sparkify_assets_tests.oracle import Row, clean, least

Play = dict[str, Any]
EPOCH = datetime(1970, 1, 1)


def grouped(plays: Iterable[Play], key: Callable[[Play], Hashable]) -> Mapping[Any, list[Play]]:
    groups: dict[Hashable, list[Play]] = defaultdict(list)
    for play in plays:
        groups[key(play)].append(play)
    return groups


def distinct(plays: Iterable[Play], name: str) -> int:
    return len({play[name] for play in plays if play[name] is not None})


def day_of_start(play: Play) -> date:
    day: date = play["start_time"].date()
    return day


def seconds_heard(plays: list[Play]) -> float:
    """The seconds listened to: a sum of whole 100,000ths, without impossible lengths."""
    lengths: list[float] = [play["length"] for play in plays if play["length"] is not None]
    return sum(math.floor(length * 100_000 + 0.5) for length in lengths if 0 <= length <= 86_400) / 100_000


def natural_events(events: list[Play]) -> list[Play]:
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


def levels_over_time(events: list[Play]) -> list[tuple[int, str, str | None, datetime, datetime | None, int]]:
    """Every change of a user's level: the level, the previous one, its start and its end, and its number."""
    rows = []
    for user, some in grouped(events, lambda event: event["user_id"]).items():
        changes: list[tuple[str, datetime]] = []
        for event in some:
            if event["level"] is not None and (not changes or changes[-1][0] != event["level"]):
                changes.append((event["level"], moment_of(event)))
        for n, (level, since) in enumerate(changes):
            before = changes[n - 1][0] if n else None
            rows.append((user, level, before, since, changes[n + 1][1] if n + 1 < len(changes) else None, n + 1))
    return rows


def moment_of(event: Play) -> datetime:
    return EPOCH + timedelta(milliseconds=event["ts"])


def is_play(event: Play) -> bool:
    return bool(event["page"] == "NextSong")


def sessions_of(known: list[Play]) -> list[Row]:
    rows: list[Row] = []
    for (session, user), some in grouped(known, lambda event: (event["session_id"], event["user_id"])).items():
        events = sorted(some, key=lambda event: (event["ts"], event["item_in_session"], event["page"].encode()))
        first, last = events[0], events[-1]
        plays = [event for event in events if is_play(event)]
        rows.append(
            (
                session,
                user,
                first["level"],
                moment_of(first),
                moment_of(last),
                (last["ts"] - first["ts"]) / 1000,
                len(events),
                len(plays),
                len(events) - len(plays),
                seconds_heard(plays),
                first["page"],
                last["page"],
                moment_of(first).date() != moment_of(last).date(),
            )
        )
    return rows


STEPS: dict[str, Callable[[Play], bool]] = {
    "seen": lambda event: True,
    "played": is_play,
    "upgrade_page": lambda event: event["page"] == "Upgrade",
    "upgraded": lambda event: event["page"] == "Submit Upgrade",
    "downgrade_page": lambda event: event["page"] == "Downgrade",
    "downgraded": lambda event: event["page"] == "Submit Downgrade",
    "cancelled": lambda event: event["page"] == "Cancellation Confirmation",
    "help": lambda event: event["page"] == "Help",
    "error": lambda event: not is_play(event) and (event["status"] or 0) >= 400,
}


def funnel_of(known: list[Play]) -> list[Row]:
    rows: list[Row] = []
    for week, some in grouped(known, lambda event: monday_of(moment_of(event).date())).items():
        seen = distinct(some, "user_id")
        for number, (step, is_taken) in enumerate(STEPS.items(), 1):
            if users := distinct(filter(is_taken, some), "user_id"):
                rows.append((week, step, number, users, users / seen))
    return rows


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def page_activity_of(views: list[Play]) -> list[Row]:
    groups = grouped(views, lambda view: (day_of_start(view), view["page"], view["level"], view["status"]))
    return [(*key, len(some), distinct(some, "user_id"), distinct(some, "session_id")) for key, some in groups.items()]


def user_summaries(known: list[Play], users: list[Row]) -> list[Row]:
    events = grouped(known, lambda event: event["user_id"])
    rows: list[Row] = []
    for user, _, _, _, level, registered_at in users:
        mine = events[user]
        plays = [event for event in mine if is_play(event)]
        pages = Counter(event["page"] for event in mine)
        heard = [(clean(play["song"]), clean(play["artist"])) for play in plays]
        rows.append(
            (
                user,
                registered_at,
                level,
                moment_of(mine[0]),
                moment_of(mine[-1]),
                moment_of(plays[0]) if plays else None,
                moment_of(plays[-1]) if plays else None,
                len({moment_of(event).date() for event in mine}),
                distinct(mine, "session_id"),
                len(plays),
                seconds_heard(plays),
                len({song for song in heard if song[0] is not None}),
                len({artist for _, artist in heard if artist is not None}),
                *(pages[page] for page in ("Submit Upgrade", "Submit Downgrade", "Downgrade", "Help")),
                sum(map(STEPS["error"], mine)),
                *(pages[page] for page in ("Thumbs Up", "Thumbs Down", "Roll Advert")),
            )
        )
    return rows

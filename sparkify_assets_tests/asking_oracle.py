"""The dashboard's answers to a filter, in plain Python, play by play.

Like `oracle.py` for the star, it shares nothing with the platform except what the filter and the columns mean.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sparkify_assets.report.asking.filters import Filter
from sparkify_assets_tests.event_oracle import STEPS, Play, day_of_start, distinct, grouped, monday_of, seconds_heard
from sparkify_assets_tests.insight_oracle import insights_of
from sparkify_assets_tests.oracle import Row, Rows, least
from sparkify_assets_tests.question_figures import plays_of, views_of


@dataclass(frozen=True)
class Heard:
    """What a star holds of plays and page views."""

    star: Rows

    @cached_property
    def plays(self) -> list[Play]:
        return [play | {"song": play["song_title_clean"], "artist": play["artist_name_clean"]} for play in self._plays]

    @cached_property
    def _plays(self) -> list[Play]:
        return plays_of(self.star)

    @cached_property
    def views(self) -> list[Play]:
        return views_of(self.star)

    @cached_property
    def first_played(self) -> dict[int, date]:
        return {
            user: min(map(day_of_start, some)) for user, some in grouped(self.plays, lambda p: p["user_id"]).items()
        }

    @cached_property
    def status(self) -> list[Row]:
        return sorted(insights_of(self.star)["insights.data_status"])

    def played(self, filter_: Filter) -> list[Play]:
        return [play for play in self.plays if self._passes(play, filter_)]

    def viewed(self, filter_: Filter) -> list[Play]:
        return [view for view in self.views if self._passes(view, filter_)]

    def _passes(self, event: Play, filter_: Filter) -> bool:
        start: datetime = event["start_time"]
        first = self.first_played.get(event["user_id"])
        expected = (
            ("level", "level"),
            ("location", "place"),
            ("browser", "browser"),
            ("song", "song"),
            ("artist", "artist"),
        )
        return (
            filter_.first <= start.date() <= filter_.last
            and all(event.get(name) == getattr(filter_, of) for name, of in expected if getattr(filter_, of))
            and filter_.weekday in (None, start.isoweekday())
            and filter_.hour in (None, start.hour)
            and (filter_.listeners != "new" or (first is not None and filter_.first <= first <= filter_.last))
            and (filter_.listeners != "returning" or (first is not None and first < filter_.first))
        )

    def summary(self, filter_: Filter, _: str) -> list[Row]:
        return [self._of(self.played(filter_), filter_.first)]

    def _of(self, plays: list[Play], since: date) -> Row:
        users = {play["user_id"] for play in plays}
        new = sum(self.first_played[user] >= since for user in users)
        paying = distinct((play for play in plays if play["level"] == "paid"), "user_id")
        matched = sum(play["song_id"] is not None for play in plays)
        sessions = distinct(plays, "session_id")
        return (len(plays), len(users), sessions, seconds_heard(plays), new, len(users) - new, paying, matched)

    def by_day(self, filter_: Filter, _: str) -> list[Row]:
        rows: list[Row] = []
        for day, some in sorted(grouped(self.played(filter_), day_of_start).items()):
            found = self._of(some, day)
            paid = sum(play["level"] == "paid" for play in some)
            # Without sessions and matched plays.
            rows.append((day, *found[:2], *found[3:6], paid, found[6]))
        return rows

    def moves(self, filter_: Filter, _: str) -> list[Row]:
        views = self.viewed(filter_)
        return [(len(views), distinct(views, "user_id"), *_pages(views))]

    def moves_by_day(self, filter_: Filter, _: str) -> list[Row]:
        return [
            (day, len(some), *_pages(some)) for day, some in sorted(grouped(self.viewed(filter_), day_of_start).items())
        ]

    def songs(self, filter_: Filter, sort: str) -> list[Row]:
        return self._ranked(filter_, sort, ("song", "artist"))

    def artists(self, filter_: Filter, sort: str) -> list[Row]:
        return self._ranked(filter_, sort, ("artist",))

    def where(self, filter_: Filter, sort: str) -> list[Row]:
        return self._ranked(filter_, sort, ("location",), also_unknown=True)

    def _ranked(self, filter_: Filter, sort: str, names: tuple[str, ...], also_unknown: bool = False) -> list[Row]:
        def key(play: Play) -> Row:
            return tuple(play[name] for name in names)

        now, before = grouped(self.played(filter_), key), grouped(self.played(filter_.before()), key)
        rows = []
        for found in {*now, *before}:
            if found[0] is None and not also_unknown:
                continue
            plays, plays_before = now.get(found, []), before.get(found, [])
            listeners, listeners_before = distinct(plays, "user_id"), distinct(plays_before, "user_id")
            n, m = len(plays), len(plays_before)
            weight = {
                "plays": n, "before": m, "rise": n - m, "fall": m - n, "change": abs(n - m), "listeners": listeners,
                "stopped": 0 if n else m, "new": 0 if m else n,
            }[sort]  # fmt: skip
            top = max(Counter(play["user_id"] for play in plays).values(), default=0)
            if weight > 0:
                rows.append((weight, (*found, n, m, listeners, listeners_before, top)))
        last = len(names)
        rows.sort(key=lambda row: (-row[0], -row[1][last], -row[1][last + 1], least(row[1][:last])))
        return [(*row, len(rows)) for _, row in rows[:50]]

    def hours(self, filter_: Filter, _: str) -> list[Row]:
        groups = grouped(self.played(filter_), lambda play: (play["start_time"].isoweekday(), play["start_time"].hour))
        return [
            (*hour, len(some), distinct(some, "user_id"), len(set(map(day_of_start, some))))
            for hour, some in sorted(groups.items())
        ]

    def browsers(self, filter_: Filter, _: str) -> list[Row]:
        groups = grouped(self.played(filter_), lambda play: (play["browser"], play["os"]))
        rows = [(*key, len(some), distinct(some, "user_id")) for key, some in groups.items()]
        return sorted(rows, key=lambda row: (-row[2], least(row[:2])))

    def levels(self, filter_: Filter, _: str) -> list[Row]:
        groups = grouped(self.played(filter_), lambda play: (day_of_start(play), play["level"]))
        return _by_key((*key, len(some), distinct(some, "user_id")) for key, some in groups.items())

    def segments(self, filter_: Filter, _: str) -> list[Row]:
        def kind(play: Play) -> Row:
            return ("returning" if self.first_played[play["user_id"]] < filter_.first else "new", play["level"])

        return _by_key(
            (*key, distinct(some, "user_id"), len(some), distinct(some, "session_id"))
            for key, some in grouped(self.played(filter_), kind).items()
        )

    def sessions(self, filter_: Filter, _: str) -> list[Row]:
        rows: list[Row] = []
        for level, some in grouped(self.played(filter_), lambda play: play["level"]).items():
            plays = Counter((play["session_id"], play["user_id"]) for play in some).values()
            once, listeners = sum(n == 1 for n in plays), distinct(some, "user_id")
            rows.append((level, len(plays), len(some), seconds_heard(some), once, max(plays), listeners))
        return _by_key(rows, 1)

    def funnel(self, filter_: Filter, _: str) -> list[Row]:
        events = [play | {"page": "NextSong"} for play in self.played(filter_)]
        events += [view for view in self.viewed(filter_) if view["user_id"] is not None]
        steps = [
            (step, n, distinct(filter(taken, events), "user_id")) for n, (step, taken) in enumerate(STEPS.items(), 1)
        ]
        return [step for step in steps if step[2]]

    def retention(self, filter_: Filter, _: str) -> list[Row]:
        heard = {
            (monday_of(self.first_played[play["user_id"]]), monday_of(day_of_start(play)), play["user_id"])
            for play in self.played(filter_)
        }
        weeks = Counter((first, (week - first).days // 7) for first, week, _ in heard)
        return [(*key, n) for key, n in sorted(weeks.items())]

    def listeners(self, filter_: Filter, _: str) -> list[Row]:
        plays = self.played(filter_)
        numbers = self._numbers(plays)
        rows: list[Row] = [
            (
                numbers[user],
                len(some),
                distinct(some, "session_id"),
                len(set(map(day_of_start, some))),
                max(play["start_time"] for play in some),
                len(numbers),
                len(plays),
            )
            for user, some in grouped(plays, lambda play: play["user_id"]).items()
        ]
        return sorted(rows, key=lambda row: least(row[:1]))[:50]

    def _numbers(self, plays: list[Play]) -> dict[int, int]:
        counts = Counter(play["user_id"] for play in plays)
        return {user: n for n, user in enumerate(sorted(counts, key=lambda user: (-counts[user], user)), 1)}

    def plays_themselves(self, filter_: Filter, _: str) -> list[Row]:
        plays = self.played(filter_)
        numbers = self._numbers(plays)
        ordered = sorted(sorted(plays, key=lambda p: p["songplay_id"]), key=lambda p: p["start_time"], reverse=True)
        names = ("level", "song", "artist", "length", "location", "browser", "os", "songplay_id")
        return [(p["start_time"], numbers[p["user_id"]], *(p[name] for name in names)) for p in ordered[:50]]

    def errors(self, filter_: Filter, _: str) -> list[Row]:
        failed = [view for view in self.viewed(filter_) if (view["status"] or 0) >= 400]
        rows = [
            (*key, len(some), distinct(some, "user_id"), distinct(some, "session_id"))
            for key, some in grouped(failed, lambda view: (view["page"], view["status"])).items()
        ]
        return sorted(rows, key=lambda row: (-row[2], least(row[:2])))

    def heard_too(self, filter_: Filter, _: str) -> list[Row]:
        listeners = {play["user_id"] for play in self.played(filter_)}
        of_period = self.played(Filter(filter_.first, filter_.last))
        theirs = [play for play in of_period if play["user_id"] in listeners and play["artist"] is not None]
        groups = grouped(theirs, lambda play: play["artist"])
        rows = [(artist, distinct(some, "user_id"), len(some)) for artist, some in groups.items()]
        rows.sort(key=lambda row: (-row[1], -row[2], least(row[:1])))
        return [(*row, len(listeners), len(rows)) for row in rows[:50]]

    def log_days(self, filter_: Filter, _: str) -> list[Row]:
        return [row for row in self.status if filter_.first <= row[0] <= filter_.last]  # type: ignore[operator]

    def answers(self) -> dict[str, Callable[[Filter, str], list[Row]]]:
        """What answers each question, by its name."""
        of_events = ("summary", "by_day", "moves", "moves_by_day", "songs", "artists", "where", "hours", "browsers")
        of_users = ("levels", "segments", "sessions", "funnel", "retention", "listeners", "errors", "heard_too")
        named = {name: getattr(self, name) for name in (*of_events, *of_users, "log_days")}
        return {**named, "plays": self.plays_themselves}


def _pages(views: list[Play]) -> Row:
    pages = Counter(view["page"] for view in views)
    failed = [view for view in views if (view["status"] or 0) >= 400]
    named = ("Submit Upgrade", "Submit Downgrade", "Cancellation Confirmation", "Help")
    return (*(pages[page] for page in named), len(failed), distinct(failed, "user_id"))


def _by_key(rows: Iterable[Row], of: int = 2) -> list[Row]:
    return sorted(rows, key=lambda row: least(row[:of]))

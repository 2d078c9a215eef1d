"""The users: who they are, their habits, and when they arrive, leave, upgrade and downgrade.

A listener holds the pieces of a log line that depend only on the user, formatted once. What a listener does in a
session belongs in `sessions`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from random import Random

from sparkify_assets.sample import naming
from sparkify_assets.sample.chance import popular, stream
from sparkify_assets.sample.options import SampleOptions
from sparkify_assets.sample.repertoire import GENRES, log_text
from sparkify_assets.sample.vocabulary import METRO_AREAS

LISTENERS_AT_8000_EVENTS = 96
# Ten times the events come from eight times the users.
GROWTH = 0.9
DAY = 86_400_000
# The app counts whole seconds from an odd start, so all times end alike, and plays of different users can coincide.
ODD_MILLISECONDS = 421

ARRIVAL_DAYS = 6
LEAVER_SHARE = 0.2
PAID_EVERY = 4
CHANGER_EVERY = 12
# In samples with every page: of how many listeners one registers in the app, and of how many who leave one cancels.
JOINER_EVERY = 5
CANCELLER_EVERY = 3
# A change of level takes several events, so only days with at least this many have one.
LEAST_EVENTS_TO_CHANGE = 20
# By hour of the day, UTC: quiet while America sleeps, busiest in its mornings and at noon.
HOUR_WEIGHTS = (8, 8, 8, 5, 4, 7, 9, 8, 6, 12, 14, 16, 16, 18, 22, 28, 33, 32, 28, 20, 16, 13, 11, 10)


@dataclass(frozen=True, eq=False, slots=True)
class Listener:
    """One user. The level is `first_level` at first, and changes at each of the times in `changes`. `joined` and
    `cancelled` say when the account began on `first_day` and ended on `last_day`, if the app logs that.

    The texts from `first_name` on are pieces of a log line, each with the punctuation and keys that follow it.
    """

    user_id: str
    first_day: int
    last_day: int
    weekday_weight: float
    weekend_weight: float
    hour: int
    taste: int
    gender: str
    location: str
    first_level: str
    changes: tuple[int, ...]
    joined: int | None
    cancelled: int | None
    first_name: str
    last_name: str
    place: str
    registration: str
    ending: str

    @property
    def is_steady(self) -> bool:
        """Whether level and account stay the same, so that a session may lie anywhere in the days."""
        return not self.changes and self.joined is None and self.cancelled is None

    def level_at(self, ts: int) -> str:
        turned = bisect_right(self.changes, ts) % 2 == 1
        return {"free": "paid", "paid": "free"}[self.first_level] if turned else self.first_level


class Audience:
    """All listeners, and who is active on a day."""

    def __init__(self, listeners: list[Listener], options: SampleOptions) -> None:
        self.listeners = listeners
        self._options = options

    def arriving(self, day: int) -> list[Listener]:
        return [listener for listener in self.listeners if listener.first_day == day]

    def changing(self, day: int) -> list[tuple[Listener, int]]:
        start = day_start(self._options, day)
        return [
            (listener, change)
            for listener in self.listeners
            for change in listener.changes
            if start <= change < start + DAY
        ]

    def joining(self, day: int) -> list[tuple[Listener, int]]:
        return [(who, who.joined) for who in self.listeners if who.first_day == day and who.joined is not None]

    def cancelling(self, day: int) -> list[tuple[Listener, int]]:
        return [(who, who.cancelled) for who in self.listeners if who.last_day == day and who.cancelled is not None]

    def about(self, day: int, steady: bool = False) -> tuple[list[Listener], list[float]]:
        """Return who is active on a day, and the running sum of how likely each is to listen."""
        weekend = self._options.day(day).weekday() >= 5
        present = [
            listener
            for listener in self.listeners
            if listener.first_day <= day <= listener.last_day and (listener.is_steady or not steady)
        ]
        return present, list(accumulate(who.weekend_weight if weekend else who.weekday_weight for who in present))


def day_start(options: SampleOptions, day: int) -> int:
    """Return the first millisecond of a day, UTC."""
    start = options.day(day)
    return int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()) * 1000


def make_audience(options: SampleOptions, events_by_day: list[int]) -> Audience:
    size = round(LISTENERS_AT_8000_EVENTS * (options.events / 8000) ** GROWTH)
    size = min(options.events, max(1, size))
    chance = stream(options.seed, "listeners")
    return Audience([_listener(options, events_by_day, chance, number) for number in range(size)], options)


def _listener(options: SampleOptions, events_by_day: list[int], chance: Random, number: int) -> Listener:
    # The first listener stays throughout, so no day is without one. Those who change level arrive in time to do so.
    latest = options.days // 2 if _is_changer(number) else options.days - 1
    first_day = min(int(chance.expovariate(1 / ARRIVAL_DAYS)), latest) if number else 0
    leaves = chance.random() < LEAVER_SHARE and number > 0
    last_day = first_day + int(chance.expovariate(1 / ARRIVAL_DAYS)) if leaves else options.days - 1
    changes = _changes(options, events_by_day, chance, number, first_day)
    # Most of those who change level upgrade, so they start on the free level.
    paid = number // CHANGER_EVERY % 4 == 2 if _is_changer(number) else number % PAID_EVERY == 1
    first, last, gender = naming.full_name(number)
    browser = naming.browser(chance, with_comma=number // 4 % 5 != 3)
    area = METRO_AREAS[popular(chance, len(METRO_AREAS))]
    activity = chance.lognormvariate(0, 0.6)
    registered = day_start(options, first_day) - 1000 * chance.randrange(2, 150 * 86_400) + ODD_MILLISECONDS
    user_id = str(number + 2 + number // 20)
    may_vary = options.every_page and number > 0 and not _is_changer(number)
    joined = cancelled = None
    # Whoever registers begins on the free level.
    if may_vary and not paid and number % JOINER_EVERY == 0:
        joined = day_start(options, first_day) + 1000 * chance.randrange(9 * 3600, 20 * 3600) + ODD_MILLISECONDS
    if may_vary and leaves and number % CANCELLER_EVERY == 0:
        cancelled = day_start(options, last_day) + 1000 * chance.randrange(22 * 3600, 23 * 3600) + ODD_MILLISECONDS
    return Listener(
        user_id=user_id,
        first_day=first_day,
        last_day=max(last_day, *(_day_of(options, change) for change in changes), first_day),
        weekday_weight=activity,
        weekend_weight=activity * chance.choice((0.5, 0.8, 2.0)),
        hour=chance.choices(range(24), HOUR_WEIGHTS)[0],
        taste=chance.randrange(GENRES),
        gender=gender,
        location=area,
        first_level="paid" if paid else "free",
        changes=changes,
        joined=joined,
        cancelled=cancelled,
        first_name=f'"{first}","gender":"{gender}","itemInSession":',
        last_name=f',"lastName":"{last}","length":',
        place=f'","location":{log_text(area)},"method":"',
        registration=f',"registration":{registered if joined is None else joined}.0,"sessionId":',
        ending=f',"userAgent":{log_text(browser)},"userId":"{user_id}"}}',
    )


def _changes(
    options: SampleOptions, events_by_day: list[int], chance: Random, number: int, first_day: int
) -> tuple[int, ...]:
    """Return when a listener changes level. One in twelve does; the first of every eight of them changes back later."""
    if not _is_changer(number):
        return ()
    wanted = 2 if number // CHANGER_EVERY % 8 == 0 else 1
    days = [day for day in range(first_day, options.days) if events_by_day[day] >= LEAST_EVENTS_TO_CHANGE]
    chosen = sorted(chance.sample(days, min(wanted, len(days))))
    return tuple(
        day_start(options, day) + 1000 * chance.randrange(9 * 3600, 21 * 3600) + ODD_MILLISECONDS for day in chosen
    )


def _is_changer(number: int) -> bool:
    return number % CHANGER_EVERY == CHANGER_EVERY - 1


def _day_of(options: SampleOptions, ts: int) -> int:
    return (ts - day_start(options, 0)) // DAY

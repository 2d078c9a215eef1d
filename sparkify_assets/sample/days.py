"""One day's log files: who listens, and which lines arrive when. A pure function of the world and the day's number.

What a session holds belongs in `sessions`; how many events a day has of each kind belongs in `day_plan`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from operator import itemgetter
from random import Random

from sparkify_assets.sample import dirt
from sparkify_assets.sample.chance import stream
from sparkify_assets.sample.day_plan import LATEST_DAYS, DayPlan, make_plan
from sparkify_assets.sample.listeners import DAY, ODD_MILLISECONDS, Audience, Listener, day_start, make_audience
from sparkify_assets.sample.options import SampleOptions
from sparkify_assets.sample.repertoire import Repertoire, make_repertoire
from sparkify_assets.sample.sessions import (
    Event,
    ListeningSession,
    hold_changing_session,
    hold_first_session,
    hold_last_session,
    hold_session,
    listen,
    seconds,
)

LONGEST_STRAY = 20
LONGEST_CHANGING_SESSION = 15
HOURS_OF_HABIT = 2.5
LISTENERS_AT_ONCE = 500
# At least this many listeners whose day is full are skipped before one of them gets another session.
PASSED_OVER = 20

# When a line arrives, and the line.
Arrival = tuple[int, str]
Nights = list[list[tuple[Listener, list[Event]]]]


@dataclass(frozen=True)
class World:
    """Everything that the days of a sample share."""

    options: SampleOptions
    plan: list[DayPlan]
    audience: Audience
    repertoire: Repertoire


def make_world(options: SampleOptions) -> World:
    plan = make_plan(options)
    return World(options, plan, make_audience(options, [day.events for day in plan]), make_repertoire(options))


@dataclass(frozen=True)
class Happened:
    """The good events of a UTC day, each once: those that arrive in the day's own files, and those that arrive late."""

    at_once: list[Event]
    late: list[Event]


def happen(world: World, number: int) -> Happened:
    plan = world.plan[number]
    nights = [_crossing_sessions(world, night) for night in (number - 1, number)]
    crossed = list(_of_day(world, number, nights))
    strays = _strays(world, number)
    ordinary = _ordinary(world, number, nights, plan.events - len(crossed) - len(strays))
    return Happened(crossed + strays[: plan.repeated] + ordinary, strays[plan.repeated :])


def arrivals(world: World, number: int, own: list[Event]) -> list[str]:
    """Return the lines of the day's files in order of arrival, which is the order of ts except for the dirt."""
    extra = _dirt(world, number, own) + list(_from_days_before(world, number))
    lines = [(ts, line) for ts, line, *_ in own]
    # Python's sort is stable, so a session's pages stay in the order in which they were seen.
    return [line for _, line in sorted(lines + extra, key=itemgetter(0))]


def _crossing_sessions(world: World, night: int) -> list[tuple[Listener, list[Event]]]:
    """Return the whole sessions that cross the midnight after a day; there are none before the first day."""
    if night < 0 or not world.plan[night].crossings:
        return []
    plan = world.plan[night]
    chance = stream(world.options.seed, "crossing", night)
    midnight = day_start(world.options, night) + DAY
    present, likely = world.audience.about(night, steady=True)
    sessions = []
    for place, listener in enumerate(chance.choices(present, cum_weights=likely, k=plan.crossings)):
        start = midnight - seconds(chance, plan.crossing_length * 60) + ODD_MILLISECONDS - 1000
        session_id = _session_id(world, night, place)
        until = midnight + DAY // 4
        session = _session(world, listener, session_id, until, plan.crossing_length, start)
        listen(session, chance, world.repertoire, listener.taste, start, plan.crossing_length)
        sessions.append((listener, session.events))
    return sessions


def _of_day(world: World, number: int, nights: Nights) -> Iterator[Event]:
    """Yield the day's part of the sessions that cross the midnights before and after it."""
    start = day_start(world.options, number)
    for night in nights:
        for _, events in night:
            yield from (event for event in events if start <= event[0] < start + DAY)


def _strays(world: World, number: int) -> list[Event]:
    """Return events of the day that were played offline: the first ones are delivered twice, the others late."""
    plan = world.plan[number]
    wanted = plan.repeated + plan.late
    if not wanted:
        return []
    chance = stream(world.options.seed, "strays", number)
    present, likely = world.audience.about(number, steady=True)
    start = day_start(world.options, number)
    events: list[Event] = []
    for place in count(plan.crossings):
        listener = chance.choices(present, cum_weights=likely)[0]
        begin = start + seconds(chance, 80_000) - 1000 + ODD_MILLISECONDS
        room = min(LONGEST_STRAY, wanted - len(events))
        session = _session(world, listener, _session_id(world, number, place), start + DAY, room, begin)
        listen(session, chance, world.repertoire, listener.taste, begin, LONGEST_STRAY)
        events += session.events
        if len(events) == wanted:
            break
    return events


def _ordinary(world: World, number: int, nights: Nights, room: int) -> list[Event]:
    """Return the events of sessions within the day: first of listeners who must appear, then of random ones."""
    if not room:
        return []
    chance = stream(world.options.seed, "day", number)
    plan = world.plan[number]
    start = day_start(world.options, number)
    free_from = {listener: events[-1][0] for listener, events in nights[0]}
    busy_from = {listener: events[0][0] for listener, events in nights[1]}
    # Each stray session holds at least one event, so these numbers are unused.
    session_ids = (_session_id(world, number, place) for place in count(plan.crossings + plan.repeated + plan.late))
    events: list[Event] = []
    passed_over = 0
    for listener, cancelled in world.audience.cancelling(number):
        session = _session(world, listener, next(session_ids), start + DAY, room - len(events), cancelled)
        hold_last_session(session, cancelled)
        events += session.events
        busy_from[listener] = cancelled - 60_000
    for listener, joined in world.audience.joining(number):
        most = min(LONGEST_CHANGING_SESSION, room - len(events))
        until = busy_from.get(listener, start + DAY)
        session = _session(world, listener, next(session_ids), until, most, joined)
        clock = hold_first_session(session, chance, joined)
        listen(session, chance, world.repertoire, listener.taste, clock, LONGEST_CHANGING_SESSION)
        events += session.events
        free_from[listener] = joined + DAY // 12
    for listener, change in world.audience.changing(number):
        most = min(LONGEST_CHANGING_SESSION, room - len(events))
        session = _session(world, listener, next(session_ids), start + DAY, most, change - 1)
        clock = hold_changing_session(session, chance, change)
        listen(session, chance, world.repertoire, listener.taste, clock, LONGEST_CHANGING_SESSION)
        events += session.events
        free_from[listener] = change + DAY // 12
    for listener in chain(world.audience.arriving(number), _whoever_likes(world, number, chance)):
        if len(events) >= room:
            return events[:room]
        until = busy_from.get(listener, start + DAY)
        begin = max(start + _habitual_time(chance, listener), free_from.get(listener, 0) + seconds(chance, 3600))
        if begin >= until:
            passed_over += 1
            if not listener.is_steady or passed_over < PASSED_OVER + len(events):
                continue
            # On a crowded day some listen on two devices at once, but not those whose level could change meanwhile.
            begin = start + seconds(chance, 80_000) - 1000 + ODD_MILLISECONDS
            until = start + DAY
        session = _session(world, listener, next(session_ids), until, room - len(events), begin)
        hold_session(session, chance, world.repertoire, listener.taste, begin)
        if session.events:
            events += session.events
            free_from[listener] = session.events[-1][0]
    return events


def _session(world: World, listener: Listener, number: int, until: int, room: int, start: int) -> ListeningSession:
    return ListeningSession(listener, number, until, room, listener.level_at(start), world.options.every_page)


def _whoever_likes(world: World, number: int, chance: Random) -> Iterator[Listener]:
    present, likely = world.audience.about(number)
    while True:
        yield from chance.choices(present, cum_weights=likely, k=LISTENERS_AT_ONCE)


def _habitual_time(chance: Random, listener: Listener) -> int:
    """Return a time of day around the listener's usual hour, in milliseconds."""
    hour = listener.hour + chance.gauss(0.5, HOURS_OF_HABIT)
    return int(hour % 24 * 3600) * 1000 + ODD_MILLISECONDS


def _session_id(world: World, number: int, place: int) -> int:
    """Return a session id. The ids of the days interleave, so each day can number its sessions on its own."""
    return place * world.options.days + number + 1


def _dirt(world: World, number: int, own: list[Event]) -> list[Arrival]:
    """Return broken copies of the day's events, and events delivered twice on the same day."""
    plan = world.plan[number]
    chance = stream(world.options.seed, "dirt", number)
    copies = chance.choices(own, k=plan.doubled) if plan.doubled else []
    doubled = [(ts + seconds(chance, 600), line) for ts, line, *_ in copies]
    copied = chance.choices(own, k=plan.malformed) if plan.malformed else []
    kind = sum(day.malformed for day in world.plan[:number])
    broken = dirt.malformed_events([line for _, line, *_ in copied], kind)
    return doubled + [(ts, line) for (ts, *_), line in zip(copied, broken, strict=True)]


def _from_days_before(world: World, number: int) -> Iterator[Arrival]:
    """Yield events of earlier days that arrive, or arrive again, in this day's files."""
    for day in range(max(0, number - LATEST_DAYS), number):
        plan = world.plan[day]
        strays = _strays(world, day)
        arriving = strays[plan.repeated :] if plan.late_arrival == number else []
        if day == number - 1:
            arriving = strays[: plan.repeated] + arriving
        yield from ((ts + (number - day) * DAY, line) for ts, line, *_ in arriving)

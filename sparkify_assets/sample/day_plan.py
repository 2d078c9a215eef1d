"""How many events of each kind a day holds: arithmetic on the options, with exact totals.

Every day can be made without the others, because whatever one day passes on to another is counted here. Who does what,
and when, belongs in `listeners` and `sessions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from sparkify_assets.sample.chance import stream
from sparkify_assets.sample.options import SampleOptions

# How much people listen, from Monday to Sunday.
WEEKDAY_WEIGHTS = (1.15, 1.2, 1.25, 1.1, 1.15, 0.6, 0.65)
# In 8,000 events, eleven sessions cross midnight.
EVENTS_PER_CROSSING = 730
LONGEST_CROSSING = 30
LATEST_DAYS = 3
# Of eight pieces of dirt, four are malformed, two are late, one is delivered again the same day and one the next day.
DIRT_CYCLE = 8


@dataclass(frozen=True)
class DayPlan:
    """What happens on a day. `events` counts the good events of that UTC day, whichever file they arrive in.

    Of these, `late` arrive in the file of day `late_arrival`, and `repeated` arrive on time and again in the next file.
    """

    number: int
    events: int
    crossings: int = 0
    crossing_length: int = 0
    malformed: int = 0
    doubled: int = 0
    repeated: int = 0
    late: int = 0
    late_arrival: int = 0


def make_plan(options: SampleOptions) -> list[DayPlan]:
    events = _events_by_day(options)
    soiled = [_with_dirt(options, day, number, before) for day, number, before in _running(events)]
    return [_with_crossings(soiled, day, before) for day, _, before in _running(events)]


def share_out(total: int, weights: list[float]) -> list[int]:
    """Return whole parts of a total, in proportion to the weights; their sum is exactly the total."""
    whole = sum(weights)
    ends = [round(total * reached / whole) for reached in accumulate(weights, initial=0.0)]
    return [end - start for start, end in pairwise(ends)]


def _events_by_day(options: SampleOptions) -> list[int]:
    """A line for each file first, then by weekday and chance; the first day is thin, as the app's first day was."""
    chance = stream(options.seed, "plan")
    weights = [
        WEEKDAY_WEIGHTS[options.day(number).weekday()] * chance.uniform(0.75, 1.25) * (0.5 if number == 0 else 1)
        for number in range(options.days)
    ]
    least = min(options.files_per_day, options.events // options.days)
    return [least + part for part in share_out(options.events - least * options.days, weights)]


def _running(events: list[int]) -> Iterator[tuple[int, int, int]]:
    """Return each day's number, its events, and the number of events before it."""
    return zip(range(len(events)), events, accumulate(events, initial=0), strict=False)


def _with_dirt(options: SampleOptions, day: int, events: int, before: int) -> DayPlan:
    first, last = int(before * options.dirt), int((before + events) * options.dirt)

    def of_cycle(*places: int) -> int:
        return sum(len(range(first + (place - first) % DIRT_CYCLE, last, DIRT_CYCLE)) for place in places)

    malformed, doubled, repeated, late = of_cycle(0, 2, 4, 6), of_cycle(1), of_cycle(5), of_cycle(3, 7)
    if day == options.days - 1:
        return DayPlan(day, events, malformed=malformed, doubled=doubled + repeated + late)
    # Late events never leave a day's own files empty.
    spared = max(0, late - max(0, events - options.files_per_day - repeated))
    return DayPlan(
        day,
        events,
        malformed=malformed,
        doubled=doubled + spared,
        repeated=repeated,
        late=late - spared,
        late_arrival=min(options.days - 1, day + 1 + day % LATEST_DAYS),
    )


def _with_crossings(days: list[DayPlan], number: int, before: int) -> DayPlan:
    """Return the day with the sessions that cross the midnight after it; they take at most a quarter of either day."""
    day = days[number]
    following = days[number + 1] if number + 1 < len(days) else day
    crossings = (before + day.events) // EVENTS_PER_CROSSING - before // EVENTS_PER_CROSSING
    room = min(each.events - each.late - each.repeated for each in (day, following)) // 4
    length = min(LONGEST_CROSSING, room // crossings) if crossings else 0
    if length < 2:
        return day
    return replace(day, crossings=crossings, crossing_length=length)

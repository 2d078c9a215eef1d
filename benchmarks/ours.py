"""Jobs of the platform as Dagster runs, as clicks in the UI have them.

ours.py songs                what changed of the song catalog
ours.py day DAY              a day, by force
ours.py days FIRST LAST      a range, by force
ours.py all FIRST LAST       the song catalog and a range
ours.py reloads N            days of the settings' range by force, N of them, one run after another
"""

import sys
from datetime import date

from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.orchestration.runs import execute
from sparkify_assets.settings import parse_day, read_settings


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "songs":
        _run(Plan(True, ()), force=False)
    elif what == "reloads":
        days = read_settings().days()
        for number in range(int(rest[0])):
            # Far from each other, and each about as often as any other.
            _run(_days(days[number * 7 % len(days)]), force=True)
    else:
        days = [parse_day(day, what) for day in rest]
        _run(Plan(what == "all", ((days[0], days[-1]),)), force=True)


def _days(day: date) -> Plan:
    return Plan(False, ((day, day),))


def _run(plan: Plan, force: bool) -> None:
    settings = read_settings()
    execute(build_definitions(settings), settings, plan, force=force, told=lambda result: print(result.said))


if __name__ == "__main__":
    main()

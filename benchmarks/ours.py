"""The platform's jobs as Dagster runs, as if started in the UI.

ours.py songs                load what changed in the song catalog
ours.py days FIRST LAST      reload a range
ours.py reloads N            reload N days of the configured range, one run each
"""

import sys

from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.orchestration.plan import Plan
from sparkify_assets.orchestration.runs import execute
from sparkify_assets.settings import parse_day, read_settings


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "songs":
        _run(Plan((SONG_CATALOG,)), force=False)
    elif what == "reloads":
        days = read_settings().days()
        for number in range(int(rest[0])):
            # Days far apart, each about as often as any other.
            _run(Plan((LogDays.of(days[number * 7 % len(days)]),)), force=True)
    else:
        first, last = (parse_day(day, what) for day in rest)
        _run(Plan((LogDays(first, last),)), force=True)


def _run(plan: Plan, force: bool) -> None:
    settings = read_settings()
    definitions = build_definitions(settings, on_result=lambda result: print(result.summary))
    execute(definitions, settings, plan, force)


if __name__ == "__main__":
    main()

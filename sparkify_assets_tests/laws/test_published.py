"""Laws 4 and 8: a publication killed at any moment leaves the old file or the new one, and the next one ends right."""

import random
from pathlib import Path
from typing import Any

from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets.warehouse.duckdb import published_file
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.laws.kills import KILLED, Kill
from sparkify_assets_tests.laws.loaders import CONTEXT, PATIENCE
from sparkify_assets_tests.laws.readers import Readers
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import assert_published, file_of, masked, published

# What a publication does to files, in its order.
STEPS = ("_clone", "_remember", "_sync")
_BYTE = "at a byte"


def test_a_publication_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    embedded: Platform, chance: random.Random, readers: Readers
) -> None:
    write_day(embedded.lake, DAY, [event(firstName="Ida", itemInSession=n) for n in range(3)])
    embedded.load(DAY)
    embedded.make_insights()
    with readers.reading(embedded) as commit:
        for attempt in range(number_of_examples(2, thorough=40)):
            plays = [event(ts=at(NEXT_DAY, n), itemInSession=n, userId=str(n)) for n in range(1 + attempt % 5)]
            write_day(embedded.lake, NEXT_DAY, plays)
            embedded.load(NEXT_DAY, force=True)
            rebuild_insights(embedded.warehouse)
            before, after = published(embedded), masked(embedded)
            commit()
            kill = chance.choice(
                [*((step, when) for step in STEPS for when in ("before", "after")), *[(_BYTE, "")] * len(STEPS)]
            )
            size = chance.randrange(file_of(embedded).path.stat().st_size)
            assert end_of_a_publication_killed(embedded, kill, size) in KILLED, (kill, size)
            assert published(embedded) in (before, after), (kill, size)
            embedded.warehouse.publish()
            assert_published(embedded)
            assert [path.name for path in file_of(embedded).path.parent.iterdir()] == [file_of(embedded).path.name]


def end_of_a_publication_killed(platform: Platform, kill: tuple[str, str], size: int) -> int | None:
    process = CONTEXT.Process(target=_publish, args=(platform.folder, kill, size))
    process.start()
    process.join(PATIENCE)
    return process.exitcode


def _publish(folder: Path, kill: tuple[str, str], size: int) -> None:
    name, when = kill
    if name == _BYTE:
        Kill("now", size=size).of_process()
    else:
        step = getattr(published_file, name)

        def killed(*arguments: Any) -> None:
            if when == "before":
                Kill("now").of_process()
            step(*arguments)
            Kill("now").of_process()

        setattr(published_file, name, killed)
    Platform.at(folder).warehouse.publish()

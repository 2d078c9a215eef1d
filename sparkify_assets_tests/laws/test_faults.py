"""Law 4: a load that fails before or after any of its statements has published nothing or everything."""

import random
from collections.abc import Callable

import pytest

from sparkify_assets.load.loading import load_songs
from sparkify_assets.warehouse.session import Warehouse
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.laws.watched import OnCall, WatchedWarehouse, ignore
from sparkify_assets_tests.platforms import Platform, load_day


class Fault(Exception):
    """The error that a test injects."""


def write_first(platform: Platform) -> None:
    write_song(platform.lake, song())
    write_song(platform.lake, song(song_id="SO2"), "TR0")
    write_day(platform.lake, DAY, [event(), event(userId="8", itemInSession=1)])


def write_then(platform: Platform) -> None:
    """A late event, a user gone, another song."""
    write_day(platform.lake, DAY, [event(level="paid"), event(itemInSession=2, ts=at(NEXT_DAY))])
    write_song(platform.lake, song(song_id="SO0"), "TR0")


def failing_at(number: int) -> OnCall:
    """Fail the call with this number."""
    calls = iter(range(1, 1000))

    def on_call(what: str) -> None:
        if next(calls) == number:
            raise Fault(what)

    return on_call


@pytest.mark.exhaustive(4)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["day", "songs"])
def test_a_failure_at_any_statement_publishes_nothing_or_all(
    platform: Platform, what: str, after: bool, chance: random.Random
) -> None:
    def load(warehouse: Warehouse) -> None:
        lake = platform.open_lake()
        load_day(warehouse, lake, DAY, force=True) if what == "day" else load_songs(warehouse, lake, force=True)

    def go_back() -> None:
        write_first(platform)
        platform.load_songs(force=True)
        platform.load(DAY, force=True)
        write_then(platform)

    def watched(on_call: Callable[[str], None]) -> WatchedWarehouse:
        return WatchedWarehouse(platform.warehouse, *((ignore, on_call) if after else (on_call, ignore)))

    go_back()
    before = platform.everything()
    statements: list[str] = []
    load(watched(statements.append))
    all_of_it = platform.everything()
    go_back()
    assert platform.everything() == before != all_of_it
    assert len(statements) > 15
    numbered = list(enumerate(statements, 1))
    commit = numbered[statements.index("commit")]
    tried = chance.sample(numbered, number_of_examples(4, thorough=len(numbered)))
    for number, statement in dict.fromkeys((*sorted(tried), commit)):
        with pytest.raises(Fault):
            load(watched(failing_at(number)))
        now = platform.everything()
        published = now == all_of_it
        assert published == (statement == "commit" and after), statement
        assert published or now == before, statement
        if published:
            go_back()

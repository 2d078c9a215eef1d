"""Two loaders at once: one waits for the other and says for whom, and both end well."""

import os
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.laws.loaders import Loader
from sparkify_assets_tests.platforms import Platform

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(4)]


@pytest.mark.parametrize("share", [lambda _: DAYS, lambda n: DAYS[n::2]], ids=["of the same days", "of different days"])
def test_loads_end_well_and_say_whom_they_waited_for(platform: Platform, share: Callable[[int], list[date]]) -> None:
    generate(platform.lake, SampleOptions(days=len(DAYS), events=200, songs=30, dirt=0.02))
    with platform.warehouse.session():
        loaders = [Loader(platform.folder, share(n)) for n in range(2)]
        waiting = [loader.said.get(timeout=60).getMessage() for loader in loaders]
    for said in waiting:
        assert f"sparkify.duckdb is held by process {os.getpid()} (" in said
        assert "waiting for it" in said
    assert [loader.end() for loader in loaders] == [0, 0]
    assert platform.star() == platform.expected(DAYS)

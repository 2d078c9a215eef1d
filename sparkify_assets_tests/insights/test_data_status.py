"""How fresh and how good the data is, day by day, whatever became of the latest load."""

import pytest

from sparkify_assets.insights.rebuilding import stale_insights
from sparkify_assets.load.results import LOADED, REFUSED
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, log_file, write_day
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check


def test_the_status_of_a_day_follows_a_load_that_was_refused(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n, ts=at(DAY, 9)) for n in range(3)])
    assert platform.load(DAY).state == LOADED
    platform.make_insights()
    log_file(platform.lake, DAY, "cut.gz").write_bytes(b"\x1f\x8b")
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, 9)), "no record"])
    assert [platform.load(day).state for day in (DAY, NEXT_DAY)] == [REFUSED, LOADED]
    platform.make_insights()
    assert platform.load(DAY).state == REFUSED
    with platform.warehouse.reader() as session:
        assert stale_insights(session) == ["data_status"]
    platform.make_insights()
    asked = "SELECT records, rejected, plays, failed_checks FROM insights.data_status ORDER BY log_date"
    assert platform.values(asked) == [(3, 0, 3, 1), (2, 1, 1, 1)]

from datetime import timedelta

import pytest

from sparkify_assets_tests.copies import copies_of, with_tables
from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

WEEK = timedelta(weeks=1)

# Both engines begin with empty tables. `embedded` is a platform without a warehouse.
platform = pytest.fixture(params=["embedded", "redshift"])(with_tables)


def load_two_weeks(platform: Platform) -> None:
    """Two days in two weeks: user 7 pays from the second one on, user 8 plays once and matches nothing."""
    write_song(platform.lake, song())
    write_day(
        platform.lake,
        DAY,
        [
            event(itemInSession=0, ts=at(DAY, 9)),
            event(itemInSession=1, ts=at(DAY, 9.5), song="Other", length=99.25001),
            event(userId="8", sessionId=200, ts=at(DAY, 23), location=None),
            event(page="Home", itemInSession=2, ts=at(DAY, 10)),
        ],
    )
    write_day(platform.lake, DAY + WEEK, [event(itemInSession=n, ts=at(DAY + WEEK, 9), level="paid") for n in (3, 4)])
    platform.load_songs()
    for day in (DAY, DAY + WEEK):
        platform.load(day)


def build_two_weeks(platform: Platform) -> None:
    """The same, and the insights."""
    load_two_weeks(platform)
    platform.make_insights()


loaded = copies_of(load_two_weeks)
built = copies_of(build_two_weeks)

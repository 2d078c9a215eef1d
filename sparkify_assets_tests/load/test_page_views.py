"""Every natural event is in exactly one fact: a play, or else a page view, which follows the log days as plays do."""

from hashlib import md5

import pytest

from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

VIEWS = "SELECT user_id, page, level FROM sparkify.page_views ORDER BY user_id NULLS LAST, page || '.', level"


def test_a_page_view_is_every_event_that_is_not_a_play(platform: Platform) -> None:
    pages = ["NextSong", "NextSong ", "Home", "Help", "nextsong"]
    events = [event(page=page, userId=user) for page in pages for user in ("7", "")]
    write_day(platform.lake, DAY, events)
    result = platform.load(DAY)
    # The same user, session, item and moment: the page tells these events apart.
    assert (result.rows["songplays"], result.rows["page_views"]) == (1, 9)
    assert platform.values("SELECT page FROM sparkify.page_views WHERE user_id IS NULL ORDER BY page || '.'") == [
        (page,) for page in sorted(pages, key=lambda page: f"{page}.")
    ]
    assert platform.star() == platform.expected([DAY])


def test_a_page_view_delivered_twice_is_one_of_the_latest_file_and_the_least_in_its_columns(platform: Platform) -> None:
    early = [("7", 0, "a"), ("", 0, "a"), ("8", 1, "a")]
    late = [("7", 0, "c"), ("7", 0, "b"), ("", 0, "c"), ("", 0, "b"), ("", 0, None), ("8", 1, "b")]
    for day, delivered in ((DAY, early), (NEXT_DAY, late)):
        views = [event(page="Home", userId=user, itemInSession=n, level=level) for user, n, level in delivered]
        write_day(platform.lake, day, views)
    for days in ([DAY, NEXT_DAY], [NEXT_DAY, DAY]):
        for day in days:
            platform.load(day, force=True)
        assert platform.values(VIEWS) == [(7, "Home", "b"), (8, "Home", "b"), (None, "Home", "b")]
    assert platform.star() == platform.expected([DAY, NEXT_DAY])


def test_the_identifier_is_of_the_five_columns_of_the_key_and_a_null_is_nothing(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(page=page, userId=user) for user in ("7", "") for page in ("Ä|b", "Home ")])
    platform.load(DAY)
    texts = [f"{user}|100|0|{at(DAY)}|{page}" for user in ("7", "") for page in ("Ä|b", "Home ")]
    found = platform.values("SELECT page_view_id FROM sparkify.page_views")
    assert sorted(found) == sorted((md5(text.encode(), usedforsecurity=False).hexdigest(),) for text in texts)


def test_page_views_of_nobody_come_late_are_corrected_and_are_withdrawn(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    for late in ([event(page="Login", userId="")], [event(page="Error", userId="")], [event(ts=at(NEXT_DAY))]):
        write_day(platform.lake, NEXT_DAY, late)
        assert platform.load(NEXT_DAY).rebuilt == (DAY,)
        assert platform.star() == platform.expected([DAY, NEXT_DAY])
    assert platform.values(VIEWS) == []

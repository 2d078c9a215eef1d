"""What the insights hold: the rows of small lakes, and of any lake those of an oracle."""

from datetime import date, timedelta

import pytest

from sparkify_assets_tests.event_oracle import STEPS
from sparkify_assets_tests.insights.conftest import WEEK
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            "SELECT rank, song_title, plays, listeners, matched_plays FROM insights.song_popularity ORDER BY 1, 2",
            [(1, "Leuchtturm", 4, 2, 4), (2, "Other", 1, 1, 0)],
        ),
        ("SELECT rank, artist_name, plays, songs FROM insights.artist_popularity", [(1, "Die Nordlichter", 5, 2)]),
        (
            "SELECT weekday, hour, plays, listeners, days_with_plays, days_in_range, plays_per_day "
            "FROM insights.peak_usage ORDER BY 1, 2",
            [(4, 9, 4, 1, 2, 2, 2.0), (4, 23, 1, 1, 1, 2, 0.5)],
        ),
        (
            "SELECT active_users, sessions, plays, plays_per_user, listening_seconds, top_ten_share "
            "FROM insights.user_activity WHERE period = 'month'",
            [(2, 2, 5, 2.5, 905.25001, 1.0)],
        ),
        (
            "SELECT level, users, plays, upgrades, downgrades, registered_users FROM insights.subscription_levels "
            "WHERE users > 0 ORDER BY day",
            [("free", 2, 3, 0, 0, 2), ("paid", 1, 2, 1, 0, 1)],
        ),
        (
            "SELECT cohort_week, weeks_later, cohort_users, active_users, retained FROM insights.retention ORDER BY 2",
            [(None, 0, 2, 2, 1.0), (None, 1, 2, 1, 0.5)],
        ),
        (
            "SELECT rank, location, listeners, plays, top_listener_plays FROM insights.location_activity ORDER BY 1",
            [(1, "Fargo, ND-MN", 1, 4, 4), (2, None, 1, 1, 1)],
        ),
        (
            "SELECT records, loaded, rejected, plays, plays_without_user, failed_checks FROM insights.data_status "
            "ORDER BY log_date",
            [(4, 4, 0, 3, 0, 0), (2, 2, 0, 2, 0, 0)],
        ),
        (
            "SELECT user_id, level, valid_to IS NULL AS latest FROM insights.user_level_history ORDER BY 1, valid_from",
            [(7, "free", False), (7, "paid", True), (8, "free", True)],
        ),
    ],
)
def test_insights_of_a_week_with_two_users(built: Platform, asked: str, expected: list[tuple[object, ...]]) -> None:
    assert built.values(asked) == expected


def test_a_session_is_what_one_user_did_in_it(platform: Platform) -> None:
    """Logged-out events lie in the same session, and at the same moment the place in the session decides."""
    nobody = event(userId="", page="Login", itemInSession=0, ts=at(DAY, 23.5), song=None)
    first = [
        event(page="Home", itemInSession=2, ts=at(DAY, 23.75), level="paid"),
        event(itemInSession=1, ts=at(DAY, 23.75)),
    ]
    last = [event(itemInSession=4, ts=at(DAY, 24.25)), event(itemInSession=3, page="Help", ts=at(DAY, 24.25))]
    write_day(platform.lake, DAY, [nobody, *first, *last, event(userId="8", itemInSession=9)])
    platform.load(DAY)
    platform.make_insights()
    asked = (
        "SELECT user_id, level, seconds, events, plays, page_views, listening_seconds, first_page, last_page, "
        "crosses_midnight FROM insights.sessions ORDER BY user_id"
    )
    assert platform.values(asked) == [
        (7, "free", 1800.0, 4, 2, 2, 403.0, "NextSong", "NextSong", True),
        (8, "free", 0.0, 1, 1, 0, 201.5, "NextSong", "NextSong", False),
    ]
    assert platform.insights() == platform.expected_insights([DAY])


def test_the_funnel_counts_users_by_week_and_step(platform: Platform) -> None:
    pages = ["Upgrade", "Submit Upgrade", "Downgrade", "Submit Downgrade", "Cancellation Confirmation", "Help", "Help "]
    mine = [event(page=page, itemInSession=n, ts=at(DAY, n)) for n, page in enumerate(pages)]
    others = [
        event(userId="8", sessionId=200),
        event(userId="9", page="Error", status=404),
        event(userId="", page="Help"),
    ]
    later = event(userId="8", sessionId=200, ts=at(DAY + WEEK), page="Help")
    write_day(platform.lake, DAY, [*mine, *others, later])
    platform.load(DAY)
    platform.make_insights()
    asked = "SELECT step_number, step, users, share_of_seen FROM insights.funnel ORDER BY week, step_number"
    assert platform.values(asked) == [
        (1, "seen", 3, 1.0),
        *((n, step, 1, 1 / 3) for n, step in enumerate(list(STEPS)[1:], 2)),
        (1, "seen", 1, 1.0),
        (8, "help", 1, 1.0),
    ]
    assert platform.insights() == platform.expected_insights([DAY])


def test_users_who_have_registered_are_counted_on_every_day_at_their_level(platform: Platform) -> None:
    """User 7 registered before, 8 on the second day, 9 nobody knows when. User 8 does nothing before the fourth day."""
    later = [DAY + timedelta(days=n) for n in range(4)]
    write_day(platform.lake, DAY, [event(), event(userId="9", registration=None)])
    write_day(platform.lake, later[2], [event(ts=at(later[2]), itemInSession=1, level="paid")])
    write_day(platform.lake, later[3], [event(userId="8", registration=at(later[1]), ts=at(later[3]), level="paid")])
    for day in later:
        platform.load(day)
    platform.make_insights()
    asked = "SELECT day, level, users, registered_users FROM insights.subscription_levels ORDER BY day, level"
    assert platform.values(asked) == [
        (later[0], "free", 2, 1),
        (later[1], "free", 0, 1),
        (later[1], "paid", 0, 1),
        (later[2], "paid", 1, 2),
        (later[3], "paid", 1, 2),
    ]
    assert platform.insights() == platform.expected_insights(later)


def test_a_cohort_is_who_registered_in_a_week_and_a_week_without_a_play_is_a_row(platform: Platform) -> None:
    """User 7 registered before the log days, 8 in their first week, and 9 nobody knows when."""
    last = DAY + 2 * WEEK
    write_day(
        platform.lake, DAY, [event(), event(userId="8", registration=at(DAY)), event(userId="9", registration=None)]
    )
    write_day(
        platform.lake, last, [event(userId="8", registration=at(DAY), ts=at(last)), event(ts=at(last), page="Home")]
    )
    for day in (DAY, last):
        platform.load(day)
    platform.make_insights()
    asked = (
        "SELECT cohort_week, weeks_later, cohort_users, active_users, retained, users_left_out FROM insights.retention "
        "ORDER BY cohort_week NULLS FIRST, weeks_later"
    )
    monday = DAY - timedelta(days=DAY.weekday())
    assert platform.values(asked) == [
        (None, 0, 1, 1, 1.0, 1),
        (None, 1, 1, 0, 0.0, 1),
        (None, 2, 1, 0, 0.0, 1),
        (monday, 0, 1, 1, 1.0, 1),
        (monday, 1, 1, 0, 0.0, 1),
        (monday, 2, 1, 1, 1.0, 1),
    ]
    assert platform.insights() == platform.expected_insights([DAY, last])


def test_a_user_is_summed_up_with_what_they_did_so_far(platform: Platform) -> None:
    pages = [
        "Submit Upgrade",
        "Submit Downgrade",
        "Downgrade",
        "Help",
        "Thumbs Up",
        "Thumbs Down",
        "Roll Advert",
        "Error",
    ]
    views = [
        event(page=page, itemInSession=n, ts=at(DAY, n), status=404 if page == "Error" else 200)
        for n, page in enumerate(pages)
    ]
    plays = [
        event(itemInSession=20 + n, sessionId=101, ts=at(DAY, 24 + n), song=title)
        for n, title in enumerate(["A", "A", None])
    ]
    write_day(platform.lake, DAY, [*views, *plays, event(userId="8", page="Home", registration=None, level="paid")])
    platform.load(DAY)
    platform.make_insights()
    columns = "level, days_active, sessions, plays, listening_seconds, songs, artists, upgrades, downgrades, "
    columns += "downgrade_views, help_views, errors, thumbs_up, thumbs_down, adverts"
    assert platform.values(f"SELECT user_id, {columns} FROM insights.user_summary ORDER BY user_id") == [
        (7, "free", 2, 2, 3, 604.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
        (8, "paid", 1, 1, 0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    columns = "registered_at IS NULL AS unknown, first_played IS NULL AS silent"
    assert platform.values(f"SELECT {columns} FROM insights.user_summary ORDER BY user_id") == [
        (False, False),
        (True, True),
    ]
    assert platform.insights() == platform.expected_insights([DAY])


def test_page_activity_counts_page_views_alone(platform: Platform) -> None:
    pages = [("7", "Home", 200), ("8", "Home", 200), ("7", "Home", 404), ("", "Home", 200), ("7", "NextSong", 200)]
    nobody = event(userId="", page="NextSong", itemInSession=9)
    again = event(page="Home", itemInSession=10)
    events = [event(userId=user, page=page, status=n, itemInSession=i) for i, (user, page, n) in enumerate(pages)]
    write_day(platform.lake, DAY, [*events, nobody, again])
    platform.load(DAY)
    platform.make_insights()
    asked = "SELECT page, level, status, events, users, sessions FROM insights.page_activity ORDER BY page, status"
    assert platform.values(asked) == [
        ("Home", "free", 200, 4, 2, 1),
        ("Home", "free", 404, 1, 1, 1),
        ("NextSong", "free", 200, 1, 0, 1),
    ]
    assert platform.values("SELECT plays, plays_without_user FROM insights.data_status") == [(1, 1)]


def test_plays_are_counted_by_how_much_of_them_the_catalog_knows(platform: Platform) -> None:
    write_song(platform.lake, song())
    changes: list[dict[str, object]] = [{}, {"length": 99.0}, {"song": "Leuchtturm "}, {"artist": "Die Nordlichter "}]
    changes += [{"song": None}, {"artist": None}]
    events = [event(itemInSession=n, **change) for n, change in enumerate(changes)]
    write_day(platform.lake, DAY, [*events, event(userId="8", length=None)])
    platform.load_songs()
    platform.load(DAY)
    platform.make_insights()
    asked = "SELECT match_kind, plays, listeners, songs FROM insights.catalog_coverage ORDER BY match_kind"
    assert platform.values(asked) == [
        ("artist_only", 2, 1, 2),
        ("exact", 1, 1, 1),
        ("none", 2, 1, 2),
        ("title_and_artist", 2, 2, 1),
    ]
    assert platform.insights() == platform.expected_insights([DAY])


def test_impossible_lengths_are_left_out_and_counted(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n, length=v) for n, v in enumerate([1e308, -1, None, 0.5])])
    platform.load(DAY)
    platform.make_insights()
    asked = "SELECT listening_seconds, plays, lengths_left_out FROM insights.user_activity"
    assert set(platform.values(asked)) == {(0.5, 4, 2)}


def test_the_share_of_the_ten_most_active_says_how_concentrated_plays_are(platform: Platform) -> None:
    """Twelve users play once each, and one of them nine times."""
    many = [event(userId=str(n), sessionId=n) for n in range(12)]
    write_day(platform.lake, DAY, [*many, *(event(userId="0", sessionId=0, itemInSession=n) for n in range(1, 9))])
    platform.load(DAY)
    platform.make_insights()
    assert set(platform.values("SELECT top_ten_share FROM insights.user_activity")) == {(0.9,)}


def test_an_empty_star_gives_empty_insights(platform: Platform) -> None:
    platform.load(DAY)
    assert {result.problem for result in platform.make_insights().values()} == {None}
    assert not any(platform.insights().values())


def test_a_place_of_many_listeners_comes_before_one_listener_who_plays_much(platform: Platform) -> None:
    alone = [event(itemInSession=n, location="Fargo, ND-MN") for n in range(4)]
    many = [
        event(itemInSession=n // 2, userId=str(20 + n % 2), sessionId=200 + n % 2, location="Ames, IA")
        for n in range(3)
    ]
    write_day(platform.lake, DAY, [*alone, *many])
    platform.load(DAY)
    platform.make_insights("location_activity")
    asked = "SELECT rank, location, listeners, plays, top_listener_plays FROM insights.location_activity ORDER BY 1"
    assert platform.values(asked) == [(1, "Ames, IA", 2, 3, 2), (2, "Fargo, ND-MN", 1, 4, 4)]


def test_a_clock_that_is_wrong_fills_no_calendar(platform: Platform) -> None:
    """A play of another year is counted, on a weekday that does not lie between the log days."""
    write_day(platform.lake, DAY, [event(), event(ts=at(date(1970, 1, 1) + timedelta(days=1)), itemInSession=1)])
    platform.load(DAY)
    platform.make_insights()
    assert platform.values("SELECT COUNT(*) FROM ops.calendar") == [(1,)]
    asked = "SELECT weekday, plays, days_in_range, plays_per_day FROM insights.peak_usage ORDER BY 1"
    assert platform.values(asked) == [(4, 1, 1, 1.0), (5, 1, 0, None)]
    assert platform.insights() == platform.expected_insights([DAY])


def test_a_delivery_that_a_later_one_replaced_is_not_counted(platform: Platform) -> None:
    """The same event comes again in the next day's file, at another level."""
    write_day(platform.lake, DAY, [event(page="Home", level="free")])
    write_day(platform.lake, NEXT_DAY, [event(page="Home", level="paid")])
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.make_insights()
    asked = "SELECT day, level, users FROM insights.subscription_levels WHERE users > 0"
    assert platform.values(asked) == [(DAY, "paid", 1)]
    assert platform.values("SELECT level FROM insights.user_level_history") == [("paid",)]

"""A log day is loaded whole or not at all, and its rows mean what the contract says."""

import gzip
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

YESTERDAY = DAY - timedelta(days=1)


# On Redshift, where days are loaded one by one too, `test_engines.py` does it.
def test_a_sample_lake_gives_exactly_the_rows_that_plain_python_computes(embedded: Platform) -> None:
    days = [date(2018, 11, 1) + timedelta(days=n) for n in range(3)]
    generate(embedded.lake, SampleOptions(days=len(days), events=1500, songs=200, files_per_day=2))
    embedded.load_songs()
    for day in days:
        assert embedded.load(day).state == "loaded"
    star = embedded.star()
    assert star == embedded.expected(days)
    assert any(row[4] for row in star["sparkify.songplays"]), "some plays match a song"


def test_a_play_is_a_next_song_event_of_a_user(platform: Platform) -> None:
    plays = [event(), event(itemInSession=1, page="Home"), event(itemInSession=2, userId="")]
    write_day(platform.lake, DAY, plays)
    assert platform.load(DAY).rows["songplays"] == 1


def test_an_event_delivered_twice_is_one_play_the_least_in_its_columns(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(level="paid"), event(level="free"), event(level=None)])
    platform.load(DAY)
    assert platform.values("SELECT level FROM sparkify.songplays") == [("free",)]


def test_if_the_files_of_two_days_have_an_event_the_later_file_wins_in_any_order(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(level="free")])
    write_day(platform.lake, NEXT_DAY, [event(level="paid")])
    for days in ([DAY, NEXT_DAY], [NEXT_DAY, DAY]):
        for day in days:
            platform.load(day, force=True)
        assert platform.values("SELECT level, start_date FROM sparkify.songplays") == [("paid", DAY)]


def test_a_late_event_lands_on_the_day_when_it_happened(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    write_day(platform.lake, NEXT_DAY, [event(itemInSession=1), event(itemInSession=2, ts=at(NEXT_DAY))])
    result = platform.load(NEXT_DAY)
    assert result.rebuilt == (DAY,)
    counted = "SELECT start_date, COUNT(*) AS plays FROM sparkify.songplays GROUP BY 1 ORDER BY 1"
    assert platform.values(counted) == [(DAY, 2), (NEXT_DAY, 1)]


def test_a_corrected_file_corrects_every_table(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(), event(userId="8", itemInSession=1, ts=at(DAY, 13))])
    platform.load(DAY)
    write_day(platform.lake, DAY, [event(firstName="Ada")])
    platform.load(DAY)
    assert platform.star() == platform.expected([DAY])
    assert platform.values("SELECT user_id, first_name FROM sparkify.users") == [(7, "Ada")]


def test_a_file_that_is_gone_takes_its_rows_with_it(platform: Platform) -> None:
    path = write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    path.unlink()
    assert platform.load(DAY).state == "loaded"
    assert not any(platform.star().values())
    assert platform.values("SELECT file FROM ops.load_ledger") == []


def test_a_withdrawn_late_event_leaves_the_day_when_it_happened(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    path = write_day(platform.lake, NEXT_DAY, [event(itemInSession=1)])
    platform.load(NEXT_DAY)
    path.unlink()
    platform.load(NEXT_DAY)
    assert platform.star() == platform.expected([DAY])


def test_a_user_follows_the_latest_event_whichever_day_is_loaded_last(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(level="free")])
    write_day(platform.lake, NEXT_DAY, [event(level="paid", ts=at(NEXT_DAY), page="Upgrade")])
    for day in (NEXT_DAY, DAY):
        platform.load(day)
    assert platform.values("SELECT user_id, level FROM sparkify.users") == [(7, "paid")]


def test_a_user_whose_latest_event_is_withdrawn_or_moved_follows_the_one_before(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(level="free"), event(userId="8", itemInSession=1)])
    write_day(platform.lake, NEXT_DAY, [event(level="paid", ts=at(NEXT_DAY)), event(userId="9", ts=at(NEXT_DAY))])
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    levels = "SELECT user_id, level FROM sparkify.users ORDER BY user_id"
    assert platform.values(levels) == [(7, "paid"), (8, "free"), (9, "free")]
    write_day(platform.lake, NEXT_DAY, [event(level="paid", ts=at(DAY, 1))])
    platform.load(NEXT_DAY)
    assert platform.values(levels) == [(7, "free"), (8, "free")]
    assert platform.star() == platform.expected([DAY, NEXT_DAY])


def test_files_of_a_day_may_be_plain_and_packed_side_by_side(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(), "[]"])
    write_day(platform.lake, DAY, [event(level="paid"), event(itemInSession=1), "{}"], "events.gz")
    result = platform.load(DAY)
    assert (result.files, result.records, result.rejected) == (2, 5, 2)
    assert platform.star() == platform.expected([DAY])


def test_events_at_the_same_moment_are_distinguished_by_session_and_item(platform: Platform) -> None:
    write_day(
        platform.lake,
        DAY,
        [
            event(level="a", sessionId=101, itemInSession=1),
            event(level="b", sessionId=101, itemInSession=2),
            event(level="c", sessionId=100, itemInSession=9),
        ],
    )
    platform.load(DAY)
    assert platform.values("SELECT level FROM sparkify.users") == [("b",)]


def test_a_play_is_matched_by_exact_title_duration_and_the_names_of_the_record_that_made_the_song(
    platform: Platform,
) -> None:
    write_song(platform.lake, song(song_id="SO2", artist_id="AR2"), "TR2")
    write_song(platform.lake, song(song_id="SO1", artist_id="AR1", artist_name="Other"), "TR1")
    write_song(platform.lake, song(song_id="SO3", artist_id="AR3"), "TR3")
    platform.load_songs()
    write_day(
        platform.lake, DAY, [event(), event(itemInSession=1, length=201.50001), event(itemInSession=2, song=None)]
    )
    platform.load(DAY)
    matches = "SELECT song_id, artist_id FROM sparkify.songplays ORDER BY song_id NULLS LAST"
    assert platform.values(matches) == [("SO2", "AR2"), (None, None), (None, None)]


def test_start_time_keeps_its_milliseconds_and_is_split_in_utc_by_the_iso_calendar(platform: Platform) -> None:
    day = date(2017, 1, 1)
    write_day(platform.lake, day, [event(ts=at(day, 23) + 987)])
    platform.load(day)
    moment = datetime(2017, 1, 1, 23, 0, 0, 987_000)
    assert platform.values("SELECT start_time FROM sparkify.songplays") == [(moment,)]
    sql = "SELECT start_time, hour, day, week, month, year, weekday FROM sparkify.time"
    assert platform.values(sql) == [(moment, 23, 1, 52, 1, 2017, 7)]


def test_text_is_kept_as_delivered_and_empty_numbers_are_null(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(artist=" \u00c2\u0085 ", song='"Quoted"', status="", length="")])
    platform.load(DAY)
    sql = "SELECT artist, song, status, length FROM staging.staging_events"
    assert platform.values(sql) == [(" \u00c2\u0085 ", '"Quoted"', None, None)]


def test_a_bom_crlf_blank_lines_and_gzip_make_no_difference(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(), event(itemInSession=1)])
    platform.load(DAY)
    plain = platform.star()
    path = platform.lake / f"log_data/{DAY:%Y/%m}/{DAY}-events.json"
    lines = path.read_bytes().split(b"\n")
    path.unlink()
    content = b"\xef\xbb\xbf" + b"\r\n \t\r\n".join(lines) + b"\r\n"
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    assert platform.load(DAY).records == 2
    assert platform.star() == plain


def test_a_day_without_files_is_an_empty_partition_and_succeeds(platform: Platform) -> None:
    result = platform.load(DAY, force=True)
    assert (result.state, result.rows["staging_events"]) == ("loaded", 0)


def test_an_unchanged_day_is_not_loaded_again_unless_forced(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    assert [platform.load(DAY).state, platform.load(DAY).state] == ["loaded", "unchanged"]
    assert platform.load(DAY, force=True).state == "loaded"


def test_events_outside_the_log_days_keep_their_own_day(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(ts=0), event(ts=4102444800000, itemInSession=1)])
    platform.load(DAY)
    days = "SELECT start_time, start_date FROM sparkify.songplays ORDER BY start_time"
    assert platform.values(days) == [
        (datetime(1970, 1, 1), date(1970, 1, 1)),
        (datetime(2100, 1, 1), date(2100, 1, 1)),
    ]


def test_days_loaded_in_any_order_and_any_number_of_times_give_the_rows_of_one_clean_load(platform: Platform) -> None:
    write_day(platform.lake, YESTERDAY, [event(ts=at(YESTERDAY)), event(ts=at(DAY, 1), level="paid")])
    write_day(platform.lake, DAY, [event(), event(ts=at(YESTERDAY), level="x")])
    write_day(platform.lake, NEXT_DAY, [event(), event(ts=at(DAY, 1)), event(ts=at(NEXT_DAY), firstName=None)])
    clean = replace(platform, warehouse=Platform.at(platform.folder / "clean").warehouse)
    for day in (YESTERDAY, DAY, NEXT_DAY):
        clean.load(day)
    for day in (NEXT_DAY, YESTERDAY, DAY, YESTERDAY, NEXT_DAY, NEXT_DAY):
        platform.load(day, force=True)
    assert platform.everything() == clean.everything()
    assert platform.star() == platform.expected([YESTERDAY, DAY, NEXT_DAY])

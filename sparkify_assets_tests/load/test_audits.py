"""Every audit is seen to fail: over the partitions of a load, and over whole tables."""

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest

from sparkify_assets import model
from sparkify_assets.load.audits import Finding, audits_of, catalog_links, run_audits
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries import Query, query
from sparkify_assets.warehouse.session import Session, Value
from sparkify_assets_tests.copies import copies_of
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

# A statement that makes each audit fail, as a person with write access to the warehouse could run it.
FAULTS = {
    "staging_events.not_null": "UPDATE staging.staging_events SET page = NULL",
    "staging_events.files_loadable": "UPDATE ops.audits SET passed = FALSE WHERE audit = 'files_loadable'",
    "staging_events.rows_as_loaded": "DELETE FROM staging.staging_events",
    "staging_events.records_accounted_for": "UPDATE ops.load_ledger SET records = records + 1",
    "staging_events.no_rejects": "INSERT INTO staging.rejected_records "
    "SELECT MAX(log_date), MAX(file), 1, 0, 'a reason', 'a record', 8 FROM ops.load_ledger",
    "songplays.not_null": "UPDATE sparkify.songplays SET start_time = NULL",
    "songplays.unique_key": "INSERT INTO sparkify.songplays SELECT * FROM sparkify.songplays",
    "songplays.user_id_found": "UPDATE sparkify.songplays SET user_id = 99",
    "songplays.song_id_found": "UPDATE sparkify.songplays SET song_id = 'nowhere'",
    "songplays.artist_id_found": "UPDATE sparkify.songplays SET artist_id = 'nobody'",
    "songplays.catalog_artist_id_found": "UPDATE sparkify.songplays SET catalog_artist_id = 'nobody'",
    "songplays.start_time_found": "UPDATE sparkify.songplays SET start_time = DATEADD(ms, 1, start_time)",
    "songplays.plays_as_staged": "DELETE FROM sparkify.songplays",
    "songplays.known_level": "UPDATE sparkify.songplays SET level = 'gold'",
    "page_views.not_null": "UPDATE sparkify.page_views SET page = NULL",
    "page_views.unique_key": "INSERT INTO sparkify.page_views SELECT * FROM sparkify.page_views",
    "page_views.user_id_found": "UPDATE sparkify.page_views SET user_id = 99",
    "page_views.events_as_staged": "DELETE FROM sparkify.page_views",
    "page_views.no_plays": "UPDATE sparkify.page_views SET page = 'NextSong'",
    "users.not_null": "INSERT INTO sparkify.users (user_id) VALUES (NULL)",
    "users.unique_key": "INSERT INTO sparkify.users SELECT * FROM sparkify.users",
    "users.known_level": "UPDATE sparkify.users SET level = NULL",
    "users.users_as_staged": "DELETE FROM sparkify.users",
    "time.not_null": "UPDATE sparkify.time SET hour = NULL",
    "time.unique_key": "INSERT INTO sparkify.time SELECT * FROM sparkify.time",
    "time.a_play_each": "UPDATE sparkify.time SET start_time = DATEADD(ms, 1, start_time)",
    "staging_songs.not_null": "UPDATE staging.staging_songs SET title = NULL",
    "staging_songs.files_loadable": "UPDATE ops.audits SET passed = FALSE WHERE audit = 'files_loadable'",
    "staging_songs.rows_as_loaded": "DELETE FROM staging.staging_songs",
    "staging_songs.records_accounted_for": "UPDATE ops.load_ledger SET rejected = rejected + 1",
    "staging_songs.no_rejects": "INSERT INTO staging.rejected_records "
    "SELECT NULL, MAX(file), 1, 0, 'a reason', 'a record', 8 FROM ops.load_ledger WHERE log_date IS NULL",
    "songs.not_null": "UPDATE sparkify.songs SET title = NULL",
    "songs.unique_key": "INSERT INTO sparkify.songs SELECT * FROM sparkify.songs",
    "songs.artist_id_found": "UPDATE sparkify.songs SET artist_id = 'nobody'",
    "artists.not_null": "UPDATE sparkify.artists SET artist_id = NULL",
    "artists.unique_key": "INSERT INTO sparkify.artists SELECT * FROM sparkify.artists",
    **{
        f"{name}.{audit}": fault
        for name, key in {
            "song_popularity": "rank",
            "artist_popularity": "rank",
            "location_activity": "rank",
            "peak_usage": "hour",
            "user_activity": "period",
            "subscription_levels": "day",
            "user_level_history": "level",
            "retention": "weeks_later",
            "data_status": "log_date",
            "sessions": "started_at",
            "user_summary": "first_seen",
            "catalog_coverage": "plays",
            "funnel": "users",
            "page_activity": "page",
        }.items()
        for audit, fault in (
            ("not_null", f"UPDATE insights.{name} SET {key} = NULL"),
            ("unique_key", f"INSERT INTO insights.{name} SELECT * FROM insights.{name}"),
        )
    },
    "data_status.records_accounted_for": "UPDATE insights.data_status SET rejected = rejected + 1",
    "song_popularity.plays_counted_once": "UPDATE insights.song_popularity SET plays = plays + 1",
    "artist_popularity.plays_counted_once": "DELETE FROM insights.artist_popularity",
    "location_activity.plays_counted_once": "DELETE FROM sparkify.songplays",
    "peak_usage.plays_counted_once": "UPDATE insights.peak_usage SET plays = 0",
    "subscription_levels.plays_counted_once": "UPDATE insights.subscription_levels SET plays = plays * 2",
    "user_activity.plays_counted_once": "DELETE FROM insights.user_activity WHERE period = 'week'",
    "user_level_history.latest_level_of_users": "UPDATE insights.user_level_history SET valid_to = valid_from",
    "sessions.events_counted_once": "DELETE FROM sparkify.page_views",
    "funnel.steps_of_users_seen": "UPDATE insights.funnel SET users = 9 - users",
    "page_activity.page_views_counted_once": "UPDATE insights.page_activity SET events = events + 1",
    "catalog_coverage.plays_counted_once": "UPDATE insights.catalog_coverage SET plays = plays + 1",
    "user_summary.everyone_counted_once": "DELETE FROM insights.user_summary WHERE plays = 0",
    "retention.users_counted_once": "UPDATE insights.retention SET active_users = 9",
}
INSIGHTS = [insight.table.full_name for insight in model.insights().values()]
AUDITS = {
    f"{audit.table.name}.{audit.name}": audit
    for name in (*DAY_TABLES, *CATALOG_TABLES, *INSIGHTS)
    for audit in audits_of(name)
}
# A null in the partition column takes a row out of every partition: only the whole table shows it.
ONLY_WHOLE = {"users.not_null"}


def load(platform: Platform) -> None:
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(), event(userId="8", itemInSession=1, page="Home")])
    platform.load_songs()
    platform.load(DAY)
    platform.make_insights()


loaded = copies_of(load)


def test_every_audit_has_a_fault_that_it_finds() -> None:
    assert set(FAULTS) | {"songplays.match_rate"} == set(AUDITS)


@pytest.mark.parametrize("table", sorted({AUDITS[name].table.name for name in FAULTS}))
def test_an_audit_of_a_whole_table_finds_the_fault_and_shows_rows(loaded: Platform, table: str) -> None:
    with loaded.warehouse.session() as session:
        for name in [name for name in FAULTS if AUDITS[name].table.name == table]:
            assert found(session, name).passed, name
            finding = found(session, name, fault=True)
            assert not finding.passed, name
            assert finding.failing_rows >= 1
            assert json.loads(finding.sample)[0]


OF_DAY = LogDays.of(DAY).values


@pytest.mark.parametrize("table", sorted(DAY_TABLES))
def test_an_audit_of_a_load_finds_the_fault_in_the_affected_partitions(loaded: Platform, table: str) -> None:
    with loaded.warehouse.session() as session:
        for name in [name for name in FAULTS if AUDITS[name].table.full_name == table and name not in ONLY_WHOLE]:
            assert found(session, name, OF_DAY).passed, name
            assert not found(session, name, OF_DAY, fault=True).passed, name


class RolledBack(Exception):
    """Raised to roll a transaction back."""


def found(session: Session, name: str, affected: Mapping[str, Value] = {}, *, fault: bool = False) -> Finding:
    """What an audit finds; with `fault`, after the statement that breaks it, which is rolled back afterwards."""
    findings: list[Finding] = []

    def look() -> None:
        values = dict(affected)
        if affected:
            created = ("create_affected_days", "create_affected_users", "create_affected_latest")
            for statement in (*created, "insert_affected_days", "insert_affected_users"):
                session.run(query(f"load/log_days/{statement}"), **affected)
            values |= session.fetch(query("read/log_days/affected"))[0]
        if fault:
            session.run(Query("a fault", FAULTS[name]))
        findings.extend(run_audits(session, [AUDITS[name]], **values))
        raise RolledBack

    with suppress(RolledBack):
        session.transact(look)
    return findings[0]


def test_the_match_rate_counts_plays_and_matches_and_warns_only_if_none_of_a_thousand_plays_match(
    platform: Platform,
) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n) for n in range(1000)])
    platform.load(DAY)
    match_rate = AUDITS["songplays.match_rate"]
    with platform.warehouse.reader() as session:
        (finding,) = run_audits(session, [match_rate])
    assert (finding.passed, json.loads(finding.sample)) == (False, [{"plays": 1000, "matched": 0}])
    write_song(platform.lake, song())
    platform.load_songs()
    with platform.warehouse.reader() as session:
        (finding,) = run_audits(session, [match_rate])
    assert (finding.passed, json.loads(finding.sample)) == (True, [{"plays": 1000, "matched": 1000}])


def test_warnings_and_measures_never_block() -> None:
    assert {name for name, audit in AUDITS.items() if not audit.blocking} == {
        "songplays.known_level",
        "songplays.match_rate",
        "staging_events.no_rejects",
        "staging_songs.no_rejects",
        "users.known_level",
    }


def test_a_new_song_catalog_is_also_audited_against_the_plays() -> None:
    assert [audit.name for audit in catalog_links()] == ["song_id_found", "artist_id_found", "catalog_artist_id_found"]


def test_every_constraint_of_the_contract_has_an_audit() -> None:
    for name in (*DAY_TABLES, *CATALOG_TABLES, *INSIGHTS):
        table = model.table(name)
        names = {audit.name for audit in audits_of(name)}
        assert "not_null" in names
        assert ("unique_key" in names) == bool(table.primary_key)
        assert {f"{key.column}_found" for key in table.foreign_keys} <= names

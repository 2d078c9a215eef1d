"""The insights: what they hold, how they follow the star, and what happens if one cannot be built."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.insights.rebuilding import InsightResult, in_order, stale_insights, version_of
from sparkify_assets.load.results import REFUSED, UNCHANGED
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBSession
from sparkify_assets.warehouse.translations import tables_read
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.insights.conftest import WEEK
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

NAMES = {
    "data_status",
    "song_popularity",
    "artist_popularity",
    "peak_usage",
    "user_activity",
    "subscription_levels",
    "retention",
    "location_activity",
    "user_level_history",
    "sessions",
    "funnel",
    "page_activity",
    "catalog_coverage",
    "user_summary",
}
COUNTED = """-- Plays, counted.
-- Key: plays
SELECT COUNT(*) AS plays  -- BIGINT NOT NULL: How many there are.
FROM sparkify.songplays
"""


def changed(platform: Platform, *names: str) -> dict[str, int]:
    """How many rows of each insight are rebuilt."""
    return {name: result.changed for name, result in platform.make_insights(*names).items()}


def test_every_insight_of_the_design_exists_and_comes_after_those_that_it_reads() -> None:
    order = [insight.table.name for insight in in_order()]
    assert set(order) == NAMES
    assert order.index("user_level_history") < order.index("subscription_levels")


def test_insights_equal_those_of_an_oracle(built: Platform) -> None:
    assert built.insights() == built.expected_insights([DAY, DAY + WEEK])


def test_nothing_is_rebuilt_while_the_star_is_unchanged(built: Platform) -> None:
    assert {result.state for result in built.make_insights().values()} == {UNCHANGED}
    built.load(DAY)
    assert {result.state for result in built.make_insights().values()} == {UNCHANGED}
    forced = built.make_insights(force=True)
    assert {result.state for result in forced.values()} == {"rebuilt"}
    assert {name for name, result in forced.items() if result.changed != result.rows} == set()


def test_where_it_is_sound_only_the_rows_affected_by_a_changed_day_or_user_are_rebuilt(loaded: Platform) -> None:
    whole = changed(loaded)
    assert whole["user_activity"] == 2 + 2 + 1
    assert whole["user_level_history"] == 3
    write_day(loaded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, 1), itemInSession=9, level="paid")])
    loaded.load(NEXT_DAY)
    again = changed(loaded)
    assert again["user_activity"] == 1 + 1 + 1
    assert again["user_level_history"] == 2
    assert again["song_popularity"] == 2
    assert loaded.insights() == loaded.expected_insights([DAY, NEXT_DAY, DAY + WEEK])


def test_a_user_who_lost_an_event_gets_another_history(built: Platform) -> None:
    write_day(built.lake, DAY + WEEK, [event(userId="8", ts=at(DAY + WEEK, 9), page="Home")])
    built.load(DAY + WEEK)
    assert changed(built)["user_level_history"] == 1 + 1
    assert built.insights() == built.expected_insights([DAY, DAY + WEEK])


def test_a_day_that_lost_its_plays_loses_its_rows(built: Platform) -> None:
    write_day(built.lake, DAY + WEEK, [])
    built.load(DAY + WEEK)
    built.make_insights()
    assert built.insights() == built.expected_insights([DAY])


def test_a_new_song_catalog_changes_the_matches_of_any_day(built: Platform) -> None:
    write_song(built.lake, song(song_id="SO2", title="Other", duration=99.25001), "TR2")
    built.load_songs()
    assert set(built.make_insights("song_popularity", "user_activity")) == {"song_popularity", "user_activity"}
    assert built.values("SELECT SUM(matched_plays) AS n FROM insights.song_popularity") == [(5,)]


def test_an_insight_that_reads_another_is_rebuilt_with_it(loaded: Platform) -> None:
    made = loaded.make_insights("subscription_levels")
    assert list(made) == ["user_level_history", "subscription_levels"]
    with loaded.warehouse.reader() as session:
        assert set(stale_insights(session)) == NAMES - set(made)


def test_a_load_published_between_two_insights_is_followed_by_all(loaded: Platform) -> None:
    loaded.make_insights("song_popularity")
    write_day(loaded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, 1), itemInSession=9, userId="9", level="paid")])
    loaded.load(NEXT_DAY)
    made = loaded.make_insights()
    assert {result.problem for result in made.values()} == {None}
    assert loaded.insights() == loaded.expected_insights([DAY, NEXT_DAY, DAY + WEEK])


def test_a_load_published_in_the_middle_of_an_update_is_followed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An insight includes a change only if the summaries that it reads do: they are updated in one transaction."""
    platform = Platform.in_memory(tmp_path)
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    loads = [lambda: platform.load(DAY)]
    transact = DuckDBSession.transact

    def load_after(session: DuckDBSession, work: Callable[[], InsightResult]) -> InsightResult:
        result = transact(session, work)
        while loads:
            loads.pop()()
        return result

    write_day(platform.lake, DAY, [event(song="Another title")])
    monkeypatch.setattr(DuckDBSession, "transact", load_after)
    platform.make_insights("song_popularity")
    assert platform.values("SELECT song_title FROM insights.song_popularity") == [("Leuchtturm",)]
    platform.make_insights()
    assert platform.insights() == platform.expected_insights([DAY])


def test_only_the_changed_users_and_days_of_a_summary_are_rebuilt(built: Platform) -> None:
    """Rows that nothing has changed are left as they are, even if they are wrong."""
    with built.warehouse.session() as session:
        session.run(Query("by hand", f"UPDATE ops.song_listeners SET start_date = '{DAY + WEEK}'"))
        session.run(Query("by hand", "UPDATE ops.listening_hours SET listened = 0"))
    write_day(built.lake, DAY + WEEK, [event(itemInSession=3, ts=at(DAY + WEEK, 9), level="paid")])
    built.load(DAY + WEEK)
    assert {result.problem for result in built.make_insights().values()} == {None}
    # User 7 played another song too, but on a day that has not changed.
    by_user = "SELECT user_id, song_title FROM ops.song_listeners ORDER BY 1"
    assert built.values(by_user) == [(7, "Leuchtturm"), (8, "Leuchtturm")]
    by_day = "SELECT start_date, SUM(listened) AS n FROM ops.listening_hours GROUP BY start_date ORDER BY 1"
    assert built.values(by_day) == [(DAY, 0), (DAY + WEEK, 20_150_000)]
    built.make_insights(force=True)
    assert built.insights() == built.expected_insights([DAY, DAY + WEEK])


def test_only_the_hours_of_a_changed_weekday_are_counted_again(built: Platform) -> None:
    with built.warehouse.session() as session:
        session.run(Query("by hand", "UPDATE ops.peak_hours SET listeners = 99"))
    write_day(built.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, 9), itemInSession=9)])
    built.load(NEXT_DAY)
    built.make_insights("peak_usage")
    asked = "SELECT weekday, hour, listeners FROM insights.peak_usage ORDER BY 1, 2"
    assert built.values(asked) == [(4, 9, 99), (4, 23, 99), (5, 9, 1)]


def test_only_the_sessions_that_reach_a_changed_day_are_rebuilt(built: Platform) -> None:
    """A session goes on past midnight, loses its end again, and a session of before goes on later."""
    with built.warehouse.session() as session:
        session.run(Query("by hand", "UPDATE insights.sessions SET first_page = 'of before'"))
    late = event(sessionId=300, ts=at(NEXT_DAY, 0.5), itemInSession=1, page="Home")
    write_day(built.lake, NEXT_DAY, [event(sessionId=300, ts=at(NEXT_DAY, -0.5)), late])
    built.load(NEXT_DAY)
    assert changed(built, "sessions")["sessions"] == 2
    asked = "SELECT session_id, first_page, events, crosses_midnight FROM insights.sessions ORDER BY 1"
    assert built.values(asked) == [
        (100, "NextSong", 5, True),
        (200, "of before", 1, False),
        (300, "NextSong", 2, True),
    ]
    mine = event(sessionId=300, userId="8", ts=at(DAY + WEEK, 9))
    goes_on = event(sessionId=200, userId="8", ts=at(DAY + WEEK, 9), itemInSession=5)
    for day, events in ((DAY + WEEK, [mine, goes_on]), (NEXT_DAY, [event(sessionId=300, ts=at(NEXT_DAY, -0.5))])):
        write_day(built.lake, day, events)
        built.load(day)
        assert {result.problem for result in built.make_insights().values()} == {None}
    assert built.insights() == built.expected_insights([DAY, NEXT_DAY, DAY + WEEK])


def test_the_day_of_a_users_first_play_moves_with_the_days(tmp_path: Path) -> None:
    """A song without a title is a song as well."""
    platform = Platform.in_memory(tmp_path)
    later = DAY + 5 * WEEK
    steps: Sequence[tuple[date, bool, list[date]]]
    steps = ((later, True, [later]), (DAY, True, [DAY]), (DAY, False, [later]), (later, False, []))
    for day, is_played, first in steps:
        write_day(platform.lake, day, [event(ts=at(day, 9), song=None)] if is_played else [])
        platform.load(day)
        platform.make_insights("artist_popularity")
        for summary in ("song_listeners", "artist_listeners"):
            assert platform.values(f"SELECT start_date FROM ops.{summary}") == [(each,) for each in first]
        assert platform.values("SELECT listeners FROM insights.song_popularity") == [(1,) for _ in first]


def test_of_events_at_the_same_moment_the_last_one_has_the_level(platform: Platform) -> None:
    """The changes before it are counted all the same, in the order of the session."""
    levels = [(9, "free"), (10, "paid"), (10, "free"), (11, "paid"), (11, "paid")]
    events = [event(itemInSession=n, ts=at(DAY, hour), level=level) for n, (hour, level) in enumerate(levels)]
    write_day(platform.lake, DAY, [*events, event(userId="8", itemInSession=2, ts=at(DAY, 10), level="paid")])
    write_day(platform.lake, DAY, [event(userId="8", itemInSession=1, ts=at(DAY, 10))], "more")
    platform.load(DAY)
    platform.make_insights()
    asked = (
        "SELECT user_id, level, EXTRACT(hour FROM valid_from) AS since, EXTRACT(hour FROM valid_to) AS until, "
        "level_number FROM insights.user_level_history ORDER BY user_id, level_number"
    )
    assert platform.values(asked) == [
        (7, "free", 9, 10, 1),
        (7, "paid", 10, 10, 2),
        (7, "free", 10, 11, 3),
        (7, "paid", 11, None, 4),
        (8, "free", 10, 10, 1),
        (8, "paid", 10, None, 2),
    ]
    moves = platform.values("SELECT SUM(upgrades) AS up, SUM(downgrades) AS down FROM insights.subscription_levels")
    assert [tuple(map(int, map(str, row))) for row in moves] == [(3, 1)]
    assert platform.insights() == platform.expected_insights([DAY])


def test_the_version_of_an_insight_covers_the_insights_that_it_reads(contract: Contract) -> None:
    before = {name: version_of(insight) for name, insight in model.insights().items()}
    contract.change("user_level_history", ("WHERE user_id IN", "WHERE user_id > 7 AND user_id IN"))
    after = {name: version_of(insight) for name, insight in model.insights().items()}
    assert {name for name in NAMES if before[name] != after[name]} == {"user_level_history", "subscription_levels"}


def test_the_tables_that_a_statement_reads_are_parsed_from_it() -> None:
    assert tables_read("WITH a AS (SELECT 1) SELECT * FROM a JOIN sparkify.songs ON TRUE") == ["sparkify.songs"]


class TestAnInsightThatCannotBeBuilt:
    """It keeps its rows, says why, and holds up no other insight."""

    BROKEN = (
        (
            "COUNT(*) AS plays",
            "NULLIF(COUNT(*), 5) AS plays",
            r"1 row of insights\.counted, the first: plays=None: counted\.not_null failed",
        ),
        ("SELECT COUNT(*)", "SELECT 9223372036854775807 + COUNT(*)", "out of range|[Oo]verflow"),
    )

    @pytest.mark.parametrize(("old", "new", "message"), BROKEN)
    def test_it_is_refused_and_keeps_its_rows(
        self, loaded: Platform, contract: Contract, old: str, new: str, message: str
    ) -> None:
        self.counting(loaded, contract, COUNTED)
        assert loaded.make_insights("counted")["counted"].state == "rebuilt"
        self.counting(loaded, contract, COUNTED.replace(old, new))
        made = loaded.make_insights()
        assert made["counted"].state == REFUSED
        assert {name for name, result in made.items() if result.state == "rebuilt"} == NAMES
        assert loaded.values("SELECT plays FROM insights.counted") == [(5,)]
        with loaded.warehouse.reader() as session:
            assert stale_insights(session) == ["counted"]
        assert re.search(message, made["counted"].problem or "")

    @pytest.mark.parametrize(
        ("name", "old", "new", "expected"),
        [
            (
                "user_level_history",
                "LEAD(start_time)",
                "LAG(start_time)",
                {"user_level_history", "subscription_levels"},
            ),
            (
                "song_days",
                "COUNT(play.songplay_id)",
                "0 * COUNT(play.songplay_id)",
                {"song_popularity", "artist_popularity"},
            ),
            (
                "song_days",
                "COUNT(play.songplay_id)",
                "9223372036854775807 + COUNT(*)",
                {"song_popularity", "artist_popularity", "catalog_coverage"},
            ),
        ],
    )
    def test_an_insight_that_reads_what_is_wrong_is_refused_with_it(
        self, loaded: Platform, contract: Contract, name: str, old: str, new: str, expected: set[str]
    ) -> None:
        contract.change(name, (old, new))
        made = loaded.make_insights()
        assert {name for name, result in made.items() if result.state == REFUSED} == expected

    def counting(self, platform: Platform, contract: Contract, sql: str) -> None:
        contract.write("insights/counted.sql", sql)
        platform.warehouse.apply_schema()


class TestTables:
    """Tables come and go with the statements, and no data has to be loaded again."""

    def test_a_new_insight_leaves_the_star_and_the_ledger_as_they_are(
        self, built: Platform, contract: Contract
    ) -> None:
        before = built.everything()
        contract.write("insights/counted.sql", COUNTED)
        built.warehouse.apply_schema()
        assert built.load(DAY).state == UNCHANGED
        built.make_insights()
        after = built.everything()
        assert after.pop("insights.counted") == [(5,)]
        assert after == before

    def test_a_changed_summary_is_built_again(self, built: Platform, contract: Contract) -> None:
        sql = (contract.folder / "insights/summaries/level_days.sql").read_text("utf-8")
        renamed = sql.replace("AS plays  --", "AS plays_of_day  --")
        contract.write("insights/summaries/level_days.sql", renamed)
        contract.change("subscription_levels", ("users, plays, 0", "users, plays_of_day AS plays, 0"))
        contract.change("data_status", ("rejected, plays, 0", "rejected, plays_of_day AS plays, 0"))
        built.warehouse.apply_schema()
        assert built.load(DAY).state == UNCHANGED
        assert {result.problem for result in built.make_insights().values()} == {None}
        assert built.insights() == built.expected_insights([DAY, DAY + WEEK])

    @pytest.mark.parametrize(
        "edit",
        [
            ("COUNT(*) AS plays  -- BIGINT", "CAST(COUNT(*) AS VARCHAR) AS plays  -- VARCHAR(16)"),
            ("plays", "played"),
        ],
        ids=["another type", "another name"],
    )
    def test_a_changed_column_makes_a_new_table(
        self, loaded: Platform, contract: Contract, edit: tuple[str, str]
    ) -> None:
        for sql in (COUNTED, COUNTED.replace(*edit).replace("songplayed", "songplays")):
            contract.write("insights/counted.sql", sql)
            loaded.warehouse.apply_schema()
            assert loaded.make_insights("counted")["counted"].state == "rebuilt"
        assert [(str(value),) for (value,) in loaded.values("SELECT * FROM insights.counted")] == [("5",)]
        assert not loaded.warehouse.plan_schema()

    def test_a_dropped_table_is_created_and_filled_again(self, redshift: Platform) -> None:
        write_day(redshift.lake, DAY, [event()])
        redshift.load(DAY)
        redshift.make_insights()
        with redshift.warehouse.session() as session:
            session.run(Query("by hand", "DROP TABLE insights.retention"))
        redshift.warehouse.apply_schema()
        with redshift.warehouse.reader() as session:
            assert stale_insights(session) == ["retention"]
        redshift.make_insights()
        assert redshift.insights() == redshift.expected_insights([DAY])

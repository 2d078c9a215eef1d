"""How the dashboard asks: within a limit of time, stopped by whoever asked, of what is published now, beside loads."""

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from sparkify_assets import queries
from sparkify_assets.errors import QuestionStopped, WarehouseMissing
from sparkify_assets.queries import Query
from sparkify_assets.report.asking.asker import Asked, Asker, StopButton
from sparkify_assets.report.asking.filters import Covered, Filter, read_filter
from sparkify_assets_tests.copies import copies_of, embedded_copies_of
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.platforms import Platform

BOTH_DAYS = Filter(DAY, NEXT_DAY)
SUMMARY = Asked("summary", BOTH_DAYS)


def load_a_day(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n, ts=at(DAY, 9 + n / 10)) for n in range(60)])
    platform.load(DAY)
    platform.make_insights()


def load_next_day(platform: Platform) -> None:
    assert platform.load(NEXT_DAY).state == "loaded"
    platform.make_insights()


loaded = copies_of(load_a_day)
loaded_embedded = embedded_copies_of(load_a_day)


@pytest.fixture
def endless(loaded: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A question that no engine answers in the lifetime of a test: in how many ways nine plays can be combined."""
    shutil.copytree(queries.FOLDER / "dashboard", tmp_path / "queries/dashboard")
    joins = "".join(f"\nCROSS JOIN sparkify.songplays AS p{n}" for n in range(1, 9))
    sql = f"SELECT\n    SUM(p1.length * p8.length) AS n  -- Never.\nFROM sparkify.songplays AS p{joins}\n"
    (tmp_path / "queries/dashboard/endless.sql").write_text(f"-- Endless.\n{sql}")
    monkeypatch.setattr(queries, "FOLDER", tmp_path / "queries")
    return Asked("endless", BOTH_DAYS)


@pytest.fixture
def asker(loaded: Platform) -> Iterator[Asker]:
    # A question that is not stopped would fail its test much later.
    with Asker(loaded.warehouse, seconds=600) as opened:
        opened.ask(SUMMARY)
        yield opened


def test_a_question_is_stopped_when_it_takes_too_long(loaded: Platform, endless: Asked) -> None:
    with Asker(loaded.warehouse, seconds=0.1) as asker:
        for _ in range(2):
            with pytest.raises(QuestionStopped, match=r"longer than 0\.1 s"):
                asker.ask(endless)


def test_a_question_is_stopped_by_whoever_asked_it_and_no_other_is(asker: Asker, endless: Asked) -> None:
    button, other = StopButton(), StopButton()
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(asker.ask, endless, button)
        while not button.is_running:
            assert not stopped.done()
        other.press()
        button.press()
        with pytest.raises(QuestionStopped, match="as somebody asked for"):
            stopped.result(timeout=60)
    assert asker.ask(SUMMARY).row["plays"] == 60
    with pytest.raises(QuestionStopped, match="before it was asked"):
        asker.ask(Asked("hours", BOTH_DAYS), button)


def test_several_threads_ask_at_once(asker: Asker) -> None:
    names = ["summary", "by_day", "hours", "where", "songs", "levels"] * 2
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(lambda name: asker.ask(Asked(name, BOTH_DAYS)).rows, names))
    assert all(row["plays"] == 60 for rows in answers for row in rows if "hour" not in row)


def test_what_is_published_anew_is_answered_with_at_once(loaded: Platform, asker: Asker) -> None:
    before = asker.covered()
    write_day(loaded.lake, NEXT_DAY, [event(itemInSession=n, ts=at(NEXT_DAY)) for n in range(5)])
    load_next_day(loaded)
    assert (before, asker.covered()) == (Covered(DAY, DAY), Covered(DAY, NEXT_DAY))
    assert asker.ask(SUMMARY).row["plays"] == 65


def test_an_answer_is_kept_until_another_state_is_published(loaded_embedded: Platform) -> None:
    with Asker(loaded_embedded.warehouse) as asker:
        first = asker.ask(SUMMARY)
        assert asker.ask(SUMMARY) is first
        assert asker.ask(Asked("summary", BOTH_DAYS.with_(level="paid"))).row["plays"] == 0
        write_day(loaded_embedded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
        load_next_day(loaded_embedded)
        again = asker.ask(SUMMARY)
        assert (again.row["plays"], again.state == first.state) == (61, False)


def test_a_page_has_answers_of_one_state_though_another_is_published_meanwhile(loaded_embedded: Platform) -> None:
    write_day(loaded_embedded.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    plays = Query("plays", "SELECT COUNT(*) AS n FROM sparkify.songplays")
    with loaded_embedded.warehouse.readers() as readers:
        with readers.session() as (session, state):
            assert session.fetch(plays) == [{"n": 60}]
            # The page is read while the load runs and publishes.
            load_next_day(loaded_embedded)
            assert session.fetch(plays) == [{"n": 60}]
            with readers.session() as (newer, new_state):
                assert newer.fetch(plays) == [{"n": 61}]
            assert new_state != state
        with readers.session() as (session, state):
            assert (session.fetch(plays), state) == ([{"n": 61}], new_state)


def test_whatever_is_cut_says_how_many_rows_there_are_and_a_file_has_them_all(loaded_embedded: Platform) -> None:
    many = [event(song=f"Song {n:03}", sessionId=200, itemInSession=n, ts=at(NEXT_DAY)) for n in range(70)]
    write_day(loaded_embedded.lake, NEXT_DAY, many)
    load_next_day(loaded_embedded)
    with Asker(loaded_embedded.warehouse) as asker:
        songs = Asked("songs", Filter(NEXT_DAY, NEXT_DAY), options=(("sort", "new"),))
        found = asker.ask(songs)
        assert (len(found.rows), found.total) == (50, 70)
        rest = asker.ask(songs._replace(skipped=50))
        titles = [str(row["song_title"]) for row in (*found.rows, *rest.rows)]
        assert titles == sorted(titles)
        assert len(titles) == 70
        assert [row[0] for row in asker.ask_whole(songs).rows] == titles


def test_the_plays_are_paged_by_the_last_one_that_was_shown(asker: Asker) -> None:
    first = asker.ask(Asked("plays", BOTH_DAYS))
    last = first.rows[-1]
    options = (("before", last["start_time"]), ("after_id", last["songplay_id"]))
    second = asker.ask(Asked("plays", BOTH_DAYS, options=options))
    assert (len(first.rows), len(second.rows)) == (50, 10)
    assert len({row["songplay_id"] for row in (*first.rows, *second.rows)}) == 60


def test_without_a_warehouse_it_says_what_to_do(embedded: Platform) -> None:
    with Asker(embedded.warehouse) as asker, pytest.raises(WarehouseMissing, match="run `sparkify load` first"):
        asker.covered()


def test_what_does_not_fit_into_memory_has_a_folder_of_its_own_which_is_removed(loaded_embedded: Platform) -> None:
    work = Path(loaded_embedded.settings.work)
    shutil.rmtree(work, ignore_errors=True)
    with Asker(loaded_embedded.warehouse), Asker(loaded_embedded.warehouse) as asker:
        assert asker.ask(SUMMARY).row["plays"] == 60
        folders = list(work.iterdir())
        assert [f"{folder.stat().st_mode & 0o777:o}" for folder in folders] == ["700", "700"]
    assert not list(work.iterdir())


def test_nothing_is_covered_while_nothing_is_loaded(embedded: Platform) -> None:
    with embedded.warehouse.session():
        embedded.warehouse.publish()
    with Asker(embedded.warehouse) as asker:
        assert asker.covered() is None


class TestOnRedshift:
    """Connections are kept between questions, and replaced when they are gone."""

    @pytest.fixture
    def asked(self, redshift: Platform) -> Platform:
        load_a_day(redshift)
        return redshift

    def test_questions_share_a_connection_each_in_a_transaction_of_its_own(
        self, asked: Platform, redshift_engine: Engine
    ) -> None:
        with Asker(asked.warehouse) as asker, redshift_engine.stand_in.recording() as statements:
            for name in ("summary", "hours"):
                asker.ask(Asked(name, BOTH_DAYS))
        assert len({statement.session for statement in statements}) == 1
        sent = [statement.sql for statement in statements]
        assert [sql for sql in sent if sql in ("BEGIN READ ONLY", "ROLLBACK")] == ["BEGIN READ ONLY", "ROLLBACK"] * 2
        assert not any("2018-11-1" in sql for sql in sent)

    def test_a_connection_that_the_server_closed_is_replaced(self, asked: Platform) -> None:
        ended = Query("ending it", "SELECT PG_TERMINATE_BACKEND(:process)")
        with asked.warehouse.readers() as readers, asked.warehouse.reader() as other:
            with readers.session() as (session, _):
                (found,) = session.fetch(Query("which", "SELECT PG_BACKEND_PID() AS process"))
            other.fetch(ended, process=found["process"])
            with readers.session() as (session, state):
                (again,) = session.fetch(Query("which", "SELECT PG_BACKEND_PID() AS process"))
            assert again["process"] != found["process"]
            assert state == ""


def test_a_filter_of_the_address_is_asked(asker: Asker) -> None:
    covered = asker.covered()
    assert covered
    found = read_filter({"from": f"{DAY}", "hour": "9", "place": "Fargo, ND-MN"}, covered)
    assert asker.ask(Asked("summary", found)).row["plays"] == 10
    assert asker.ask(Asked("summary", found.with_(place="Fargo, ND-MN "))).row["plays"] == 0
    assert asker.ask(Asked("summary", found.before())).row["plays"] == 0
    assert found.before().last == DAY - timedelta(days=1)


def test_a_button_that_is_not_in_use_stops_nothing() -> None:
    button = StopButton()
    thread = threading.Thread(target=button.press)
    thread.start()
    thread.join()
    assert button.is_pressed

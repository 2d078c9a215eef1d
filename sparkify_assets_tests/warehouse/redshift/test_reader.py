"""The reader: people's questions have an analyst's rights, and the rest of the platform keeps the loader's."""

from dataclasses import replace
from pathlib import Path

import pytest

from sparkify_assets.acceptance.pairs import Pair, examine
from sparkify_assets.errors import QueryError, WarehouseError
from sparkify_assets.queries import Query
from sparkify_assets.report import doctor
from sparkify_assets.report.answers import ask
from sparkify_assets.report.pages.figures import read_figures
from sparkify_assets.report.terminal.insight_rows import read_insight
from sparkify_assets.warehouse.session import Warehouse
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift_local import READER_PASSWORD, with_reader

PASSWORD = "Tr0ub4dor-3"  # noqa: S105
REFUSED = r"permission denied .* \(42501\): .* the role sparkify_analyst"


@pytest.fixture
def loaded(redshift: Platform) -> Platform:
    write_song(redshift.lake, song())
    write_day(redshift.lake, DAY, [event()])
    redshift.load_songs()
    redshift.load(DAY)
    redshift.make_insights()
    return redshift


@pytest.fixture
def read(loaded: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A loaded platform with a reader, as `make redshift-local` creates it."""
    monkeypatch.setenv(READER_PASSWORD, PASSWORD)
    return Platform.on_redshift(loaded.folder, with_reader(loaded.settings, PASSWORD))


def user_of(warehouse: Warehouse) -> object:
    with warehouse.for_questions() as session:
        ((user,),) = [row.values() for row in session.fetch(Query("who asks", "SELECT CURRENT_USER AS a"))]
    return user


def test_questions_are_asked_as_the_reader_and_loads_run_as_the_loader(read: Platform) -> None:
    assert user_of(read.warehouse) == "reader"
    assert read.values("SELECT CURRENT_USER AS a") == [("loader",)]
    assert ask(read.warehouse, "SELECT song_title FROM sparkify.songplays").rows == [("Leuchtturm",)]
    for name in ("staging.staging_events", "ops.load_ledger"):
        with read.warehouse.for_questions() as session, pytest.raises(WarehouseError, match=REFUSED):
            session.fetch(Query("as the reader", f"SELECT * FROM {name}"))
        with pytest.raises(QueryError, match="expected tables of sparkify and insights"):
            ask(read.warehouse, f"SELECT * FROM {name}")
        assert ask(read.warehouse, f"SELECT COUNT(*) AS n FROM {name}", staging=True).rows
    assert read.load(DAY, force=True).state == "loaded"


def test_acceptance_queries_are_asked_as_the_reader(read: Platform, tmp_path: Path) -> None:
    for name, table, passes in (("star", "sparkify.songs", True), ("staged", "staging.staging_events", False)):
        pair = Pair(tmp_path, name)
        pair.sql_file.write_text(f"SELECT COUNT(*) AS n FROM {table}")
        pair.csv_file.write_text("n\n1\n")
        outcome = examine(read.warehouse, pair)
        assert outcome.passed == passes
        assert ("expected tables of sparkify" in outcome.problem) != passes


def test_insights_and_the_dashboard_are_read_with_a_reader_too(read: Platform) -> None:
    answer, is_outdated = read_insight(read.warehouse, "song_popularity", 10)
    assert (len(answer.rows), is_outdated) == (1, False)
    figures = read_figures(read.warehouse, read.settings)
    assert (figures.headline["plays"], figures.stale, len(figures.days)) == (1, (), 1)
    assert len(figures.insights["song_popularity"]) == 1


def test_a_reader_who_cannot_log_in_is_reported_and_the_loader_does_not_stand_in(
    read: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(READER_PASSWORD, "wrong")
    with pytest.raises(WarehouseError, match=r"no way into redshift://.* as reader: .*password"):
        ask(read.warehouse, "SELECT 1 AS a")
    assert found(read).state == doctor.PROBLEM


def test_without_a_reader_questions_are_asked_as_the_loader_and_the_doctor_says_so(loaded: Platform) -> None:
    assert user_of(loaded.warehouse) == "loader"
    assert (found(loaded).state, "the loader's rights" in found(loaded).seen) == (doctor.NOTE, True)


def test_the_doctor_tries_the_reader(read: Platform) -> None:
    assert found(read).state == doctor.GOOD
    nobody = replace(read.settings.redshift, reader_user="nobody")
    assert found(replace(read, settings=replace(read.settings, redshift=nobody))).state == doctor.PROBLEM


def found(platform: Platform) -> doctor.Diagnosis:
    (diagnosis,) = [each for each in doctor.examine(platform.settings) if each.subject == "reader"]
    return diagnosis

"""The warehouse without what was deleted: the same tables, and no free block that holds more."""

from pathlib import Path

import pytest

from sparkify_assets.warehouse.duckdb import rewriting
from sparkify_assets_tests.faults import SessionEnded
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import assert_published, file_of


@pytest.fixture
def forgetful(embedded: Platform) -> Platform:
    """A platform that was loaded with user 7, Ida Holm, and again without her."""
    write_song(embedded.lake, song())
    write_day(embedded.lake, DAY, [event(), event(userId="8", lastName="Ek", itemInSession=1)])
    embedded.load_songs()
    embedded.load(DAY)
    embedded.make_insights()
    embedded.forget(7)
    embedded.load(DAY)
    embedded.make_insights()
    return embedded


def holding(folder: Path, text: bytes) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if path.is_file() and text in path.read_bytes()]


def test_free_blocks_are_left_behind_and_every_row_stays(forgetful: Platform) -> None:
    assert holding(forgetful.folder, b"Holm") == ["sparkify.duckdb"]
    before = forgetful.everything()
    forgetful.warehouse.rewrite()
    assert holding(forgetful.folder, b"Holm") == []
    assert holding(forgetful.folder, b"Ek") == ["sparkify.duckdb"]
    assert forgetful.everything() == before
    assert_published(forgetful)
    assert [path.name for path in file_of(forgetful).path.parent.iterdir()] == ["sparkify.duckdb"]
    # The tables are those of the model: nothing is stale.
    assert forgetful.warehouse.plan_schema() == []
    forgetful.load(DAY, force=True)
    assert forgetful.star() == forgetful.expected([DAY])


def test_a_rewriting_that_fails_leaves_the_file_as_it_was(forgetful: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = forgetful.everything()

    def fail(path: Path) -> None:
        raise SessionEnded("killed")

    with monkeypatch.context() as failing:
        failing.setattr(rewriting, "_sync", fail)
        with pytest.raises(SessionEnded):
            forgetful.warehouse.rewrite()
    assert forgetful.everything() == before
    assert not list(forgetful.folder.glob(".*rewritten*"))
    forgetful.warehouse.rewrite()
    assert forgetful.everything() == before


def test_on_redshift_deleted_rows_are_reclaimed(redshift: Platform) -> None:
    write_day(redshift.lake, DAY, [event()])
    redshift.load(DAY)
    before = redshift.everything()
    assert "tables of redshift://" in redshift.warehouse.rewrite()
    assert redshift.everything() == before

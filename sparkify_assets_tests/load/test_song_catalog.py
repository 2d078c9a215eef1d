"""The song catalog is loaded whole, and plays follow it."""

import pytest

from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

LINKS = "SELECT song_id, artist_id FROM sparkify.songplays ORDER BY songplay_id"


def test_a_song_is_the_record_least_in_its_columns(platform: Platform) -> None:
    write_song(platform.lake, song(title="B", year=1999), "TR1")
    write_song(platform.lake, song(title="A", year=2001), "TR2")
    write_song(platform.lake, song(title="A", year=2000, artist_latitude=1.0), "TR3")
    platform.load_songs()
    assert platform.values("SELECT title, year FROM sparkify.songs") == [("A", 2000)]
    assert platform.star() == platform.expected([])


def test_year_0_and_an_empty_location_are_unknown(platform: Platform) -> None:
    write_song(platform.lake, song())
    platform.load_songs()
    assert platform.values("SELECT year FROM sparkify.songs") == [(None,)]
    assert platform.values("SELECT location FROM sparkify.artists") == [(None,)]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"song_id": "SO9", "artist_latitude": 1.0, "artist_longitude": 2.0}, {"artist_location": "Fargo"}),
        ({"song_id": "SO9", "artist_location": "Fargo"}, {"artist_latitude": 1.0}),
        ({"song_id": "SO1", "artist_name": "Z"}, {"song_id": "SO2", "artist_name": "A"}),
    ],
)
def test_an_artist_is_the_most_complete_record(
    platform: Platform, better: dict[str, object], worse: dict[str, object]
) -> None:
    write_song(platform.lake, song(**({"artist_name": "Worse", "song_id": "SO2"} | worse)), "TR1")
    write_song(platform.lake, song(**({"artist_name": "Better"} | better)), "TR2")
    platform.load_songs()
    assert platform.values("SELECT name FROM sparkify.artists") == [(better.get("artist_name", "Better"),)]
    assert platform.star() == platform.expected([])


def test_pretty_printed_songs_and_several_in_a_file_are_records(platform: Platform) -> None:
    import json

    write_song(platform.lake, json.dumps(song(), indent=4), "TR1")
    write_song(platform.lake, json.dumps(song(song_id="SO2")) + json.dumps(song(song_id="SO3")), "TR2")
    result = platform.load_songs()
    assert (result.files, result.records) == (2, 3)
    assert platform.star() == platform.expected([])


def test_a_number_in_a_text_field_is_stored_as_its_text(platform: Platform) -> None:
    write_song(platform.lake, song(artist_name=112))
    platform.load_songs()
    assert platform.values("SELECT name FROM sparkify.artists") == [("112",)]


def test_plays_are_linked_again_when_a_song_appears_changes_and_disappears(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    assert platform.values(LINKS) == [(None, None)]
    write_song(platform.lake, song(song_id="SO2", artist_id="AR2"), "TR2")
    platform.load_songs()
    assert platform.values(LINKS) == [("SO2", "AR2")]
    smaller = write_song(platform.lake, song(song_id="SO1", artist_id="AR1"), "TR1")
    platform.load_songs()
    assert platform.values(LINKS) == [("SO1", "AR1")]
    write_song(platform.lake, song(song_id="SO1", artist_id="AR5"), "TR1")
    platform.load_songs()
    assert platform.values(LINKS) == [("SO1", "AR5")]
    smaller.unlink()
    platform.load_songs()
    assert platform.values(LINKS) == [("SO2", "AR2")]


def test_exactly_the_plays_whose_song_or_artist_changed_are_written(platform: Platform) -> None:
    from sparkify_assets.queries import query

    write_song(platform.lake, song(), "TR1")
    plays: list[dict[str, object]] = [
        {},
        {"song": "Other"},
        {"song": None},
        {"song": None, "artist": "Ida / Björk"},
        {"artist": None},
    ]
    write_day(platform.lake, DAY, [event(itemInSession=n, **play) for n, play in enumerate(plays)])
    platform.load_songs()
    platform.load(DAY)
    with platform.warehouse.session() as session:
        assert session.run(query("load/song_catalog/relink_songplays")) == 0
    write_song(platform.lake, song(song_id="SO2", title="Other"), "TR2")
    write_song(platform.lake, song(song_id="SO3", artist_id="AR2", artist_name="Ida"), "TR3")
    platform.load_songs()
    with platform.warehouse.session() as session:
        session.run(query("load/song_catalog/delete_songs"))
        assert session.run(query("load/song_catalog/relink_songplays")) == 4


def test_a_rejected_song_lies_in_quarantine_until_its_file_is_fixed(platform: Platform) -> None:
    write_song(platform.lake, song(), "TR1")
    write_song(platform.lake, '{"song_id": "SO2"\n "title"', "TR2")
    result = platform.load_songs()
    assert (result.state, result.records, result.rejected) == ("loaded", 2, 1)
    assert platform.values("SELECT song_id FROM sparkify.songs") == [("SO1",)]
    rejects = "SELECT log_date, file, line_number, byte_offset, reason, record_bytes FROM staging.rejected_records"
    assert platform.values(rejects) == [(None, "song_data/A/A/A/TR2.json", 1, 0, "not JSON", 26)]
    write_song(platform.lake, song(song_id="SO2"), "TR2")
    assert platform.load_songs().rejected == 0
    assert platform.values(rejects) == []
    assert platform.values("SELECT song_id FROM sparkify.songs ORDER BY song_id") == [("SO1",), ("SO2",)]


def test_a_song_file_with_too_many_rejects_fails_only_the_song_catalog(platform: Platform) -> None:
    write_song(platform.lake, song(), "TR1")
    platform.load_songs()
    write_song(platform.lake, "\n".join(FLOOD), "TR2")
    result = platform.load_songs()
    assert result.state == "refused"
    assert result.problem is not None
    assert result.problem.startswith("song_data/A/A/A/TR2.json, line 1 (byte 0): 101 of 101 records are rejected")
    assert platform.values("SELECT song_id FROM sparkify.songs") == [("SO1",)]
    assert platform.values("SELECT COUNT(*) AS n FROM staging.rejected_records") == [(0,)]
    assert platform.load(DAY, force=True).state == "loaded"


def test_an_empty_song_catalog_is_loaded_and_unlinks_every_play(platform: Platform) -> None:
    path = write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event()])
    platform.load_songs()
    platform.load(DAY)
    path.unlink()
    assert platform.load_songs().state == "loaded"
    assert platform.values(LINKS) == [(None, None)]

"""The sample's song catalog compared with facts about the real one."""

import unicodedata
from collections import defaultdict

import pytest

from sparkify_assets_tests.sample.reading import Record

pytestmark = pytest.mark.check

FIELDS = [
    "num_songs",
    "artist_id",
    "artist_latitude",
    "artist_longitude",
    "artist_location",
    "artist_name",
    "song_id",
    "title",
    "duration",
    "year",
]


def share(songs: list[Record], chosen: list[Record]) -> float:
    return len(chosen) / len(songs)


def texts_of(songs: list[Record]) -> list[str]:
    return [str(song[field]) for song in songs for field in ("title", "artist_name")]


def test_every_song_has_the_ten_fields_in_order(songs: list[Record]) -> None:
    assert all(list(song) == FIELDS for song in songs)
    assert {song["num_songs"] for song in songs} == {1}


def test_song_ids_are_unique(songs: list[Record]) -> None:
    assert len({song["song_id"] for song in songs}) == len(songs)


def test_ids_have_18_characters(songs: list[Record]) -> None:
    assert {(song["song_id"][:2], len(song["song_id"])) for song in songs} == {("SO", 18)}
    assert {(song["artist_id"][:2], len(song["artist_id"])) for song in songs} == {("AR", 18)}


def test_the_year_is_unknown_for_30_to_60_percent(songs: list[Record]) -> None:
    assert 0.3 <= share(songs, [song for song in songs if song["year"] == 0]) <= 0.6
    assert all(1900 < song["year"] <= 2018 for song in songs if song["year"])


def test_latitude_and_longitude_are_null_together_for_60_percent(songs: list[Record]) -> None:
    unknown = [song for song in songs if song["artist_latitude"] is None]
    assert 0.5 <= share(songs, unknown) <= 0.7
    assert all((song["artist_latitude"] is None) == (song["artist_longitude"] is None) for song in songs)


def test_an_unknown_location_is_empty_text(songs: list[Record]) -> None:
    assert 0.3 <= share(songs, [song for song in songs if song["artist_location"] == ""]) <= 0.5
    assert all(isinstance(song["artist_location"], str) for song in songs)


def test_one_artist_name_is_a_json_number(songs: list[Record]) -> None:
    assert any(type(song["artist_name"]) is int for song in songs)
    assert all(type(song["artist_name"]) in (int, str) for song in songs)


def test_the_same_name_is_text_in_the_logs(songs: list[Record], events: list[Record]) -> None:
    numbers = {str(song["artist_name"]) for song in songs if type(song["artist_name"]) is int}
    assert any(event["artist"] in numbers for event in events)


def test_some_artist_ids_have_two_names_or_two_locations(songs: list[Record]) -> None:
    names, locations = defaultdict(set), defaultdict(set)
    for song in songs:
        names[song["artist_id"]].add(song["artist_name"])
        locations[song["artist_id"]].add((song["artist_location"], song["artist_latitude"]))
    assert len(names) < len(songs)
    assert 3 <= sum(len(each) > 1 for each in names.values()) <= 40
    assert 3 <= sum(len(each) > 1 for each in locations.values()) <= 40


def test_some_names_have_two_ids(songs: list[Record]) -> None:
    ids = defaultdict(set)
    for song in songs:
        ids[song["artist_name"]].add(song["artist_id"])
    assert 3 <= sum(len(each) > 1 for each in ids.values()) <= 40


def test_text_contains_control_characters_and_the_replacement_character(songs: list[Record]) -> None:
    texts = texts_of(songs)
    assert any("\ufffd" in text for text in texts)
    assert any(unicodedata.category(character) == "Cc" for text in texts for character in text)
    assert not any("\0" in text for text in texts)


def test_text_contains_quotes_brackets_outer_spaces_and_characters_outside_ascii(songs: list[Record]) -> None:
    texts = texts_of(songs)
    assert any('"' in text for text in texts)
    assert any(text.startswith("(") for text in texts)
    assert any(text.startswith("[") for text in texts)
    assert any(text != text.strip(" ") for text in texts)
    assert any(letter.isalpha() and not letter.isascii() for text in texts for letter in text)


def test_durations_have_five_decimals(songs: list[Record]) -> None:
    assert all(isinstance(song["duration"], float) and song["duration"] == round(song["duration"], 5) for song in songs)

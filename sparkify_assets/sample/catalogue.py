"""The song catalog: the records of the song files, and how a record is written.

Who plays which song belongs in `repertoire`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from random import Random

from sparkify_assets.sample import ids, naming, vocabulary
from sparkify_assets.sample.chance import stream
from sparkify_assets.sample.options import SampleOptions

# Songs are made in batches of this size, each from its own stream, so any batch can be made without the others.
BATCH = 10_000
ARTISTS_PER_SONG = 0.75
# Which artist has a JSON number as its name, and how many artists apart are those that share another's name.
NUMBERED_ARTIST = 20
NUMBERED_NAME = 737
NAMESAKES_APART = 40
# One song in this many has an odd title, each oddity in turn, so that small catalogs have them too.
ODD_TITLES_APART = 40

NO_COORDINATES_SHARE = 0.6
NO_PLACE_SHARE = 0.65
OTHER_NAME_SHARE = 0.08
OTHER_PLACE_SHARE = 0.08
UNKNOWN_YEAR_SHARE = 0.45
PRETTY_SHARE = 0.05


@dataclass(frozen=True)
class Artist:
    """An artist as one song's record describes it; another record may describe the same id differently."""

    artist_id: str
    name: str | int
    location: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class Song:
    """One record of the song data, and the track that its file is named after."""

    track: str
    song_id: str
    title: str
    duration: float
    year: int
    artist: Artist
    pretty: bool


def batches(options: SampleOptions) -> range:
    return range(-(-options.songs // BATCH))


def broken_songs(options: SampleOptions, songs: int) -> int:
    """Return how many broken records accompany the first `songs` songs, each in a file of its own."""
    return int(songs * options.dirt)


def make_songs(options: SampleOptions, batch: int) -> list[Song]:
    """Return the songs of a batch: a pure function of the options and the batch's number."""
    first = batch * BATCH
    size = min(BATCH, options.songs - first)
    chance = stream(options.seed, "songs", batch)
    artists = list(islice(_artists(options.seed, chance, first), max(1, int(size * ARTISTS_PER_SONG))))
    return [_song(options, chance, first + place, artists, place) for place in range(size)]


def write_record(song: Song) -> str:
    """Return the record as Python's json module writes it, which is how the real files were written."""
    return json.dumps(record(song), indent=4 if song.pretty else None)


def record(song: Song) -> dict[str, object]:
    return {
        "num_songs": 1,
        "artist_id": song.artist.artist_id,
        "artist_latitude": song.artist.latitude,
        "artist_longitude": song.artist.longitude,
        "artist_location": song.artist.location,
        "artist_name": song.artist.name,
        "song_id": song.song_id,
        "title": song.title,
        "duration": song.duration,
        "year": song.year,
    }


def _artists(seed: int, chance: Random, first: int) -> Iterator[Artist]:
    names: list[str | int] = []
    for place in count():
        name: str | int = naming.artist(chance)
        if first == 0 and place == NUMBERED_ARTIST:
            name = NUMBERED_NAME
        elif place % NAMESAKES_APART == NAMESAKES_APART - 1:
            name = names[place // 2]
        names.append(name)
        yield _placed(chance, ids.artist_id(seed, first + place), name)


def _placed(chance: Random, artist_id: str, name: str | int) -> Artist:
    location, latitude, longitude = chance.choice(vocabulary.BAND_PLACES)
    if chance.random() >= NO_COORDINATES_SHARE:
        return Artist(artist_id, name, location, latitude, longitude)
    return Artist(artist_id, name, "" if chance.random() < NO_PLACE_SHARE else location, None, None)


def _song(options: SampleOptions, chance: Random, number: int, artists: list[Artist], place: int) -> Song:
    """Return a song. Each artist of a batch has one; the remaining songs go to random artists."""
    artist = artists[place] if place < len(artists) else _again(chance, chance.choice(artists))
    title = naming.title(chance)
    if place % ODD_TITLES_APART == ODD_TITLES_APART - 1:
        title = naming.odd(title, place // ODD_TITLES_APART)
    return Song(
        track=ids.track_id(options.seed, number, options.songs),
        song_id=ids.song_id(options.seed, number),
        title=title,
        duration=duration(chance),
        year=0 if chance.random() < UNKNOWN_YEAR_SHARE else 2010 - int(50 * chance.random() ** 2),
        artist=artist,
        pretty=chance.random() < PRETTY_SHARE,
    )


def _again(chance: Random, artist: Artist) -> Artist:
    """Return the same artist for another record: now and then under another name, or from another place."""
    draw = chance.random()
    if draw < OTHER_NAME_SHARE:
        return Artist(
            artist.artist_id,
            f"{artist.name} & {chance.choice(vocabulary.FIRST_NAMES_F)} {chance.choice(vocabulary.LAST_NAMES)}",
            artist.location,
            artist.latitude,
            artist.longitude,
        )
    if draw < OTHER_NAME_SHARE + OTHER_PLACE_SHARE:
        return _placed(chance, artist.artist_id, artist.name)
    return artist


def duration(chance: Random) -> float:
    """Return seconds with five decimals: mostly around four minutes, now and then an interlude or a suite."""
    draw = chance.random()
    if draw < 0.02:
        return round(chance.uniform(12, 60), 5)
    if draw > 0.98:
        return round(chance.uniform(500, 1200), 5)
    return round(min(600.0, max(45.0, chance.gauss(245, 65))), 5)

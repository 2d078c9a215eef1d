"""What the app plays: an invented repertoire, and the few songs that match the song catalog exactly.

A tune holds the pieces of a log line that depend only on the song, formatted once. Who plays it and when belongs in
`sessions`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sparkify_assets.sample import catalogue, naming
from sparkify_assets.sample.chance import popular, stream
from sparkify_assets.sample.options import SampleOptions

GENRES = 8
TUNES_AT_8000_EVENTS = 9_000
MOST_TUNES = 100_000
MOST_MATCHES = 500
MATCH_SHARE = 0.05
# One tune in this many is a song of the song catalog with another length: similar, but not a match.
NEAR_MISSES_APART = 50
OWN_TASTE_SHARE = 0.6
# Popular enough to be played in any sample of a few thousand events.
LONG_TITLE_PLACE = 17
LONG_ARTIST_PLACE = 34
NUMBERED_RANK = 2


@dataclass(frozen=True, eq=False, slots=True)
class Tune:
    """A song as the logs write it: the beginning of the line, the length, what follows `"song":`, and the length in
    whole seconds; also its number, and its artist and title as a reader should see them."""

    opening: str
    length: str
    closing: str
    seconds: int
    number: int
    artist: str
    title: str


class Repertoire:
    """Tunes by rank, and by genre within a rank, followed by those that match the song catalog."""

    def __init__(self, tunes: list[Tune], matches: list[Tune]) -> None:
        self.all = (*tunes, *matches)
        self._tunes = tunes
        self._ranks = len(tunes) // GENRES
        self._matches = matches

    def pick(self, chance: Random, taste: int) -> Tune:
        if self._matches and chance.random() < MATCH_SHARE:
            return self._matches[popular(chance, len(self._matches))]
        genre = taste if chance.random() < OWN_TASTE_SHARE else int(GENRES * chance.random())
        return self._tunes[popular(chance, self._ranks) * GENRES + genre]


def make_repertoire(options: SampleOptions) -> Repertoire:
    songs = catalogue.make_songs(options, 0) if options.songs else []
    chance = stream(options.seed, "repertoire")
    size = min(MOST_TUNES, int(TUNES_AT_8000_EVENTS * (options.events / 8000) ** 0.5))
    size = max(GENRES, size - size % GENRES)
    return Repertoire([_invented(chance, place, songs) for place in range(size)], _matching(chance, size, songs))


def log_text(text: str) -> str:
    """Return JSON as the app writes it: slashes and characters outside ASCII are escaped."""
    return json.dumps(text).replace("/", "\\/")


def _matching(chance: Random, first: int, songs: list[catalogue.Song]) -> list[Tune]:
    chosen = chance.sample(songs, min(MOST_MATCHES, len(songs)))
    numbered = [song for song in songs if song.artist.name == catalogue.NUMBERED_NAME]
    chosen[NUMBERED_RANK:NUMBERED_RANK] = numbered[:1]
    return [
        _tune(number, str(song.artist.name), song.title, song.duration, str)
        for number, song in enumerate(chosen, first)
    ]


def _invented(chance: Random, place: int, songs: list[catalogue.Song]) -> Tune:
    length = catalogue.duration(chance)
    if songs and place % NEAR_MISSES_APART == NEAR_MISSES_APART - 1:
        song = chance.choice(songs)
        return _tune(place, str(song.artist.name), song.title, length)
    artist = naming.LONGEST_ARTIST if place == LONG_ARTIST_PLACE else naming.artist(chance)
    title = naming.LONGEST_TITLE if place == LONG_TITLE_PLACE else naming.title(chance)
    return _tune(place, artist, title, length)


def _tune(
    number: int, artist: str, title: str, length: float, logged: Callable[[str], str] = naming.mis_encoded
) -> Tune:
    return Tune(
        f'{{"artist":{log_text(logged(artist))},"auth":"Logged In","firstName":',
        repr(length),
        f'{log_text(logged(title))},"status":200,"ts":',
        int(length),
        number,
        artist.strip(" "),
        title.strip(" "),
    )

"""Identifiers of songs, artists and tracks, in the format of the Million Song Dataset: a pure function of a number.

Different numbers have different letters, so no two songs share an id, whatever the size of the sample.
"""

from collections.abc import Iterator

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS_AND_DIGITS = "0123456789" + LETTERS
# Neighboring numbers get letters far apart. It has no factor in common with 26 or 36, so no id occurs twice.
SPREAD = 7_368_787
# About this many tracks share a folder, as in the public bucket.
TRACKS_APART = 27


def song_id(seed: int, number: int) -> str:
    return f"SO{_word(number * SPREAD, LETTERS)}12A{_tail(seed, number, 1):08X}"


def artist_id(seed: int, number: int) -> str:
    return f"AR{_word(number * SPREAD, LETTERS_AND_DIGITS)}1187B{_tail(seed, number, 2) & 0xFFFFFF:06X}"


def track_id(seed: int, number: int, songs: int, broken: bool = False) -> str:
    """Return the track that a song's file is named after; a broken copy of a song has another track than the song."""
    apart = max(1, min(TRACKS_APART, len(LETTERS) ** 5 // max(songs, 1)))
    letters = _word(number * apart + _tail(seed, number, 3) % apart, LETTERS)
    return f"TR{letters}{'12903E' if broken else '128F42'}{_tail(seed, number, 4) & 0xFFFFF:05X}"


def song_path(track: str, compress: bool) -> str:
    """Return the path of a track's file in the lake; its third to fifth characters are the folders."""
    return f"song_data/{track[2]}/{track[3]}/{track[4]}/{track}.json{'.gz' if compress else ''}"


def _word(code: int, alphabet: str) -> str:
    return "".join(reversed(list(_characters(code, alphabet))))


def _characters(code: int, alphabet: str) -> Iterator[str]:
    for _ in range(5):
        code, place = divmod(code, len(alphabet))
        yield alphabet[place]


def _tail(seed: int, number: int, purpose: int) -> int:
    """Return 32 bits that look random (the finalizer of MurmurHash3)."""
    bits = (number * 4 + purpose + seed * 0x9E3779B1) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    bits = ((bits ^ (bits >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return bits ^ (bits >> 16)

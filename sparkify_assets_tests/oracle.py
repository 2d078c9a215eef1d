"""The star that a lake should give, computed in plain Python, record by record.

It shares nothing with the platform except the contract's list of columns. It follows the meanings of the tables, so
that a statement which is wrong on every engine is found too. Which records are good is in `record_oracle.py`.
"""

import gzip
import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sparkify_assets import model
from sparkify_assets_tests.record_oracle import Judged, judge_lines, judge_values

Row = tuple[object, ...]
Rows = dict[str, list[Row]]
Record = dict[str, object]
EPOCH = datetime(1970, 1, 1)


def star_of(lake: Path, days: Iterable[date], forgotten: Collection[int] = ()) -> Rows:
    """Every row of staging and of the star, by table, without technical columns and reasons. Users who are forgotten
    have no events; a rejected record that names one is redacted."""
    events: list[Record] = []
    songs: list[Record] = []
    rejected: list[Row] = []
    for day in days:
        for path in sorted((lake / f"log_data/{day:%Y/%m}").glob(f"{day}*.json*")):
            found = judge_lines(_content(path), model.table("staging.staging_events"))
            events += [
                {"log_date": day} | judged.row
                for judged in found
                if judged.row and judged.row["user_id"] not in forgotten
            ]
            name = path.relative_to(lake).as_posix()
            rejected += [(day, name, *_place(judged, forgotten)) for judged in found if not judged.row]
    for path in sorted((lake / "song_data").rglob("*.json*")):
        found = judge_values(_content(path), model.table("staging.staging_songs"))
        songs += [judged.row for judged in found if judged.row]
        rejected += [(None, path.relative_to(lake).as_posix(), *_place(judged)) for judged in found if not judged.row]
    catalog = _songs(songs)
    plays = _plays(events, catalog)
    return {
        "staging.staging_events": [tuple(event.values()) for event in events],
        "staging.staging_songs": [tuple(song.values()) for song in songs],
        "staging.rejected_records": rejected,
        "sparkify.songplays": plays,
        "sparkify.page_views": _page_views(events),
        "sparkify.users": _users(events),
        "sparkify.songs": [row[:5] for row in catalog],
        "sparkify.artists": _artists(songs),
        "sparkify.time": sorted({_time(start) for _, start, *_ in plays if isinstance(start, datetime)}),
    }


def catalog_of(star: Rows) -> list[Row]:
    """The songs of the star, each with the artist name of the record that it comes from."""
    columns = [column.name for column in model.table("staging.staging_songs").landed_columns]
    return _songs([dict(zip(columns, row, strict=True)) for row in star["staging.staging_songs"]])


def _content(path: Path) -> bytes:
    packed = path.read_bytes()
    return gzip.decompress(packed) if path.suffix == ".gz" else packed


def _place(judged: Judged, forgotten: Collection[int] = ()) -> Row:
    named = any(f'"userId": {quote}{user}{quote}' in judged.shown for user in forgotten for quote in ('"', ""))
    shown = "[redacted: the user is forgotten]" if named else judged.shown
    return (judged.line_number, judged.byte_offset, shown, len(judged.text))


def least(row: Iterable[object]) -> list[tuple[bool, object]]:
    """A sort key that compares rows column by column, texts bytewise, nulls last."""
    return [(value is None, value.encode() if isinstance(value, str) else value or 0) for value in row]


def _start(event: Record) -> datetime:
    return EPOCH + timedelta(milliseconds=int(str(event["ts"])))


def _plays(events: list[Record], catalog: list[Row]) -> list[Row]:
    by_name: dict[object, set[object]] = defaultdict(set)
    for song in catalog:
        by_name[song[5]].add(song[2])
    by_match: dict[Row, Row] = {}
    for song in sorted(catalog, key=least, reverse=True):
        by_match[song[1], song[4], song[5]] = song
    plays: list[Row] = []
    played = [event for event in events if _is_play(event)]
    for key, event in _delivered(played, "user_id", "session_id", "item_in_session", "ts"):
        match = by_match.get((event["song"], event["length"], event["artist"]))
        if None in (event["song"], event["length"], event["artist"]):
            match = None
        plays.append(
            (
                _identifier(key),
                _start(event),
                event["user_id"],
                event["level"],
                match[0] if match else None,
                match[2] if match else None,
                event["session_id"],
                event["location"],
                event["user_agent"],
                event["song"],
                event["artist"],
                event["length"],
                clean(event["song"]),
                clean(event["artist"]),
                lead(clean(event["artist"])),
                _only(by_name.get(lead(clean(event["artist"])), ())),
                _family(event["user_agent"], _BROWSERS),
                _family(event["user_agent"], _SYSTEMS),
            )
        )
    return plays


def _page_views(events: list[Record]) -> list[Row]:
    viewed = [event for event in events if not _is_play(event)]
    return [
        (
            _identifier(key),
            _start(event),
            *(event[name] for name in ("user_id", "session_id", "item_in_session", "page", "method", "status", "auth")),
            *(event[name] for name in ("level", "location", "user_agent")),
            _family(event["user_agent"], _BROWSERS),
        )
        for key, event in _delivered(viewed, "user_id", "session_id", "item_in_session", "ts", "page")
    ]


def _is_play(event: Record) -> bool:
    return event["page"] == "NextSong" and event["user_id"] is not None


def _delivered(events: Iterable[Record], *names: str) -> Iterator[tuple[Row, Record]]:
    """The natural keys, each with the delivery that counts: of the latest log day, the least."""
    deliveries: dict[Row, list[Record]] = defaultdict(list)
    for event in events:
        deliveries[tuple(event[name] for name in names)].append(event)
    for key, candidates in deliveries.items():
        newest = max(str(event["log_date"]) for event in candidates)
        yield key, min((e for e in candidates if str(e["log_date"]) == newest), key=lambda e: least(e.values()))


def _identifier(key: Row) -> str:
    joined = "|".join("" if value is None else str(value) for value in key)
    return hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest()


# Names of artists that have " / " themselves.
_WHOLE = ("Alison Krauss / Union Station", "Rionegro / Solimões")


@cache
def lead(credit: str | None) -> str | None:
    """The artist named first: before feat., ft. or featuring, and before a slash between blanks."""
    if credit is None:
        return None
    starts = ("feat.", "ft.", "featuring ")
    ends = [n for n, c in enumerate(credit) if c in " ([" and credit[n + 1 :].lower().startswith(starts)]
    first = credit[: ends[0]].rstrip(" ([") if ends else credit
    return first if first in _WHOLE else first.partition(" / ")[0].strip(" ")


def _only(found: Collection[object]) -> object:
    return next(iter(found)) if len(found) == 1 else None


# What an agent has to name for a family; the first family counts.
_BROWSERS = {
    "Edge": (" Edge/", " Edg/", " EdgA/", " EdgiOS/"),
    "Opera": (" OPR/", "Opera"),
    "Firefox": ("Firefox/", "FxiOS/"),
    "Chrome": ("Chrome/", "CriOS/"),
    "Internet Explorer": ("MSIE ", "Trident/"),
    "Other": ("Android",),
    "Safari": ("Safari/",),
}
_SYSTEMS = {
    "Windows": ("Windows",),
    "iOS": ("like Mac OS X",),
    "macOS": ("Mac OS X",),
    "Android": ("Android",),
    "Chrome OS": ("CrOS",),
    "Linux": ("Linux",),
}


def _family(agent: object, families: Mapping[str, tuple[str, ...]]) -> str | None:
    """The family that an agent belongs to."""
    if agent is None:
        return None
    return next((family for family, names in families.items() if any(n in str(agent) for n in names)), "Other")


@cache
def clean(name: object) -> str | None:
    """A name without blanks at its ends, decoded where it was encoded twice: from left to right, longest first."""
    if name is None:
        return None
    text, found, place = str(name).strip(" "), "", 0
    while place < len(text):
        lengths = range(min(8, len(text) - place), 1, -1)
        decoded = ((length, _decoded(text[place : place + length])) for length in lengths)
        length, character = next((pair for pair in decoded if pair[1]), (1, text[place]))
        found += character
        place += length
    return found


@cache
def _decoded(sequence: str) -> str:
    """The character that was encoded once or twice too often, or nothing."""
    for encode in (_latin_1, _cp1252):
        try:
            once = encode(sequence).decode()
            character = once if len(once) == 1 else encode(once).decode()
        except UnicodeError:
            continue
        is_twice, is_windows = len(once) > 1, encode is _cp1252
        if len(character) != 1 or not _is_undone(character, is_windows):
            continue
        if is_twice and is_windows and character in _EXTENDED and sequence[2] != "Â":
            continue
        if is_twice or not _may_be_meant(sequence):
            return character
    return ""


_EXTENDED = "".join(map(chr, range(0x100, 0x180)))


def _is_undone(character: str, is_windows: bool) -> bool:
    return (0xA0 if is_windows else 0x80) <= ord(character) < 0x180 or character in "‘’‚‹›“”„–—…€\ufffd"


def _may_be_meant(sequence: str) -> bool:
    """Whether a text may end a word with this letter, and go on with that sign: “MANHÃ”, HYVÄ…"""
    return len(sequence) == 2 and (sequence[1] in "\xa0’”»›–—…•" or (sequence[0] in "ÄÅ" and sequence[1] in "‘“‹«"))


def _latin_1(text: str) -> bytes:
    return text.encode("latin-1")


def _cp1252(text: str) -> bytes:
    """As browsers read it: the five bytes that CP1252 lacks are those of Latin-1."""
    return b"".join(c.encode("latin-1" if c in "\x81\x8d\x8f\x90\x9d" else "cp1252") for c in text)


def _users(events: list[Record]) -> list[Row]:
    def order(event: Record) -> tuple[Any, ...]:
        return (event["ts"], event["session_id"], event["item_in_session"], event["log_date"])

    latest: dict[object, Record] = {}
    registered: dict[object, datetime] = {}
    # In the order of time, and of events in the same place the least comes last.
    known = [event for event in events if event["user_id"] is not None]
    for event in sorted(sorted(known, key=lambda e: least(e.values()), reverse=True), key=order):
        latest[event["user_id"]] = event
        at = event["registration"]
        if isinstance(at, float) and 0 <= at <= 4102444800000:
            registered[event["user_id"]] = EPOCH + timedelta(milliseconds=math.floor(at))
    return [
        (*(e[name] for name in ("user_id", "first_name", "last_name", "gender", "level")), registered.get(user))
        for user, e in latest.items()
    ]


def _songs(records: list[Record]) -> list[Row]:
    """The songs, each with the artist name of the record that it comes from."""
    chosen: dict[object, Record] = {}
    for record in sorted(records, key=lambda r: least(r.values()), reverse=True):
        chosen[record["song_id"]] = record
    return [
        (r["song_id"], r["title"], r["artist_id"], r["year"] or None, r["duration"], r["artist_name"])
        for r in chosen.values()
    ]


def _artists(records: list[Record]) -> list[Row]:
    def order(record: Record) -> list[tuple[bool, object]]:
        without_place = None in (record["artist_latitude"], record["artist_longitude"])
        return least([without_place, not record["artist_location"], record["song_id"], *record.values()])

    first: dict[object, Record] = {}
    for record in sorted(records, key=order, reverse=True):
        first[record["artist_id"]] = record
    return [
        (r["artist_id"], r["artist_name"], r["artist_location"] or None, r["artist_latitude"], r["artist_longitude"])
        for r in first.values()
    ]


def _time(start: datetime) -> tuple[datetime, int, int, int, int, int, int]:
    _, week, weekday = start.isocalendar()
    return start, start.hour, start.day, week, start.month, start.year, weekday

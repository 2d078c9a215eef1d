"""The star that a lake should give, computed in plain Python, record by record.

It shares nothing with the platform except the contract's list of columns. It follows the meanings of the tables, so
that a statement which is wrong on every engine is found too.
"""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.model import Table

Row = tuple[object, ...]
# A record as it lies in its file: line, byte, text.
Text = tuple[int, int, bytes]
Rows = dict[str, list[Row]]
Record = dict[str, object]
EPOCH = datetime(1970, 1, 1)


def star_of(lake: Path, days: Iterable[date]) -> Rows:
    """Every row of staging and of the star, by table, without technical columns and reasons."""
    events: list[Record] = []
    songs: list[Record] = []
    rejected: list[Row] = []
    for day in days:
        for path in sorted((lake / f"log_data/{day:%Y/%m}").glob(f"{day}*.json*")):
            good, bad = _sorted_out(_lines(path), model.table("staging.staging_events"))
            events += [{"log_date": day} | event for event in good]
            rejected += [(day, path.relative_to(lake).as_posix(), *place) for place in bad]
    for path in sorted((lake / "song_data").rglob("*.json*")):
        good, bad = _sorted_out(_values(path), model.table("staging.staging_songs"))
        songs += good
        rejected += [(None, path.relative_to(lake).as_posix(), *place) for place in bad]
    catalog = _songs(songs)
    plays = _plays(events, catalog)
    return {
        "staging.staging_events": [tuple(event.values()) for event in events],
        "staging.staging_songs": [tuple(song.values()) for song in songs],
        "staging.rejected_records": rejected,
        "sparkify.songplays": plays,
        "sparkify.users": _users(events),
        "sparkify.songs": [row[:5] for row in catalog],
        "sparkify.artists": _artists(songs),
        "sparkify.time": sorted({_time(start) for _, start, *_ in plays if isinstance(start, datetime)}),
    }


def _content(path: Path) -> bytes:
    packed = path.read_bytes()
    return (gzip.decompress(packed) if path.suffix == ".gz" else packed).removeprefix(b"\xef\xbb\xbf")


def _lines(path: Path) -> list[Text]:
    """The records of a log file, each with its line number and byte offset; these lakes have no BOM."""
    found, place = [], 0
    for number, line in enumerate(_content(path).split(b"\n"), 1):
        if line.strip(b" \t\r"):
            found.append((number, place, line))
        place += len(line) + 1
    return found


def _values(path: Path) -> list[Text]:
    """The records of a song file. One that does not end takes the rest of the file with it."""
    text = _content(path).decode()
    found, place = [], 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        try:
            _, end = json.JSONDecoder().raw_decode(text, place)
        except json.JSONDecodeError:
            end = len(text.rstrip())
        found.append((text.count("\n", 0, place) + 1, len(text[:place].encode()), text[place:end].encode()))
        place = end
    return found


def _sorted_out(texts: list[Text], table: Table) -> tuple[list[Record], list[Row]]:
    """The good records as rows of staging; the place, text and size of the others."""
    good: list[Record] = []
    bad: list[Row] = []
    for number, place, text in texts:
        record = _good(text, table)
        if record is None:
            shown = text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
            bad.append((number, place, shown, len(text)))
        else:
            good.append(record)
    return good, bad


def _good(text: bytes, table: Table) -> Record | None:
    """A record as a row, if it is good. The tests of the validator cover lengths and most ranges."""
    twice: list[str] = []

    def keep(pairs: list[tuple[str, object]]) -> Record:
        keys = [key for key, _ in pairs]
        twice.extend(key for key in keys if keys.count(key) > 1)
        return dict(pairs)

    try:
        value = json.loads(text.decode(), object_pairs_hook=keep)
        row = _typed(value, table) if isinstance(value, dict) else None
    except ValueError:
        return None
    if row is None or set(twice) & {column.source for column in table.landed_columns}:
        return None
    scalar = all(not isinstance(value.get(column.source), dict | list) for column in table.landed_columns)
    there = all(row[column.name] is not None for column in table.landed_columns if not column.nullable)
    in_range = 0 <= int(str(row["ts"] or 0)) <= 4102444800000 if "ts" in row else True
    return row if scalar and there and in_range and "\0" not in "".join(map(str, row.values())) else None


def _typed(value: Mapping[str, object], table: Table) -> Record:
    row: Record = {}
    for column in table.landed_columns:
        field = value.get(column.source or "")
        if field is None or (field == "" and not column.is_text):
            row[column.name] = None
        elif column.is_text:
            row[column.name] = str(field).lower() if isinstance(field, bool) else str(field)
        else:
            row[column.name] = int(str(field)) if column.is_integer else float(str(field))
    return row


def least(row: Iterable[object]) -> list[tuple[bool, object]]:
    """A sort key that compares rows column by column, texts bytewise, nulls last."""
    return [(value is None, value.encode() if isinstance(value, str) else value or 0) for value in row]


def _start(event: Record) -> datetime:
    return EPOCH + timedelta(milliseconds=int(str(event["ts"])))


def _plays(events: list[Record], catalog: list[Row]) -> list[Row]:
    deliveries: dict[Row, list[Record]] = defaultdict(list)
    for event in events:
        if event["page"] == "NextSong" and event["user_id"] is not None:
            key = tuple(event[name] for name in ("user_id", "session_id", "item_in_session", "ts"))
            deliveries[key].append(event)
    by_match: dict[Row, Row] = {}
    for song in sorted(catalog, key=least, reverse=True):
        by_match[song[1], song[4], song[5]] = song
    plays: list[Row] = []
    for key, candidates in deliveries.items():
        newest = max(str(event["log_date"]) for event in candidates)
        event = min((e for e in candidates if str(e["log_date"]) == newest), key=lambda e: least(e.values()))
        match = by_match.get((event["song"], event["length"], event["artist"]))
        if None in (event["song"], event["length"], event["artist"]):
            match = None
        plays.append(
            (
                hashlib.md5("|".join(map(str, key)).encode(), usedforsecurity=False).hexdigest(),
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
            )
        )
    return plays


def _users(events: list[Record]) -> list[Row]:
    def order(event: Record) -> tuple[object, ...]:
        return (event["ts"], event["session_id"], event["item_in_session"], event["log_date"])

    latest: dict[object, Record] = {}
    for event in sorted(events, key=lambda e: least(e.values()), reverse=True):
        user = event["user_id"]
        if user is not None and (user not in latest or order(event) >= order(latest[user])):
            latest[user] = event
    return [
        tuple(e[name] for name in ("user_id", "first_name", "last_name", "gender", "level")) for e in latest.values()
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

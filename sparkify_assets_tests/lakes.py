"""Small lakes, made by hand, of events and songs that are good records except for what a test changes."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

DAY = date(2018, 11, 15)
NEXT_DAY = DAY + timedelta(days=1)


# What JSON can hold, and neither XML nor a terminal should get: controls, what reorders text, U+FFFE, U+FFFF.
UNFIT = (
    "".join(
        map(
            chr,
            [*range(1, 9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
        )
    )
    + "\ufffe\uffff"
)
# What a terminal, Markdown, HTML and Slack would take for markup.
MARKUP = "[bold red]a[/] ![b](https://example.com/c.png) <img src=x> <!channel> :smile: `d`"

# More bad records than a file may have, so that its day is refused.
FLOOD = ["[]"] * 101


def at(day: date, hour: float = 12.0) -> int:
    """A moment of a UTC day, in milliseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000 + hour * 3_600_000)


def event(**changes: object) -> dict[str, object]:
    """A play by user 7, with these fields changed or added."""
    defaults: dict[str, object] = {
        "artist": "Die Nordlichter",
        "auth": "Logged In",
        "firstName": "Ida",
        "gender": "F",
        "itemInSession": 0,
        "lastName": "Holm",
        "length": 201.5,
        "level": "free",
        "location": "Fargo, ND-MN",
        "method": "PUT",
        "page": "NextSong",
        "registration": 1540000000000.0,
        "sessionId": 100,
        "song": "Leuchtturm",
        "status": 200,
        "ts": at(DAY),
        "userAgent": '"Mozilla/5.0"',
        "userId": "7",
    }
    return defaults | changes


def song(**changes: object) -> dict[str, object]:
    """The song that `event` plays, with these fields changed or added."""
    defaults: dict[str, object] = {
        "num_songs": 1,
        "artist_id": "AR1",
        "artist_latitude": None,
        "artist_longitude": None,
        "artist_location": "",
        "artist_name": "Die Nordlichter",
        "song_id": "SO1",
        "title": "Leuchtturm",
        "duration": 201.5,
        "year": 0,
    }
    return defaults | changes


def write_day(lake: Path, day: date, events: Sequence[Mapping[str, object] | str], name: str = "events") -> Path:
    """Write a day's log file, packed if its name ends in `.gz`, without a newline at the end, as in the real files.

    A text is written as it is, as a line; a lone surrogate in it stands for a byte that is not UTF-8.
    """
    path = log_file(lake, day, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [e if isinstance(e, str) else json.dumps(e) for e in events]
    content = "\n".join(lines).encode("utf-8", "surrogateescape")
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def log_file(lake: Path, day: date, name: str) -> Path:
    """The path of a day's log file; the name `events.gz` means a packed one."""
    stem, packed, _ = name.partition(".gz")
    return lake / f"log_data/{day:%Y/%m}/{day}-{stem}.json{packed}"


def write_song(lake: Path, record: Mapping[str, object] | str, name: str = "TRAAA1") -> Path:
    path = lake / f"song_data/A/A/A/{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record if isinstance(record, str) else json.dumps(record), "utf-8")
    return path

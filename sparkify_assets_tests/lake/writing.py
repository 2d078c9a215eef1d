"""Records, and lakes of a few files, for tests."""

import gzip
import json
from datetime import date
from pathlib import Path

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File

DAY = date(2018, 11, 4)
EVENT = b'{"ts":1541296805796,"sessionId":7,"itemInSession":0,"page":"Home"}'
SONG = b'{"song_id":"SOA","artist_id":"ARA","title":"Alone"}'


def event(**fields: object) -> bytes:
    """A good event, with fields beyond the four required ones."""
    return json.dumps({**json.loads(EVENT), **fields}).encode()


def event_with(text: str) -> bytes:
    """A good event with a field given as JSON text, such as `"artist":1.50`."""
    return EVENT[:-1] + b"," + text.encode() + b"}"


def write_log(root: Path, content: bytes, name: str = "2018-11-04-events.json") -> FolderLake:
    """A lake with one more log file."""
    return write(root, f"log_data/{name[:4]}/{name[5:7]}/{name}", content)


def write(root: Path, path: str, content: bytes = EVENT) -> FolderLake:
    """A lake with one more file."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(gzip.compress(content) if path.endswith(".gz") else content)
    return FolderLake(root)


def only_file(lake: FolderLake, day: date = DAY) -> File:
    (file,) = lake.day(day)
    return file

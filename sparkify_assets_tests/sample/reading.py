"""Read a sample back, without any of the code that wrote it."""

import gzip
import json
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Lake:
    """The files below a folder, and the good records in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, prefix: str = "") -> dict[str, bytes]:
        """Return the bytes of every file, by its path in the lake."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted((self.folder / prefix).rglob("*"))
            if path.is_file()
        }

    def lines(self) -> dict[str, list[bytes]]:
        """Return the lines of each log file."""
        return {path: unzipped(path, data).split(b"\n") for path, data in self.files("log_data").items()}

    def events(self) -> list[Record]:
        return [json.loads(line) for lines in self.lines().values() for line in lines]

    def songs(self) -> list[Record]:
        return [json.loads(unzipped(path, data)) for path, data in self.files("song_data").items()]


def unzipped(path: str, data: bytes) -> bytes:
    return gzip.decompress(data) if path.endswith(".gz") else data


def day_of_file(path: str) -> date:
    return date.fromisoformat(path.rsplit("/", 1)[1][:10])


def day_of_event(event: Record) -> date:
    return datetime.fromtimestamp(event["ts"] / 1000, UTC).date()


def sessions_of(events: list[Record]) -> dict[int, list[Record]]:
    sessions: dict[int, list[Record]] = defaultdict(list)
    for event in events:
        sessions[event["sessionId"]].append(event)
    return sessions


def plays_of(events: list[Record]) -> list[Record]:
    return [event for event in events if event["page"] == "NextSong"]

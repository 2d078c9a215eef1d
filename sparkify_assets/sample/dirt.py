"""Broken copies of good records, one function for each kind of damage. No loader may accept such a record.

Double and late deliveries are intact, good records; they belong in `days`.
"""

import json
import re
from collections.abc import Callable

# Python's surrogates for bytes that are not UTF-8: they are written as the bytes FF and FE.
INVALID_BYTES = "\udcff\udcfe"


def malformed_events(lines: list[str], first: int) -> list[str]:
    """Return a broken copy of each line; the kinds of damage take turns, starting with kind `first`."""
    return [EVENT_BREAKS[(first + place) % len(EVENT_BREAKS)](line) for place, line in enumerate(lines)]


def malformed_song(record: dict[str, object], number: int) -> str:
    return SONG_BREAKS[number % len(SONG_BREAKS)](record)


def _cut_off(line: str) -> str:
    return line[: len(line) // 2]


def _garbage(line: str) -> str:
    return f"ERROR upstream timed out after {len(line)} ms"


def _without_ts(line: str) -> str:
    return re.sub(r'"ts":\d+,', "", line)


def _session_in_words(line: str) -> str:
    return re.sub(r'"sessionId":(\d+)', r'"sessionId":"s-\1"', line)


def _nested_page(line: str) -> str:
    return re.sub(r'"page":("[^"]*")', r'"page":{"name":\1}', line)


def _invalid_utf8(line: str) -> str:
    return line.replace('"level":"', f'"level":"{INVALID_BYTES}')


def _page_twice(line: str) -> str:
    return re.sub(r'("page":"[^"]*")', r"\1,\1", line)


def _array(line: str) -> str:
    return f"[{line}]"


def _with_nul(line: str) -> str:
    return line.replace('"level":"', '"level":"\\u0000')


def _ts_before_1970(line: str) -> str:
    return re.sub(r'"ts":(\d+)', r'"ts":-\1', line)


def _length_in_words(line: str) -> str:
    return re.sub(r'"length":[^,]*', '"length":"unknown"', line)


def _no_object(line: str) -> str:
    return '"heartbeat"'


def _item_in_fractions(line: str) -> str:
    return re.sub(r'"itemInSession":(\d+)', r'"itemInSession":\1.5', line)


EVENT_BREAKS: tuple[Callable[[str], str], ...] = (
    _cut_off,
    _garbage,
    _without_ts,
    _session_in_words,
    _nested_page,
    _invalid_utf8,
    _page_twice,
    _array,
    _with_nul,
    _ts_before_1970,
    _length_in_words,
    _no_object,
    _item_in_fractions,
)


def _song_without_title(record: dict[str, object]) -> str:
    return json.dumps({key: value for key, value in record.items() if key != "title"})


def _song_without_id(record: dict[str, object]) -> str:
    return json.dumps({**record, "song_id": None})


def _nested_artist(record: dict[str, object]) -> str:
    return json.dumps({**record, "artist_name": {"name": record["artist_name"]}})


def _duration_in_words(record: dict[str, object]) -> str:
    return json.dumps({**record, "duration": "four minutes"})


def _song_cut_off(record: dict[str, object]) -> str:
    return _cut_off(json.dumps(record))


def _song_in_array(record: dict[str, object]) -> str:
    return json.dumps([record])


def _title_twice(record: dict[str, object]) -> str:
    text = json.dumps(record)
    return f'{text[:-1]}, "title": {json.dumps(record["title"])}}}'


SONG_BREAKS: tuple[Callable[[dict[str, object]], str], ...] = (
    _song_without_title,
    _song_without_id,
    _nested_artist,
    _duration_in_words,
    _song_cut_off,
    _song_in_array,
    _title_twice,
)

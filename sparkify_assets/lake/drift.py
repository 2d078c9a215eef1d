"""What the lake's records hold beside the contract's keys, and which of these they hold no more: seen before anybody
misses a column. Taken from the beginning of files; what the sieve meets is found while a file is landed.
"""

import io
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from sparkify_assets.errors import LakeError
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.lake.records import Lines, read_values
from sparkify_assets.model import Table

MOST_RECORDS = 1_000
# What a thousand events take, and some room.
_HEAD_BYTES = 1_000_000
_UNPACKED_BYTES = 4_000_000
_AT_ONCE = 16


@dataclass(frozen=True)
class Drift:
    """Of so many records: the keys that the contract does not know, each with how many have it, and the keys of the
    contract that none has."""

    records: int
    unknown: Mapping[str, int]
    unseen: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        return not self.unknown and not self.unseen


def find_drift(table: Table, records: Iterable[bytes]) -> Drift:
    """Hold records against the contract. What is no object has no keys."""
    counted, keys = 0, Counter[str]()
    for record in records:
        try:
            found = json.loads(record)
        except ValueError:
            continue
        if isinstance(found, dict):
            counted += 1
            keys.update(found.keys())
    known = [column.source for column in table.landed_columns if column.source]
    unknown = {key: number for key, number in sorted(keys.items()) if key not in known}
    return Drift(counted, unknown, tuple(key for key in known if key not in keys) if counted else ())


def first_records(lake: Lake, files: Sequence[File]) -> Iterator[bytes]:
    """The first thousand records of each file; none of one that cannot be read, which is not this one's to say."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for begin in range(0, len(files), _AT_ONCE):
            some = files[begin : begin + _AT_ONCE]
            for file, head in zip(some, pool.map(lambda file: _head(lake, file), some), strict=True):
                yield from _records(file, head)


def _head(lake: Lake, file: File) -> bytes:
    try:
        return lake.head(file, _HEAD_BYTES)
    except LakeError:
        return b""


def _records(file: File, head: bytes) -> list[bytes]:
    stream = io.BytesIO(_unpacked(head) if file.path.endswith(".gz") else head)
    read = read_values(stream) if file.day is None else Lines(stream)
    # Where the file goes on the last one may be cut: then it is no JSON, and has no keys.
    return [record.data for record in islice(read, MOST_RECORDS)]


def _unpacked(head: bytes) -> bytes:
    """As much as is wanted of what can be unpacked."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _UNPACKED_BYTES)
    except zlib.error:
        return b""

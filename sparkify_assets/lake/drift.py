"""Drift: keys that the lake's records have and the contract does not, and keys of the contract that no record has.

It is found in the first records of each file. Unknown keys of the records that the validator reads are counted there,
while a file is landed.
"""

import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from sparkify_assets.errors import LakeError
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.lake.parsing import NotParsed, parse
from sparkify_assets.lake.records import Lines, read_values
from sparkify_assets.model import Table

_MOST_RECORDS = 1_000
# What a thousand events take, and some spare.
_HEAD_BYTES = 1_000_000
_UNPACKED_BYTES = 4_000_000
_AT_ONCE = 16


@dataclass(frozen=True)
class Drift:
    """The keys that the contract does not know, with the number of records that have each; and the contract's keys that
    no record has."""

    records: int
    unknown: Mapping[str, int]
    unseen: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        return not self.unknown and not self.unseen


def find_drift(table: Table, records: Iterable[bytes]) -> Drift:
    """Compare the keys of records with the contract's. Records that are not JSON objects are left out."""
    counted, keys = 0, Counter[str]()
    for record in records:
        try:
            found = parse(record)
        except NotParsed:
            continue
        if isinstance(found, dict):
            counted += 1
            keys.update(found.keys())
    known = [column.source for column in table.landed_columns if column.source]
    unknown = {key: number for key, number in sorted(keys.items()) if key not in known}
    return Drift(counted, unknown, tuple(key for key in known if key not in keys) if counted else ())


def first_records(lake: Lake, files: Sequence[File]) -> Iterator[bytes]:
    """Yield the first thousand records of each file."""
    for _, records in first_records_by_file(lake, files):
        yield from records


def first_records_by_file(lake: Lake, files: Sequence[File]) -> Iterator[tuple[File, list[bytes]]]:
    """Yield each file with its first thousand records. One that cannot be read has none: loading it reports that."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for begin in range(0, len(files), _AT_ONCE):
            some = files[begin : begin + _AT_ONCE]
            for file, head in zip(some, pool.map(lambda file: _head(lake, file), some), strict=True):
                yield file, _records(file, head)


def _head(lake: Lake, file: File) -> bytes:
    try:
        return lake.head(file, _HEAD_BYTES)
    except LakeError:
        return b""


def _records(file: File, head: bytes) -> list[bytes]:
    stream = io.BytesIO(_unpacked(head) if file.path.endswith(".gz") else head)
    read = read_values(stream) if file.day is None else Lines(stream)
    # The head may cut the last record in two; then it is not JSON, and is left out.
    return [record.data for record in islice(read, _MOST_RECORDS)]


def _unpacked(head: bytes) -> bytes:
    """Decompress a head, as far as is needed and possible."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _UNPACKED_BYTES)
    except zlib.error:
        return b""

"""Bundles: the good records of thousands of small song files, a line each, in a few files of the work folder or prefix.

A bundle is named after the files that it is made from, and its index says what became of each. An unchanged bundle is
thus found without reading any of its files, and for a changed one only the changed files are read.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sparkify_assets.errors import FileUnreadable
from sparkify_assets.lake.listing import UNREADABLE, File, Lake, OnRead, read_content
from sparkify_assets.lake.records import BOM, Record, read_values
from sparkify_assets.lake.split import write_lines
from sparkify_assets.lake.validator import Verdict, validate
from sparkify_assets.model import Table, contract_version

if TYPE_CHECKING:
    from sparkify_assets.lake.s3_work import S3Work
    from sparkify_assets.lake.work import FolderWork

    Work = FolderWork | S3Work

BUNDLES = 8
# Larger files are landed alone. A compressed file may be a thousand times as large once it is decompressed.
SMALL_BYTES, SMALL_PACKED_BYTES = 1_000_000, 20_000
_SPOOLED_AT_ONCE = 256
_INDEX = ".files"


class Member(NamedTuple):
    """What became of a song file: how many records are good, how many are rejected, one of these as an example,
    the keys that the contract does not know, and of a log file how many are of forgotten users. A tuple, since there
    are thousands, and JSON has a list for it."""

    path: str
    fingerprint: str
    good: int
    rejected: int
    example: str
    unknown: Mapping[str, int]
    forgotten: int = 0


@dataclass(frozen=True)
class Bundle:
    """Song files in one: where their good records are, a line each, and where the rejected ones."""

    members: tuple[Member, ...]
    records: str
    rejects: str

    @property
    def good(self) -> int:
        return sum(member.good for member in self.members)

    @property
    def rejected(self) -> int:
        return sum(member.rejected for member in self.members)


class _Sorted(NamedTuple):
    """A song file with its lines."""

    member: Member
    good: list[bytes]
    rejects: list[bytes]


def is_small(file: File) -> bool:
    return file.size <= (SMALL_PACKED_BYTES if file.path.endswith(".gz") else SMALL_BYTES)


def make_bundles(
    lake: Lake, files: Sequence[File], table: Table, work: "Work", on_read: OnRead | None = None
) -> list[Bundle]:
    """Return the bundles of small files, after making those that do not exist yet."""
    groups: dict[int, list[File]] = {}
    for file in files:
        groups.setdefault(zlib.crc32(file.path.encode()) % BUNDLES, []).append(file)
    return [_bundle(lake, group, table, work, f"songs/{number}", on_read) for number, group in sorted(groups.items())]


def _bundle(lake: Lake, files: list[File], table: Table, work: "Work", folder: str, on_read: OnRead | None) -> Bundle:
    name = f"{folder}/{_digest(files)}"
    members = _members(work, f"{name}{_INDEX}")
    if not members:
        members = _write(work, name, _sort(lake, files, table, _previous(work, folder), on_read))
    records, rejects = _parts(work, name)
    return Bundle(members, f"{work.place}{records}", f"{work.place}{rejects}")


def _parts(work: "Work", name: str) -> tuple[str, str]:
    """Return the names of a bundle's files: its good records, and its rejected ones."""
    packed = ".gz" if work.packed else ""
    return f"{name}.json{packed}", f"{name}.rejects{packed}"


def _digest(files: list[File]) -> str:
    """Return a hash of what a bundle is made from: the contract, and the files with their fingerprints."""
    made_from = [contract_version(), *(f"{file.path}\0{file.fingerprint}" for file in files)]
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


def _members(work: "Work", index: str) -> tuple[Member, ...]:
    """Read an index; empty if there is none, or if another contract validated the files."""
    contract, members = json.loads(work.read(index) or '["", []]')
    return tuple(Member(*member) for member in members) if contract == contract_version() else ()


def _previous(work: "Work", folder: str) -> dict[str, _Sorted]:
    """Return the files of the folder's newest bundle with their lines, by path; empty if the bundle is incomplete."""
    newest = work.newest(folder, _INDEX)
    members = _members(work, newest) if newest else ()
    records, rejects = _parts(work, (newest or "").removesuffix(_INDEX))
    good_lines = _lines(work, records) if any(member.good for member in members) else []
    reject_lines = _lines(work, rejects) if any(member.rejected for member in members) else []
    if good_lines is None or reject_lines is None:
        return {}
    good, rejected = iter(good_lines), iter(reject_lines)
    return {
        member.path: _Sorted(member, [*islice(good, member.good)], [*islice(rejected, member.rejected)])
        for member in members
    }


def _lines(work: "Work", name: str) -> list[bytes] | None:
    data = work.read(name)
    return None if data is None else (gzip.decompress(data) if work.packed else data).splitlines(keepends=True)


def _sort(
    lake: Lake, files: list[File], table: Table, previous: Mapping[str, _Sorted], on_read: OnRead | None
) -> list[_Sorted]:
    """Return the files with their lines: unchanged files from the previous bundle, the others read from the lake."""
    fingerprints = {path: old.member.fingerprint for path, old in previous.items()}
    changed = [file for file in files if fingerprints.get(file.path) != file.fingerprint]
    read = {file.member.path: file for file in _read(lake, changed, table, on_read)}
    return [read.get(file.path) or previous[file.path] for file in files]


def _read(lake: Lake, files: list[File], table: Table, on_read: OnRead | None) -> Iterator[_Sorted]:
    """Read files, many at once, and validate their records."""
    for begin in range(0, len(files), _SPOOLED_AT_ONCE):
        some = files[begin : begin + _SPOOLED_AT_ONCE]
        with lake.spool(some) as paths:
            for file, path in zip(some, paths, strict=True):
                yield _read_one(file, path, table)
        if on_read:
            on_read(sum(file.size for file in some))


def _read_one(file: File, path: Path, table: Table) -> _Sorted:
    try:
        data = read_content(path)
    except UNREADABLE as error:
        raise FileUnreadable(file, str(error)) from error
    good: list[bytes] = []
    rejects: list[bytes] = []
    tally = write_lines(_verdicts(data, table), file, good.append, rejects.append)
    member = Member(file.path, file.fingerprint, tally.good, tally.rejected, tally.example, tally.unknown)
    return _Sorted(member, good, rejects)


def _verdicts(data: bytes, table: Table) -> Iterable[Verdict]:
    """Validate a file's records. Most files are one good record: that is tried first, without looking for its end."""
    whole = data.removeprefix(BOM).strip(b" \t\r\n")
    begin = data.find(whole)
    (verdict,) = validate([Record(1 + data.count(b"\n", 0, begin), begin, whole, len(whole))], table)
    return validate(read_values(io.BytesIO(data)), table) if verdict.reason else [verdict]


def _write(work: "Work", name: str, files: list[_Sorted]) -> tuple[Member, ...]:
    """Write a bundle, its index last, as that makes the bundle exist. A part without lines is not written."""
    records, rejects = _parts(work, name)
    good = b"".join(line for file in files for line in file.good)
    rejected = b"".join(line for file in files for line in file.rejects)
    for part, data in ((records, good), (rejects, rejected)):
        if data:
            work.write(part, gzip.compress(data, compresslevel=3, mtime=0) if work.packed else data)
    members = tuple(file.member for file in files)
    work.write(f"{name}{_INDEX}", json.dumps((contract_version(), members)).encode())
    return members

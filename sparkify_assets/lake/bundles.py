"""Thousands of small song files as a few: bundles of their good records, a line each, in the work folder or prefix.

A bundle is named by the files that it is made of, as they were; its index says what became of each. So a bundle whose
files are unchanged is found without reading one of them, and of a changed bundle only the changed files are read.
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
from typing import NamedTuple, Protocol

from sparkify_assets.errors import FileUnreadable
from sparkify_assets.lake.listing import UNREADABLE, File, Lake, read_content
from sparkify_assets.lake.records import BOM, Record, read_values
from sparkify_assets.lake.split import good_line, reject_line
from sparkify_assets.lake.validator import Tally, Verdict, validate
from sparkify_assets.model import Table, contract_version

BUNDLES = 8
# What is larger is landed by itself. A packed file may be a thousand times as large as it lies there.
SMALL_BYTES, SMALL_PACKED_BYTES = 1_000_000, 20_000
_SPOOLED_AT_ONCE = 256
_INDEX = ".files"


class Work(Protocol):
    """Where bundles are kept: `place` is what their names follow upon; whether they are packed there."""

    @property
    def place(self) -> object: ...

    @property
    def packed(self) -> bool: ...

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, data: bytes) -> str: ...

    def newest(self, folder: str, ending: str) -> str | None: ...


class Member(NamedTuple):
    """What a song file became: how many records are good, how many are not, and one of these for example; and the keys
    that the contract does not know. A tuple, since there are thousands, and JSON has a list for it."""

    path: str
    fingerprint: str
    good: int = 1
    rejected: int = 0
    example: str = ""
    unknown: Mapping[str, int] = {}


_ONE_GOOD_RECORD = Member("", "")[2:]


@dataclass(frozen=True)
class Bundle:
    """Song files in one: where the good records of all of them are, a line each, and where the rejects."""

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


def make_bundles(lake: Lake, files: Sequence[File], table: Table, work: Work) -> list[Bundle]:
    """The bundles of small files; those are made that are not there yet."""
    groups: dict[int, list[File]] = {}
    for file in files:
        groups.setdefault(zlib.crc32(file.path.encode()) % BUNDLES, []).append(file)
    return [_bundle(lake, group, table, work, f"songs/{number}") for number, group in sorted(groups.items())]


def _bundle(lake: Lake, files: list[File], table: Table, work: Work, folder: str) -> Bundle:
    name = f"{folder}/{_digest(files)}"
    index = work.read(f"{name}{_INDEX}")
    members = _members(index) if index else _write(work, name, _made(lake, files, table, _before(work, folder)))
    return Bundle(members, *(f"{work.place}{part}" for part in _parts(work, name)))


def _parts(work: Work, name: str) -> tuple[str, str]:
    """What a bundle's files of records and of rejects are called."""
    packed = ".gz" if work.packed else ""
    return f"{name}.json{packed}", f"{name}.rejects{packed}"


def _digest(files: list[File]) -> str:
    """What a bundle is made of: the contract, and the files as they are."""
    made_of = [contract_version(), *(f"{file.path}\0{file.fingerprint}" for file in files)]
    return hashlib.sha256("\n".join(made_of).encode()).hexdigest()


def _members(index: bytes | None) -> tuple[Member, ...]:
    """What an index says of files; nothing, if another contract has judged them."""
    contract, members = json.loads(index) if index else ("", [])
    return tuple(Member(*member) for member in members) if contract == contract_version() else ()


def _before(work: Work, folder: str) -> dict[str, _Sorted]:
    """What was made of these files before: the newest bundle of the folder, if it is still there."""
    newest = work.newest(folder, _INDEX)
    members = _members(work.read(newest)) if newest else ()
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


def _lines(work: Work, name: str) -> list[bytes] | None:
    data = work.read(name)
    return None if data is None else (gzip.decompress(data) if work.packed else data).splitlines(keepends=True)


def _made(lake: Lake, files: list[File], table: Table, before: Mapping[str, _Sorted]) -> list[_Sorted]:
    """The files with their lines: those that are as they were from before, the others read."""
    fingerprints = {path: old.member.fingerprint for path, old in before.items()}
    changed = [file for file in files if fingerprints.get(file.path) != file.fingerprint]
    read = {file.member.path: file for file in _read(lake, changed, table)}
    return [read.get(file.path) or before[file.path] for file in files]


def _read(lake: Lake, files: list[File], table: Table) -> Iterator[_Sorted]:
    """Read files, many at once, and sort out their records."""
    for begin in range(0, len(files), _SPOOLED_AT_ONCE):
        some = files[begin : begin + _SPOOLED_AT_ONCE]
        with lake.spool(some) as paths:
            for file, path in zip(some, paths, strict=True):
                yield _sorted_out(file, path, table)


def _sorted_out(file: File, path: Path, table: Table) -> _Sorted:
    try:
        data = read_content(path)
    except UNREADABLE as error:
        raise FileUnreadable(file, str(error)) from error
    good, rejects, tally = [], [], Tally()
    for verdict in _verdicts(data, table):
        tally.add(verdict)
        if verdict.reason:
            rejects.append(reject_line(file, verdict))
        else:
            good.append(good_line(verdict.record))
    member = Member(file.path, file.fingerprint, tally.good, tally.rejected, tally.example, tally.unknown)
    return _Sorted(member, good, rejects)


def _verdicts(data: bytes, table: Table) -> Iterable[Verdict]:
    """The verdicts on a file's records; on the one that most files are, without looking for its end."""
    whole = data.removeprefix(BOM).strip(b" \t\r\n")
    begin = data.find(whole)
    verdicts = list(
        validate([Record(1 + data.count(b"\n", 0, begin), begin, whole, len(whole))] if whole else [], table)
    )
    if any(verdict.reason for verdict in verdicts):
        return validate(read_values(io.BytesIO(data)), table)
    return verdicts


def _write(work: Work, name: str, made: list[_Sorted]) -> tuple[Member, ...]:
    """Write a bundle, its index last, since that says that it is there; no file of lines where there are none."""
    records, rejects = _parts(work, name)
    good = b"".join(line for file in made for line in file.good)
    rejected = b"".join(line for file in made for line in file.rejects)
    for part, data in ((records, good), (rejects, rejected)):
        if data:
            work.write(part, gzip.compress(data, compresslevel=3, mtime=0) if work.packed else data)
    members = tuple(file.member for file in made)
    work.write(f"{name}{_INDEX}", json.dumps((contract_version(), [_shortened(member) for member in members])).encode())
    return members


def _shortened(member: Member) -> tuple[object, ...]:
    """A member without what is so of most."""
    return member[:2] if member[2:] == _ONE_GOOD_RECORD else member

"""Thousands of small song files as a few: bundles of their good records, a line each, packed, in the work folder or
prefix.

A bundle is named by the files that it is made of, as they were; its index says what became of each. So a bundle whose
files are unchanged is found without reading one of them, and of a changed bundle only the changed files are read.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sparkify_assets.lake import UNREADABLE, File, FileUnreadable, Lake, read_content
from sparkify_assets.lake.mend import good_line, reject_line
from sparkify_assets.lake.records import BOM, Record, read_values
from sparkify_assets.lake.sieve import Tally, Verdict, sieve
from sparkify_assets.model import Table, contract_version

BUNDLES = 8
# What is larger is landed by itself. A packed file may be a thousand times as large as it lies there.
SMALL_BYTES, SMALL_PACKED_BYTES = 1_000_000, 20_000
_SPOOLED_AT_ONCE = 256


class Work(Protocol):
    """Where bundles are kept: `place` is what their names follow upon."""

    @property
    def place(self) -> object: ...

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, data: bytes) -> str: ...

    def newest(self, folder: str, ending: str) -> str | None: ...


@dataclass(frozen=True)
class Member:
    """What a song file became: how many records are good, how many are not, and one of these for example; and the keys
    that the contract does not know."""

    path: str
    fingerprint: str
    good: int
    rejected: int
    example: str
    unknown: Mapping[str, int] = field(default_factory=dict)


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


@dataclass(frozen=True)
class _Sorted:
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
    index = work.read(f"{name}.index")
    if index is None:
        before = _before(work, folder)
        unchanged = {
            file.path
            for file in files
            if file.path in before and before[file.path].member.fingerprint == _fingerprint(file)
        }
        read = iter(list(_read(lake, [file for file in files if file.path not in unchanged], table)))
        made = [before[file.path] if file.path in unchanged else next(read) for file in files]
        index = _write(work, name, made)
    members = tuple(Member(**member) for member in json.loads(index))
    return Bundle(members, f"{work.place}{name}.json.gz", f"{work.place}{name}.rejects.gz")


def _digest(files: list[File]) -> str:
    """What a bundle is made of: the contract, and the files as they are."""
    made_of = [contract_version(), *(f"{file.path}\0{file.fingerprint}" for file in files)]
    return hashlib.sha256("\n".join(made_of).encode()).hexdigest()


def _fingerprint(file: File) -> str:
    """What a file was, and what it was judged by."""
    return f"{contract_version()}:{file.fingerprint}"


def _before(work: Work, folder: str) -> dict[str, _Sorted]:
    """What was made of these files before: the newest bundle of the folder, if it is still there."""
    newest = work.newest(folder, ".index")
    name = (newest or "").removesuffix(".index")
    parts = [work.read(f"{name}{ending}") for ending in (".index", ".json.gz", ".rejects.gz")] if newest else [None]
    if None in parts:
        return {}
    index, records, rejects = (part or b"" for part in parts)
    good_lines, reject_lines = (
        iter(gzip.decompress(packed).splitlines(keepends=True)) for packed in (records, rejects)
    )
    return {
        said["path"]: _Sorted(
            Member(**said),
            [next(good_lines) for _ in range(said["good"])],
            [next(reject_lines) for _ in range(said["rejected"])],
        )
        for said in json.loads(index)
    }


def _read(lake: Lake, files: list[File], table: Table) -> Iterator[_Sorted]:
    """Read files, many at once, and sort out their records."""
    for begin in range(0, len(files), _SPOOLED_AT_ONCE):
        some = files[begin : begin + _SPOOLED_AT_ONCE]
        with lake.spool(some) as paths:
            for file, path in zip(some, paths, strict=True):
                yield _sorted_out(file, path, table)


def _sorted_out(file: File, path: Path, table: Table) -> _Sorted:
    good, rejects, tally = [], [], Tally()
    try:
        data = read_content(path)
    except UNREADABLE as error:
        raise FileUnreadable(file, str(error)) from error
    for verdict in _verdicts(data, table):
        tally.add(verdict)
        if verdict.reason:
            rejects.append(reject_line(file, verdict))
        else:
            good.append(good_line(verdict.record))
    member = Member(file.path, _fingerprint(file), tally.good, tally.rejected, tally.example, dict(tally.unknown))
    return _Sorted(member, good, rejects)


def _verdicts(data: bytes, table: Table) -> Iterable[Verdict]:
    """The verdicts on a file's records; on the one that most files are, without looking for its end."""
    whole = data.removeprefix(BOM).strip(b" \t\r\n")
    begin = data.find(whole)
    verdicts = list(sieve([Record(1 + data.count(b"\n", 0, begin), begin, whole, len(whole))] if whole else [], table))
    if any(verdict.reason for verdict in verdicts):
        return sieve(read_values(io.BytesIO(data)), table)
    return verdicts


def _write(work: Work, name: str, made: list[_Sorted]) -> bytes:
    """Write a bundle, its index last, since that says that it is there."""
    for ending, lines in (
        (".json.gz", [line for file in made for line in file.good]),
        (".rejects.gz", [line for file in made for line in file.rejects]),
    ):
        work.write(f"{name}{ending}", gzip.compress(b"".join(lines), compresslevel=3, mtime=0))
    index = json.dumps([vars(file.member) for file in made]).encode()
    work.write(f"{name}.index", index)
    return index

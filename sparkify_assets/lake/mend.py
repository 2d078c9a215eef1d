"""Mended copies: the good records of a file that an engine refused, one a line, in a file of the work folder.

A copy is named by what lies in it, so that the same records give the same copy, and nothing that is in use changes.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets.lake import File, Lake
from sparkify_assets.lake.sieve import Verdict, sieve
from sparkify_assets.model import Table


@dataclass(frozen=True)
class Mended:
    """The copy of a file that holds its good records, how many they are, and the records left out."""

    path: Path
    good: int
    rejects: tuple[Verdict, ...]


def mend(lake: Lake, file: File, table: Table, work: Path) -> Mended:
    """Put a file through the sieve and its good records into a copy."""
    # Absolute and plain, since DuckDB gives back the paths of patterns that way.
    folder = Path(os.path.abspath(work)) / "mended"
    folder.mkdir(parents=True, exist_ok=True)
    digest, good, rejects = hashlib.sha256(), 0, []
    with lake.open(file) as stream, tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as copy:
        try:
            for verdict in sieve(stream, table, lines=file.day is not None):
                if verdict.reason:
                    rejects.append(verdict)
                    continue
                line = verdict.record.data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
                digest.update(line)
                copy.write(line)
                good += 1
        except BaseException:
            os.unlink(copy.name)
            raise
    path = folder / f"{digest.hexdigest()}.json"
    os.replace(copy.name, path)
    return Mended(path, good, tuple(rejects))

"""Files in the work folder, each named by its content, so that no file changes while it is in use.

Whoever makes a file deletes it after use; what a killed process leaves behind is removed a day later. The work prefix
in S3 is in `s3_work.py`.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sparkify_assets.errors import WorkError

_LEFT_SECONDS = 86_400.0
_KINDS = ("spool", "clean", "rejected")


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into one that names the work folder and its setting."""
    try:
        yield
    except OSError as error:
        raise WorkError(
            f"the work folder {folder} cannot be written: {error.strerror or error}; see SPARKIFY_WORK, its "
            "permissions and the free disk space"
        ) from error


@dataclass
class Draft:
    """A file that is being written; `path` is where it is now."""

    path: Path
    stream: IO[bytes]
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        with working(self.path.parent):
            self.stream.write(data)


@contextmanager
def drafted(folder: Path, prefix: str = "") -> Iterator[Draft]:
    """Provide a file to write: hidden at first, named by its content at the end, deleted if the context fails. With a
    prefix of its own it may have the content of another."""
    # Absolute and normalized, as DuckDB returns the paths of patterns.
    folder = Path(os.path.abspath(folder))
    with working(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False)  # noqa: SIM115
    draft = Draft(Path(stream.name), stream)
    try:
        yield draft
        with working(folder):
            stream.close()
            draft.path = draft.path.replace(folder / f"{prefix}{draft.digest.hexdigest()}.json")
    except BaseException:
        # Closing flushes, which fails if writing failed.
        with suppress(OSError):
            stream.close()
        draft.path.unlink(missing_ok=True)
        raise


@contextmanager
def temporary_folder(work: Path, purpose: str) -> Iterator[Path]:
    """Provide a folder within the work folder, which is deleted afterwards."""
    spool = work / "spool"
    with working(spool):
        spool.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=spool) as folder:
        yield Path(os.path.abspath(folder))


class FolderWork:
    """The work folder, as bundles use it: files that are written whole, read and searched by name."""

    # Compressing what is read a moment later takes longer than reading it uncompressed.
    packed = False

    def __init__(self, root: Path) -> None:
        # Absolute and normalized, as DuckDB returns the paths of patterns.
        self.place = f"{os.path.abspath(root)}/"

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if there is no such file."""
        with working(Path(self.place)):
            try:
                return Path(self.place, name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> str:
        """Write a file, whole or not at all, and return its path."""
        path = Path(self.place, name)
        with working(Path(self.place)):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}-{os.getpid()}")
            with draft.open("wb") as stream:
                stream.write(data)
                stream.flush()
                # The name promises the content, even after a power failure.
                os.fsync(stream.fileno())
            draft.replace(path)
        return str(path)

    def newest(self, folder: str, ending: str) -> str | None:
        """Return the name of the file in a folder that was written last, among those with this ending."""
        with working(Path(self.place)):
            found = Path(self.place, folder).glob(f"*{ending}")
            latest = max(found, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
        return f"{folder}/{latest.name}" if latest else None


def clear(work: Path) -> int:
    """Delete everything that was made of log files, and what killed processes left behind, whenever; return how many
    files and folders that were. Nobody may be loading."""
    left = [*work.glob("*/.[!.]*"), *(each for kind in _KINDS for each in work.glob(f"{kind}/*"))]
    with working(work):
        for each in left:
            shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)
    return len(left)


def sweep(work: Path) -> None:
    """Delete what processes killed over a day ago left behind, and bundles of songs that newer ones replaced."""
    bundles = [left for folder in work.glob("songs/*") for left in _all_but_newest(folder)]
    for left in (*work.glob("*/.[!.]*"), *(left for kind in _KINDS for left in work.glob(f"{kind}/*")), *bundles):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _LEFT_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def _all_but_newest(folder: Path) -> list[Path]:
    """Return the files of a folder except the newest bundle, whose files share a name."""
    with suppress(OSError):
        files = list(folder.iterdir())
        latest = max(files, key=lambda path: path.stat().st_mtime_ns, default=folder).name.partition(".")[0]
        return [path for path in files if path.name.partition(".")[0] != latest]
    return []

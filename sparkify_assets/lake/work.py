"""Files of the work folder: each named by what lies in it, so that no file changes while it is in use.

Whoever makes one deletes it when it has served; what a killed process has left is swept away a day later.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkify_assets.errors import WorkError

_LEFT_SECONDS = 86_400.0
_KINDS = ("spool", "clean", "rejected")


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Say what is wrong with the work folder, where the system only says why."""
    try:
        yield
    except OSError as error:
        raise WorkError(
            f"the work folder {folder} cannot be written: {error.strerror or error}; see SPARKIFY_WORK, its rights and "
            "the room that is left"
        ) from error


class Draft:
    """A file that is being written, out of sight; `path` is where it lies now."""

    def __init__(self, folder: Path) -> None:
        # Absolute and plain, since DuckDB gives back the paths of patterns that way.
        self._folder = Path(os.path.abspath(folder))
        with working(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Closed by `keep` or `drop`, one of which `drafted` calls.
            self._file = tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False)  # noqa: SIM115
        self._digest = hashlib.sha256()
        self.path = Path(self._file.name)

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        with working(self._folder):
            self._file.write(data)

    def keep(self) -> None:
        whole = self._folder / f"{self._digest.hexdigest()}.json"
        with working(self._folder):
            self._file.close()
            os.replace(self.path, whole)
        self.path = whole

    def drop(self) -> None:
        # What could not be written cannot be flushed either.
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def drafted(folder: Path) -> Iterator[Draft]:
    """A file to write: kept when the context ends well, dropped when it does not."""
    draft = Draft(folder)
    try:
        yield draft
        draft.keep()
    except BaseException:
        draft.drop()
        raise


def sweep(work: Path) -> None:
    """Take away what processes have left that were killed a day ago or before, and bundles of songs that were followed
    by others."""
    bundles = [left for folder in work.glob("songs/*") for left in _all_but_newest(folder)]
    for left in (*work.glob("*/.[!.]*"), *(left for kind in _KINDS for left in work.glob(f"{kind}/*")), *bundles):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _LEFT_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def _all_but_newest(folder: Path) -> list[Path]:
    """The files of a folder, but for those that were written last, which are named alike."""
    with suppress(OSError):
        files = list(folder.iterdir())
        latest = max(files, key=lambda path: path.stat().st_mtime_ns, default=folder).name.partition(".")[0]
        return [path for path in files if path.name.partition(".")[0] != latest]
    return []

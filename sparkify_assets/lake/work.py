"""Files of the work folder: each named by what lies in it, so that no file changes while it is in use."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Draft:
    """A file that is being written, out of sight. Once it is whole it lies at `path`."""

    def __init__(self, folder: Path) -> None:
        # Absolute and plain, since DuckDB gives back the paths of patterns that way.
        self._folder = Path(os.path.abspath(folder))
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False)  # noqa: SIM115
        self._digest = hashlib.sha256()
        self.path = Path(self._file.name)

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def keep(self) -> None:
        self._file.close()
        whole = self._folder / f"{self._digest.hexdigest()}.json"
        os.replace(self.path, whole)
        self.path = whole

    def drop(self) -> None:
        self._file.close()
        self.path.unlink()


@contextmanager
def drafted(folder: Path) -> Iterator[Draft]:
    """A file to write: kept when the context ends well, dropped when it does not."""
    draft = Draft(folder)
    try:
        yield draft
    except BaseException:
        draft.drop()
        raise
    draft.keep()

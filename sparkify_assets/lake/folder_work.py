"""The work folder as bundles use it: files named by what they are made of, so that none ever changes.

The work prefix in S3 is `s3_work.py`'s.
"""

import os
from pathlib import Path

from sparkify_assets.lake.work import working


class FolderWork:
    """The files under a folder of this machine."""

    # To pack what is read again a moment later takes longer than to read all of it.
    packed = False

    def __init__(self, root: Path) -> None:
        # Absolute and plain, since DuckDB gives back the paths of patterns that way.
        self.place = f"{os.path.abspath(root)}/"

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where there is none."""
        with working(Path(self.place)):
            try:
                return Path(self.place, name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> str:
        """Write a file, whole whatever happens; its path."""
        path = Path(self.place, name)
        with working(Path(self.place)):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}-{os.getpid()}")
            with draft.open("wb") as stream:
                stream.write(data)
                stream.flush()
                # Its name says what is in it, also to whoever comes after the machine has lost its power.
                os.fsync(stream.fileno())
            draft.replace(path)
        return str(path)

    def newest(self, folder: str, ending: str) -> str | None:
        """The name of the file that was written last, of those in a folder that end like this."""
        with working(Path(self.place)):
            found = Path(self.place, folder).glob(f"*{ending}")
            latest = max(found, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
        return f"{folder}/{latest.name}" if latest else None

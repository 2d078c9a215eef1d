"""Where the files of a test run lie: in memory if there is room, since most of them live for less than a second."""

import os
import shutil
from pathlib import Path

_ROOM = 4 << 30


def roomy_place() -> str:
    """A folder that everybody can enter. In memory, creating a database takes a tenth, and a load a tenth less."""
    memory = Path("/dev/shm")  # noqa: S108
    if not (memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM):
        return "/tmp"  # noqa: S108
    # Tests start programs that they have written.
    return "/tmp" if os.statvfs(memory).f_flag & os.ST_NOEXEC else str(memory)  # noqa: S108

"""Opens the places that the settings name: the lake, the work prefix, and the folder for temporary files."""

import os
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

from sparkify_assets.errors import WorkError
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import Lake
from sparkify_assets.settings import Settings

if TYPE_CHECKING:
    from sparkify_assets.lake.s3_work import S3Work


def open_lake(settings: Settings) -> Lake:
    if not settings.lake.startswith("s3://"):
        return FolderLake(Path(settings.lake))
    # Imported here: a lake in a folder does without boto3.
    from sparkify_assets.lake.s3 import S3Lake, S3Place, open_client

    place = S3Place.parse(settings.lake)
    client = open_client(place.bucket, settings.s3_access)
    return S3Lake(place, client, open_scratch(settings) / "spool", settings.s3_access)


def open_work(settings: Settings) -> "S3Work":
    """Open the work prefix in S3."""
    from sparkify_assets.lake.s3 import S3Place, open_client
    from sparkify_assets.lake.s3_work import S3Work

    place = S3Place.parse(settings.work)
    return S3Work(place, open_client(place.bucket, "signed", "SPARKIFY_WORK"))


def open_scratch(settings: Settings) -> Path:
    """Return the local folder for temporary files. In the folder that all users share, it is for this user alone: who
    could write to it could change what is loaded and shown, and a link would lead elsewhere."""
    folder = settings.scratch
    if "://" in settings.work:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if not S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
            raise WorkError(
                f"{folder} is a link, belongs to another user, or is open to others: expected a folder of this user "
                "alone, mode 0700; find out who made it and remove it, or set TMPDIR to another folder"
            )
    return folder

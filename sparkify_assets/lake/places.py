"""Opens the lake and the work prefix that the settings name."""

from pathlib import Path
from typing import TYPE_CHECKING

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
    return S3Lake(place, client, settings.scratch / "spool", settings.s3_access)


def open_work(settings: Settings) -> "S3Work":
    """Open the work prefix in S3."""
    from sparkify_assets.lake.s3 import S3Place, open_client
    from sparkify_assets.lake.s3_work import S3Work

    place = S3Place.parse(settings.work)
    return S3Work(place, open_client(place.bucket, "signed", "SPARKIFY_WORK"))

"""Which lake the settings mean."""

from pathlib import Path

from sparkify_assets.lake import FolderLake, Lake
from sparkify_assets.settings import Settings


def open_lake(settings: Settings) -> Lake:
    if not settings.lake.startswith("s3://"):
        return FolderLake(Path(settings.lake))
    # Imported here: who has a folder need not wait for boto3.
    from sparkify_assets.lake.s3 import S3Lake, S3Place, open_client

    place = S3Place.parse(settings.lake)
    client = open_client(place.bucket, settings.s3_access)
    return S3Lake(place, client, settings.scratch / "spool", settings.s3_access)

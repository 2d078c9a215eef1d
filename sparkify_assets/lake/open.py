"""Which lake the settings mean."""

from pathlib import Path

from sparkify_assets.lake import FolderLake, Lake
from sparkify_assets.settings import Settings


def open_lake(settings: Settings) -> Lake:
    return FolderLake(Path(settings.lake))

"""The jobs: what a person, a schedule or the command line starts. What they run is in `assets/`."""

from typing import Any

import dagster as dg

from sparkify_assets.model import table
from sparkify_assets.slices import CATALOG_TABLES, DAY_TABLES

LOAD_DAYS, LOAD_SONGS = "load_days", "load_songs"


def build_jobs() -> list[Any]:  # Dagster does not export the type
    return [
        dg.define_asset_job(
            LOAD_DAYS,
            selection=dg.AssetSelection.assets(*(table(name).name for name in DAY_TABLES)),
            description="Load log days: staging, plays, users and time, with their checks.",
        ),
        dg.define_asset_job(
            LOAD_SONGS,
            selection=dg.AssetSelection.assets(*(table(name).name for name in CATALOG_TABLES)),
            description="Load the song catalog: staging, songs and artists, with their checks.",
        ),
    ]

"""The lake's files: two assets that are observed, never materialized."""

import dagster as dg

from sparkify_assets import model
from sparkify_assets.orchestration.metadata import OWNERS, record_schema


def build_lake(days: dg.DailyPartitionsDefinition) -> list[dg.AssetSpec]:
    logs = "The app's log files, one or more a day: log_data/YYYY/MM/YYYY-MM-DD*.json[.gz] in the lake."
    songs = "The song catalog's metadata, thousands of small files: song_data/**/*.json[.gz] in the lake."
    return [
        _spec("log_data", "staging.staging_events", logs).replace_attributes(partitions_def=days),
        _spec("song_data", "staging.staging_songs", songs),
    ]


def _spec(name: str, staging: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name,
        description=description,
        group_name="lake",
        kinds={"json"},
        owners=OWNERS,
        metadata={"dagster/column_schema": record_schema(model.table(staging))},
    )

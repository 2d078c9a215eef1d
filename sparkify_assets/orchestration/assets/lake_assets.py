"""The lake's files: two assets that are observed, never materialized."""

import dagster as dg

from sparkify_assets import model
from sparkify_assets.orchestration.metadata import OWNERS, record_schema


def build_lake(days: dg.DailyPartitionsDefinition) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            "log_data",
            description="The app's log files, one or more a day: log_data/YYYY/MM/YYYY-MM-DD*.json[.gz] in the lake.",
            group_name="lake",
            kinds={"json"},
            owners=OWNERS,
            partitions_def=days,
            metadata={"dagster/column_schema": record_schema(model.table("staging.staging_events"))},
        ),
        dg.AssetSpec(
            "song_data",
            description="The song catalog's metadata, thousands of small files: song_data/**/*.json[.gz] in the lake.",
            group_name="lake",
            kinds={"json"},
            owners=OWNERS,
            metadata={"dagster/column_schema": record_schema(model.table("staging.staging_songs"))},
        ),
    ]

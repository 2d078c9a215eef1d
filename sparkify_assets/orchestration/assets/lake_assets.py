"""The lake's files: two assets that are observed, never materialized. Each load, the sensor, and *Observe* in the UI
report which version of them was seen.
"""

from collections.abc import Callable, Iterator

import dagster as dg
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION as REPORTED_ALREADY
from dagster_shared.utils.warnings import disable_dagster_warnings

from sparkify_assets import model
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import files_version
from sparkify_assets.orchestration.event_log import written_together
from sparkify_assets.orchestration.metadata import OWNERS, record_schema
from sparkify_assets.orchestration.resources import LakeResource
from sparkify_assets.settings import Settings

LOG_DATA, SONG_DATA = "log_data", "song_data"
# So many events are written at once. Other processes can write in between.
_WRITTEN_TOGETHER = 100


def build_lake(days: dg.DailyPartitionsDefinition, settings: Settings) -> list[dg.AssetsDefinition]:
    logs = "The app's log files, one or more a day: log_data/YYYY/MM/YYYY-MM-DD*.json[.gz] in the lake."
    songs = "The song catalog's metadata, thousands of small files: song_data/**/*.json[.gz] in the lake."
    return [
        _observable(
            _spec(LOG_DATA, "staging.staging_events", logs).replace_attributes(partitions_def=days),
            lambda: LogDays(settings.start_date, settings.last_day),
        ),
        _observable(_spec(SONG_DATA, "staging.staging_songs", songs), lambda: SONG_CATALOG),
    ]


def sightings(load: Load, version: str) -> tuple[dg.AssetObservation, dg.AssetMaterialization]:
    """Return the events that files of the lake were seen: those of a log day, or of the song catalog. What is outdated
    Dagster finds by observations; but a day that was only observed it shows as missing."""
    name, partition = (LOG_DATA, str(load.log_date)) if load.log_date else (SONG_DATA, None)
    tags = {"dagster/data_version": version or "no files"}
    return (
        dg.AssetObservation(name, partition=partition, tags=tags),
        dg.AssetMaterialization(name, partition=partition, tags=tags),
    )


def _observable(spec: dg.AssetSpec, every: Callable[[], Load]) -> dg.AssetsDefinition:
    """Return an asset whose files can be observed: all of them, whatever the run was asked for."""
    name = spec.key.to_user_string()

    def observe(context: dg.AssetExecutionContext, lake: dg.ResourceParam[LakeResource]) -> Iterator[dg.Output[None]]:
        seen = every().list_files(lake.open()).items()
        events = [event for load, files in seen for event in sightings(load, files_version(files))]
        for begin in range(0, len(events), _WRITTEN_TOGETHER):
            with written_together(context.instance):
                for event in events[begin : begin + _WRITTEN_TOGETHER]:
                    context.log_event(event)
        yield dg.Output(None, name, metadata={REPORTED_ALREADY: True})

    # Dagster warns of observable assets, which it calls beta, in every terminal.
    with disable_dagster_warnings():
        observable: Callable[..., dg.AssetsDefinition] = dg.multi_observable_source_asset(specs=[spec], name=name)
        return observable(observe)


def _spec(name: str, staging: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        name,
        description=description,
        group_name="lake",
        kinds={"json"},
        owners=OWNERS,
        metadata={"dagster/column_schema": record_schema(model.table(staging))},
    )

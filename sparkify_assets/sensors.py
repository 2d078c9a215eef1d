"""The sensors: what starts because something has happened. What is new in the lake is found in `watch.py`."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from sparkify_assets.jobs import LOAD_DAYS, LOAD_SONGS, ONLY_CHANGED, changed_days, load_days, load_songs
from sparkify_assets.lake import LakeError
from sparkify_assets.resources import LakeResource, WarehouseResource
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse import WarehouseError
from sparkify_assets.watch import Memory, News, look

_EVERY_SECONDS = 60


def build_sensors(settings: Settings) -> list[Any]:  # Dagster does not export the type
    @dg.sensor(
        jobs=[load_days, load_songs],
        minimum_interval_seconds=_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Load the log days whose files are new, changed or gone, and the songs, once for each change.",
    )
    def lake_changes(
        context: dg.SensorEvaluationContext, warehouse: WarehouseResource, lake: LakeResource
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            memory, today = Memory.read(context.cursor), datetime.now(UTC).date()
            news = look(warehouse.open(), lake.open(), settings.days(), memory, today)
        except (LakeError, WarehouseError) as error:
            # Without a result the cursor stays, so the next look finds the same.
            return dg.SkipReason(" ".join(str(error).split()))
        return _result(news)

    return [lake_changes]


def _result(news: News) -> dg.SensorResult:
    """The runs that a look asks for, and what the lake looks like now."""
    # Numbered by the finds: a file that is as it once was is asked for again.
    requests = [
        dg.RunRequest(f"{news.memory.finds}-{first}", job_name=LOAD_DAYS, tags=changed_days(first, last))
        for first, last in news.stretches
    ]
    if news.songs:
        requests.append(dg.RunRequest(f"{news.memory.finds}-songs", job_name=LOAD_SONGS, tags={ONLY_CHANGED: "true"}))
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else dg.SkipReason("nothing is new in the lake"),
        cursor=news.memory.written(),
        asset_events=[
            dg.AssetObservation(
                "log_data" if day else "song_data",
                partition=str(day) if day else None,
                tags={"dagster/data_version": mark or "no files"},
            )
            for day, mark in news.marks.items()
        ],
    )

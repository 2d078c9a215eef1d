"""The same Dagster runs with assets and checks that do nothing: what the orchestrator alone costs.

Jobs, assets, checks and partitions are those of the platform, in the same process and on the same kind of instance.
Only their work is left out.
"""

import sys
from collections.abc import Iterator
from typing import Any

import dagster as dg

from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.jobs import (
    LOAD,
    LOAD_DAYS,
    LOAD_SONGS,
    assets_with_insights,
    job_of,
    load_and_follow,
    load_days,
    load_songs,
)
from sparkify_assets.settings import parse_day, read_settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def _nothing_made(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    specs = list(asset.specs)

    @dg.multi_asset(
        name=asset.node_def.name,
        specs=specs,
        partitions_def=asset.partitions_def,
        backfill_policy=asset.backfill_policy,
        can_subset=True,
    )
    def nothing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        for spec in specs:
            if spec.key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=spec.key)

    return nothing


def _nothing_checked(checks: dg.AssetChecksDefinition) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name=checks.node_def.name, specs=list(checks.check_specs), can_subset=True)
    def nothing(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key in sorted(context.selected_asset_check_keys):
            yield dg.AssetCheckResult(asset_key=key.asset_key, check_name=key.name, passed=True)

    return nothing


def main() -> None:
    """Run the jobs given as arguments: JOB, or JOB:FIRST:LAST for one that loads days; `load` also makes insights."""
    settings = read_settings()
    platform = build_definitions(settings)
    definitions = dg.Definitions(
        assets=[
            _nothing_made(asset) if isinstance(asset, dg.AssetsDefinition) and asset.is_executable else asset
            for asset in platform.assets or ()
        ],
        asset_checks=[_nothing_checked(checks) for checks in platform.asset_checks or ()],
        jobs=[load_and_follow, load_days, load_songs],
        executor=dg.in_process_executor,
    )
    with open_instance(settings) as instance:
        for argument in sys.argv[1:]:
            job, *days = argument.split(":")
            load = LogDays(*(parse_day(day, job) for day in days)) if days else SONG_CATALOG
            assert job in (LOAD, LOAD_DAYS, LOAD_SONGS)
            definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                tags=job_of(load)[1],
                run_config=QUIET,
                asset_selection=assets_with_insights(load) if job == LOAD else None,
            )


if __name__ == "__main__":
    main()

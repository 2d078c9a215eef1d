"""The jobs that people, schedules and the command line start. Loads run assets; jobs on the infrastructure call
`infrastructure/`, which costs money and is never an asset.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from pydantic import Field

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.model import insights, table, tables_named
from sparkify_assets.orchestration.lake_checks import IS_THERE
from sparkify_assets.orchestration.resources import AwsResource

LOAD, LOAD_DAYS, LOAD_SONGS, MAKE_INSIGHTS = "load", "load_days", "load_songs", "make_insights"
# The step that rebuilds them.
INSIGHTS = "insights"
# A run with this tag loads only what is stale; any other loads everything that it is asked for.
ONLY_CHANGED = "sparkify/only_changed"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


load_days = dg.define_asset_job(
    LOAD_DAYS,
    selection=dg.AssetSelection.assets(*(table(name).name for name in DAY_TABLES)),
    description="Load log days: staging, plays, page views, users and time, with their checks.",
)
load_songs = dg.define_asset_job(
    LOAD_SONGS,
    selection=dg.AssetSelection.assets(*(table(name).name for name in CATALOG_TABLES)),
    description="Load the song catalog: staging, songs and artists, with their checks.",
)

make_insights = dg.define_asset_job(
    MAKE_INSIGHTS,
    selection=dg.AssetSelection.assets(*(name for name in insights())),
    description="Bring the insights up to date with the star.",
)
load_and_follow = dg.define_asset_job(
    LOAD,
    selection=load_days.selection | load_songs.selection | make_insights.selection,
    description="Load log days and songs, and bring the insights up to date. The command line runs parts of this.",
)
check_yesterday = dg.define_asset_job(
    "check_yesterday",
    selection=dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("staging_events"), IS_THERE)),
    description="Check that yesterday's log day is there.",
)

# The UI cannot execute a check with partitions by itself.
check_days = dg.define_asset_job(
    "check_days",
    selection=dg.AssetSelection.checks_for_assets(*(table(name).name for name in DAY_TABLES)),
    description="Check the rows of all loaded log days as they stand, without loading anything.",
)


def build_jobs() -> list[Any]:  # Dagster does not export the type
    on_infrastructure = [_job_of_op(create), pause_warehouse, _job_of_op(resume), _job_of_op(destroy)]
    return [load_and_follow, load_days, load_songs, make_insights, check_yesterday, check_days, *on_infrastructure]


class PauseConfig(dg.Config):
    """When to pause the cluster."""

    only_if_idle_for_minutes: int = Field(
        default=0, description="Pause only if nobody was connected for so long, and no run is queued or going on."
    )


class DestroyConfig(dg.Config):
    """What to remove."""

    name: str = Field(description="The environment's name, to confirm its removal.")
    final_snapshot: bool = Field(default=True, description="Take a snapshot first, and keep it.")


def is_forced(run: dg.DagsterRun) -> bool:
    """Return whether a run loads everything that it is asked for, changed or not."""
    return ONLY_CHANGED not in run.tags


def job_of(load: Load) -> tuple[str, dict[str, str]]:
    """Return the job that runs a load, and the tags that name its days."""
    if isinstance(load, LogDays):
        return LOAD_DAYS, {RANGE_START: str(load.first), RANGE_END: str(load.last)}
    return LOAD_SONGS, {}


def assets_with_insights(load: Load) -> list[dg.AssetKey]:
    """Return the tables that a load fills, and the insights that follow: this part of the job `load` is one run."""
    tables = tables_named(DAY_TABLES if isinstance(load, LogDays) else CATALOG_TABLES)
    return [dg.AssetKey(name) for name in (*(table.name for table in tables), *insights())]


@contextmanager
def _failing_in_words() -> Iterator[None]:
    """Fail with the message, which people can act on, instead of a traceback."""
    try:
        yield
    except InfrastructureError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


@dg.op(out=dg.Out(dg.Nothing), config_schema={})
def create(context: dg.OpExecutionContext, aws: dg.ResourceParam[AwsResource]) -> None:
    """Create the warehouse in AWS, or what is missing of it, and its tables. It costs money until it is destroyed."""
    from sparkify_assets.infrastructure.create import create as make
    from sparkify_assets.infrastructure.ready import make_ready, settings_of

    with _failing_in_words():
        environment, notify = aws.open(), context.log.info
        make(environment, notify, lambda: make_ready(environment, notify))
        lines = "\n".join(f"{name}={value}" for name, value in settings_of(environment).items())
    context.add_output_metadata({"put into .env": dg.MetadataValue.md(f"```\n{lines}\n```")})


@dg.op(out=dg.Out(dg.Nothing))
def pause(context: dg.OpExecutionContext, config: PauseConfig, aws: dg.ResourceParam[AwsResource]) -> None:
    """Pause the cluster: its nodes cost nothing until it is resumed."""
    from sparkify_assets.infrastructure.power import pause as pause_cluster

    with _failing_in_words():
        environment, minutes = aws.open(), config.only_if_idle_for_minutes
        busy = why_busy(context.instance, environment, minutes, but=context.run_id) if minutes else None
        if busy:
            context.log.info(f"not paused: {busy}")
        else:
            pause_cluster(environment, context.log.info)


@dg.op(out=dg.Out(dg.Nothing), config_schema={})
def resume(context: dg.OpExecutionContext, aws: dg.ResourceParam[AwsResource]) -> None:
    """Resume the paused cluster."""
    from sparkify_assets.infrastructure.power import resume as resume_cluster

    with _failing_in_words():
        resume_cluster(aws.open(), context.log.info)


@dg.op(out=dg.Out(dg.Nothing))
def destroy(context: dg.OpExecutionContext, config: DestroyConfig, aws: dg.ResourceParam[AwsResource]) -> None:
    """Remove the warehouse and all that was created for it, once its name is confirmed; verify that nothing is left."""
    from sparkify_assets.infrastructure.destroy import destroy as remove

    with _failing_in_words():
        kept = remove(aws.open(), config.name, context.log.info, snapshot=config.final_snapshot)
    context.add_output_metadata({"snapshots kept": ", ".join(kept) or "none"})


def _job_of_op(op: dg.OpDefinition) -> dg.JobDefinition:
    """Return the job that runs an op on the warehouse, named and described as the op is."""
    return dg.GraphDefinition(f"{op.name}_warehouse", node_defs=[op], description=op.description).to_job()


pause_warehouse = _job_of_op(pause)


def why_busy(instance: dg.DagsterInstance, environment: Any, minutes: int, but: str = "") -> str | None:
    """Return why the cluster should not be paused now, or None."""
    from sparkify_assets.infrastructure.power import idle_for

    runs = instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES), limit=2)
    if others := [run for run in runs if run.run_id != but]:
        return f"the run {others[0].run_id} of {others[0].job_name} is {others[0].status.value.lower()}"
    return None if idle_for(environment, minutes) else f"somebody was connected in the last {minutes} minutes"

"""What assets, checks and jobs are given: the warehouse, the lake and AWS, as the settings of this process name them.

Each is opened when it is used. Run configuration cannot change any of them.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Warehouse

if TYPE_CHECKING:
    from sparkify_assets.infrastructure.environment import Environment
    from sparkify_assets.lake.notifications import Queue


@dataclass(frozen=True)
class WarehouseResource:
    """The warehouse."""

    settings: Settings

    def open(self, *, only_reads: bool = False) -> Warehouse:
        return open_warehouse(self.settings, only_reads=only_reads)


@dataclass(frozen=True)
class LakeResource:
    """The lake."""

    settings: Settings

    def open(self) -> Lake:
        return open_lake(self.settings)

    def queue(self) -> "Queue | None":
        """The queue that is notified of changes in the lake, if it is set."""
        if not self.settings.sqs_queue:
            return None
        from sparkify_assets.lake.notifications import Queue
        from sparkify_assets.lake.s3 import S3Place

        return Queue(self.settings.sqs_queue, S3Place.parse(self.settings.lake))


@dataclass(frozen=True)
class AwsResource:
    """The infrastructure in AWS."""

    settings: Settings

    def open(self) -> "Environment":
        # Imported here: the embedded warehouse does without boto3.
        from sparkify_assets.infrastructure.environment import open_environment

        return open_environment(self.settings)


class NothingIsPassed(dg.IOManager):
    """What Dagster asks to store and load values between steps. Steps pass none: their tables are in the warehouse."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        raise dg.DagsterInvariantViolationError(f"the step {context.step_key} returns a value: expected none")

    def load_input(self, context: dg.InputContext) -> object:
        raise dg.DagsterInvariantViolationError(f"the input {context.name} is a value: expected a table")


def build_resources(settings: Settings) -> dict[str, object]:
    # Absolute, so that a run means the same files in whichever folder it begins.
    lake, work, duckdb = _absolute(settings.lake), _absolute(settings.work), settings.duckdb.absolute()
    published = settings.published_file.absolute()
    settings = replace(settings, lake=lake, work=work, duckdb=duckdb, published=published)
    return {
        "warehouse": _resource(WarehouseResource(settings)),
        "lake": _resource(LakeResource(settings)),
        "aws": _resource(AwsResource(settings)),
        # Dagster's own would pickle values into a folder that run configuration names.
        "io_manager": dg.IOManagerDefinition(lambda _: NothingIsPassed(), config_schema={}),
    }


def _resource(value: object) -> dg.ResourceDefinition:
    """A resource without a field that run configuration could set."""
    return dg.ResourceDefinition(lambda _: value, config_schema={})


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).absolute())

"""Dagster's side of the warehouse, the lake and AWS: what assets, checks and jobs are given, from the settings."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.places import open_lake
from sparkify_assets.settings import Infrastructure, Redshift, Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.session import Warehouse

if TYPE_CHECKING:
    from sparkify_assets.infrastructure.environment import Environment
    from sparkify_assets.lake.notices import Queue


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse that the settings name."""

    engine: str
    duckdb: str
    duckdb_memory: str
    work: str
    redshift: dict[str, Any]

    def open(self) -> Warehouse:
        return open_warehouse(
            Settings(
                warehouse=self.engine,
                duckdb=Path(self.duckdb),
                duckdb_memory=self.duckdb_memory,
                work=self.work,
                redshift=Redshift(**self.redshift),
            )
        )


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake that the settings name."""

    root: str
    work: str
    s3_access: str
    sqs_queue: str = ""

    def open(self) -> Lake:
        return open_lake(Settings(lake=self.root, work=self.work, s3_access=self.s3_access))

    def queue(self) -> "Queue | None":
        """What tells of changes in the lake, if it is set."""
        if not self.sqs_queue:
            return None
        from sparkify_assets.lake.notices import Queue
        from sparkify_assets.lake.s3 import S3Place

        return Queue(self.sqs_queue, S3Place.parse(self.root))


class AwsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The infrastructure in AWS that the settings name."""

    lake: str
    cluster: dict[str, Any]

    def open(self) -> "Environment":
        # Imported here: who has DuckDB need not wait for boto3.
        from sparkify_assets.infrastructure.environment import open_environment

        wanted = {**self.cluster, "subnets": tuple(self.cluster["subnets"])}
        return open_environment(Settings(lake=self.lake, cluster=Infrastructure(**wanted)))


def build_resources(settings: Settings) -> dict[str, object]:
    work = _absolute(settings.work)
    return {
        "warehouse": WarehouseResource(
            engine=settings.warehouse,
            duckdb=str(settings.duckdb.absolute()),
            duckdb_memory=settings.duckdb_memory,
            work=work,
            redshift=asdict(settings.redshift),
        ),
        "lake": LakeResource(
            root=_absolute(settings.lake),
            work=work,
            s3_access=settings.s3_access,
            sqs_queue=settings.sqs_queue,
        ),
        "aws": AwsResource(lake=settings.lake, cluster=asdict(settings.cluster)),
    }


def _absolute(place: str) -> str:
    """A place that means the same in every process: a run may begin in another folder."""
    return place if "://" in place else str(Path(place).absolute())

"""Dagster's side of the warehouse and the lake: what assets and checks are given, made from the settings."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg

from sparkify_assets.lake import Lake
from sparkify_assets.lake.open import open_lake
from sparkify_assets.settings import Redshift, Settings
from sparkify_assets.warehouse import Warehouse
from sparkify_assets.warehouse.open import open_warehouse


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse that the settings name."""

    engine: str
    duckdb: str
    work: str
    redshift: dict[str, Any]

    def open(self) -> Warehouse:
        return open_warehouse(
            Settings(
                warehouse=self.engine,
                duckdb=Path(self.duckdb),
                work=self.work,
                redshift=Redshift(**self.redshift),
            )
        )


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake that the settings name."""

    root: str
    work: str
    s3_access: str

    def open(self) -> Lake:
        return open_lake(Settings(lake=self.root, work=self.work, s3_access=self.s3_access))


def build_resources(settings: Settings) -> dict[str, object]:
    work = _absolute(settings.work)
    return {
        "warehouse": WarehouseResource(
            engine=settings.warehouse,
            duckdb=str(settings.duckdb.absolute()),
            work=work,
            redshift=asdict(settings.redshift),
        ),
        "lake": LakeResource(
            root=_absolute(settings.lake),
            work=work,
            s3_access=settings.s3_access,
        ),
    }


def _absolute(place: str) -> str:
    """A place that means the same in every process: a run may begin in another folder."""
    return place if "://" in place else str(Path(place).absolute())

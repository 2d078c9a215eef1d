"""Dagster's side of the warehouse and the lake: what assets and checks are given, made from the settings."""

from pathlib import Path

import dagster as dg

from sparkify_assets.lake import Lake
from sparkify_assets.lake.open import open_lake
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse import Warehouse
from sparkify_assets.warehouse.open import open_warehouse


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse that the settings name."""

    engine: str
    duckdb: str
    work: str

    def open(self) -> Warehouse:
        return open_warehouse(Settings(warehouse=self.engine, duckdb=Path(self.duckdb), work=self.work))


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake that the settings name."""

    root: str
    work: str
    s3_access: str

    def open(self) -> Lake:
        return open_lake(Settings(lake=self.root, work=self.work, s3_access=self.s3_access))


def build_resources(settings: Settings) -> dict[str, object]:
    work = str(Path(settings.work).absolute())
    return {
        "warehouse": WarehouseResource(
            engine=settings.warehouse,
            duckdb=str(settings.duckdb.absolute()),
            work=work,
        ),
        "lake": LakeResource(
            root=settings.lake if "://" in settings.lake else str(Path(settings.lake).absolute()),
            work=work,
            s3_access=settings.s3_access,
        ),
    }

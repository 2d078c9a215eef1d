"""Which warehouse the settings mean."""

from pathlib import Path

from sparkify_assets.settings import Settings
from sparkify_assets.warehouse import Warehouse
from sparkify_assets.warehouse.duckdb import DuckDBWarehouse


def open_warehouse(settings: Settings) -> Warehouse:
    return DuckDBWarehouse(settings.duckdb, Path(settings.work))

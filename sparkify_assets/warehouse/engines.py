"""Which warehouse the settings mean."""

from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.session import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    if settings.warehouse == "duckdb":
        return DuckDBWarehouse(settings.duckdb, settings.scratch, settings.duckdb_memory)
    # Imported here: who has DuckDB need not wait for boto3 and redshift_connector.
    from sparkify_assets.lake.places import open_work
    from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

    return RedshiftWarehouse(settings.redshift, open_work(settings), settings.scratch)

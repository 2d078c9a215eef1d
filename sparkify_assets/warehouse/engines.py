"""Opens the warehouse that the settings name. What it can do is in `session.py`."""

from sparkify_assets.lake.places import open_scratch, open_work
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile
from sparkify_assets.warehouse.session import Warehouse


def open_warehouse(settings: Settings, busy_seconds: float | None = None) -> Warehouse:
    """Return the warehouse. `busy_seconds` is how long to wait for another process that holds DuckDB's file."""
    if settings.warehouse == "duckdb":
        published = PublishedFile(settings.published_file, settings.published_mode)
        return DuckDBWarehouse(settings.duckdb, open_scratch(settings), published, settings.duckdb_memory, busy_seconds)
    # Imported here so that users of DuckDB do not wait for boto3 and redshift_connector.
    from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

    return RedshiftWarehouse(settings.redshift, open_work(settings), open_scratch(settings))

"""Opens the warehouse that the settings name. What it can do is in `session.py`."""

from sparkify_assets.lake.forgotten import ForgottenFile
from sparkify_assets.lake.places import open_scratch, open_work
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.duckdb.published_file import PublishedFile
from sparkify_assets.warehouse.session import Warehouse


def open_warehouse(settings: Settings, *, only_reads: bool = False) -> Warehouse:
    """Return the warehouse: for a load, or for what `only_reads`, which waits for no load and keeps none waiting."""
    if settings.warehouse == "duckdb":
        published = PublishedFile(settings.published_file, settings.published_mode)
        memory, scratch = settings.duckdb_memory, open_scratch(settings)
        forgotten = ForgottenFile(settings.forgotten_file)
        return DuckDBWarehouse(settings.duckdb, scratch, published, memory, only_reads=only_reads, forgotten=forgotten)
    # Imported here so that users of DuckDB do not wait for boto3 and redshift_connector.
    from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

    return RedshiftWarehouse(settings.redshift, open_work(settings), open_scratch(settings))

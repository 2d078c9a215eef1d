"""Which warehouse the settings mean."""

from sparkify_assets.settings import Settings
from sparkify_assets.warehouse import Warehouse
from sparkify_assets.warehouse.duckdb import DuckDBWarehouse


def open_warehouse(settings: Settings) -> Warehouse:
    if settings.warehouse == "duckdb":
        return DuckDBWarehouse(settings.duckdb, settings.scratch)
    # Imported here: who has DuckDB need not wait for boto3 and redshift_connector.
    from sparkify_assets.lake.s3 import S3Place, open_client
    from sparkify_assets.lake.s3_work import S3Work
    from sparkify_assets.warehouse.redshift import RedshiftWarehouse

    place = S3Place.parse(settings.work)
    work = S3Work(place, open_client(place.bucket, "signed", "SPARKIFY_WORK"))
    return RedshiftWarehouse(settings.redshift, work, settings.scratch)

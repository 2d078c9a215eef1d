"""The links of assets to our own pages: relative, so that they open at whatever host and port the UI runs under."""

from typing import Any

import dagster as dg

from sparkify_assets.load.partitions import DAY_TABLES
from sparkify_assets.model import Table
from sparkify_assets.report.addresses import days_of, in_dictionary


def page_links(table: Table) -> dict[str, dg.MetadataValue[Any]]:
    """Return the links of a table's asset to our pages about it."""
    links = {"in the dictionary": in_dictionary(table.full_name)}
    if table.full_name in DAY_TABLES:
        links["its days"] = days_of(table.name)
    return {name: dg.MetadataValue.url(address) for name, address in links.items()}

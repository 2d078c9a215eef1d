"""What Redshift reports about the COPYs of a session: how many lines of which file they read, and what they refused.

A COPY is found by the session's process and the time it began. What is made of the report is in `redshift_landing.py`.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass

from sparkify_assets.errors import WarehouseError
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.session import Value

# How many seconds to wait each time for a report that is not there yet: AWS does not say how soon it is.
WAITS = (0.2, 0.8, 2.0, 4.0)
# SYS_LOAD_DETAIL holds so many bytes of a file's name.
_LONGEST_NAME = 256


@dataclass(frozen=True)
class Refused:
    """A record that COPY has refused: its file's URL, its last line, and why."""

    url: str
    line: int
    words: str


class CopyReports:
    """The reports about the COPYs that a session begins from now on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._since: Value = connection.system("now")[0]["moment"]

    def lines(self, urls: Collection[str], rows: int) -> dict[str, int]:
        """Return the lines that COPY has read of each of these files, which made so many rows. A file is left out if
        it has no report of its own, as one whose name is too long. Without any report it is unknown whether COPY has
        read all records, and that is an error."""
        for wait in (*WAITS, None):
            # The latest COPY comes last.
            reported = {row["url"]: row["lines"] for row in self._connection.system("copied_lines", since=self._since)}
            found = {url: int(str(reported[url])) for url in urls if url in reported}
            if found or not rows or all(len(url.encode()) > _LONGEST_NAME for url in urls):
                return found
            if wait:
                time.sleep(wait)
        raise WarehouseError(
            f"COPY has made {rows:,} rows of {len(urls):,} files, and SYS_LOAD_HISTORY with SYS_LOAD_DETAIL reports on "
            "none of them: expected the lines of each file; report this with the version of the cluster"
        )

    def refused(self) -> list[Refused]:
        """Return the records that COPY has refused."""
        return [
            Refused(str(row["url"]), int(str(row["line_number"])), f"{row['name']}: {row['message']}")
            for row in self._connection.system("copy_errors", since=self._since)
        ]

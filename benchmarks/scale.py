"""The arithmetic of docs/scale.md: what a day costs on Redshift, by its events. `python -m benchmarks.scale` prints it.

Measured figures are from this project. Figures for Redshift are documented limits or assumptions, and labeled so.
Nothing here was measured on a cluster.
"""

from collections.abc import Callable
from dataclasses import dataclass

# Measured on the sample: 1.45 GB for 3,000,000 events; the share that gzip leaves; DuckDB's file for staging and star.
JSON_BYTES, GZIP_SHARE, STORED_BYTES = 483, 0.145, 108
# Measured on one core: lines a second of a packed file in which Python looks for those that COPY has named.
SEARCHED_LINES = 2_500_000
# Counted on the stand-in (benchmarks/results.md): a clean day, whatever was loaded before.
STATEMENTS, COPIES, COMMITS = 65, 3, 2
# How many of these statements scan the day's rows in staging, and in the fact tables (seven scans of the page views, a
# seventh of the events, count as one); and how many scan a column of all history: the audit that looks for events of
# missing users.
STAGING_SCANS, FACT_SCANS, HISTORY_SCANS = 19, 15, 1
# Assumed of a slice, per second: bytes of JSON that COPY parses, and rows of a few narrow columns that a scan reads.
COPY_BYTES, SCANNED_ROWS = 15e6, 20e6
# Assumed of a statement with nothing to do: to queue, plan and answer.
STATEMENT_SECONDS = 0.05
# COPY reads a JSON file with one slice; 1 MB to 1 GB compressed is recommended.
FILE_BYTES = 64e6


@dataclass(frozen=True)
class Cluster:
    """Nodes, and their default number of slices."""

    name: str
    slices: int


@dataclass(frozen=True)
class Day:
    """A day of so many events, after a year of such days."""

    events: float
    cluster: Cluster

    @property
    def json_gigabytes(self) -> float:
        return self.events * JSON_BYTES / 1e9

    @property
    def files(self) -> int:
        """Return how many compressed files of the recommended size there are, the same number for each slice."""
        slices = self.cluster.slices
        needed = self.events * JSON_BYTES * GZIP_SHARE / FILE_BYTES
        return max(1, round(needed / slices)) * slices

    @property
    def copy_seconds(self) -> float:
        return self.events * JSON_BYTES / (self.cluster.slices * COPY_BYTES)

    @property
    def scan_seconds(self) -> float:
        """Return the time of all scans of the day's own rows."""
        return self.events * (STAGING_SCANS + FACT_SCANS) / (self.cluster.slices * SCANNED_ROWS)

    @property
    def history_seconds(self) -> float:
        """Return the time to look for events of missing users in all staged events, after a year."""
        return 365 * self.events * HISTORY_SCANS / (self.cluster.slices * SCANNED_ROWS)

    @property
    def fixed_seconds(self) -> float:
        return STATEMENTS * STATEMENT_SECONDS

    @property
    def stored_terabytes(self) -> float:
        return 365 * self.events * STORED_BYTES / 1e12

    @property
    def search_seconds(self) -> float:
        """Return the time to find the bad records that COPY names, if every file has one, one file after another."""
        return self.events / SEARCHED_LINES

    @property
    def ledger_rows(self) -> int:
        return 365 * self.files


DAYS = (Day(1e8, Cluster("4 × ra3.4xlarge", 16)), Day(1e10, Cluster("32 × ra3.16xlarge", 512)))


def table() -> str:
    lines: dict[str, Callable[[Day], str]] = {
        "events a day": lambda day: f"{day.events:,.0f}",
        "cluster assumed, slices": lambda day: f"{day.cluster.name}, {day.cluster.slices}",
        "JSON a day": lambda day: f"{day.json_gigabytes:,.0f} GB",
        "packed files a day, of about 64 MB": lambda day: f"{day.files:,}",
        "COPY, a slice a file": lambda day: f"{day.copy_seconds / 60:,.1f} min",
        f"{STAGING_SCANS} + {FACT_SCANS} scans of the day's rows": lambda day: f"{day.scan_seconds / 60:,.1f} min",
        f"{HISTORY_SCANS} scan of a year's history": lambda day: f"{day.history_seconds / 60:,.1f} min",
        f"{STATEMENTS} statements, {COMMITS} commits": lambda day: f"{day.fixed_seconds:,.1f} s",
        "stored after a year": lambda day: f"{day.stored_terabytes:,.1f} TB",
        "rows of the ledger after a year": lambda day: f"{day.ledger_rows:,}",
        "finding what COPY names, if every file has a bad record": lambda day: f"{day.search_seconds / 60:,.1f} min",
    }
    rows = [f"| {name} | {' | '.join(figure(day) for day in DAYS)} |" for name, figure in lines.items()]
    return "\n".join([rows[0], "|---|---:|---:|", *rows[1:]])


if __name__ == "__main__":
    print(table())

"""What landing costs: of clean files, and of files with a bad record in a thousand, beside bare `read_json`.

Each is timed in turn, in one run, on the same days; a day is a statement, as days are loaded.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.lake import File, FolderLake
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.warehouse.duckdb import DuckDBWarehouse
from sparkify_assets.warehouse.duckdb_names import duckdb_type, literal

EVENTS = model.table("staging.staging_events")


# `userId` as text, since DuckDB refuses the empty ones.
TYPES = {column: "VARCHAR" if column.name == "user_id" else duckdb_type(column) for column in EVENTS.landed_columns}
BARE = (
    "SELECT * FROM read_json($paths, format = 'newline_delimited', columns = {"
    + ", ".join(f"{literal(str(column.source))}: '{type_}'" for column, type_ in TYPES.items())
    + "})"
)


def bare(lake: FolderLake) -> None:
    """Typed columns, one INSERT a day into one table."""
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        fields = ", ".join(f"{column.name} {type_}" for column, type_ in TYPES.items())
        connection.execute(f"CREATE TEMP TABLE landed ({fields})")
        for files in days_of(lake):
            with lake.spool(files) as paths:
                connection.execute(f"INSERT INTO landed {BARE}", {"paths": [str(path) for path in paths]})


def bare_at_once(lake: FolderLake) -> None:
    """The same, all days in one statement: what DuckDB can do where no day stands for itself."""
    with (
        duckdb.connect(config={"preserve_insertion_order": False}) as connection,
        lake.spool([file for files in days_of(lake) for file in files]) as paths,
    ):
        connection.execute(f"CREATE TEMP TABLE landed AS {BARE}", {"paths": [str(path) for path in paths]})


def ours(lake: FolderLake) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "bench.duckdb", Path(folder) / "work")
        for files in days_of(lake):
            with warehouse.session() as session:
                session.land(EVENTS, lake, files)


def days_of(lake: FolderLake) -> list[list[File]]:
    return [files for _, files in sorted(lake.days().items())]


def timed(work: Callable[[FolderLake], None], lake: FolderLake) -> tuple[float, float]:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    work(lake)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("data/bench"), help="where the lakes are made, and kept")
    options = parser.parse_args()
    lakes = {}
    # Of the generator's dirt every other piece is a bad record.
    for name, dirt in (("clean", 0.0), ("dirty", 0.002)):
        folder = options.data / f"{name}-{options.events}"
        if not folder.exists():
            generate(folder, SampleOptions(events=options.events, songs=1, dirt=dirt))
        lakes[name] = FolderLake(folder)
    cases = {
        "bare read_json, a statement a day": (bare, lakes["clean"]),
        "bare read_json, one statement": (bare_at_once, lakes["clean"]),
        "landing, clean": (ours, lakes["clean"]),
        "landing, a bad record in 1,000": (ours, lakes["dirty"]),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(options.rounds + 1):
        for name, (work, lake) in cases.items():
            found[name].append(timed(work, lake))
    medians = {
        name: [statistics.median(column) for column in zip(*times[1:], strict=True)] for name, times in found.items()
    }
    floor = medians["bare read_json, a statement a day"][0]
    print(f"| {options.events:,} events | seconds | CPU seconds | ratio |\n|---|---:|---:|---:|")
    for name, (seconds, cpu) in medians.items():
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {seconds / floor:.2f} |")


if __name__ == "__main__":
    main()

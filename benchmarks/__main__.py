"""`make bench`: measure every case, print a table, and write it to `benchmarks/results.md`.

python -m benchmarks [--case NAME …] [--rounds 5] [--data FOLDER]
"""

import argparse
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import dagster
import duckdb

from benchmarks.cases import CASES, Bench, Line
from benchmarks.redshift_counts import counts

_RESULTS = Path(__file__).parent / "results.md"
_HEAD = (
    "| case | ours | floor | empty run | ours without it / floor | peak memory | CPU | reach | |\n"
    "|---|---:|---:|---:|---:|---:|---:|---|---|"
)
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--case",
        action="append",
        choices=[*CASES, "redshift"],
        help="measure only this case (may be repeated)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs")
    parser.add_argument("--data", type=Path, default=Path("data/bench"), help="folder for lakes and warehouses")
    options = parser.parse_args()
    bench = Bench(options.data.absolute(), options.rounds)
    chosen = options.case or [*CASES, "redshift"]
    lines: list[Line] = []
    print(_HEAD, flush=True)
    for name in chosen:
        if name in CASES:
            for line in CASES[name](bench):
                lines.append(line)
                print(line.row, flush=True)
    counted = counts() if "redshift" in chosen else ""
    print(counted)
    if not options.case:
        _write("\n".join([_machine(options.rounds), "", _HEAD, *(line.row for line in lines), "", counted]))


def _machine(rounds: int) -> str:
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, revision {revision or 'unknown'}: {_processor()}, {platform.system()} "
        f"{platform.machine()}; Python {platform.python_version()}, DuckDB {duckdb.__version__}, Dagster "
        f"{dagster.__version__}. Medians of {rounds} after a warm-up, each run a process of its own, the sides of a "
        "case in turn. Seconds of the wall; the CPU's seconds and the peak are ours."
    )


def _processor() -> str:
    """Return how many processors of which kind there are, if the system reports it."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor()


def _write(measured: str) -> None:
    """Write the measurements between their markers; the text around them stays."""
    before = _RESULTS.read_text("utf-8") if _RESULTS.exists() else f"# Results\n\n{_BEGIN}\n{_END}\n"
    head, _, rest = before.partition(_BEGIN)
    _RESULTS.write_text(f"{head}{_BEGIN}\n{measured}\n{_END}{rest.partition(_END)[2]}", "utf-8")


if __name__ == "__main__":
    main()

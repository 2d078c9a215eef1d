"""`make bench`: measure every case, print its tables, and write them to `benchmarks/results.md`.

python -m benchmarks [--case NAME …] [--rounds 5] [--scale 1] [--data FOLDER]

Each case is written as soon as it is measured, so after an interruption only the others are left to measure.
Nothing is written of fewer than five rounds, or of smaller lakes.
"""

import argparse
import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.sides import Bench
from benchmarks.table import write

_NAMES = (*CASES, "redshift")
_ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=_NAMES, help="measure only this case (may be repeated)")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each side runs (default: 5)")
    parser.add_argument("--scale", type=float, default=1, help="the lakes' size, such as 0.01, to try a case")
    parser.add_argument("--data", type=Path, default=Path("data/bench"), help="folder for lakes and warehouses")
    options = parser.parse_args()
    bench = Bench(options.data.absolute(), options.rounds, options.scale)
    over: list[str] = []
    for name in options.case or _NAMES:
        began = time.monotonic()
        texts = []
        if name in CASES:
            for case in CASES[name](bench):
                texts.append(case.text)
                over += case.over
        else:
            # Imported here: the memory that this process has used would count as its children's.
            from benchmarks.redshift_counts import counts

            texts.append(counts())
        texts.append(_machine(options.rounds))
        if options.scale != 1:
            texts.append(f"Of lakes {options.scale:g} times as large as the tables say.")
        print(*texts, f"({name}: {time.monotonic() - began:.0f} s)", "", sep="\n\n", flush=True)
        if options.rounds >= _ROUNDS and options.scale == 1:
            write(name, "\n\n".join(texts), _NAMES)
    print("Over its reach:" if over else "Nothing is over its reach.", *over, sep="\n- ")


def _machine(rounds: int) -> str:
    revision = _git("rev-parse", "--short", "HEAD")
    # What an earlier case has written makes no other revision.
    changed = ", changed" if _git("status", "--short", "--", ".", ":!benchmarks/results.md") else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, revision {revision or 'unknown'}{changed}, medians of {rounds}: "
        f"{_processor()}, {platform.system()} {platform.machine()}; Python {platform.python_version()}, "
        f"DuckDB {version('duckdb')}, Dagster {version('dagster')}."
    )


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    """Return how many processors of which kind there are, if the system reports it."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor()


if __name__ == "__main__":
    main()

"""What people's questions take while a load runs, and what they cost the load. The questions are asked by our own
reader, as `sparkify query` does, each on a connection of its own."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from sparkify_assets.report.answers import ask
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse

QUESTIONS = (
    "SELECT level, COUNT(*) AS users FROM sparkify.users GROUP BY level ORDER BY 1",
    "SELECT start_date, COUNT(*) AS plays FROM sparkify.songplays GROUP BY 1 ORDER BY 1",
    "SELECT song_title, plays FROM insights.song_popularity ORDER BY plays DESC, 1 LIMIT 10",
)
LEAST = 200
# In seconds, between two questions: people think. A load of 3,000,000 events takes about so many.
_PAUSE = 0.15


def seconds_of_questions(folder: Path, until: Callable[[], bool]) -> list[float]:
    """Ask again and again, at least so many questions, and return the seconds that each took. A question that fails, or
    has another answer than the first time, ends it: what is loaded again is the same."""
    warehouse = DuckDBWarehouse(folder / "data/sparkify.duckdb", folder / "data/work")
    answers: dict[str, object] = {}
    seconds: list[float] = []
    while len(seconds) < LEAST or not until():
        question = QUESTIONS[len(seconds) % len(QUESTIONS)]
        began = time.monotonic()
        answer = ask(warehouse, question)
        seconds.append(time.monotonic() - began)
        if answers.setdefault(question, answer) != answer:
            raise RuntimeError(f"the answer to {question!r} has changed")
        time.sleep(_PAUSE)
    return seconds


def seconds_while_running(folder: Path, process: "subprocess.Popen[bytes]") -> Iterator[float]:
    """Return what questions take until a process ends, while another client stays connected."""
    with duckdb.connect(folder / "data/published/sparkify.duckdb", read_only=True) as connected:
        connected.execute("SELECT COUNT(*) FROM insights.data_status")
        yield from seconds_of_questions(folder, lambda: _has_ended(process.pid))


def _has_ended(process: int) -> bool:
    """Return whether a process has ended, whose end somebody else waits for."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def high(seconds: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1]

"""Where a loader dies: at a moment of its load, or at a byte of what it writes. No clock decides."""

import os
import random
import resource
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets.warehouse.session import Warehouse
from sparkify_assets_tests.laws.watched import WatchedWarehouse

# How a loader ends that was killed.
KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)
# DuckDB's file begins with its headers. A checkpoint writes them too, after its blocks.
HEADERS = 12_288
# Depends on the order in which days are loaded.
_SOMETIMES = "insert_users_again"


@dataclass(frozen=True)
class Kill:
    """A death at the nth moment of a name; with a size, at the first byte after it that makes a file longer."""

    moment: str
    nth: int = 1
    size: int | None = None
    signal: int = signal.SIGKILL

    def __str__(self) -> str:
        at = f"killed {self.moment} (no. {self.nth})"
        return at if self.size is None else f"{at}, at byte {self.size:,} of a file"

    def of(self, warehouse: Warehouse) -> Warehouse:
        """Return a warehouse at which this process dies."""
        met: Counter[str] = Counter()

        def on_moment(moment: str) -> None:
            met[moment] += 1
            if (moment, met[moment]) == (self.moment, self.nth):
                self.of_process()

        return watched(warehouse, on_moment)

    def of_process(self) -> None:
        """Let this process die: now, or in the write that makes a file longer than the size."""
        if self.size is None:
            os.kill(os.getpid(), self.signal)
        else:
            # The kernel ends the process in the middle of a write. Python ignores the signal by default.
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.RLIM_INFINITY))


def watched(warehouse: Warehouse, on_moment: Callable[[str], None]) -> Warehouse:
    """A warehouse that tells of each moment of its sessions: before and after every call."""
    return WatchedWarehouse(
        warehouse, lambda what: on_moment(f"before {what}"), lambda what: on_moment(f"after {what}")
    )


def drawing_kills(
    warehouse: Warehouse, load: Callable[[Warehouse], object], chance: random.Random
) -> Callable[[], Kill]:
    """Load once without a kill, and return a function that draws kills which such a load meets.

    Half of them are at a moment, half within what DuckDB writes: the log of a commit, or a checkpoint.
    """
    moments: list[Kill] = []
    logs: list[tuple[int, int]] = []
    met: Counter[str] = Counter()
    log = Path(f"{warehouse.location}.wal")

    def on_moment(moment: str) -> None:
        met[moment] += 1
        if not moment.endswith(_SOMETIMES):
            moments.append(Kill(moment, met[moment]))
        if moment == "after commit":
            logs.append((met[moment], log.stat().st_size))

    def draw() -> Kill:
        nth, size = chance.choice(logs)
        in_commit = Kill("before commit", nth, chance.randrange(size))
        in_checkpoint = Kill("after commit", nth, chance.choice((0, HEADERS)))
        return chance.choice((chance.choice(moments), chance.choice((in_commit, in_checkpoint))))

    load(watched(warehouse, on_moment))
    return draw

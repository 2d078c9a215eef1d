"""What may succeed later, or in part: how often to try it, how long to wait in between, and in which parts. What is
worth trying again is the caller's."""

import random
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

ATTEMPTS = 5

T = TypeVar("T")

# Tests replace it, so as not to wait.
pause = time.sleep


def attempts(first_seconds: float) -> Iterator[int]:
    """Yield the number of each attempt, pausing in between. Each pause is about twice the one before, with a random
    part, so that two transactions that conflicted do not meet again."""
    for attempt in range(1, ATTEMPTS + 1):
        yield attempt
        if attempt < ATTEMPTS:
            # Nobody gains anything by guessing this number.
            pause(first_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311


def quarters(several: Sequence[T]) -> list[Sequence[T]]:
    """Return the quarters of several, to be tried again; nothing of a single one, which is the one in the way. Halves
    would take more attempts where many are in the way, and as many to find one."""
    size = -(-len(several) // 4)
    return [several[begin : begin + size] for begin in range(0, len(several), size)] if len(several) > 1 else []

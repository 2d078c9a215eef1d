"""How often to try what may succeed later, and how long to wait in between. What is worth retrying is the caller's."""

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


def halves(several: Sequence[T]) -> list[Sequence[T]]:
    """Return the halves of several, to be tried again; nothing of a single one, which is the one in the way."""
    middle = len(several) // 2
    return [several[:middle], several[middle:]] if middle else []

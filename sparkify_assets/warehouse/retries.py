"""How often something is tried that may go better the next time, and how long it is waited for in between."""

import random
import time
from collections.abc import Iterator

ATTEMPTS = 5

# What waits; tests put something in its place that does not.
pause = time.sleep


def attempts(first_seconds: float) -> Iterator[int]:
    """The numbers of the attempts. Each pause is about twice the one before, by chance a little less, so that those who
    were in each other's way do not meet again."""
    for attempt in range(1, ATTEMPTS + 1):
        yield attempt
        if attempt < ATTEMPTS:
            # Nobody can gain by guessing it.
            pause(first_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311

"""The source of every random choice: one stream for each thing that is made independently.

A stream depends only on the seed and its name, so a day or a batch of songs comes out the same in any process and in
any order. What is chosen belongs in the modules that use a stream.
"""

from random import Random

# Above 1, low ranks are drawn more often, as 1/rank**(1 - 1/POPULARITY): a few songs are very popular.
POPULARITY = 2.2


def stream(seed: int, *name: str | int) -> Random:
    """Return a random source of its own. Text seeds are hashed with SHA-512, which PYTHONHASHSEED does not affect."""
    return Random("/".join(map(str, (seed, *name))))


def popular(chance: Random, count: int) -> int:
    """Return a rank below `count`, low ranks most often."""
    return int(count * chance.random() ** POPULARITY)

"""Where every random choice comes from: one stream for each thing that is made on its own.

A stream depends on the seed and its name alone, so a day or a batch of songs comes out the same in any process and in
any order. What is chosen belongs to the modules that ask.
"""

from random import Random

# Above 1, low ranks are drawn more often, as 1/rank**(1 - 1/POPULARITY): a few songs are very popular.
POPULARITY = 2.2


def stream(seed: int, *name: str | int) -> Random:
    """A source of chance of its own. Text seeds are hashed by SHA-512, which PYTHONHASHSEED does not touch."""
    return Random("/".join(map(str, (seed, *name))))


def popular(chance: Random, count: int) -> int:
    """A rank below `count`, low ones most often."""
    return int(count * chance.random() ** POPULARITY)

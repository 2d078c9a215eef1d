"""How much is tried at random: `make test` tries little, `make test THOROUGH=1` everything that the laws ask for."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def number_of_examples(usual: int, *, thorough: int) -> int:
    return thorough if THOROUGH else usual

"""Text that was encoded twice: the sequences that betray it, each with the text that it was.

`misread.csv` lists what UTF-8 becomes if it is read as Latin-1 or CP1252, once or twice; a backslash begins a character
that cannot be seen. A sequence that correct text may contain is left out. The rows apply in their order (ADR 34). The
statements that replace them are in `queries/`.
"""

from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "misread.csv"


@cache
def sequences() -> tuple[tuple[str, str], ...]:
    """Return each sequence with the text that it was, in the order in which they are replaced."""
    _, *lines = FILE.read_text("utf-8").splitlines()
    rows = (tuple(map(_shown_to_text, line.split(","))) for line in lines)
    return tuple((sequence, text) for sequence, text in rows)


def _shown_to_text(shown: str) -> str:
    """Return the text of a cell, in which `\\x83` is the character with that number."""
    first, *others = shown.split("\\x")
    return first + "".join(chr(int(other[:2], 16)) + other[2:] for other in others)

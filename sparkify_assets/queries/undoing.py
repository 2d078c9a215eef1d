"""The statements that undo a second encoding, generated from the model's table of sequences: each replaces some of them
in `affected_names`, and all together every one, in the table's order."""

from functools import cache

from sparkify_assets.model import misread
from sparkify_assets.queries import Query

# sqlglot's parser calls itself some twenty times for each function inside another, and Python stops at a thousand.
AT_ONCE = 24


@cache
def undo_misreadings() -> tuple[Query, ...]:
    """Return the statements, in the order in which they run."""
    rows = misread.sequences()
    return tuple(_undo(start, rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))


def _undo(start: int, rows: tuple[tuple[str, str], ...]) -> Query:
    replaced = "clean_name"
    for sequence, text in rows:
        replaced = f"REPLACE({replaced}, '{sequence}', '{text}')"
    return Query(
        f"load/log_days/undo_misreadings from row {start + 1}", f"UPDATE affected_names SET clean_name = {replaced}"
    )

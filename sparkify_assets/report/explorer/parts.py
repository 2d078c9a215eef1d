"""What a part of a page consists of, for the templates: figures with their changes, tables of rows, how it was counted.

Plain values without questions or markup. `sections.py` fills them, `templates/charts.html` shows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_assets.report.phrases import counted, thousands


@dataclass(frozen=True)
class Counted:
    """How figures were counted: the sentence, what each column is, the statement, and where the rows are as files, of
    which each has at most so many."""

    meaning: str
    columns: tuple[tuple[str, str], ...]
    sql: str
    csv: str
    parquet: str
    most: int


@dataclass(frozen=True)
class Change:
    """How a figure differs from the period before, in words; the sign is for the eye alone."""

    sign: str
    share: str
    before: str


@dataclass(frozen=True)
class Tile:
    """A figure with its change and its days as a spark line."""

    title: str
    figure: str
    change: Change | None = None
    spark: str = ""
    spark_text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Heading:
    """The head of a column, and how the rows are sorted by it, if they are."""

    title: str
    is_number: bool = False
    order: str = ""
    # What a narrow screen does without.
    is_extra: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table: a text, which may lead somewhere, or a bar of a share."""

    text: str = ""
    address: str = ""
    small: str = ""
    badge: str = ""
    is_number: bool = False
    is_extra: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Shade:
    """A cell that is shaded by its value, 0 for nothing. The label says it in words."""

    shade: int
    text: str
    label: str = ""
    address: str = ""


@dataclass(frozen=True)
class Shades:
    """A table of shades: the heads of its columns, and its rows, each with its head."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Shade, ...]], ...]


@dataclass(frozen=True)
class Framed:
    """What stands around the figures of a part: its title, and how they were counted."""

    name: str
    title: str
    lead: str = ""
    counted: tuple[Counted, ...] = ()


def of_number(value: object) -> Cell:
    return Cell(thousands(value), is_number=True)


def of_difference(now: int, before: int) -> Cell:
    sign = "+" if now > before else "\N{MINUS SIGN}" if now < before else ""
    return Cell(f"{sign}{abs(now - before):,}", is_number=True)


def change(now: float, before: float | None, shown: str, *, is_share: bool = False) -> Change | None:
    """Return how a figure differs from the period before; None if there is none to compare with. Shares differ by
    points, other figures by a share."""
    if before is None:
        return None
    if now == before:
        return Change("=", "the same", "as before")
    sign, word = ("▲", "up") if now > before else ("▼", "down")
    if is_share:
        return Change(sign, f"{word} {100 * abs(now - before):.1f} points", f"from {shown}")
    return Change(sign, f"{word} {percent(abs(now - before) / before)}" if before else word, f"from {shown}")


def percent(share: float) -> str:
    """Return a share as `4%`, or as `0.4%` where it is small."""
    return f"{share:,.1%}" if 0 < share < 0.0995 else f"{share:,.0%}"


def shown_of(skipped: int, rows: Sequence[object], total: int, noun: str) -> str:
    """Return what a table shows of all its rows: `1 to 25 of 1,204 songs`."""
    if len(rows) == total:
        return f"All {counted(total, noun)}" if total > 1 else counted(total, noun)
    return f"{skipped + 1:,} to {skipped + len(rows):,} of {counted(total, noun)}"


@dataclass(frozen=True)
class RowTable:
    """Rows of a ranking, or of plays: what is shown of all, and the way to the others."""

    name: str
    title: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: str = ""
    before: str = ""
    after: str = ""
    step: int = 0
    # The page that has all rows, where this one has only the first.
    whole: str = ""
    nothing: str = "Nothing in this period."

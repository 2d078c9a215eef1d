"""What a comparison found. How rows are compared is in `comparison.py`."""

from dataclasses import dataclass

from sparkify_assets.warehouse.session import Row


@dataclass(frozen=True)
class Difference:
    """How an answer differs: in its columns, in its rows (how many, and the first of them), or in their order alone."""

    columns: str = ""
    missing: int = 0
    excess: int = 0
    missing_rows: tuple[Row, ...] = ()
    excess_rows: tuple[Row, ...] = ()
    order: str = ""

    @property
    def is_none(self) -> bool:
        return not (self.columns or self.missing or self.excess or self.order)

    @property
    def summary(self) -> str:
        if self.columns or self.order:
            return self.columns or self.order
        return f"{_rows(self.missing)} missing, {_rows(self.excess)} too many"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"

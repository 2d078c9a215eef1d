"""Acceptance queries: a folder of pairs, `name.sql` and the rows that it must return, `name.csv`.

Reading pairs and asking their questions belongs here, comparing rows in `comparison.py`. The asset checks that show the
outcome are in `orchestration/acceptance_checks.py`.

- Columns are compared by name and order. Case does not count, since Redshift folds it.
- A cell is compared by the values of its column in the answer: numbers as numbers, dates and timestamps as ISO 8601 in
  UTC (a date is its midnight), all else exactly, as text. Doubles may differ by rounding.
- An empty cell is null, `""` is an empty text.
- Rows count as often as they occur. Their order counts if the query has its own ORDER BY.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets import model
from sparkify_assets.acceptance.comparison import compare
from sparkify_assets.acceptance.difference import Difference
from sparkify_assets.errors import AcceptanceError, QueryError
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries.csv_rows import Cell, read_rows
from sparkify_assets.warehouse.session import Answer, Warehouse

if TYPE_CHECKING:
    from sparkify_assets.warehouse.questions import Question

LONGEST_SECONDS = 60.0
MOST_ROWS = 100_000
_MOST_BYTES = 50_000_000
# The asset of a query that reads no asset's table.
_USUAL_ASSET = "songplays"


@dataclass(frozen=True)
class Pair:
    """A pair of files by their name. One of the two may be missing."""

    folder: Path
    name: str

    @property
    def sql_file(self) -> Path:
        return self.folder / f"{self.name}.sql"

    @property
    def csv_file(self) -> Path:
        return self.folder / f"{self.name}.csv"

    def question(self) -> "Question":
        """Read the question."""
        if not self.sql_file.exists():
            raise AcceptanceError(
                f"there is {self.csv_file.name} and no {self.sql_file.name}: expected both; write the query, or delete "
                "the rows"
            )
        return read_agreed_question(_text(self.sql_file))

    def expected(self) -> list[list[Cell]]:
        """Read the names of the columns and the rows that the query must return."""
        if not self.csv_file.exists():
            raise AcceptanceError(
                f"there is {self.sql_file.name} and no {self.csv_file.name}: expected both; write the rows with "
                f"`sparkify query --file {self.sql_file} --out {self.csv_file}`, and check them"
            )
        return _checked(read_rows(_text(self.csv_file), self.csv_file.name), self.csv_file.name)

    @property
    def meaning(self) -> str:
        """The comment in the query's first line, or a sentence in its place."""
        try:
            first = _text(self.sql_file).lstrip().partition("\n")[0]
        except AcceptanceError:
            first = ""
        comment = first.removeprefix("--").strip() if first.startswith("--") else ""
        return comment or f"{self.name}.sql returns the rows of {self.name}.csv."


@dataclass(frozen=True)
class Outcome:
    """The outcome of a pair: why it cannot be asked, or how many rows the query returned and how they differ."""

    problem: str = ""
    rows: int = 0
    difference: Difference = field(default_factory=Difference)

    @property
    def passed(self) -> bool:
        return not self.problem and self.difference.is_none


def find_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of a folder, incomplete ones too; none if there is no such folder."""
    try:
        files = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    names = {path.stem for path in files if path.suffix in (".sql", ".csv") and not path.name.startswith(".")}
    return [Pair(folder, name) for name in sorted(names)]


# A run reads each question twice: for the assets that its check depends on, and to ask it.
@lru_cache(maxsize=1000)
def read_agreed_question(sql: str) -> "Question":
    """Read the question of a pair, which has to read a table."""
    # Imported here: sqlglot, which reads questions, takes longer than finding pairs.
    from sparkify_assets.warehouse.questions import read_question

    try:
        question = read_question(sql, MOST_ROWS)
    except QueryError as error:
        raise AcceptanceError(str(error)) from error
    if not question.tables:
        raise AcceptanceError("the query reads no table: expected a SELECT from tables of the warehouse")
    return question


def assets_of(tables: Sequence[str]) -> list[str]:
    """Return the assets whose tables a query reads. The first, which is built last, gets the check."""
    insights = [insight.table.full_name for insight in model.insights().values()]
    ranked = [*insights, "sparkify.songplays", *reversed(DAY_TABLES), *reversed(CATALOG_TABLES)]
    found = dict.fromkeys(model.table(name).name for name in ranked if name in tables)
    return list(found) or [_USUAL_ASSET]


def examine(warehouse: Warehouse, pair: Pair, seconds: float = LONGEST_SECONDS) -> Outcome:
    """Ask a pair's question, and compare the answer with the agreed rows."""
    try:
        question, expected = pair.question(), pair.expected()
        with warehouse.for_questions() as session:
            answer = session.ask(question, seconds)
        _refuse_unnamed(answer)
    except (AcceptanceError, QueryError) as error:
        return Outcome(problem=str(error))
    return Outcome(rows=len(answer.rows), difference=compare(expected, answer, ordered=question.is_ordered))


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise AcceptanceError(
                f"{file.name} has {file.stat().st_size:,} bytes: expected {_MOST_BYTES:,} at most; ask for fewer rows"
            )
        # Decoded here, since opening a file as text would change line ends within cells.
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AcceptanceError(f"{file.name} is not UTF-8 at byte {error.start:,}: save it as UTF-8") from error
    except OSError as error:
        raise AcceptanceError(
            f"{file.name} cannot be read: {error.strerror}; check that it is a file, and its permissions"
        ) from error


def _checked(rows: list[list[Cell]], name: str) -> list[list[Cell]]:
    if not rows:
        raise AcceptanceError(f"{name} is empty: expected a line with the names of the columns, then the rows")
    if None in rows[0] or "" in rows[0]:
        raise AcceptanceError(f"{name} has a column without a name in its first line: name each column")
    if len(rows) > MOST_ROWS + 1:
        raise AcceptanceError(f"{name} has {len(rows) - 1:,} rows: expected {MOST_ROWS:,} at most; ask for sums")
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(rows[0]):
            raise AcceptanceError(
                f"{name} has {len(row)} cells in its row {number:,}, and {len(rows[0])} columns: expected as many; put "
                "quotes around a text that holds a comma"
            )
    return rows


def _refuse_unnamed(answer: Answer) -> None:
    names = [name.lower() for name in answer.columns]
    shared = {name for name in names if names.count(name) > 1}
    if shared:
        raise AcceptanceError(f"more than one column is named {', '.join(sorted(shared))}: name them apart with AS")


def check_name(name: str) -> str:
    """Return the name of a pair's check, in the characters that Dagster allows."""
    return f"acceptance_{re.sub('[^A-Za-z0-9_]', '_', name)}"

"""Acceptance queries: a folder of pairs, `name.sql` and the rows that it has to give, `name.csv`.

What is read, how answers are compared and what is said of a difference belongs here. The checks that show it are in
`acceptance_checks.py`.

- Columns are compared by name and order; capitals do not count, since Redshift folds them.
- A cell is compared by what the answer has in its column: a number as a number, a date or timestamp as ISO 8601 (a date
  is its midnight, UTC), anything else as text, exactly. Doubles may differ by their rounding.
- An empty cell is null, `""` is an empty text.
- Rows count as often as they occur. Their order counts where the query has an ORDER BY of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import TokenType, exp, tokenize

from sparkify_assets import model
from sparkify_assets.acceptance.comparison import Difference, compare
from sparkify_assets.acceptance.csv_rows import Cell, CsvError, read_rows
from sparkify_assets.errors import AcceptanceError, QueryError, TranslationError
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.dialect import parse_question
from sparkify_assets.warehouse.session import Answer, Warehouse

LONGEST_SECONDS = 60.0
MOST_ROWS = 100_000
_MOST_BYTES = 50_000_000
# What is reported on where a query says nothing of it.
_USUAL_ASSET = "songplays"


@dataclass(frozen=True)
class Question:
    """What a pair asks: a SELECT, the tables that it reads, and whether its rows have an order."""

    sql: str
    tables: tuple[str, ...]
    is_ordered: bool

    @property
    def bounded(self) -> str:
        """The SELECT as it is run: one that gives far too many rows is stopped at once."""
        return self.sql if _has_limit(parse_question(self.sql)) else f"{self.sql}\nLIMIT {MOST_ROWS + 1}"


@dataclass(frozen=True)
class Pair:
    """A pair by its name, of which one half may be missing."""

    folder: Path
    name: str

    @property
    def sql_file(self) -> Path:
        return self.folder / f"{self.name}.sql"

    @property
    def csv_file(self) -> Path:
        return self.folder / f"{self.name}.csv"

    def question(self) -> Question:
        """What the pair asks, as its file has it now."""
        if not self.sql_file.exists():
            raise AcceptanceError(
                f"there is {self.csv_file.name} and no {self.sql_file.name}: expected both; write the query, or remove "
                "the rows"
            )
        return read_question(_text(self.sql_file))

    def expected(self) -> list[list[Cell]]:
        """The rows that the query has to give, after their columns' names."""
        if not self.csv_file.exists():
            raise AcceptanceError(
                f"there is {self.sql_file.name} and no {self.csv_file.name}: expected both; have the rows written by "
                f"`sparkify query --file {self.sql_file} --out {self.csv_file}`, and see that they are right"
            )
        try:
            rows = read_rows(_text(self.csv_file))
        except CsvError as error:
            raise AcceptanceError(f"{self.csv_file.name}, {error}") from error
        return _checked(rows, self.csv_file.name)

    @property
    def meaning(self) -> str:
        """What is asked, as the comment in the first line says it."""
        try:
            first = _text(self.sql_file).lstrip().partition("\n")[0]
        except AcceptanceError:
            first = ""
        said = first.removeprefix("--").strip() if first.startswith("--") else ""
        return said or f"{self.name}.sql gives the rows of {self.name}.csv."


@dataclass(frozen=True)
class Outcome:
    """How a pair stands: a problem with it or with asking, or the difference to what was expected, if there is one."""

    problem: str = ""
    rows: int = 0
    difference: Difference = field(default_factory=Difference)

    @property
    def passed(self) -> bool:
        return not self.problem and self.difference.is_none


def find_pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder, halves too; none where there is no such folder."""
    try:
        files = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    names = {path.stem for path in files if path.suffix in (".sql", ".csv") and not path.name.startswith(".")}
    return [Pair(folder, name) for name in sorted(names)]


def read_question(sql: str) -> Question:
    """Read a query: one SELECT on tables of the warehouse."""
    try:
        statement = parse_question(sql)
    except TranslationError as error:
        raise AcceptanceError(str(error)) from error
    tables = _tables_of(statement)
    if not tables:
        raise AcceptanceError("the query reads no table: expected a SELECT from tables of the warehouse")
    unknown = [name for name in tables if name not in model.tables()]
    if unknown:
        raise AcceptanceError(
            f"the query reads {', '.join(unknown)}: expected tables with their schema, of those that there are: "
            f"{', '.join(model.tables())}"
        )
    return Question(_without_end(sql), tables, statement.args.get("order") is not None)


def assets_of(tables: Sequence[str]) -> list[str]:
    """The assets that a query on these tables is about, first the one that it is reported on: what is made last."""
    ranked = [*_insights(), "sparkify.songplays", *reversed(DAY_TABLES), *reversed(CATALOG_TABLES)]
    found = dict.fromkeys(model.table(name).name for name in ranked if name in tables)
    return list(found) or [_USUAL_ASSET]


def examine(warehouse: Warehouse, pair: Pair, seconds: float = LONGEST_SECONDS) -> Outcome:
    """Ask a pair's question, and hold the answer against the rows that it has to give."""
    try:
        question, expected = pair.question(), pair.expected()
        with warehouse.reader() as session:
            answer = session.ask(Query(pair.name, question.bounded), seconds)
        _refuse_unnamed(answer)
    except (AcceptanceError, QueryError) as error:
        return Outcome(problem=str(error))
    return Outcome(rows=len(answer.rows), difference=compare(expected, answer, ordered=question.is_ordered))


def _insights() -> list[str]:
    return [name for name in model.tables() if name.startswith("insights.")]


def _tables_of(statement: exp.Query) -> tuple[str, ...]:
    """The tables that a query reads, as Redshift folds their names, without those that it makes itself."""
    own = {made.alias.lower() for made in statement.find_all(exp.CTE)}
    found = (_name_of(table) for table in statement.find_all(exp.Table))
    return tuple(dict.fromkeys(name for name in found if name not in own))


def _name_of(table: exp.Table) -> str:
    """A table's name; of a function that stands for a table how it is written."""
    if isinstance(table.this, exp.Identifier):
        return ".".join(part.name for part in table.parts).lower()
    return table.sql("redshift")[:80]


def _has_limit(statement: exp.Query) -> bool:
    return statement.args.get("limit") is not None


def _without_end(sql: str) -> str:
    """A statement without the semicolon and the comments after it."""
    tokens = [token for token in tokenize(sql, read="redshift") if token.token_type is not TokenType.SEMICOLON]
    return sql[: tokens[-1].end + 1]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise AcceptanceError(
                f"{file.name} has {file.stat().st_size:,} bytes: expected {_MOST_BYTES:,} at most; ask for fewer rows"
            )
        # As it is: reading text would make one line end of another, in the cells too.
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AcceptanceError(f"{file.name} is not UTF-8 at byte {error.start:,}: save it as UTF-8") from error
    except OSError as error:
        raise AcceptanceError(
            f"{file.name} cannot be read: {error.strerror}: see that it is a file to be read"
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
    if len(answer.rows) > MOST_ROWS:
        raise AcceptanceError(
            f"the query gives more than {MOST_ROWS:,} rows: expected fewer; ask for sums, or for the first"
        )


def check_name(name: str) -> str:
    """A pair's name as Dagster takes names of checks."""
    return f"acceptance_{re.sub('[^A-Za-z0-9_]', '_', name)}"

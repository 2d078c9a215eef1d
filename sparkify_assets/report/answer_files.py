"""Questions read from files, and answers written to them: as CSV, JSON or Parquet, whole or not at all.

How an answer looks as CSV and JSON belongs in `answers.py`.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from sparkify_assets.errors import FREE_SPACE, QueryError
from sparkify_assets.report.answers import refuse_shared_names, write_answer
from sparkify_assets.report.phrases import counted
from sparkify_assets.warehouse.session import Answer, Value

_ENDINGS = (".csv", ".json", ".parquet")


def read_sql(file: str) -> str:
    """Return the text of a file; `-` is standard input."""
    name = "standard input" if file == "-" else file
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryError(f"{name} is not UTF-8 at byte {error.start:,}: save it as UTF-8") from error


def refuse_unknown_ending(file: Path) -> None:
    """Refuse a file that no answer can be written to."""
    ending = file.suffix.lower()
    if ending not in _ENDINGS:
        raise QueryError(
            f"{file} ends with {ending or 'nothing'}: expected a name that ends with {', '.join(_ENDINGS)}"
        )
    if file.is_dir():
        raise QueryError(f"{file} is a folder: expected the name of a file to write")


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a path to write to, which replaces the file once the context ends without an error."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        # Fails at once where the file cannot be written.
        unfinished.touch()
        yield unfinished
        unfinished.replace(file)
    except OSError as error:
        # Writing fails without saying which file it was, and nobody knows the unfinished one.
        if error.filename in (None, str(unfinished)):
            error.filename = str(file)
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(file: Path, text: str | bytes) -> None:
    """Write a file, and its folder where there is none, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as unfinished:
        unfinished.write_bytes(text.encode() if isinstance(text, str) else text)


def save_answer(answer: Answer, file: Path) -> None:
    """Write an answer to a file, whole or not at all, in the format that its name ends with."""
    ending = file.suffix.lower()
    with replacing(file) as unfinished:
        if ending == ".parquet":
            write_parquet(answer, unfinished)
        else:
            # Line ends in cells stay as they are.
            with unfinished.open("w", encoding="utf-8", newline="") as out:
                write_answer(answer, ending[1:], out)
    print(f"{file}: {counted(len(answer.rows), 'row')}")


def write_parquet(answer: Answer, file: Path) -> None:
    """Write an answer to a file as Parquet."""
    # Imported here: only Parquet needs it. DuckDB is the writer, whatever the warehouse.
    import duckdb

    from sparkify_assets.warehouse.duckdb.duckdb_failures import lacks_room
    from sparkify_assets.warehouse.duckdb.duckdb_names import first_line, identifier, literal

    refuse_shared_names(answer)
    types = [_type_of([row[place] for row in answer.rows]) for place in range(len(answer.columns))]
    columns = [f"{identifier(name)} {type_}" for name, type_ in zip(answer.columns, types, strict=True)]
    # As texts, since DuckDB would guess types from the first values.
    texts = {
        f"c{place}": [None if row[place] is None else str(row[place]) for row in answer.rows]
        for place in range(len(columns))
    }
    lists = ", ".join(f"unnest(CAST(${place} AS VARCHAR[]))" for place in texts)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE answer ({', '.join(columns)})")
            connection.execute(f"INSERT INTO answer SELECT {lists}", texts)
            connection.execute(f"COPY answer TO {literal(str(file))} (FORMAT parquet)")
    except duckdb.Error as error:
        remedy = FREE_SPACE if lacks_room(error) else "try .csv or .json"
        raise QueryError(f"the answer cannot be written as Parquet: {first_line(error)}; {remedy}") from error


def _type_of(values: Sequence[Value]) -> str:
    """Return DuckDB's type for a column, by its values: the engines' drivers agree on nothing else."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        return "BIGINT" if all(-(2**63) <= int(str(n)) < 2**63 for n in values if n is not None) else "DECIMAL(38, 0)"
    if kinds and kinds <= {int, Decimal}:
        places = [-int(n.as_tuple().exponent) for n in values if isinstance(n, Decimal) and n.is_finite()]
        return f"DECIMAL(38, {max(0, *places, 0)})"
    if kinds and kinds <= {int, float, Decimal}:
        return "DOUBLE"
    if kinds == {datetime}:
        zoned = any(isinstance(value, datetime) and value.tzinfo for value in values)
        return "TIMESTAMP WITH TIME ZONE" if zoned else "TIMESTAMP"
    kind = kinds.pop() if len(kinds) == 1 else str
    return {bool: "BOOLEAN", date: "DATE", time: "TIME"}.get(kind, "VARCHAR")

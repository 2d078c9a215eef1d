"""Questions read from files, and answers written to them: CSV, JSON or Parquet, whole or not at all.

How an answer looks as CSV and JSON is said in `tables.py`.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from sparkify_assets.errors import QueryError
from sparkify_assets.report.answers import refuse_shared_names, write_answer
from sparkify_assets.warehouse.session import Answer, Value

Saver = Callable[[Answer, Path], None]
_ROWS_AT_ONCE = 10_000


def read_sql(file: str) -> str:
    """The text of a file; - is standard input."""
    name = "standard input" if file == "-" else file
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryError(f"{name} is not UTF-8 at byte {error.start:,}: save it as UTF-8") from error


def saver_of(file: str) -> Saver:
    """How a file of this name is written."""
    ending = Path(file).suffix.lower()
    if ending not in _SAVERS:
        raise QueryError(f"{file} ends with {ending or 'nothing'}: expected a name that ends with {', '.join(_SAVERS)}")
    if Path(file).is_dir():
        raise QueryError(f"{file} is a folder: expected the name of a file to write")
    return _SAVERS[ending]


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Where to write what is to become the file when the context ends well: nobody sees half of it."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        # Where it may not be written is found out here, in the system's words.
        partial.touch()
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def save_answer(answer: Answer, file: Path, save: Saver) -> None:
    """Write an answer to a file, whole or not at all."""
    with replacing(file) as partial:
        save(answer, partial)
    print(f"{file}: {len(answer.rows):,} row{'' if len(answer.rows) == 1 else 's'}")


def _save_csv(answer: Answer, file: Path) -> None:
    _save_text(answer, file, "csv")


def _save_json(answer: Answer, file: Path) -> None:
    _save_text(answer, file, "json")


def _save_text(answer: Answer, file: Path, layout: str) -> None:
    # Line ends in cells stay as they are.
    with file.open("w", encoding="utf-8", newline="") as out:
        write_answer(answer, layout, out)


def _save_parquet(answer: Answer, file: Path) -> None:
    # Imported here: what DuckDB writes better than anything else at hand has nothing to do with the warehouse.
    import duckdb

    from sparkify_assets.warehouse.duckdb.duckdb_names import first_line, identifier, literal

    refuse_shared_names(answer)
    types = [_type_of([row[place] for row in answer.rows]) for place in range(len(answer.columns))]
    columns = [f"{identifier(name)} {type_}" for name, type_ in zip(answer.columns, types, strict=True)]
    texts = [type_ == "VARCHAR" for type_ in types]
    try:
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE answer ({', '.join(columns)})")
            for start in range(0, len(answer.rows), _ROWS_AT_ONCE):
                rows = [
                    dict(zip(answer.columns, _as_text(row, texts), strict=True))
                    for row in answer.rows[start : start + _ROWS_AT_ONCE]
                ]
                connection.execute(
                    f"INSERT INTO answer SELECT unnest(CAST($rows AS STRUCT({', '.join(columns)})[]), "
                    "recursive := true)",
                    {"rows": rows},
                )
            connection.execute(f"COPY answer TO {literal(str(file))} (FORMAT parquet)")
    except duckdb.Error as error:
        raise QueryError(f"the answer cannot be written as Parquet: {first_line(error)}; try .csv or .json") from error


_SAVERS: dict[str, Saver] = {".csv": _save_csv, ".json": _save_json, ".parquet": _save_parquet}


def _as_text(row: Sequence[Value], texts: Sequence[bool]) -> list[Value]:
    """A row of which what is neither a number nor a moment is a text."""
    return [str(value) if text and value is not None else value for value, text in zip(row, texts, strict=True)]


def _type_of(values: Sequence[Value]) -> str:
    """DuckDB's type for a column, by its values: the drivers of the engines give no other that they agree on."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
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
    return {frozenset({date}): "DATE", frozenset({time}): "TIME"}.get(frozenset(kinds), "VARCHAR")

"""How DuckDB writes types, names and texts, and how its errors are quoted. No statement is built here."""

from sparkify_assets.model import Column


def duckdb_type(column: Column) -> str:
    """Return DuckDB's type for a column; texts have no limit there, since the rules of a good record check it."""
    if column.is_text:
        return "VARCHAR"
    return "DOUBLE" if column.is_double else column.type


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0]

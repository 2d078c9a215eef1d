"""How DuckDB writes names, texts and types, and how its errors are quoted."""

from sparkify_assets.model import Column


def duckdb_type(column: Column) -> str:
    return {"DOUBLE PRECISION": "DOUBLE"}.get(column.type, "VARCHAR" if column.is_text else column.type)


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0]

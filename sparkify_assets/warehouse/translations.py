"""What is needed of the platform's own statements, found by sqlglot and remembered: their translation and their parts.

How statements are translated is in `dialect.py`. Questions of users are not remembered.
"""

from sparkify_assets.model.memory import remembered

# Each function imports for itself: sqlglot takes longer than most commands, which only need what is remembered.


@remembered
def translation(sql: str) -> str:
    """Return a statement as DuckDB runs it."""
    from sparkify_assets.warehouse.dialect import translate

    return translate(sql)


@remembered
def parameters(sql: str) -> list[str]:
    """Return the names of a statement's parameters."""
    from sqlglot import exp

    from sparkify_assets.warehouse.dialect import parse

    return sorted({placeholder.name for placeholder in parse(sql).find_all(exp.Placeholder)})


@remembered
def selected_columns(sql: str) -> list[str]:
    """Return the names of the columns of a SELECT."""
    from sqlglot import exp

    from sparkify_assets.warehouse.dialect import parse

    parsed = parse(sql)
    assert isinstance(parsed, exp.Query)
    return parsed.named_selects


@remembered
def tables_read(sql: str) -> list[str]:
    """Return the tables of the warehouse that a statement reads."""
    from sqlglot import exp

    from sparkify_assets.warehouse.dialect import parse

    return sorted({f"{table.db}.{table.name}" for table in parse(sql).find_all(exp.Table) if table.db})

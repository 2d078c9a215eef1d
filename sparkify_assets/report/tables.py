"""The tables and their columns, as the contract describes them: for `sparkify tables`, SHOW TABLES and DESCRIBE."""

import re

from sparkify_assets import model
from sparkify_assets.errors import QueryError
from sparkify_assets.warehouse.session import Answer

# What people ask of comes first.
_SCHEMAS = ("sparkify", "insights", "staging", "ops")
_SHOW = re.compile(r"\s*SHOW\s+TABLES\s*;?\s*", re.IGNORECASE)
_DESCRIBE = re.compile(r"\s*(?:DESCRIBE|DESC)\s+(?:TABLE\s+)?(?P<name>[\w.\"]+)\s*;?\s*", re.IGNORECASE)


def answer_about_tables(sql: str) -> Answer | None:
    """Return the answer to SHOW TABLES or DESCRIBE; None for any other question."""
    if _SHOW.fullmatch(sql):
        return list_tables()
    asked = _DESCRIBE.fullmatch(sql)
    return describe_table(asked["name"].replace('"', "")) if asked else None


def list_tables() -> Answer:
    tables = sorted(model.tables().values(), key=lambda table: (_SCHEMAS.index(table.schema), table.name))
    return Answer(("table", "meaning"), [(table.full_name, table.meaning) for table in tables])


def describe_table(name: str) -> Answer:
    """Return the columns of a table, named with its schema or without."""
    found = [full for full in model.tables() if name.lower() in (full, full.rpartition(".")[2])]
    if not found:
        meant = f"did you mean {' or '.join(near)}? " if (near := model.nearest_tables(name)) else ""
        raise QueryError(f"there is no table {name}: {meant}`sparkify tables` lists all of them")
    columns = model.table(found[0]).columns
    return Answer(("column", "type", "meaning"), [(each.name, each.type.lower(), each.meaning) for each in columns])

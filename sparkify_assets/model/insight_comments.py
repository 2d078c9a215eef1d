"""The insights' part of the contract: comments in an insight's statement declare its table.

`queries/insights/<name>.sql` begins with what the table holds, its key and, if a part of it can be rebuilt, the
conditions on the rows that a changed day or user affects. After each column come its type and its meaning. Summaries,
from which insights are summed up, are declared alike in `summaries/<name>.sql`; their tables lie in `ops`. How both are
built is in the package `insights/`.
"""

import re
from itertools import takewhile
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "queries" / "insights"
SCHEMA, SUMMARY_SCHEMA = "insights", "ops"

_COLUMN = re.compile(r"(?P<type>[A-Z]+(?: PRECISION)?(?:\(\d+\))?)(?P<required> NOT NULL)?: (?P<meaning>.+)", re.DOTALL)
_HEADER = re.compile(r"(?P<meaning>.+?)\nKey: (?P<key>[^\n]+)(?:\nAffected: (?P<affected>.+))?", re.DOTALL)


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.sql"))


def summary_files() -> list[Path]:
    return sorted(FOLDER.glob("summaries/*.sql"))


def declare(table: str, sql: str) -> tuple[str, list[str]]:
    """Return a table as DDL, and the conditions on the rows that a changed day or user affects, if there are any.

    Raises ValueError if the statement or its comments lack something.
    """
    # Imported here: sqlglot takes longer than an insight that is remembered.
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    lines = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    header = _HEADER.fullmatch("\n".join(line.removeprefix("--").strip() for line in lines))
    if not header:
        raise ValueError(
            "it does not begin with what it holds and its key: expected lines like `-- What it holds.` and "
            "`-- Key: column, column`"
        )
    try:
        statement = parse_one(sql, read="redshift")
    except SqlglotError as error:
        raise ValueError(f"it is not one statement in Redshift's dialect: {' '.join(str(error).split())}") from error
    if not isinstance(statement, exp.Query):
        raise ValueError(f"it is {type(statement).__name__}: expected one SELECT")
    columns, comments = [], [f"COMMENT ON TABLE {table} IS {_literal(' '.join(header['meaning'].split()))}"]
    for column in statement.selects:
        found = _COLUMN.fullmatch(" ".join((column.comments or [""])[0].split()))
        if not found:
            raise ValueError(
                f"the column {column.alias_or_name} has no comment like `-- BIGINT NOT NULL: what it means`: after it, "
                "on the same line, state its type, NOT NULL if it is never null, and its meaning"
            )
        columns.append(f"{column.alias_or_name} {found['type']}{found['required'] or ''}")
        comments.append(f"COMMENT ON COLUMN {table}.{column.alias_or_name} IS {_literal(found['meaning'])}")
    create = f"CREATE TABLE {table} (\n    {', '.join(columns)}, PRIMARY KEY ({header['key']})\n)"
    affected = header["affected"].split("\nAffected: ") if header["affected"] else []
    return ";\n".join([create, *comments]) + ";\n", affected


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""COPY's statement as it is read, what is recorded of a COPY, and the errors of records.

What makes a good record is in `copy.py`; all other statements are in `statements.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sparkify_assets_tests.redshift.plain import NAME
from sparkify_assets_tests.redshift.postgres import Column, literal
from sparkify_assets_tests.redshift.refusal import OTHER, SYNTAX_ERROR, StatementRefused


@dataclass
class File:
    """A file that was scanned."""

    url: str
    bytes: int = 0
    lines: int = 0
    rows: int = 0


class LoadError(Exception):
    """The first record of a COPY that cannot be loaded, with its code in Redshift's load error reference."""

    file, line_number = "", 0
    column: Column | None = None

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        # PostgreSQL, which keeps the message, has no NUL in texts.
        self.code, self.message = code, message.replace("\0", "?")


@dataclass(frozen=True)
class CopyStatement:
    """A COPY of JSON objects that a manifest lists."""

    table: str
    columns: tuple[str, ...]
    manifest: str
    jsonpaths: str
    region: str
    iam_role: str
    most_errors: int
    gzip: bool

    @property
    def table_name(self) -> str:
        return self.table.rpartition(".")[2]


def parse_copy(sql: str) -> CopyStatement:
    """Parse a COPY in the one form that is sent, its options in any order. sqlglot would pair its flags wrongly."""
    beginning = _COPY.match(sql)
    if not beginning:
        raise _syntax_error(sql, len("COPY"))
    options: dict[str, str] = {}
    position = beginning.end()
    while position < len(sql):
        option = _COPY_OPTION.match(sql, position)
        if not option:
            raise _syntax_error(sql, position)
        name = (option[1] or option[3] or option[5]).upper()
        if name in options:
            raise StatementRefused(f"conflicting or redundant options: {name}", SYNTAX_ERROR)
        options[name] = _unquoted(option[2]) if option[2] else (option[4] or name).upper()
        position = option.end()
    for name, needed in _COPY_NEEDS.items():
        if not re.fullmatch(needed, options.get(name, "")):
            raise StatementRefused(f"the stand-in for Redshift only takes COPY with {name} as {needed}")
    return CopyStatement(
        table=beginning[1].lower(),
        columns=tuple(re.split(r"\s*,\s*", beginning[2].strip().lower())),
        manifest=_unquoted(beginning[3]),
        jsonpaths=options["FORMAT AS JSON"],
        region=options["REGION"],
        iam_role=options["IAM_ROLE"],
        most_errors=int(options["MAXERROR"]),
        gzip="GZIP" in options,
    )


_TEXT = r"'(?:[^'\\]|'')*'"
_COPY = re.compile(rf"COPY\s+({NAME})\s*\((\s*[a-z_]\w*\s*(?:,\s*[a-z_]\w*\s*)*)\)\s*FROM\s+({_TEXT})", re.IGNORECASE)
_COPY_OPTION = re.compile(
    rf"\s+(?:(IAM_ROLE|REGION|TIMEFORMAT|FORMAT AS JSON)\s+({_TEXT})|(MAXERROR|COMPUPDATE|STATUPDATE)\s+(\w+)"
    r"|(MANIFEST|GZIP))(?=\s|$)",
    re.IGNORECASE,
)
_COPY_NEEDS = {
    "IAM_ROLE": r"arn:aws(?:-cn|-us-gov)?:iam::\d{12}:role/[\w+=,.@/-]+",
    "REGION": r"[a-z0-9-]+",
    "FORMAT AS JSON": "s3://.+",
    "TIMEFORMAT": "(?:auto)?",
    "MANIFEST": "MANIFEST",
    "MAXERROR": r"\d{1,6}",
    "COMPUPDATE": "OFF",
    "STATUPDATE": "OFF",
}


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _syntax_error(sql: str, position: int) -> StatementRefused:
    return StatementRefused(f'syntax error at or near "{sql[position:].strip()[:30]}"', SYNTAX_ERROR)


def last_copy(query: int, rows: int) -> str:
    """Return the statement that sets PG_LAST_COPY_ID and PG_LAST_COPY_COUNT."""
    return (
        f"SELECT set_config('redshift.last_copy_id', '{query}', false), "
        f"set_config('redshift.last_copy_count', '{rows}', false)"
    )


_USER_ID = 100


def insert_load_report(query: int, session: int, copy: CopyStatement, files: Sequence[File], started: datetime) -> str:
    """Return the statements that record a COPY and its files."""
    # assumes: load_detail_readable_at_once, load_detail_cuts_names
    rows = (
        f"({_USER_ID}, {query}, {literal(file.url[:256])}, {file.bytes}, {file.lines}, getdate(), 1, "
        f"'{started:%F %T.%f}', getdate())"
        for file in files
    )
    scanned = sum(file.bytes for file in files)
    return (
        f"INSERT INTO pg_catalog.sys_load_history VALUES ({_USER_ID}, {query}, 0, {session}, current_database(), "
        f"'completed', {literal(copy.table_name)}, '{started:%F %T.%f}', getdate(), 0, {literal(copy.manifest)}, "
        f"'json', {sum(file.rows for file in files)}, {scanned}, {len(files)}, {scanned}, {len(files)}, {scanned}, "
        "0, 0); "
        f"INSERT INTO pg_catalog.sys_load_detail VALUES {', '.join(rows)}"
    )


def insert_load_error(query: int, session: int, database: str, error: LoadError) -> str:
    """Return the statement that records why a COPY failed."""
    # assumes: load_error_readable_after_rollback, load_error_line_is_the_records_last
    column = error.column or Column("", "", 0, required=False, table_id=0)
    name, type_, size = literal(column.name), literal(column.type), literal(str(column.size or ""))
    return (
        f"INSERT INTO pg_catalog.sys_load_error_detail VALUES ({_USER_ID}, {query}, 0, {session}, {literal(database)}, "
        f"{column.table_id}, getdate(), {literal(error.file[:256])}, {error.line_number}, {name}, {type_}, {size}, 0, "
        f"{error.code}, {literal(error.message[:512])})"
    )


def jsonpath_keys(paths: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the keys of a record in the order of the columns."""
    # assumes: jsonpaths_as_many_as_columns
    if len(paths) != len(columns):
        sizes = f"JSONPath size: {len(paths)}, Number of columns in table or column list: {len(columns)}"
        raise StatementRefused(f"Number of jsonpaths and the number of columns should match. {sizes}", OTHER)
    keys = [match[1] or match[2] for path in paths if (match := _JSONPATH.fullmatch(path))]
    if len(keys) != len(paths):
        notations = "Supported notations are 'dot-notation' and 'bracket-notation'"
        raise StatementRefused(f"Invalid JSONPath format. {notations}", OTHER)
    return keys


_JSONPATH = re.compile(r"""\$(?:\.(\w+)|\[(?:'|")([^'"\\]+)(?:'|")\])""")

"""The statements with which DuckDB reads files: built from the contract, they read each field as text and check it.

DuckDB accepts more as JSON than the validator does, and its types are laxer than the contract. So these statements flag
as doubtful every record that the validator might reject, and a few more. What happens to those is decided in
`duckdb_landing.py`.
"""

import re
from collections.abc import Iterable
from functools import cache

from sparkify_assets.lake.parsing import MAX_DEPTH
from sparkify_assets.lake.records import MAX_BYTES
from sparkify_assets.lake.validator import DOUBLE, INTEGER, PERHAPS_REWRITTEN
from sparkify_assets.model import Column, Table
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, identifier, literal


def _matches(pattern: str) -> str:
    return f"regexp_matches(json, {literal(pattern)})"


def _any_of(conditions: Iterable[str]) -> str:
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions)


# A trailing comma, and words that are no JSON numbers; both patterns also match inside of strings.
_TRAILING_COMMA = _matches(r",\s*[}\]]")
_NOT_A_NUMBER = _matches(r"[:,\[]\s*-?(?i:nan|inf)")
# Every record is tested for this one. It is the fastest pattern, because it starts with a fixed byte.
_MAY_NEST = _matches(r":\s*(?:[\[{]|-?[NnIi][AaNn][NnFf])")
# Most records end with a quote and a brace: those can have a trailing comma only in a nested value.
_ODD = (
    f"strlen(json) > {MAX_BYTES} OR contains(json, '\\u0000') OR "
    f"CASE WHEN suffix(json, '\"}}') THEN false ELSE {_TRAILING_COMMA} END"
)
# Counting brackets is enough: values that nest too deeply have at least so many.
_ODD_IF_NESTED = [
    _TRAILING_COMMA,
    _NOT_A_NUMBER,
    f"strlen(json) - strlen(translate(json, '[{{', '')) > {MAX_DEPTH}",
]

# A folder with a name like `page=Home` is only a folder, not a column.
_READING = (
    f"format = 'newline_delimited', filename = true, hive_partitioning = false, maximum_object_size = {MAX_BYTES}"
)
# The day and the number of a row's file, which DuckDB knows by its place among the paths, from 0.
_DAY, _FILE = (
    f"CAST(${values} AS {type_}[])[CAST(file_index AS INTEGER) + 1]"
    for values, type_ in (("days", "DATE"), ("files", "INTEGER"))
)

# The keys of the first record of log files, or none if one of them occurs twice.
USUAL_KEYS = (
    "SELECT CASE WHEN list_unique(keys) < len(keys) THEN [] ELSE keys END FROM (SELECT json_keys(json) AS keys "
    f"FROM read_json_objects($paths, ignore_errors = true, {_READING}) WHERE json IS NOT NULL LIMIT 1)"
)
# For each file its records, whether one is odd or no object, and whether one may hold a nested value or a word in place
# of a number.
TEXTS = (
    f"SELECT filename, count(*), bool_or(json IS NULL OR NOT starts_with(json, '{{') OR {_ODD}), bool_or({_MAY_NEST}) "
    f"FROM read_json_objects($paths, ignore_errors = true, {_READING}) GROUP BY filename"
)
# Of files in which values may nest, those in which a record is odd because of that.
ODD_IF_NESTED = f"SELECT DISTINCT filename FROM read_json_objects($paths, {_READING}) WHERE {_any_of(_ODD_IF_NESTED)}"


@cache
def landing_statement(table: Table, *, validated: bool = False) -> str:
    """Return the statement that lands files as they are, each row with the day and the number of its file. It fails at
    the first record that is no JSON object, or has a key twice. What the validator wrote is not doubted for numbers in
    texts."""
    fields = {column: identifier(column.source or "") for column in table.landed_columns}
    doubts = [*_broken_rules(fields), *([] if validated else _perhaps_rewritten(fields))]
    keys = ", ".join(f"{literal(column.source or '')}: 'VARCHAR'" for column in fields)
    return (
        f"INSERT INTO landed_{table.name} "
        f"SELECT {_DAY}, {_typed_columns(fields)}, {_FILE}, {_any_of(doubts)} "
        f"FROM read_json($paths, columns = {{{keys}}}, {_READING})"
    )


@cache
def line_by_line_statement(table: Table) -> str:
    """Return the statement that lands log files line by line: a line that is not JSON becomes a row of nulls, and each
    row is flagged as doubtful on its own."""
    fields = {column: f"record.{identifier(column.source or '')}" for column in table.landed_columns}
    keys = ", ".join(f'"{column.source}": "VARCHAR"' for column in fields)
    odd_if_nested = _any_of([*_ODD_IF_NESTED, looks_nested(fields)])
    doubts = [
        *_broken_rules(fields),
        *_perhaps_rewritten(fields),
        _ODD,
        f"CASE WHEN {_MAY_NEST} THEN {odd_if_nested} ELSE false END",
        # DuckDB takes the first of two equal keys. Most records have the first record's keys, which were checked.
        "CASE WHEN keys = $usual_keys THEN false ELSE list_unique(keys) < len(keys) END",
    ]
    return (
        f"INSERT INTO landed_{table.name} "
        f"SELECT {_DAY}, {_typed_columns(fields)}, {_FILE}, json IS NULL OR {_any_of(doubts)} "
        f"FROM (SELECT file_index, json, json_keys(json) AS keys, from_json(json, {literal(f'{{{keys}}}')}) AS record "
        f"FROM read_json_objects($paths, ignore_errors = true, {_READING}))"
    )


def looks_nested(fields: dict[Column, str]) -> str:
    """Return the condition that a text begins like an object or an array: in a text column those arrive as text."""
    texts = [field for column, field in fields.items() if column.is_text]
    return _any_of(f"starts_with({text}, '{bracket}')" for text in texts for bracket in "{[")


def _perhaps_rewritten(fields: dict[Column, str]) -> list[str]:
    """Return the conditions that a text may be a number that DuckDB has rewritten. Few texts begin like a number."""
    pattern = literal(PERHAPS_REWRITTEN.pattern)
    return [
        f"CASE WHEN {text} >= '-' AND {text} < ':' THEN regexp_full_match({text}, {pattern}) ELSE false END"
        for text in (field for column, field in fields.items() if column.is_text)
    ]


def no_pattern(path: str) -> str:
    """Quote a path for read_json, where `*`, `?` and `[` are patterns, and beside one of them a backslash as well."""
    return re.sub(r"([*?\[\\])", r"[\1]", path) if re.search(r"[*?\[]", path) else path


def _typed_columns(fields: dict[Column, str]) -> str:
    return ", ".join(f"{_typed(column, field)} AS {column.name}" for column, field in fields.items())


def _typed(column: Column, field: str) -> str:
    """Return a field in its column's type. The pattern is there because DuckDB's cast reads 1.5 as an integer."""
    if column.is_text:
        return field
    pattern = INTEGER.pattern if column.is_integer else DOUBLE.pattern
    return (
        f"TRY_CAST(CASE WHEN regexp_full_match({field}, {literal(pattern)}) THEN {field} END AS {duckdb_type(column)})"
    )


def _broken_rules(fields: dict[Column, str]) -> list[str]:
    """Return the contract's rules, each negated; NUL is missing here, because it is searched for in the file's text."""
    return [rule for column, field in fields.items() for rule in _broken_rules_of(column, field)]


def _broken_rules_of(column: Column, field: str) -> list[str]:
    typed = _typed(column, field)
    if column.is_text:
        rules = [f"strlen({field}) > {column.max_bytes}"]
        return rules if column.nullable else [*rules, f"{field} IS NULL"]
    rules = [f"({field} <> '' AND {typed} IS NULL)" if column.nullable else f"{typed} IS NULL"]
    if column.is_double:
        rules.append(f"NOT isfinite({typed})")
    if column.least is not None:
        rules.append(f"NOT {typed} BETWEEN {column.range[0]} AND {column.range[1]}")
    return rules

"""How DuckDB reads files: statements made from the contract, every field read as text and judged in the scan.

DuckDB takes more for JSON than the sieve does, and types more leniently than the contract: what these statements mark
as doubtful is all that the sieve could refuse, and a little more. What becomes of it is decided in `duckdb_landing.py`.
"""

import re
from collections.abc import Iterable
from functools import cache

from sparkify_assets.lake.records import MAX_BYTES
from sparkify_assets.lake.validator import DOUBLE, INTEGER, MAX_DEPTH
from sparkify_assets.model import Column, Table
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, identifier, literal

# A comma that closes, and the numbers that are none: where they may stand, in a string too.
_COMMA = r",\s*[}\]]"
_NO_NUMBER = r"[:,\[]\s*-?(?i:nan|inf)"
# This is asked of every record: with one byte to look for it is the fastest of them.
_NESTED_OR_NO_NUMBER = r":\s*(?:[\[{]|-?[NnIi][AaNn][NnFf])"
# A record that ends with a quote and a brace, as most do, can have a comma that closes in a nested value only.
_ODD = (
    f"strlen(json) > {MAX_BYTES} OR contains(json, '\\u0000') OR "
    f"CASE WHEN suffix(json, '\"}}') THEN false ELSE regexp_matches(json, {literal(_COMMA)}) END"
)

# How files are read. A folder named like `page=Home` is a folder, not a column.
_READING = (
    f"format = 'newline_delimited', filename = true, hive_partitioning = false, maximum_object_size = {MAX_BYTES}"
)


@cache
def landing_statement(table: Table, *, together: bool = False) -> str:
    """Land a file as it is, or fail: DuckDB names no record that is not JSON, so that one is enough to fail. Of several
    together, each row is told by its file."""
    fields = {column: identifier(column.source or "") for column in table.landed_columns}
    keys = ", ".join(f"{literal(column.source or '')}: 'VARCHAR'" for column in fields)
    day, file = ("CAST($day AS DATE)", "$file")
    if together:
        day, file = ("map($names, $days)[filename]", "map($names, $files)[filename]")
    return (
        f"INSERT INTO landed_{table.name} "
        f"SELECT {day}, {_typed_columns(fields)}, {file}, {_any_of(_broken_rules(fields))} "
        f"FROM read_json($paths, columns = {{{keys}}}, {_READING})"
    )


@cache
def close_statement(table: Table) -> str:
    """Land a log file line by line: what is not JSON becomes a row of nulls, and every doubt is one row's."""
    fields = {column: f"said.{identifier(column.source or '')}" for column in table.landed_columns}
    keys = ", ".join(f'"{column.source}": "VARCHAR"' for column in fields)
    odd_inside = _any_of([*_odd_where_values_nest(), bracket(fields)])
    doubts = [
        *_broken_rules(fields),
        _ODD,
        f"CASE WHEN {_matches(_NESTED_OR_NO_NUMBER)[0]} THEN {odd_inside} ELSE false END",
        # DuckDB takes the first of two keys. Most records have the keys of the first one, which were looked at.
        "CASE WHEN keys = $usual_keys THEN false ELSE list_unique(keys) < len(keys) END",
    ]
    return (
        f"INSERT INTO landed_{table.name} "
        f"SELECT CAST($day AS DATE), {_typed_columns(fields)}, $file, json IS NULL OR {_any_of(doubts)} "
        f"FROM (SELECT json, json_keys(json) AS keys, from_json(json, {literal(f'{{{keys}}}')}) AS said "
        f"FROM read_json_objects($paths, ignore_errors = true, {_READING}))"
    )


@cache
def usual_keys_statement() -> str:
    """The keys of a log file's first record, unless one is there twice."""
    return (
        "SELECT CASE WHEN list_unique(keys) < len(keys) THEN [] ELSE keys END FROM (SELECT json_keys(json) AS keys "
        f"FROM read_json_objects($paths, ignore_errors = true, {_READING}) WHERE json IS NOT NULL LIMIT 1)"
    )


@cache
def text_statement() -> str:
    """The text of files that were landed: how many records; whether one is too large, holds NUL or closes with a comma
    (where values may nest this is seen by `odd_statement`); whether values may nest or be no numbers."""
    return (
        f"SELECT filename, count(*), bool_or({_ODD}), bool_or({_matches(_NESTED_OR_NO_NUMBER)[0]}) "
        f"FROM read_json_objects($paths, {_READING}) GROUP BY filename"
    )


@cache
def odd_statement() -> str:
    """Of a file in which values may nest: whether one does too deeply, a comma closes, or a number is none."""
    return f"SELECT bool_or({_any_of(_odd_where_values_nest())}) FROM read_json_objects($paths, {_READING})"


def _odd_where_values_nest() -> list[str]:
    # As many brackets as it takes to nest too deeply.
    return [*_matches(_COMMA, _NO_NUMBER), f"strlen(json) - strlen(translate(json, '[{{', '')) > {MAX_DEPTH}"]


def bracket(fields: dict[Column, str]) -> str:
    """Whether a text begins like an object or an array, which arrive in a text column as their text."""
    texts = [field for column, field in fields.items() if column.is_text]
    return _any_of(f"starts_with({text}, '{mark}')" for text in texts for mark in "{[")


def no_pattern(path: str) -> str:
    """A path for read_json, which takes `*`, `?` and `[` for patterns, and with one of them a backslash as well."""
    return re.sub(r"([*?\[\\])", r"[\1]", path) if re.search(r"[*?\[]", path) else path


def _matches(*patterns: str) -> list[str]:
    return [f"regexp_matches(json, {literal(pattern)})" for pattern in patterns]


def _typed_columns(fields: dict[Column, str]) -> str:
    return ", ".join(f"{_typed(column, field)} AS {column.name}" for column, field in fields.items())


def _typed(column: Column, field: str) -> str:
    """A field as its column has it. DuckDB's own typing would take 1.5 for an integer."""
    if column.is_text:
        return field
    pattern = INTEGER.pattern if column.is_integer else DOUBLE.pattern
    return (
        f"TRY_CAST(CASE WHEN regexp_full_match({field}, {literal(pattern)}) THEN {field} END AS {duckdb_type(column)})"
    )


def _any_of(conditions: Iterable[str]) -> str:
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions)


def _broken_rules(fields: dict[Column, str]) -> list[str]:
    """The rules of the contract, turned round; but NUL, for which a file's text is looked at once."""
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

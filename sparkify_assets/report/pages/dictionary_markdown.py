"""The data dictionary as Markdown, for `docs/`: all that the page shows except rows and drawings."""

import re
from collections.abc import Iterable, Sequence

from sparkify_assets.model import Column, Table
from sparkify_assets.report.pages.entries import (
    KINDS_OF_AUDIT,
    WRITTEN_BY_THE_PLATFORM,
    Entry,
    Part,
    full_meaning,
    nullability,
    parts_of,
    path_text,
    statement_title,
)

COMMAND = ".venv/bin/sparkify dictionary --out docs/dictionary.md"
_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#])")
_PATHS_SHOWN = 4


def build_markdown(tables: Sequence[Table]) -> str:
    """Return the dictionary of these tables."""
    parts = list(parts_of(tables))
    blocks = [
        "# Data dictionary",
        "What every table and column means, where it comes from and what is checked. Generated from the contract and\n"
        f"the statements: to update it, run `{COMMAND}`.\n"
        "`sparkify dictionary` writes it as a page, with lineage graphs and a few rows of each table.",
        "\n".join(_contents(part) for part in parts),
        *(block for part in parts for block in _part(part)),
    ]
    return "\n\n".join(blocks) + "\n"


def _contents(part: Part) -> str:
    return f"- {part.title}: {', '.join(_link(entry.table.full_name, entry.table.name) for entry in part.entries)}"


def _part(part: Part) -> list[str]:
    heading = [f"## {part.title}", part.about] if part.about else [f"## {part.title}"]
    return [*heading, *(block for entry in part.entries for block in _entry(entry))]


def _entry(entry: Entry) -> list[str]:
    table = entry.table
    keys = ", ".join(f"`{name}`" for name in table.primary_key) or "none"
    return [
        f"### {table.full_name}",
        text(table.meaning),
        f"Primary key: {keys}. Distribution: `{entry.distribution}`. Sort key: `{entry.sort_key}`.",
        _table(
            ["column", "type", "null", "key", "meaning", "field in the lake"],
            [
                [
                    f"`{column.name}`",
                    f"`{column.type.lower()}`",
                    nullability(column),
                    _key(entry, column),
                    text(full_meaning(column)),
                    ", ".join(f"`{field}`" for field in entry.fields(column)),
                ]
                for column in table.columns
            ],
        ),
        *_lineage(entry),
        *_audits(entry),
        *(_statement(statement_title(statement), statement.sql) for statement in entry.statements),
    ]


def _key(entry: Entry, column: Column) -> str:
    keys = ["primary"] * entry.is_key(column)
    if reference := entry.reference(column):
        keys.append(_link(reference.rpartition(".")[0], reference))
    return ", ".join(keys)


def _lineage(entry: Entry) -> list[str]:
    if not entry.has_lineage:
        return [WRITTEN_BY_THE_PLATFORM]
    rows = [[f"`{column.name}`", _paths(entry, column)] for column in entry.table.columns]
    return [_table(["column", "made from"], rows)]


def _paths(entry: Entry, column: Column) -> str:
    paths = [path for path in entry.paths(column) if len(path) > 1]
    if len(paths) > _PATHS_SHOWN:
        return ", ".join(entry.fields(column))
    return "<br>".join(f"`{path_text(path[:-1])}`" for path in paths)


def _audits(entry: Entry) -> list[str]:
    rows = [
        [f"`{audit.name}`", f"{audit.kind}: {KINDS_OF_AUDIT[audit.kind]}", text(audit.meaning)]
        for audit in entry.audits
    ]
    return [_table(["audit", "kind", "what must be true"], rows)] if rows else []


def _statement(title: str, sql: str) -> str:
    return f"<details><summary><code>{title}</code></summary>\n\n```sql\n{sql}\n```\n\n</details>"


def _link(full_name: str, label: str) -> str:
    """Return a link to a table's heading, whose anchor GitHub makes from the heading's letters."""
    return f"[{text(label)}](#{re.sub(r'[^a-z0-9_-]', '', full_name.lower())})"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def text(plain: str) -> str:
    """Return a text for Markdown to show as it is: no character of it is markup."""
    return _SIGNS.sub(r"\\\1", " ".join(plain.split()))

"""The data dictionary as Markdown, for `docs/`: all that is on the page but rows and drawings."""

import re
from collections.abc import Iterable, Sequence

from sparkify_assets.model import Column, Table
from sparkify_assets.report.pages.entries import (
    KINDS_OF_AUDIT,
    Entry,
    Part,
    meaning_said,
    null_said,
    parts_of,
    path_said,
    statement_title,
)

COMMAND = ".venv/bin/sparkify dictionary --out docs/dictionary.md"
_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#])")
_PATHS_SHOWN = 4


def build_markdown(tables: Sequence[Table]) -> str:
    """All that is said of these tables."""
    parts = list(parts_of(tables))
    blocks = [
        "# Data dictionary",
        "What every table and column means, where it comes from and what is checked. Made from the contract and the\n"
        f"statements; `{COMMAND}` writes it again. `sparkify dictionary`\n"
        "makes a page of it, with the lineage drawn and a few rows of each table.",
        "\n".join(line for part in parts for line in _contents(part)),
        *(block for part in parts for block in _part(part)),
    ]
    return "\n\n".join(blocks) + "\n"


def _contents(part: Part) -> list[str]:
    links = ", ".join(_link(entry.table.full_name, entry.table.name) for entry in part.entries)
    return [f"- {part.title}: {links}"]


def _part(part: Part) -> list[str]:
    return [
        f"## {part.title}",
        *([part.about] * bool(part.about)),
        *(b for entry in part.entries for b in _entry(entry)),
    ]


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
                    null_said(column),
                    _key(entry, column),
                    text(meaning_said(column)),
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
    said = ["primary"] * entry.is_key(column)
    if reference := entry.reference(column):
        said.append(_link(reference.references, f"{reference.references}.{reference.referenced_column}"))
    return ", ".join(said)


def _lineage(entry: Entry) -> list[str]:
    if not entry.has_lineage:
        return ["Written by the platform itself, from what it meets while it loads."]
    rows = [[f"`{column.name}`", _ways(entry, column)] for column in entry.table.columns]
    return [_table(["column", "made from"], rows)]


def _ways(entry: Entry, column: Column) -> str:
    paths = [path for path in entry.paths(column) if len(path) > 1]
    if len(paths) > _PATHS_SHOWN:
        return ", ".join(entry.fields(column))
    return "<br>".join(f"`{path_said(path[:-1])}`" for path in paths)


def _audits(entry: Entry) -> list[str]:
    rows = [
        [f"`{audit.name}`", f"{audit.kind}: {KINDS_OF_AUDIT[audit.kind]}", text(audit.meaning)]
        for audit in entry.audits
    ]
    return [_table(["audit", "kind", "what ought to be true"], rows)] if rows else []


def _statement(title: str, sql: str) -> str:
    return f"<details><summary><code>{title}</code></summary>\n\n```sql\n{sql}\n```\n\n</details>"


def _link(full_name: str, said: str) -> str:
    """A link to a table's heading, whose name GitHub makes of the heading's letters."""
    return f"[{text(said)}](#{re.sub(r'[^a-z0-9_-]', '', full_name.lower())})"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def text(said: str) -> str:
    """A text that Markdown takes as it is: no sign of it is markup."""
    return _SIGNS.sub(r"\\\1", " ".join(said.split()))

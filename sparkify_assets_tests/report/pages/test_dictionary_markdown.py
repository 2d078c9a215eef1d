"""The data dictionary as Markdown: current, with all text escaped."""

import re
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.queries.lineage import statements_filling
from sparkify_assets.report.pages.dictionary import COMMAND, build_markdown
from sparkify_assets.report.pages.entries import full_meaning
from sparkify_assets.report.pages.templates import markdown

TABLES = list(model.tables().values())
FILE = Path(__file__).parents[3] / "docs/dictionary.md"


def test_the_dictionary_in_docs_is_current() -> None:
    is_current = FILE.read_text("utf-8") == build_markdown(TABLES)
    assert is_current, f"docs/dictionary.md is out of date: run {COMMAND}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_every_column_and_statement_is_there(table: model.Table) -> None:
    of_table = build_markdown([table])
    for column in table.columns:
        (row,) = (
            line for line in of_table.splitlines() if line.startswith(f"| `{column.name}` | `{column.type.lower()}`")
        )
        assert markdown(full_meaning(column)) in row
    for statement in statements_filling(table.full_name):
        assert f"```sql\n{statement.sql}\n```" in of_table


def test_every_link_leads_to_a_heading() -> None:
    whole = build_markdown(TABLES)
    # As GitHub names them: lower case, without signs.
    anchors = {re.sub(r"[^\w-]", "", line.lstrip("# ").lower()) for line in whole.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]*)\)", whole)) <= anchors


def test_every_row_of_a_table_has_as_many_cells_as_its_headings() -> None:
    counts: set[int] = set()
    for line in build_markdown(TABLES).splitlines():
        counts = {*counts, cells(line)} if line.startswith("| ") else set()
        assert len(counts) <= 1, line


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


@pytest.mark.parametrize("plain", ["<script>alert(1)</script>", "a | b", "*bold* _x_ `y` [z](u)", "# no heading"])
def test_no_character_of_a_text_is_markup(plain: str) -> None:
    assert not re.search(r"(?<!\\)[<>|*_`\[\]#]", markdown(plain))
    assert re.sub(r"\\(.)", r"\1", markdown(plain)) == plain

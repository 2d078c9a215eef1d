"""The data dictionary as Markdown: current, with all text escaped."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.queries.lineage import statements_filling
from sparkify_assets.report.pages.dictionary import COMMAND, build_markdown
from sparkify_assets.report.pages.entries import full_meaning
from sparkify_assets.report.visible import markdown

pytestmark = pytest.mark.check

TABLES = list(model.tables().values())
FILE = Path(__file__).parents[3] / "docs/dictionary.md"


@pytest.fixture(scope="module")
def whole() -> str:
    return build_markdown(TABLES)


def test_the_dictionary_in_docs_is_current(whole: str) -> None:
    is_current = FILE.read_text("utf-8") == whole
    assert is_current, f"docs/dictionary.md is out of date: run {COMMAND}"


def test_every_column_and_statement_is_there() -> None:
    offenders = [f"{table.full_name}: {missing}" for table in TABLES for missing in missing_from_its_part(table)]
    assert not offenders, "\n".join(offenders)


def missing_from_its_part(table: model.Table) -> Iterator[str]:
    part = build_markdown([table])
    for column in table.columns:
        rows = [line for line in part.splitlines() if line.startswith(f"| `{column.name}` | `{column.type.lower()}`")]
        if [markdown(full_meaning(column)) in row for row in rows] != [True]:
            yield f"one row of {column.name} with its meaning, among {rows}"
    for statement in statements_filling(table.full_name):
        if f"```sql\n{statement.sql}\n```" not in part:
            yield statement.name


def test_every_link_leads_to_a_heading(whole: str) -> None:
    # As GitHub names them: lower case, without signs.
    anchors = {re.sub(r"[^\w-]", "", line.lstrip("# ").lower()) for line in whole.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]*)\)", whole)) <= anchors


def test_every_row_of_a_table_has_as_many_cells_as_its_headings(whole: str) -> None:
    counts: set[int] = set()
    for line in whole.splitlines():
        counts = {*counts, cells(line)} if line.startswith("| ") else set()
        assert len(counts) <= 1, line


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


@pytest.mark.parametrize("plain", ["<script>alert(1)</script>", "a | b", "*bold* _x_ `y` [z](u)", "# no heading"])
def test_no_character_of_a_text_is_markup(plain: str) -> None:
    assert not re.search(r"(?<!\\)[<>|*_`\[\]#]", markdown(plain))
    assert re.sub(r"\\(.)", r"\1", markdown(plain)) == plain

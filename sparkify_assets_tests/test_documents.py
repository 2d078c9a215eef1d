"""docs/laws.md names tests that are there: every file, and in it every test that a row quotes.

Links and paths of all documents, and what the README and the guide show, are checked in `test_readme.py`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sparkify_assets_tests.documents import ROOT, text_of

pytestmark = pytest.mark.check

TESTS = ROOT / "sparkify_assets_tests"
LAWS = text_of(ROOT / "docs/laws.md")
ROWS = re.findall(r"^\| (?!broken on purpose).+ \| (.+) \|$", LAWS, re.MULTILINE)
# The file of a test, and the test's name with spaces; or the file alone, where several of its tests fail.
EVIDENCE = re.compile(r"`(?P<file>[\w/]+\.py)`(?:: (?P<sentence>.+))?")


def test_every_section_has_a_table_of_faults() -> None:
    sections = LAWS.split("\n## ")[1:-1]
    assert len(sections) == 13
    assert all("\n| broken on purpose | seen to fail |\n|---|---|\n| " in section for section in sections)


def test_every_file_that_the_laws_name_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", LAWS))
    offenders = sorted(name for name in named if not (TESTS / name).exists() and not (ROOT / name).exists())
    assert not offenders, "\n".join(offenders)


def test_every_test_that_the_laws_quote_exists() -> None:
    offenders = [row for row in ROWS if not is_there(row)]
    assert not offenders, "\n".join(offenders)


def is_there(row: str) -> bool:
    evidence = EVIDENCE.fullmatch(row)
    if not evidence or not (TESTS / evidence["file"]).exists():
        return False
    return not evidence["sentence"] or words_of(evidence["sentence"]) in names_of(TESTS / evidence["file"])


def words_of(sentence: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", sentence.lower())


@cache
def names_of(path: Path) -> set[str]:
    """The names of a file's tests, in words; that of a method also after the name of its class."""
    return set(_names_in(ast.parse(text_of(path))))


def _names_in(module: ast.Module) -> Iterator[str]:
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    scopes: list[ast.Module | ast.ClassDef] = [module, *classes]
    for scope in scopes:
        for node in scope.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = node.name.removeprefix("test_").replace("_", " ")
                yield name
                if isinstance(scope, ast.ClassDef):
                    subject = re.sub(r"(?<!^)(?=[A-Z])", " ", scope.name.removeprefix("Test")).lower()
                    yield f"{subject} {name}"

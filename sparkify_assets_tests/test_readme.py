"""README.md and docs/guide/ are true: their commands print what they show, their tables are those of the contract.

When the output of a command, or the contract, has changed, update the pages and review them with `git diff`:

    UPDATE_DOCS=1 .venv/bin/pytest sparkify_assets_tests/test_readme.py

It writes each command's output, the diagram of the star and the table of tables in place.
"""

import os
import re
from configparser import ConfigParser
from difflib import unified_diff
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values

from sparkify_assets.cli import main
from sparkify_assets.errors import SettingsError
from sparkify_assets.model import tables
from sparkify_assets.settings import read_settings
from sparkify_assets_tests.documents import (
    README,
    ROOT,
    VARIES,
    anchors,
    blocks,
    clone,
    links,
    pages,
    run_commands,
    text_of,
    with_generated_parts,
)

UPDATE = bool(os.environ.get("UPDATE_DOCS"))
GUIDE = ROOT / "docs/guide"
REDSHIFT = GUIDE / "redshift.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "deploy/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
# What is shown and not run by this test: it stays up, and the tests of `ui/` run the like.
STAY_UP = {"make ui"}


# What one page loads and changes, the next one finds; the page of Redshift has a warehouse of its own.
@pytest.mark.parametrize(
    "together", [[page for page in pages() if page != REDSHIFT], [REDSHIFT]], ids=["all", "redshift"]
)
def test_every_command_prints_what_the_pages_show(together: list[Path], tmp_path: Path) -> None:
    folder = clone(tmp_path)
    for page in together:
        written = text_of(page)
        now = run_commands(written, folder)
        if UPDATE:
            page.write_text(now, "utf-8")
        else:
            assert VARIES.sub("…", now) == VARIES.sub("…", written), page.name


def test_the_diagram_and_the_table_of_tables_are_those_of_the_contract() -> None:
    offenders: list[str] = []
    for page in pages():
        written = text_of(page)
        now = with_generated_parts(written)
        if UPDATE:
            page.write_text(now, "utf-8")
        else:
            offenders += unified_diff(written.splitlines(), now.splitlines(), page.name, "the contract", lineterm="")
    assert not offenders, "\n".join(offenders)


def test_the_guide_has_the_diagram_and_every_table() -> None:
    text = text_of(GUIDE / "tables.md")
    assert "```mermaid\nerDiagram\n" in text
    assert {name for name in tables() if f"| `{name}` |" not in text} == {"ops.load_lock"}


def test_what_is_shown_and_not_run_is_settings_or_stays_up() -> None:
    offenders = [
        f"{page.name}: {problem}\n{text}"
        for page in pages()
        for language, text in blocks(text_of(page))
        if language not in ("console", "mermaid", "sql") and not set(text.splitlines()) <= STAY_UP
        if (problem := problem_with_settings(text))
    ]
    assert not offenders, "\n".join(offenders)


def problem_with_settings(text: str) -> str | None:
    settings = {name: str(value) for name, value in dotenv_values(stream=StringIO(text)).items()}
    if len(settings) != len(text.splitlines()):
        return "not every line is a setting of its own"
    try:
        read_settings(settings)
    except SettingsError as error:
        return str(error)
    return None


def test_every_command_is_documented() -> None:
    readme = text_of(README)
    commands = re.findall(r"^    (\w+) ", main._parser().format_help(), re.MULTILINE)
    assert set(commands) >= {"load", "query", "sample", "status", "doctor", "ui"}
    assert not [command for command in commands if f"`{command}`" not in readme and f"sparkify {command}" not in readme]


def test_every_setting_is_in_the_example_with_its_default() -> None:
    from sparkify_assets.settings import Infrastructure, Redshift, Settings, read_settings, variable_of

    example, shown = example_settings()
    assert read_settings(example) == Settings()
    settings = {variable_of(name) for name in Settings.__dataclass_fields__} - {
        "SPARKIFY_REDSHIFT",
        "SPARKIFY_CLUSTER",
    }
    redshift = {variable_of(f"redshift_{name}") for name in Redshift.__dataclass_fields__}
    # The region of what is made is that of the warehouse.
    cluster = {variable_of(f"cluster_{name}") for name in Infrastructure.__dataclass_fields__ if name != "region"}
    assert {*example, *shown} == settings | redshift | cluster | {
        "SPARKIFY_REDSHIFT_PASSWORD",
        "SPARKIFY_REDSHIFT_READER_PASSWORD",
        "SPARKIFY_ALERT_WEBHOOK",
    }


def test_every_setting_is_explained_with_its_default() -> None:
    example, shown = example_settings()
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| \S.*\|$", text_of(GUIDE / "settings.md"), re.MULTILINE)
    explained = {name: default.strip("`") for name, default in rows}
    assert len(rows) == len(explained)
    assert explained == dict.fromkeys(shown, "none") | example


def example_settings() -> tuple[dict[str, str], set[str]]:
    """The settings of `.env.example` that have a default, with it, and the names of those that have none."""
    text = text_of(ROOT / ".env.example")
    # What has no default is shown by an example, or as a name, and is not set.
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)), set(re.findall(r"^# (\w+)=", text, re.MULTILINE))


def test_the_readme_says_what_each_library_is_for() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    needed = f"{config['options']['install_requires']}\n{config['options.extras_require']['deploy']}".split()
    table = text_of(README).partition("## Built with")[2].partition("\n## ")[0]
    libraries = [
        name for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE) for name in re.findall(r"[\w-]+", row)
    ]
    assert not set(needed) - set(libraries)


def test_the_readme_is_at_most_200_lines() -> None:
    assert len(text_of(README).splitlines()) <= 200


def test_every_page_of_the_guide_is_in_the_index_of_the_readme() -> None:
    assert {page for page in pages() if page != README} == set(GUIDE.glob("*.md"))
    assert len(pages()) == len(set(pages()))


def test_every_link_leads_somewhere() -> None:
    offenders = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in DOCUMENTS
        for link in links(text_of(document))
        if not re.match(r"https?://", link) and not leads_somewhere(document, link)
    ]
    assert not offenders, "\n".join(offenders)


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    return target.exists() and (not anchor or anchor in anchors(text_of(target)))


def test_what_the_documents_point_at_is_there() -> None:
    offenders = [
        f"{document.relative_to(ROOT)}: {path}"
        for document in DOCUMENTS
        for path in re.findall(r"`((?:docs|deploy|sparkify_assets|sparkify_assets_tests)/[\w/.]+)`", text_of(document))
        # The page of the laws names tests, all of which are in one folder.
        if not any((folder / path).exists() for folder in (ROOT, ROOT / "sparkify_assets_tests"))
    ]
    assert not offenders, "\n".join(offenders)

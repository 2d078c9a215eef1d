"""The README is true: its commands give the output that it shows, its tables and diagrams are those of the contract."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.model import tables
from sparkify_assets.report.pages.diagram import star_diagram, table_of_tables

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
# What no two runs agree on: when something was done, and how long it took.
VARIES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|\d+\.\d\d s")


def consoles() -> list[tuple[str, str]]:
    """The commands that the README shows, each with its output."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A working folder as a clone has it after it was set up."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml", "constraints.txt", "dagster.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / ".venv/ready").touch()
    return tmp_path


def test_every_command_gives_the_output_that_the_readme_shows(clone: Path) -> None:
    mine = ("SPARKIFY_", "DAGSTER_", "MAKE", "COLUMNS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    for command, output in consoles():
        done = subprocess.run(
            ["bash", "-c", command], cwd=clone, env=environment, capture_output=True, text=True, check=True
        )
        assert VARIES.sub("…", _trimmed(done.stdout)) == VARIES.sub("…", _trimmed(output)), command


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def test_the_star_diagram_is_that_of_the_contract() -> None:
    assert f"```mermaid\n{star_diagram()}\n```" in README


def test_the_table_of_tables_is_that_of_the_contract() -> None:
    listed = [name for name in tables() if f"| `{name}` |" in README]
    assert set(tables()) - set(listed) == {"ops.load_lock"}
    for name in listed:
        assert table_of_tables([name]).splitlines()[-1] in README


def test_every_command_is_documented() -> None:
    commands = re.findall(r"^    (\w+) ", main._parser().format_help(), re.MULTILINE)
    assert set(commands) >= {"load", "query", "sample", "status", "doctor", "ui"}
    assert not [command for command in commands if f"`{command}`" not in README and f"sparkify {command}" not in README]


def test_every_setting_is_in_the_example_with_its_default() -> None:
    from sparkify_assets.settings import Infrastructure, Redshift, Settings, read_settings, variable_of

    text = (ROOT / ".env.example").read_text("utf-8")
    example = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    # What has no default is shown by an example, or as a name, and is not set.
    shown = set(re.findall(r"^# (\w+)=", text, re.MULTILINE))
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
        "SPARKIFY_ALERT_WEBHOOK",
    }


def test_what_the_documents_point_at_is_there() -> None:
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for path in re.findall(r"\]\((docs/[^)]+)\)|`((?:docs|sparkify_assets)/[\w/.]+)`", document.read_text("utf-8")):
            assert (ROOT / "".join(path)).exists(), path

"""What is remembered of texts is what would be computed again, and a damaged file is as good as none."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_assets.model import memory
from sparkify_assets.model.memory import remember, remembered
from sparkify_assets.report.answers import ask
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.test_structure import MODULES, PACKAGE, imports_of, package_of

pytestmark = pytest.mark.check


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A memory of the test's own, which is empty."""
    monkeypatch.setattr(memory, "_FILE", tmp_path / "cache" / "remembered.json")
    memory._memory.cache_clear()
    yield memory._FILE
    memory._memory.cache_clear()


computed: list[str] = []


@remembered
def letters(text: str) -> list[str]:
    computed.append(text)
    return sorted(text)


def in_another_process() -> list[str]:
    """What the function returns where nothing is in this process's memory; `computed` then holds what it computed."""
    memory._memory.cache_clear()
    computed.clear()
    return letters("ba")


def test_what_one_process_has_computed_another_does_not_compute_again(file: Path) -> None:
    assert letters("ba") == letters("ba") == ["a", "b"]
    assert computed.count("ba") == 1
    remember()
    assert (in_another_process(), computed) == (["a", "b"], [])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"null", b"[]", b'{"version": "another", "known": {}}', b'{"version": "%s", "known": 7}'],
)
def test_a_damaged_file_or_one_of_another_version_is_as_good_as_none(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content.replace(b"%s", memory._version().encode()))
    assert (in_another_process(), computed) == (["a", "b"], ["ba"])
    remember()
    assert (in_another_process(), computed) == (["a", "b"], [])


def test_other_code_begins_a_new_file(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters("ba")
    remember()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "ddl.py").write_text("# other code", "utf-8")
    monkeypatch.setattr(memory, "_PACKAGE", tmp_path)
    memory._version.cache_clear()
    try:
        assert (in_another_process(), computed) == (["a", "b"], ["ba"])
    finally:
        monkeypatch.undo()
        memory._version.cache_clear()


def test_where_nothing_can_be_written_everything_is_computed_again(file: Path) -> None:
    file.parent.write_text("not a folder", "utf-8")
    letters("ba")
    remember()
    assert (in_another_process(), computed) == (["a", "b"], ["ba"])


def test_an_error_is_not_remembered(file: Path) -> None:
    @remembered
    def refuse(text: str) -> str:
        computed.append(text)
        raise ValueError(text)

    computed.clear()
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            refuse("no")
    assert computed == ["no", "no"]
    remember()
    assert not file.exists()


def test_only_code_that_the_version_covers_remembers() -> None:
    users = {
        package_of(path) for path in MODULES if any(name.endswith(".memory.remembered") for name in imports_of(path))
    }
    assert users <= set(memory._CODE)


@pytest.mark.parametrize("folder", memory._CODE)
def test_the_code_that_computes_imports_nothing_that_the_version_does_not_cover(folder: str) -> None:
    """Errors, settings and files of the lake decide nothing of what becomes of a text."""
    imported = {
        name.split(".")[1]
        for path in (PACKAGE / folder).rglob("*.py")
        for name in imports_of(path)
        if name.startswith("sparkify_assets.")
    }
    assert imported <= {*memory._CODE, "errors", "settings", "lake"}


def test_a_command_needs_no_parser_for_what_is_remembered(tmp_path: Path) -> None:
    """The second `status` reads no SQL: neither the parser, nor Dagster, nor what draws is imported."""
    script = (
        "import sys\n"
        "from sparkify_assets.cli.main import main\n"
        "main(['status'])\n"
        "print(sorted({'sqlglot', 'pandas', 'pyarrow', 'altair', 'dagster', 'boto3'} & set(sys.modules)))\n"
    )
    for folder in ("log_data", "song_data"):
        (tmp_path / "data/lake" / folder).mkdir(parents=True)
    # Beside the bytecode of this test alone, nothing is remembered yet.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    for _ in range(2):
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert ast.literal_eval(done.stdout.splitlines()[-1]) == []


def test_no_question_is_remembered(file: Path, tmp_path: Path) -> None:
    """What people ask may hold names."""
    platform = Platform.at(tmp_path / "platform")
    with platform.warehouse.session():
        pass
    platform.warehouse.publish()
    ask(platform.warehouse, "SELECT COUNT(*) AS somebodys_name FROM sparkify.songplays")
    remember()
    known = json.loads(file.read_bytes())["known"]
    assert known
    assert "somebodys_name" not in str(known)

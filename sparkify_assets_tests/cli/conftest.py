"""Working folders of the command: empty, with a lake, or loaded. What is loaded is loaded once, and copied for each
test."""

import io
import os
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets_tests import remembered  # noqa: F401 - importing it is enough
from sparkify_assets_tests.copies import know_files
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform


@dataclass(frozen=True)
class FirstLoad:
    """A working folder after its first `sparkify load`, which no test changes, and what the command printed."""

    folder: Path
    code: int
    out: str
    err: str


def unset_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no setting in the environment."""
    for name in [name for name in os.environ if name.startswith(("SPARKIFY_", "DAGSTER_"))]:
        monkeypatch.delenv(name)


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with an environment that says nothing but a short range of days."""
    unset_everything(monkeypatch)
    monkeypatch.setenv("DAGSTER_HOME", str(folder / "data/dagster"))
    monkeypatch.setenv("SPARKIFY_START_DATE", str(DAY))
    monkeypatch.setenv("SPARKIFY_END_DATE", str(NEXT_DAY))
    monkeypatch.chdir(folder)


def write_lake(folder: Path) -> Path:
    """Write a lake of two days and a song where the settings expect it."""
    lake = folder / "data/lake"
    write_song(lake, song())
    write_day(lake, DAY, [event(), event(itemInSession=1)])
    write_day(lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    return lake


@pytest.fixture(scope="session")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> FirstLoad:
    """That lake, loaded by the command."""
    folder, out, err = tmp_path_factory.mktemp("first_load"), io.StringIO(), io.StringIO()
    write_lake(folder)
    with pytest.MonkeyPatch.context() as monkeypatch, redirect_stdout(out), redirect_stderr(err):
        enter(folder, monkeypatch)
        code = main.main(["load"])
    return FirstLoad(folder, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def first_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That lake, loaded without Dagster and without insights, and published."""
    folder = tmp_path_factory.mktemp("first_warehouse")
    write_lake(folder)
    platform = Platform.at(folder / "data")
    platform.load_songs()
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.warehouse.publish()
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it."""
    enter(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def lake(home: Path) -> Path:
    """A lake that is not loaded yet."""
    return write_lake(home)


@pytest.fixture
def loaded_lake(first_load: FirstLoad, home: Path) -> Path:
    """A lake that `sparkify load` has loaded."""
    shutil.copytree(first_load.folder, home, dirs_exist_ok=True)
    know_files(Platform.at(home / "data"), first_load.folder / "data")
    return home / "data/lake"


@pytest.fixture
def warehouse(first_warehouse: Path, home: Path) -> Platform:
    """A lake that is loaded, but for the insights."""
    shutil.copytree(first_warehouse, home, dirs_exist_ok=True)
    platform = Platform.at(home / "data")
    know_files(platform, first_warehouse / "data")
    return platform

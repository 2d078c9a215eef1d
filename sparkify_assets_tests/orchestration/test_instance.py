"""The Dagster instance is made once, from any working folder, and an older one goes on working."""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from threading import Barrier

import dagster as dg
import pytest
from dagster._core.run_coordinator import DefaultRunCoordinator

from sparkify_assets.errors import InstanceError
from sparkify_assets.orchestration import instance as ours
from sparkify_assets.orchestration.event_log import OpenEventLog
from sparkify_assets.orchestration.instance import open_instance, prepare_instance
from sparkify_assets.settings import Settings
from sparkify_assets_tests.documents import ROOT
from sparkify_assets_tests.full_disk import full_disk

OURS = Path(ours.__file__).with_name("dagster.yaml").read_text("utf-8")
AT_ONCE = 4


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    return tmp_path / "home"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance without runs, which no test changes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
        folder = tmp_path_factory.mktemp("made") / "home"
        reopen(folder)
    return folder


def reopen(home: Path) -> dg.DagsterInstance:
    with open_instance(Settings(dagster_home=home)) as instance:
        assert (list(instance.get_runs()), list(instance.get_asset_keys())) == ([], [])
        return instance


def test_from_any_folder_it_has_the_platforms_event_log_and_no_telemetry(home: Path) -> None:
    instance = reopen(home)
    assert (home / "dagster.yaml").read_text("utf-8") == OURS
    assert isinstance(instance.event_log_storage, OpenEventLog)
    assert not instance.telemetry_enabled


def test_a_run_begins_without_waiting_in_a_queue(home: Path) -> None:
    assert isinstance(reopen(home).run_coordinator, DefaultRunCoordinator)


def test_its_file_is_installed_with_the_package() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["options.package_data"]["sparkify_assets.orchestration"] == "*.yaml"


def test_a_file_that_is_there_stays(home: Path) -> None:
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    prepare_instance(Settings(dagster_home=home))
    assert (home / "dagster.yaml").read_text("utf-8") == "telemetry:\n  enabled: false\n"


def test_an_instance_of_an_earlier_version_opens(home: Path) -> None:
    home.mkdir()
    earlier = OURS.replace("sparkify_assets.orchestration.event_log", "sparkify_assets.event_log")
    (home / "dagster.yaml").write_text(earlier, "utf-8")
    assert isinstance(reopen(home).event_log_storage, OpenEventLog)


def test_whoever_opens_it_at_once_takes_turns(home: Path) -> None:
    """Threads wait for each other as processes do, since each opens the file that is locked."""
    begin = Barrier(AT_ONCE)

    def open_together(_: int) -> dg.DagsterInstance:
        begin.wait()
        return reopen(home)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert len(list(pool.map(open_together, range(AT_ONCE)))) == AT_ONCE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"telemetry: [", "while parsing"),
        (b"telemetry: yes, please", "telemetry"),
        (b"- a list", "list"),
        (b"event_log_storage:\n  module: no.such.module\n  class: Log\n", "no.such.module"),
        (b"event_log_storage:\n  module: dagster\n  class: NoSuchLog\n", "NoSuchLog"),
        (b"nux: caf\xe9", "utf-8"),
    ],
)
def test_a_broken_file_is_one_line_with_a_remedy(home: Path, text: bytes, reason: str) -> None:
    home.mkdir()
    (home / "dagster.yaml").write_bytes(text)
    with pytest.raises(InstanceError, match=rf"(?i)dagster.yaml cannot be used: .*{reason}.*; fix it, or move it") as e:
        reopen(home)
    assert "\n" not in str(e.value)
    assert (home / "dagster.yaml").read_bytes() == text


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
@pytest.mark.parametrize("damage", [lambda data: b"no database" * 1000, lambda data: data[:5000]], ids=["other", "cut"])
def test_a_damaged_database_is_one_line_with_a_remedy(
    made: Path, home: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(made, home)
    (home / name).write_bytes(damage((home / name).read_bytes()))
    with pytest.raises(InstanceError, match=f"{home} cannot be used: .*; move it away: the next load makes a new one"):
        reopen(home)


@pytest.mark.parametrize("room", [0, 10_000])
def test_a_full_disk_is_one_line_with_a_remedy_and_the_next_time_it_is_made(home: Path, room: int) -> None:
    prepare_instance(Settings(dagster_home=home))
    with (
        pytest.raises(InstanceError, match=r"; free some disk space, then run the same command again$"),
        full_disk(room),
    ):
        reopen(home)
    reopen(home)


def test_a_full_disk_is_one_line_also_while_a_run_writes_its_events(made: Path, home: Path) -> None:
    shutil.copytree(made, home)
    job = dg.GraphDefinition("nothing").to_job()
    with (
        pytest.raises(InstanceError, match="free some disk space"),
        open_instance(Settings(dagster_home=home)) as instance,
        full_disk(0),
    ):
        job.execute_in_process(instance=instance)


def test_a_database_that_is_locked_for_long_says_so(made: Path, home: Path) -> None:
    shutil.copytree(made, home)

    def lock(file: Path) -> None:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            with closing(sqlite3.connect(file, timeout=0)) as other:
                other.execute("BEGIN EXCLUSIVE")

    with (
        pytest.raises(InstanceError, match="database is locked; run the same command again when other commands"),
        open_instance(Settings(dagster_home=home)),
    ):
        lock(home / "history/runs.db")

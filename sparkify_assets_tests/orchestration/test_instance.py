"""The folder of the Dagster instance is made once, and an older one goes on working."""

from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets.orchestration.instance import prepare_instance
from sparkify_assets.settings import Settings

OURS = (Path(__file__).parents[2] / "dagster.yaml").read_text("utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text(OURS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    return tmp_path / "home"


def test_the_first_time_the_working_folders_file_is_copied(home: Path) -> None:
    prepare_instance(Settings(dagster_home=home))
    assert (home / "dagster.yaml").read_text("utf-8") == OURS


def test_a_file_that_is_there_stays(home: Path) -> None:
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    prepare_instance(Settings(dagster_home=home))
    assert (home / "dagster.yaml").read_text("utf-8") == "telemetry:\n  enabled: false\n"


def test_an_instance_of_an_earlier_version_opens(home: Path) -> None:
    home.mkdir()
    earlier = OURS.replace("sparkify_assets.orchestration.event_log", "sparkify_assets.event_log")
    (home / "dagster.yaml").write_text(earlier, "utf-8")
    prepare_instance(Settings(dagster_home=home))
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage).__name__ == "OpenEventLog"

"""The doctor finds what is wrong with the Dagster instance, and changes nothing in it."""

from pathlib import Path

import pytest

from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.instance_examination import examine_instance
from sparkify_assets.report.doctor import GOOD, NOTE, PROBLEM, Diagnosis
from sparkify_assets.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    return tmp_path / "home"


def test_one_that_does_not_exist_is_a_note_and_is_not_made(home: Path) -> None:
    (found,) = examine_instance(home)
    assert (found.state, found.remedy) == (NOTE, "the first `sparkify load` makes it")
    assert not home.exists()


def test_one_that_can_be_read_is_good_until_its_databases_or_its_file_are_damaged(home: Path) -> None:
    with open_instance(Settings(dagster_home=home)):
        pass
    assert list(examine_instance(home)) == [Diagnosis("dagster instance", GOOD, str(home))]
    (home / "history/runs/index.db").write_bytes(b"no database" * 1_000)
    runs = bytearray((home / "history/runs.db").read_bytes())
    runs[5_000:9_000] = b"?" * 4_000
    (home / "history/runs.db").write_bytes(runs)
    damaged = list(examine_instance(home))
    assert [found.state for found in damaged] == [PROBLEM, PROBLEM]
    assert damaged[1].seen == f"{home}/history/runs/index.db: file is not a database"
    assert all("move it away" in found.remedy for found in damaged)
    (home / "dagster.yaml").write_text("telemetry: [")
    (broken,) = examine_instance(home)
    assert broken.state == PROBLEM
    assert "dagster.yaml cannot be used: while parsing" in broken.seen
    assert "fix it, or move it away" in broken.seen

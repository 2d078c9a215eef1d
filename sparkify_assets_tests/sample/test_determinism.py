"""Equal options give equal bytes, in any process."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.sample.reading import Lake

SMALL = SampleOptions(days=4, events=600, songs=60, dirt=0.05, compress=True)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    first, second = Lake(tmp_path / "first"), Lake(tmp_path / "second")
    assert generate(first.folder, SMALL) == generate(second.folder, SMALL)
    assert first.files() == second.files()


def test_one_process_and_two_write_the_same_bytes(tmp_path: Path) -> None:
    one, two = Lake(tmp_path / "one"), Lake(tmp_path / "two")
    assert generate(one.folder, SMALL, workers=1) == generate(two.folder, SMALL, workers=2)
    assert one.files() == two.files()


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_hash_seed_makes_no_difference(tmp_path: Path, hash_seed: str) -> None:
    here, there = Lake(tmp_path / "here"), Lake(tmp_path / "there")
    generate(here.folder, SMALL)
    program = (
        "import sys; from pathlib import Path; from sparkify_assets.sample import SampleOptions, generate; "
        f"generate(Path(sys.argv[1]), SampleOptions(days={SMALL.days}, events={SMALL.events}, songs={SMALL.songs}, "
        f"dirt={SMALL.dirt}, compress={SMALL.compress}))"
    )
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program, str(there.folder)], env=environment, check=True)
    assert here.files() == there.files()


def test_another_seed_gives_another_lake(tmp_path: Path) -> None:
    first, second = Lake(tmp_path / "first"), Lake(tmp_path / "second")
    generate(first.folder, SMALL)
    generate(second.folder, replace(SMALL, seed=2))
    assert not set(first.files("log_data").values()) & set(second.files("log_data").values())
    assert not set(first.files("song_data").values()) & set(second.files("song_data").values())


def test_progress_counts_the_days(lake: Lake) -> None:
    calls: list[tuple[int, int]] = []
    generate(lake.folder, SMALL, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]

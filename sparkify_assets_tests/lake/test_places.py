"""Law 7: the folder for temporary files is for this user alone, wherever others could prepare it."""

import os
import tempfile
from pathlib import Path

import pytest

from sparkify_assets.errors import WorkError
from sparkify_assets.lake.places import open_scratch
from sparkify_assets.settings import Settings

pytestmark = pytest.mark.check

IN_S3 = Settings(warehouse="redshift", lake="s3://lake/", work="s3://work/")


@pytest.fixture(autouse=True)
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files that all users share."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_made_for_this_user_alone() -> None:
    for _ in range(2):
        assert open_scratch(IN_S3).stat().st_mode & 0o777 == 0o700


def test_a_link_that_somebody_left_there_is_refused_and_not_followed(shared: Path) -> None:
    target = shared / "target"
    target.mkdir(mode=0o700)
    IN_S3.scratch.symlink_to(target)
    with pytest.raises(WorkError, match=r"is a link, belongs to another user, or is open to others: .* set TMPDIR"):
        open_scratch(IN_S3)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o755, 0o1777])
def test_a_folder_that_others_may_enter_is_refused(mode: int) -> None:
    IN_S3.scratch.mkdir()
    IN_S3.scratch.chmod(mode)
    with pytest.raises(WorkError, match="mode 0700"):
        open_scratch(IN_S3)


def test_a_folder_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    IN_S3.scratch.mkdir(mode=0o700)
    with pytest.raises(WorkError, match="belongs to another user"):
        open_scratch(IN_S3)


def test_each_user_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = IN_S3.scratch
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert IN_S3.scratch != mine


def test_a_work_folder_of_one_s_own_is_used_as_it_is(tmp_path: Path) -> None:
    assert open_scratch(Settings(work=str(tmp_path / "work"))) == tmp_path / "work"

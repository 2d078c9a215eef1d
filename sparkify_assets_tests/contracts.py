"""A copy of the contract that a test may change. What was cached from the original is cleared."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sparkify_assets import model, queries
from sparkify_assets.insights import rebuilding as insights
from sparkify_assets.load import audits
from sparkify_assets.model import insight_comments


@dataclass(frozen=True)
class Contract:
    """The contract in the test's own folder."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def change(self, table: str, *texts: tuple[str, str]) -> None:
        """Replace texts in a table's file."""
        (path,) = self.folder.rglob(f"{table}.sql")
        sql = path.read_text("utf-8")
        for old, new in texts:
            assert old in sql
            sql = sql.replace(old, new)
        self.write(str(path.relative_to(self.folder)), sql)

    def write(self, file: str, sql: str) -> None:
        """Write a file, which may be new."""
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(sql, "utf-8")
        self.monkeypatch.setattr(model, "FOLDER", self.folder)
        self.monkeypatch.setattr(insight_comments, "FOLDER", self.folder / "insights")
        _forget()


@contextmanager
def copied_contract(folder: Path) -> Iterator[Contract]:
    """A copy of the contract, used in place of the original as long as the context lasts."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        shutil.copytree(model.FOLDER, folder)
        shutil.copytree(insight_comments.FOLDER, folder / "insights")
        yield Contract(folder, monkeypatch)
    _forget()


def _forget() -> None:
    for cached in (
        model.tables,
        model.insights,
        model.summaries,
        model.contract_version,
        model.insights_version,
        queries.model_version,
        insights.in_order,
        insights.insights_read,
        audits.audits_of,
    ):
        cached.cache_clear()

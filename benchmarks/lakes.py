"""The lakes that cases are measured on: samples, generated once and kept."""

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.sample import SampleOptions, generate, has_lake

SONGS = 14_896


@dataclass(frozen=True)
class Lakes:
    """The folders of the lakes, by their content."""

    folder: Path

    @property
    def month(self) -> Path:
        return self._made("month", SampleOptions(events=3_000_000, songs=SONGS))

    @property
    def dirty_month(self) -> Path:
        # Half of the generator's dirt is malformed records.
        return self._made("dirty-month", SampleOptions(events=3_000_000, songs=SONGS, dirt=0.002))

    @property
    def short_history(self) -> Path:
        return self._made("30-days", SampleOptions(events=600_000, songs=1000))

    @property
    def long_history(self) -> Path:
        # Generated days differ by weekday and chance, so both lakes share the same month.
        options = SampleOptions(start=date(2018, 1, 1), days=365, events=7_300_000, songs=1000)
        return self._made("365-days", options, self._same_month)

    @property
    def small_days(self) -> Path:
        return self._made("small-days", SampleOptions(start=date(2018, 1, 1), days=365, events=36_500, songs=1000))

    @property
    def large_day(self) -> Path:
        return self._made("large-day", SampleOptions(days=1, events=10_000_000, songs=1000))

    def _same_month(self, long: Path) -> None:
        shutil.rmtree(long / "log_data/2018/11")
        shutil.copytree(self.short_history / "log_data/2018/11", long / "log_data/2018/11")

    def _made(self, name: str, options: SampleOptions, then: object = None) -> Path:
        folder = self.folder / name
        if not has_lake(folder):
            print(f"generating {folder}: {options.events:,} events, {options.songs:,} songs", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            # In a separate process: the memory that this one has used would count as its children's.
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                alone.submit(generate, folder, options).result()
            if callable(then):
                then(folder)
        return folder.absolute()


def songs_changed(lake: Path, number: int) -> None:
    """Rewrite some song files with another year."""
    files = FolderLake(lake).songs()
    for file in files[:: max(1, len(files) // number)][:number]:
        path = lake / file.path
        song = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**song, "year": song["year"] + 1}), "utf-8")

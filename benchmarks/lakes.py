"""The lakes that are measured on: the sample generator's, made once and kept."""

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
    """Where the lakes are, by what is in them."""

    folder: Path

    @property
    def month(self) -> Path:
        return self._made("month", SampleOptions(events=3_000_000, songs=SONGS))

    @property
    def dirty_month(self) -> Path:
        # Of the generator's dirt every other piece is a malformed record.
        return self._made("dirty-month", SampleOptions(events=3_000_000, songs=SONGS, dirt=0.002))

    @property
    def short_history(self) -> Path:
        return self._made("30-days", SampleOptions(events=600_000, songs=1000))

    @property
    def long_history(self) -> Path:
        # The generator's days differ by weekday and chance; those of the month are the same in both.
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
            print(f"making {folder}: {options.events:,} events, {options.songs:,} songs", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            # In a process of its own: what this one has taken would count as its children's.
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                alone.submit(generate, folder, options).result()
            if callable(then):
                then(folder)
        return folder.absolute()


def songs_changed(lake: Path, number: int) -> None:
    """Write some song files anew, the same songs of another year."""
    files = FolderLake(lake).songs()
    for file in files[:: max(1, len(files) // number)][:number]:
        path = lake / file.path
        song = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**song, "year": song["year"] + 1}), "utf-8")

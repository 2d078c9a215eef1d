"""The lakes that cases are measured on: samples, generated once and kept."""

import json
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.sample import SampleOptions, generate

SONGS = 14_896

# What a record needs for another user, and another song, to take its place.
_OF_SESSION = re.compile(rb'"sessionId":(\d+)((?:,"song":"(?:[^"\\]|\\.)*)?)(.*"userId":")(\d+)"')


@dataclass(frozen=True)
class Lakes:
    """The folders of the lakes, by their content."""

    folder: Path
    scale: float = 1

    @property
    def month(self) -> Path:
        """A lake of the size of the public one."""
        return self._made("month", 8056, 1943)

    @property
    def large_month(self) -> Path:
        return self._made("large-month", 3_000_000, SONGS, times=7)

    @property
    def dirty_month(self) -> Path:
        # Half of the generator's dirt is malformed records.
        return self._made("dirty-month", 3_000_000, SONGS, dirt=0.002, times=7)

    @property
    def short_history(self) -> Path:
        return self._made("30-days", 600_000, 1000)

    @property
    def long_history(self) -> Path:
        return self._made("365-days", 7_300_000, 1000, start=_NEW_YEAR, days=365, then=self._same_month)

    @property
    def many_users(self) -> Path:
        """The short history with ten times the users and song files. Six times the songs are played: most plays are the
        only ones of theirs."""
        return self._made("many-users", 600_000, 10_000, times=100, variants=100)

    @property
    def small_days(self) -> Path:
        return self._made("small-days", 36_500, 1000, start=_NEW_YEAR, days=365)

    @property
    def large_day(self) -> Path:
        return self._made("large-day", 10_000_000, 1000, days=1)

    def _same_month(self, long: Path) -> None:
        """Give two histories the same November. Generated days differ by weekday and chance."""
        shutil.rmtree(long / "log_data/2018/11")
        shutil.copytree(self.short_history / "log_data/2018/11", long / "log_data/2018/11")

    def _made(
        self,
        name: str,
        events: int,
        songs: int,
        then: Callable[[Path], object] = lambda lake: None,
        times: int = 1,
        variants: int = 1,
        **more: Any,
    ) -> Path:
        folder, (events, songs) = self.folder / name, (max(1, int(n * self.scale)) for n in (events, songs))
        if not folder.exists():
            print(f"generating {folder}: {events:,} events, {songs:,} songs", flush=True)
            begun = folder.with_name(f"{name}.part")
            shutil.rmtree(begun, ignore_errors=True)
            # In a separate process: the memory that this one has used would count as its children's.
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                alone.submit(generate, begun, SampleOptions(events=events, songs=songs, **more)).result()
                alone.submit(_multiply, begun, times, variants).result()
            then(begun)
            begun.rename(folder)
        return folder.absolute()


_NEW_YEAR = date(2018, 1, 1)


def _multiply(lake: Path, times: int, variants: int) -> None:
    """Divide the sessions of each user among at most so many users, and the plays of each song among so many songs."""

    def another(found: re.Match[bytes]) -> bytes:
        session, song, between, user = found.groups()
        which = int(session)
        if song and which % variants:
            song += b" %d" % (which % variants)
        return b'"sessionId":%b%b%b%d"' % (session, song, between, int(user) * times + which % times)

    for log in (lake / "log_data").rglob("*.json") if times > 1 or variants > 1 else ():
        log.write_bytes(_OF_SESSION.sub(another, log.read_bytes()))


def songs_changed(lake: Path, number: int) -> None:
    """Rewrite some song files with another year."""
    files = FolderLake(lake).songs()
    for file in files[:: max(1, len(files) // number)][:number]:
        path = lake / file.path
        song = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**song, "year": song["year"] + 1}), "utf-8")

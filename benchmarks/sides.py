"""The sides that a case compares, each as a process in a folder of its own.

What a case compares belongs in `cases`, how a process is measured in `measure`.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lakes import Lakes
from benchmarks.measure import PYTHON, SPARKIFY, Side, run

_HERE = Path(__file__).parent
_ROOT = _HERE.parent
_SQLMESH, _LOCK = _HERE / "peers/sqlmesh", _ROOT / "requirements/sqlmesh.txt"
Days = tuple[str, str]
MONTH: Days = ("2018-11-01", "2018-11-30")
YEAR: Days = ("2018-01-01", "2018-12-31")
# The warehouses' files. SQLMesh's views name theirs.
OURS, FLOOR, PEER = "data/sparkify.duckdb", "floor.duckdb", "warehouse.duckdb"
Begin = Callable[[Path], object]


@dataclass(frozen=True)
class Bench:
    """Where the data lies, how often each side runs, and how large the lakes are, as a share of their full size."""

    folder: Path
    rounds: int
    scale: float = 1

    @property
    def data(self) -> Path:
        return self.folder if self.scale == 1 else self.folder / f"scale-{self.scale:g}"

    @property
    def lakes(self) -> Lakes:
        return Lakes(self.data / "lakes", self.scale)

    def side(self, name: str, command: list[str], settings: dict[str, str], begin: Begin | None = None) -> Side:
        """Return a side whose every run begins in an empty folder, or with what `begin` puts into it."""
        folder = self.data / name

        def before() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            if begin:
                begin(folder)

        return Side(command, folder, settings, before)

    def left_by(self, side: Side) -> Begin:
        """Keep what a side's last run has left in its folder, as what other sides begin with."""
        kept = side.folder.with_name(f"kept-{side.folder.name}")
        shutil.rmtree(kept, ignore_errors=True)
        side.folder.rename(kept)
        return lambda folder: shutil.copytree(kept, folder, dirs_exist_ok=True)

    def ours(
        self, name: str, command: list[str], lake: Path, days: Days = MONTH, begin: Begin | None = None, **more: str
    ) -> Side:
        return self.side(f"ours-{name}", command, _settings(lake, days) | more, begin)

    def load(self, name: str, lake: Path, days: Days = MONTH) -> Side:
        """Return the platform's load of a lake, from nothing and with everything included."""
        return self.ours(name, [SPARKIFY, "load"], lake, days)

    def load_again(self, name: str, lake: Path, day: str, begin: Begin, days: Days = MONTH) -> Side:
        """Return the platform's load of a day whose file was delivered again."""
        (file,) = (lake / "log_data").rglob(f"{day}*.json")

        def begin_with_a_stale_day(folder: Path) -> None:
            begin(folder)
            file.touch()

        return self.ours(name, [SPARKIFY, "load"], lake, days, begin_with_a_stale_day)

    def empty(self, name: str, jobs: list[str], lake: Path, days: Days = MONTH) -> Side:
        """Return the platform's runs with nothing to do."""
        return self.side(f"empty-{name}", [PYTHON, "-m", "benchmarks.empty", *jobs], _settings(lake, days))

    def floor(self, name: str, lake: Path, day: str = "", begin: Begin | None = None, *, insights: bool = True) -> Side:
        """Return the floor of a month, or of a day, for which it makes no insights: it would make them whole."""
        rest = ["day", str(lake), FLOOR, day] if day else ["full", str(lake), FLOOR]
        rest += [str(self._insights())] if insights and not day else []
        return self.side(f"floor-{name}", [PYTHON, str(_HERE / "floor.py"), *rest], {}, begin)

    def script(self, name: str, lake: Path, day: str = "", begin: Begin | None = None) -> Side:
        rest = ["day", str(lake), PEER, day] if day else ["full", str(lake), PEER]
        return self.side(f"script-{name}", [PYTHON, str(_HERE / "peers/script.py"), *rest], {}, begin)

    def sqlmesh(self, name: str, lake: Path, day: str = "", begin: Begin | None = None) -> Side:
        again = ["--restate-model", "staging.staging_events", "--start", day, "--end", day] if day else []
        command = [*self._plan(), "--auto-apply", "--no-prompts", *again]
        return self.side(f"sqlmesh-{name}", command, {"BENCH_LAKE": str(lake)}, begin or _project)

    def _insights(self) -> Path:
        file = self.data / "insights.sql"
        self.apart(["-m", "benchmarks.same", "insights", str(file)])
        return file

    def apart(self, arguments: list[str]) -> None:
        """Run Python in a process of its own: the memory that this one has used would count as its children's."""
        run(Side([PYTHON, *arguments], self.data / "apart", {"PYTHONPATH": str(_ROOT)}))

    def _plan(self) -> list[str]:
        """Return the command of SQLMesh's environment, which is set up as its lock says."""
        environment = self.folder / "sqlmesh"
        ready = environment / "ready.txt"
        if not ready.exists() or ready.read_text("utf-8") != _LOCK.read_text("utf-8"):
            print(f"setting up SQLMesh in {environment}: a minute, once", flush=True)
            shutil.rmtree(environment, ignore_errors=True)
            subprocess.run([PYTHON, "-m", "venv", environment], check=True)
            install = [
                str(environment / "bin/python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            subprocess.run(
                [*install, "--require-hashes", "--only-binary", ":all:", "--requirement", str(_LOCK)], check=True
            )
            ready.write_text(_LOCK.read_text("utf-8"), "utf-8")
        return [str(environment / "bin/sqlmesh"), "plan"]


def _settings(lake: Path, days: Days) -> dict[str, str]:
    named = {"SPARKIFY_LAKE": str(lake), "SPARKIFY_START_DATE": days[0], "SPARKIFY_END_DATE": days[1]}
    # No acceptance queries: a lake's queries hold only for the whole lake.
    return {**named, "SPARKIFY_ACCEPTANCE": "none", "PYTHONPATH": str(_ROOT)}


def _project(folder: Path) -> None:
    shutil.copytree(_SQLMESH, folder, dirs_exist_ok=True)

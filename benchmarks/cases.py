"""What is measured, and the goals: one function per case, which yields its lines of the table.

How a process is measured belongs in `measure`."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lakes import SONGS, Lakes, songs_changed
from benchmarks.measure import PYTHON, SPARKIFY, Figures, Side, in_turn, run
from benchmarks.readers import high, seconds_of_questions, seconds_while_running
from benchmarks.same import write_insights

_HERE = Path(__file__).parent
_MONTH = ("2018-11-01", "2018-11-30")
_DAY = "2018-11-15"


@dataclass(frozen=True)
class Line:
    """A line of the table: its figures, and whether they reach the goal, if there is one."""

    case: str
    ours: Figures
    reach: str = ""
    reached: bool = True
    floor: float | None = None
    empty: float | None = None

    @property
    def row(self) -> str:
        ratio = (self.ours.seconds - (self.empty or 0)) / self.floor if self.floor else None
        return (
            f"| {self.case} | {self.ours.seconds:.2f} s | {_seconds(self.floor)} | {_seconds(self.empty)} "
            f"| {f'{ratio:.2f}' if ratio else ''} | {self.ours.peak:,.0f} MB | {self.ours.cpu:.1f} s | {self.reach} "
            f"| {'' if not self.reach else 'yes' if self.reached else '**no**'} |"
        )


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


@dataclass(frozen=True)
class Bench:
    """Where the data lies, and how often each side runs."""

    data: Path
    rounds: int

    @property
    def lakes(self) -> Lakes:
        return Lakes(self.data / "lakes")

    def settings(self, lake: Path, days: tuple[str, str] = _MONTH, **more: str) -> dict[str, str]:
        # No acceptance queries: a lake's queries hold only for the whole lake.
        named = {"SPARKIFY_LAKE": str(lake), "SPARKIFY_START_DATE": days[0], "SPARKIFY_END_DATE": days[1]}
        return {**named, "SPARKIFY_ACCEPTANCE": "none", "PYTHONPATH": str(_HERE.parent), **more}

    def ours(self, name: str, command: list[str], settings: dict[str, str], keeps: str = "") -> Side:
        """Return the platform as a side, in a folder of its own: empty, or a copy of `keeps`."""
        return self._side(f"ours-{name}", command, settings, keeps)

    def empty(self, name: str, jobs: list[str], settings: dict[str, str]) -> Side:
        return self._side(f"empty-{name}", [PYTHON, "-m", "benchmarks.empty", *jobs], settings, "")

    def _side(self, name: str, command: list[str], settings: dict[str, str], keeps: str) -> Side:
        folder = self.data / name

        def before() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            if keeps:
                shutil.copytree(self.data / keeps, folder)
            folder.mkdir(parents=True, exist_ok=True)

        return Side(command, folder, settings, before)

    def floor(self, name: str, command: list[str], keeps: str = "") -> Side:
        folder = self.data / f"floor-{name}"

        def before() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            if keeps:
                shutil.copy(self.data / f"floor-{keeps}/floor.duckdb", folder)

        return Side([PYTHON, str(_HERE / "floor.py"), *command], folder, {}, before)

    def kept(self, name: str, side: Side) -> str:
        """Run a side once and keep its folder as a starting point for other sides; return the folder's name."""
        if not (self.data / name).exists():
            run(side)
            shutil.copytree(side.folder, self.data / name)
        return name


def _loaded(*days: str) -> list[str]:
    return [PYTHON, "-m", "benchmarks.ours", "all", *days]


def full(bench: Bench) -> Iterator[Line]:
    """Load a month into an empty warehouse."""
    jobs = ["load_songs", f"load_days:{_MONTH[0]}:{_MONTH[1]}"]
    clean, dirty = bench.settings(bench.lakes.month), bench.settings(bench.lakes.dirty_month)
    insights = write_insights(bench.data / "insights.sql")
    found = in_turn(
        {
            "ours": bench.ours("full", _loaded(*_MONTH), clean),
            "dirty": bench.ours("full-dirty", _loaded(*_MONTH), dirty),
            "floor": bench.floor("full", ["full", str(bench.lakes.month), "floor.duckdb"]),
            "empty": bench.empty("full", jobs, clean),
            "command": bench.ours("command", [SPARKIFY, "load"], clean),
            "floor with insights": bench.floor(
                "command", ["full", str(bench.lakes.month), "floor.duckdb", str(insights)]
            ),
            "empty with insights": bench.empty("command", ["load_songs", f"load:{_MONTH[0]}:{_MONTH[1]}"], clean),
        },
        bench.rounds,
    )
    # In a separate process: the memory that this one has used would count as its children's.
    both = bench.data / "ours-command/data/sparkify.duckdb", bench.data / "floor-command/floor.duckdb"
    run(Side([PYTHON, "-m", "benchmarks.same", *map(str, both)], bench.data / "same", clean))
    floor, empty = found["floor"].seconds, found["empty"].seconds
    name = f"full load: 3,000,000 events in 30 days, {SONGS:,} song files, all checks"
    most = 1.15 * floor + empty
    yield Line(name, found["ours"], "1.15 × floor + empty run", found["ours"].seconds <= most, floor, empty)
    most = 2.0 * floor + empty
    dirty_name = "the same with a malformed record in 1,000 in every file, beside the clean floor"
    yield Line(dirty_name, found["dirty"], "2.0 × floor + empty run", found["dirty"].seconds <= most, floor, empty)
    floor, empty = found["floor with insights"].seconds, found["empty with insights"].seconds
    command = "`sparkify load` of the clean one: the insights too"
    yield Line(command, found["command"], floor=floor, empty=empty)


def day_again(bench: Bench) -> Iterator[Line]:
    """Reload a day of 100,000 events, with the month loaded."""
    settings = bench.settings(bench.lakes.month)
    month = bench.kept("kept-month", bench.ours("month", _loaded(*_MONTH), settings))
    bench.kept("floor-month", bench.floor("month-made", ["full", str(bench.lakes.month), "floor.duckdb"]))
    found = in_turn(
        {
            "ours": bench.ours("day", [PYTHON, "-m", "benchmarks.ours", "day", _DAY], settings, month),
            "floor": bench.floor("day", ["day", str(bench.lakes.month), "floor.duckdb", _DAY], "month"),
            "empty": bench.empty("day", [f"load_days:{_DAY}:{_DAY}"], settings),
        },
        bench.rounds,
    )
    floor, empty = found["floor"].seconds, found["empty"].seconds
    reached = found["ours"].seconds <= 1.3 * floor + empty
    yield Line(
        "one day (100,586 events) again, the month loaded",
        found["ours"],
        "1.3 × floor + empty run",
        reached,
        floor,
        empty,
    )


def history(bench: Bench) -> Iterator[Line]:
    """Reload a day with a month loaded, and with a year; and check the file's size after a hundred reloads."""
    short, long = bench.settings(bench.lakes.short_history), bench.settings(bench.lakes.long_history, _YEAR)
    month = bench.kept("kept-30-days", bench.ours("30-days", _loaded(*_MONTH), short))
    year = bench.kept("kept-365-days", bench.ours("365-days", _loaded(*_YEAR), long))
    again = [PYTHON, "-m", "benchmarks.ours", "day", _DAY]
    found = in_turn(
        {
            "month": bench.ours("day-of-30", again, short, month),
            "year": bench.ours("day-of-365", again, long, year),
        },
        bench.rounds,
    )
    before = found["month"]
    yield Line("one day of 20,000 events again, 30 days loaded", before)
    ratio = found["year"].seconds / before.seconds
    reach = f"1.15 × the line above: {ratio:.2f}"
    yield Line("the same, 365 days loaded (7,300,000 events)", found["year"], reach, ratio <= 1.15)
    side = bench.ours("reloads", [PYTHON, "-m", "benchmarks.ours", "reloads", "100"], short, month)
    took = run(side)
    size, now = (_size(folder / "data/sparkify.duckdb") for folder in (bench.data / month, side.folder))
    reach = f"the file at most 1.2 × its size: {size / 1e6:.0f} MB, then {now / 1e6:.0f} MB, {now / size:.2f}"
    yield Line("100 reloads of its days, each by itself", took, reach, now <= 1.2 * size)


_YEAR = ("2018-01-01", "2018-12-31")


def _size(path: Path) -> int:
    return path.stat().st_size


def small_days(bench: Bench) -> Iterator[Line]:
    """Load a year of small days in one run."""
    settings = bench.settings(bench.lakes.small_days, _YEAR)
    found = in_turn(
        {
            "ours": bench.ours("small-days", [PYTHON, "-m", "benchmarks.ours", "days", *_YEAR], settings),
            "empty": bench.empty("small-days", [f"load_days:{_YEAR[0]}:{_YEAR[1]}"], settings),
            "empty by Dagster's own event log": _without_ours(
                bench.empty("stock", [f"load_days:{_YEAR[0]}:{_YEAR[1]}"], settings)
            ),
        },
        bench.rounds,
    )
    empty = found["empty"].seconds
    a_day = (found["ours"].seconds - empty) / 365 * 1000
    reach = f"empty run + 40 ms a day: {a_day:.1f} ms"
    yield Line("365 days of 100 events in one run", found["ours"], reach, a_day <= 40, empty=empty)
    stock = found["empty by Dagster's own event log"]
    yield Line("the empty run of it by Dagster's own event log", stock, empty=stock.seconds)


def _without_ours(side: Side) -> Side:
    """Return the side with Dagster's default event log."""

    def before() -> None:
        side.before()
        home = side.folder / "data/dagster"
        home.mkdir(parents=True, exist_ok=True)
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    return Side(side.command, side.folder, side.settings, before)


def songs(bench: Bench) -> Iterator[Line]:
    """Load the song catalog: for the first time, unchanged, and with ten files changed."""
    settings, changing = (bench.settings(_song_lake(bench, name)) for name in ("songs", "songs-changing"))
    load = [PYTHON, "-m", "benchmarks.ours", "songs"]
    first = bench.ours("songs-first", load, settings)
    before_change = bench.kept("kept-songs-changing", bench.ours("songs-changing", load, changing))
    changed = bench.ours("songs-changed", load, changing, before_change)

    def ten_changed() -> None:
        changed.before()
        songs_changed(Path(changing["SPARKIFY_LAKE"]), 10)

    found = in_turn(
        {
            "first": first,
            "unchanged": bench.ours("songs-unchanged", load, settings, bench.kept("kept-songs", first)),
            "changed": Side(load, changed.folder, changing, ten_changed),
            "empty": bench.empty("songs", ["load_songs"], settings),
        },
        bench.rounds,
    )
    empty = found["empty"].seconds
    for case, most in (("first", 2.0), ("unchanged", 0.5), ("changed", 0.7)):
        above = found[case].seconds - empty
        name = {"first": "for the first time", "unchanged": "unchanged", "changed": "10 changed"}[case]
        reach = f"{most} s above the empty run: {above:.2f} s"
        yield Line(f"{SONGS:,} one-object song files, {name}", found[case], reach, above <= most, empty=empty)


def _song_lake(bench: Bench, name: str) -> Path:
    """Return a lake that holds only the month's songs."""
    lake = bench.data / "lakes" / name
    if not lake.exists():
        shutil.copytree(bench.lakes.month / "song_data", lake / "song_data")
        (lake / "log_data").mkdir()
    return lake


def starting(bench: Bench) -> Iterator[Line]:
    """Start with nothing to do: commands and the code location."""
    located = "from sparkify_assets.definitions import defs; defs()"
    settings = bench.settings(bench.lakes.month)
    month = bench.kept("kept-command", bench.ours("command", [SPARKIFY, "load"], settings))
    found = in_turn(
        {
            "nothing": bench.ours("nothing", [SPARKIFY, "load"], settings, month),
            "help": bench.ours("help", [SPARKIFY, "--help"], settings),
            "location": bench.ours("location", [PYTHON, "-c", located], settings),
            "dagster": bench.ours("dagster", [PYTHON, "-c", "import dagster"], settings),
        },
        bench.rounds,
    )
    bare = found["dagster"].seconds
    yield Line("`import dagster`", found["dagster"])
    for case, name in (
        ("nothing", "nothing changed: `sparkify load` on 30 days"),
        ("location", "the code location's load"),
    ):
        above = found[case].seconds - bare
        yield Line(name, found[case], f"1 s above `import dagster`: {above:.2f} s", above <= 1)
    yield Line("`sparkify --help`", found["help"], "0.3 s", found["help"].seconds <= 0.3)


def large_day(bench: Bench) -> Iterator[Line]:
    """Load a day that is larger than memory."""
    settings = bench.settings(bench.lakes.large_day, ("2018-11-01", "2018-11-01"), SPARKIFY_DUCKDB_MEMORY="2GB")
    took = run(bench.ours("large-day", [PYTHON, "-m", "benchmarks.ours", "day", "2018-11-01"], settings))
    yield Line("10,000,000 events on one day, DuckDB given 2 GB (once)", took, "peak under 2.5 GB", took.peak < 2500)


def generator(bench: Bench) -> Iterator[Line]:
    """Generate a sample."""
    command = [SPARKIFY, "sample", "--events", "3000000", "--songs", "1000", "--out", "lake"]
    took = in_turn({"sample": bench.ours("sample", command, {})}, bench.rounds)["sample"]
    yield Line("sample generator, 3,000,000 events", took, "30 s", took.seconds <= 30)


def reading(bench: Bench) -> Iterator[Line]:
    """Ask questions while nothing happens, and while all days are loaded again."""
    settings = bench.settings(bench.lakes.month)
    again = bench.ours("reading", [SPARKIFY, "load", "--force"], settings, _published_month(bench, settings))
    alone = run(again)
    idle = high(seconds_of_questions(again.folder, lambda: True))
    asked: list[float] = []

    def ask_meanwhile(process: "subprocess.Popen[bytes]") -> None:
        asked.extend(seconds_while_running(again.folder, process))

    loaded = run(again, meanwhile=ask_meanwhile)
    took, most = Figures(high(asked), 0, 0), min(2.5 * idle, 0.3)
    name = f"95th percentile of {len(asked):,} questions while 3,000,000 events are loaded again"
    yield Line(name, took, f"2.5 × idle ({idle:.3f} s), and 0.3 s", took.seconds <= most)
    reach = f"1.1 × the load alone: {alone.seconds:.2f} s"
    yield Line("that load, while they are asked", loaded, reach, loaded.seconds <= 1.1 * alone.seconds)


def _published_month(bench: Bench, settings: dict[str, str]) -> str:
    return bench.kept("kept-published", bench.ours("published", [SPARKIFY, "load"], settings))


CASES: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "full": full,
    "day_again": day_again,
    "history": history,
    "small_days": small_days,
    "songs": songs,
    "starting": starting,
    "large_day": large_day,
    "generator": generator,
    "reading": reading,
}

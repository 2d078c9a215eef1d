"""What is measured, and the reaches: one function per case, which yields its tables.

What the sides are belongs in `sides`, how a process is measured in `measure`."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.lakes import SONGS, songs_changed
from benchmarks.measure import PYTHON, SPARKIFY, Figures, Side, in_turn, run
from benchmarks.readers import high, seconds_of_questions, seconds_while_running
from benchmarks.sides import FLOOR, MONTH, OURS, PEER, YEAR, Begin, Bench
from benchmarks.table import Case, Line, Reach

_DAY = "2018-11-15"
_PLATFORM = [PYTHON, "-m", "benchmarks.ours"]
_LOAD, _AGAIN = ["load_songs", f"load:{MONTH[0]}:{MONTH[1]}"], [f"load:{_DAY}:{_DAY}"]


def month(bench: Bench) -> Iterator[Case]:
    """Load a month of the size of the public one, and a day of it again."""
    lake = bench.lakes.month
    sides = _from_nothing(bench, "month", lake)
    found = in_turn(sides, bench.rounds)
    reaches = [_beside_sqlmesh(found, 1.0), Reach(found["ours"].cpu, "s of CPU", 6)]
    yield Case("a month from nothing: 8,056 events, 1,943 song files", _lines(found, reaches))
    found = in_turn(_a_day_again(bench, "month-day", lake, _left_by(bench, sides)), bench.rounds)
    reaches = [_above_empty(found["ours"], found, 0.8), _beside_sqlmesh(found, 1.2)]
    yield Case("a day of it again", _lines(found, reaches))


def large_month(bench: Bench) -> Iterator[Case]:
    """Load a month of 3,000,000 events, clean and dirty, and a day of it again."""
    lake = bench.lakes.large_month
    sides = _from_nothing(bench, "large", lake)
    sides["dirty"] = bench.load("large-dirty", bench.lakes.dirty_month)
    sides["bare floor"] = bench.floor("large-bare", lake, insights=False)
    found = in_turn(sides, bench.rounds)
    ours, dirty = found["ours"], found.pop("dirty")
    reaches = [_beside_sqlmesh(found, 1.0), Reach(ours.peak / 1000, "GB at the peak", 1.0), _beside_floor(found, 1.15)]
    name = "`sparkify load` with 1 malformed record in 1,000, in every file"
    lines = _lines(found, reaches)
    lines.insert(1, Line(name, dirty, [Reach(dirty.seconds / ours.seconds, "× the clean load", 1.25)]))
    yield Case(f"a month from nothing: 3,000,000 events, 100,000 users, {SONGS:,} song files", lines)
    found = in_turn(_a_day_again(bench, "large-day", lake, _left_by(bench, sides)), bench.rounds)
    reaches = [_beside_sqlmesh(found, 0.7), _beside_floor(found)]
    yield Case("a day (100,000 events) of it again", _lines(found, reaches))


def _from_nothing(bench: Bench, name: str, lake: Path) -> dict[str, Side]:
    return {
        "ours": bench.load(name, lake),
        "sqlmesh": bench.sqlmesh(name, lake),
        "script": bench.script(name, lake),
        "floor": bench.floor(name, lake),
        "empty": bench.empty(name, _LOAD, lake),
    }


def _left_by(bench: Bench, sides: Mapping[str, Side]) -> dict[str, Begin]:
    """Check that the sides have made the same rows, and keep what they have made."""
    files = {"ours": OURS, "floor": FLOOR, "sqlmesh": PEER, "script": PEER}
    bench.apart(["-m", "benchmarks.same", "rows", *(str(sides[name].folder / file) for name, file in files.items())])
    return {name: bench.left_by(sides[name]) for name in files}


def _a_day_again(bench: Bench, name: str, lake: Path, begin: Mapping[str, Begin]) -> dict[str, Side]:
    return {
        "ours": bench.load_again(name, lake, _DAY, begin["ours"]),
        "sqlmesh": bench.sqlmesh(name, lake, _DAY, begin["sqlmesh"]),
        "script": bench.script(name, lake, _DAY, begin["script"]),
        "floor": bench.floor(name, lake, _DAY, begin["floor"]),
        "empty": bench.empty(name, _AGAIN, lake),
    }


def _lines(found: Mapping[str, Figures], reaches: list[Reach]) -> list[Line]:
    """Return the lines of a load and of what it is compared with."""
    names = {
        "sqlmesh": "SQLMesh",
        "script": "a bare DuckDB script",
        "floor": "the floor",
        "bare floor": "the floor, without insights",
        "empty": "the empty Dagster run",
    }
    return [
        Line("`sparkify load`", found["ours"], reaches),
        *(Line(name, found[side]) for side, name in names.items() if side in found),
    ]


def _beside_sqlmesh(found: Mapping[str, Figures], most: float) -> Reach:
    return Reach(found["ours"].seconds / found["sqlmesh"].seconds, "× SQLMesh's wall", most)


def _beside_floor(found: Mapping[str, Figures], most: float | None = None) -> Reach:
    ours = found["ours"].seconds - found["empty"].seconds
    return Reach(ours / found["floor"].seconds, "× the floor, the empty run taken off", most)


def _above_empty(ours: Figures, found: Mapping[str, Figures], most: float) -> Reach:
    return Reach(ours.seconds - found["empty"].seconds, "s above the empty run", most)


def history(bench: Bench) -> Iterator[Case]:
    """Load a day again with a month loaded, with a year, and with ten times the users and songs."""
    lakes = bench.lakes
    loaded = {
        "30-days": (lakes.short_history, MONTH),
        "365-days": (lakes.long_history, YEAR),
        "many-users": (lakes.many_users, MONTH),
    }
    begin = dict[str, Begin]()
    for name, (lake, days) in loaded.items():
        side = bench.load(name, lake, days)
        run(side)
        begin[name] = bench.left_by(side)
    found = in_turn(
        {
            name: bench.load_again(f"day-of-{name}", lake, _DAY, begin[name], days)
            for name, (lake, days) in loaded.items()
        },
        bench.rounds,
    )
    before = found["30-days"].seconds
    names = {
        "30-days": "30 days loaded",
        "365-days": "365 days",
        "many-users": "30 days, 10 times the users and song files, 6 times the songs",
    }
    most = {"365-days": 1.15, "many-users": 1.3}
    yield Case(
        "a day (20,000 events) again",
        [
            Line(names[name], figures, [Reach(figures.seconds / before, "× 30 days", most.get(name))])
            for name, figures in found.items()
        ],
    )
    side = bench.ours("reloads", [*_PLATFORM, "reloads", "100"], lakes.short_history, begin=begin["30-days"])
    side.before()
    size = (side.folder / OURS).stat().st_size
    took = run(side)
    reach = Reach((side.folder / OURS).stat().st_size / size, "× the file's size before", 1.2)
    yield Case("a hundred days of a month again, each by itself", [Line("the loads, without insights", took, [reach])])


def small_days(bench: Bench) -> Iterator[Case]:
    """Load a year of small days in one run."""
    lake, days = bench.lakes.small_days, f"{YEAR[0]}:{YEAR[1]}"
    found = in_turn(
        {
            "ours": bench.ours("small-days", [*_PLATFORM, "days", *YEAR], lake, YEAR),
            "empty": bench.empty("small-days", [f"load_days:{days}"], lake, YEAR),
        },
        bench.rounds,
    )
    a_day = (found["ours"].seconds - found["empty"].seconds) / 365 * 1000
    reach = Reach(a_day, "ms a day above the empty run", 40)
    lines = [Line("the load, without insights", found["ours"], [reach]), Line("the empty Dagster run", found["empty"])]
    yield Case("365 days of 100 events in one run", lines)


def songs(bench: Bench) -> Iterator[Case]:
    """Load the song catalog: for the first time, unchanged, and with ten files changed."""
    lake, changing = (_song_lake(bench, name) for name in ("songs", "songs-changing"))
    load = [*_PLATFORM, "songs"]
    first, first_changing = (bench.ours(f"first-{catalog.name}", load, catalog) for catalog in (lake, changing))
    for side in (first, first_changing):
        run(side)
    begin, before_change = bench.left_by(first), bench.left_by(first_changing)

    def ten_changed(folder: Path) -> None:
        before_change(folder)
        songs_changed(changing, 10)

    found = in_turn(
        {
            "for the first time": first,
            "unchanged": bench.ours("songs-unchanged", load, lake, begin=begin),
            "10 changed": bench.ours("songs-changed", load, changing, begin=ten_changed),
            "empty": bench.empty("songs", ["load_songs"], lake),
        },
        bench.rounds,
    )
    lines = [
        Line(name, found[name], [_above_empty(found[name], found, most)])
        for name, most in (("for the first time", 2.0), ("unchanged", 0.5), ("10 changed", 0.7))
    ]
    yield Case(f"{SONGS:,} one-object song files", [*lines, Line("the empty Dagster run", found["empty"])])


def _song_lake(bench: Bench, name: str) -> Path:
    """Return a lake that holds only the large month's songs."""
    lake = bench.data / "lakes" / name
    if not lake.exists():
        shutil.copytree(bench.lakes.large_month / "song_data", lake / "song_data")
        (lake / "log_data").mkdir()
    return lake.absolute()


def commands(bench: Bench) -> Iterator[Case]:
    """Run commands that load nothing, with a month loaded."""
    located = "from sparkify_assets.definitions import defs; defs()"
    lake = bench.lakes.month
    load = bench.load("commands", lake)
    run(load)
    loaded = bench.left_by(load)
    report = bench.ours("report-first", [SPARKIFY, "report"], lake, begin=loaded)
    run(report)
    reported = bench.left_by(report)
    count = "SELECT COUNT(*) FROM sparkify.songplays"
    found = in_turn(
        {
            "`sparkify report`": bench.ours("report", [SPARKIFY, "report"], lake, begin=reported),
            "`sparkify report`, the first one": report,
            "`sparkify query` of a count": bench.ours("query", [SPARKIFY, "query", count], lake, begin=loaded),
            "`sparkify status`": bench.ours("status", [SPARKIFY, "status"], lake, begin=loaded),
            "`sparkify load`, nothing changed": bench.ours("nothing", [SPARKIFY, "load"], lake, begin=loaded),
            "`sparkify --help`": bench.ours("help", [SPARKIFY, "--help"], lake),
            "the code location's load": bench.ours("location", [PYTHON, "-c", located], lake),
            "`import dagster`": bench.ours("import", [PYTHON, "-c", "import dagster"], lake),
        },
        bench.rounds,
    )
    most = {
        "`sparkify report`": 1.5,
        "`sparkify query` of a count": 0.5,
        "`sparkify status`": 0.7,
        "`sparkify --help`": 0.3,
    }
    bare = found["`import dagster`"].seconds
    lines = []
    for name, figures in found.items():
        reaches = [Reach(figures.seconds, "s", most[name])] if name in most else []
        if "load" in name:
            reaches.append(Reach(figures.seconds - bare, "s above `import dagster`", 1))
        lines.append(Line(name, figures, reaches))
    yield Case("commands, a month of 8,056 events loaded", lines)


def reading(bench: Bench) -> Iterator[Case]:
    """Ask questions while nothing happens, and while all days are loaded again."""
    lake = bench.lakes.large_month
    load = bench.load("published", lake)
    run(load)
    again = bench.ours("reading", [SPARKIFY, "load", "--force"], lake, begin=bench.left_by(load))
    alone = run(again)
    idle = high(seconds_of_questions(again.folder, lambda: True))
    asked: list[float] = []

    def ask_meanwhile(process: "subprocess.Popen[bytes]") -> None:
        asked.extend(seconds_while_running(again.folder, process))

    loaded = run(again, meanwhile=ask_meanwhile)
    took = Figures(high(asked), 0, 0)
    reaches = [Reach(took.seconds / idle, f"× idle ({idle:.3f} s)", 2.5), Reach(took.seconds, "s", 0.3)]
    slower = Reach(loaded.seconds / alone.seconds, "× the load alone", 1.1)
    yield Case(
        "3,000,000 events loaded again while people read, once",
        [
            Line(f"{len(asked):,} questions meanwhile: the 95th percentile", took, reaches),
            Line("`sparkify load --force` meanwhile", loaded, [slower]),
            Line("the same with nobody reading", alone),
        ],
    )


def memory(bench: Bench) -> Iterator[Case]:
    """Load a day that is larger than memory."""
    day = ("2018-11-01", "2018-11-01")
    command = [*_PLATFORM, "days", *day]
    took = run(bench.ours("memory", command, bench.lakes.large_day, day, SPARKIFY_DUCKDB_MEMORY="2GB"))
    reach = Reach(took.peak / 1000, "GB at the peak", 2.5)
    yield Case("10,000,000 events on one day, once", [Line("the load, DuckDB given 2 GB", took, [reach])])


def generator(bench: Bench) -> Iterator[Case]:
    """Generate a sample."""
    events = f"{int(3_000_000 * bench.scale)}"
    command = [SPARKIFY, "sample", "--events", events, "--songs", "1000", "--out", "lake"]
    took = in_turn({"sample": bench.side("ours-sample", command, {})}, bench.rounds)["sample"]
    yield Case("a generated sample", [Line("3,000,000 events", took, [Reach(took.seconds, "s", 30)])])


CASES: dict[str, Callable[[Bench], Iterator[Case]]] = {
    "month": month,
    "large_month": large_month,
    "history": history,
    "commands": commands,
    "songs": songs,
    "small_days": small_days,
    "reading": reading,
    "memory": memory,
    "generator": generator,
}

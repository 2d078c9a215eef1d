"""The project's own shape: imports run one way, and no file is more than one can read."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sparkify_assets"

# What a room may import lies in the rooms below it, or in its own.
FLOORS = (
    {"definitions", "cli", "runs", "instance", "dead_runs", "launcher", "event_log"},
    {"assets"},
    {"schedules", "sensors"},
    {"checks", "acceptance_checks", "jobs"},
    {"metadata"},
    {"resources"},
    {"report"},
    {"doctor"},
    {"status"},
    {"watch", "expectations", "drift", "alerts", "acceptance"},
    {"acceptance_rows"},
    {"plan"},
    {"insights"},
    {"load", "sample", "cluster"},
    {"ledger", "landing", "load_result"},
    {"audits", "lineage"},
    {"slices"},
    {"warehouse"},
    {"lake"},
    {"queries"},
    {"model"},
    {"settings"},
    {"csv_rows"},
)
WITHOUT_DAGSTER = {room for floor in FLOORS[6:] for room in floor}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    return next(n for n, rooms in enumerate(FLOORS) if room in rooms)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    imported = {name.split(".")[1] for name in imports_of(path) if name.startswith("sparkify_assets.")} - {room}
    upwards = {other for other in imported if floor_of(other) < floor_of(room)}
    assert not upwards


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_below_the_resources_imports_dagster(path: Path) -> None:
    if room_of(path) in WITHOUT_DAGSTER:
        assert not {name for name in imports_of(path) if name.split(".")[0].startswith("dagster")}


def test_only_jobs_and_commands_reach_the_infrastructure() -> None:
    users = {room_of(p) for p in MODULES if any("sparkify_assets.cluster" in name for name in imports_of(p))}
    assert users == {"cli", "cluster", "jobs", "report", "resources", "schedules"}


def test_only_the_settings_read_the_environment() -> None:
    readers = [p for p in MODULES if {"os.environ", "os.getenv"} & attributes_of(p) and p.stem != "settings"]
    # The instance's folder is told to Dagster by the environment, which it alone reads.
    assert [path.stem for path in readers] == ["instance"]


def attributes_of(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


@pytest.mark.parametrize("folder", ["sparkify_assets", "sparkify_assets_tests"])
def test_no_file_is_longer_than_400_lines(folder: str) -> None:
    files = [path for kind in ("*.py", "*.sql") for path in (ROOT / folder).rglob(kind)]
    assert not {str(path) for path in files if len(path.read_text("utf-8").splitlines()) > 400}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_file_says_what_belongs_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))

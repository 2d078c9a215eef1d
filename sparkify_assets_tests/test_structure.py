"""The project's own shape: imports run one way, each name is used once, and no file is more than one can read."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "sparkify_assets"

# A package imports from those below it in this list, and from itself; those in one row know nothing of each other.
LAYERS = (
    {"cli"},
    {"definitions"},
    {"orchestration"},
    {"report"},
    {"acceptance", "insights", "infrastructure", "sample"},
    {"load"},
    {"warehouse"},
    {"lake"},
    {"queries"},
    {"model"},
    {"settings", "errors"},
)
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(package: str) -> int:
    return next(number for number, packages in enumerate(LAYERS) if package in packages)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def test_imports_run_one_way() -> None:
    offenders = [f"{name_of(path)} imports {other}" for path in MODULES for other in sorted(forbidden_imports(path))]
    assert not offenders, "\n".join(offenders)


def forbidden_imports(path: Path) -> set[str]:
    package = package_of(path)
    imported = {name.split(".")[1] for name in imports_of(path) if name.startswith("sparkify_assets.")} - {package}
    return {other for other in imported if layer_of(other) <= layer_of(package)} - siblings_of(package)


def siblings_of(package: str) -> set[str]:
    """The bottom layer alone is one: a setting that cannot be used is an error."""
    return LAYERS[-1] if package in LAYERS[-1] else set()


def test_only_orchestration_imports_dagster() -> None:
    users = {package_of(p) for p in MODULES if any(name.split(".")[0].startswith("dagster") for name in imports_of(p))}
    assert users <= {"orchestration", "definitions"}


def test_only_jobs_and_commands_reach_the_infrastructure() -> None:
    users = {path for path in MODULES if any("sparkify_assets.infrastructure" in name for name in imports_of(path))}
    assert {path.stem for path in users if package_of(path) != "infrastructure"} == {
        "infrastructure_commands",
        "infrastructure_plan",
        "jobs",
        "resources",
        "schedules",
    }


def test_only_the_settings_read_the_environment() -> None:
    readers = [p for p in MODULES if {"os.environ", "os.getenv"} & attributes_of(p) and p.stem != "settings"]
    # The instance's folder is passed to Dagster in the environment, which it alone reads.
    assert [path.stem for path in readers] == ["instance", "ui"]


def attributes_of(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def test_no_two_modules_or_packages_share_a_name() -> None:
    names = Counter(path.parent.name if path.stem == "__init__" else path.stem for path in MODULES)
    assert not {name for name, number in names.items() if number > 1}


def test_no_two_classes_share_a_name() -> None:
    names = Counter(node.name for path in MODULES for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))
    assert not {name for name, number in names.items() if number > 1}


def test_no_file_is_longer_than_400_lines() -> None:
    files = [path for folder in (PACKAGE, TESTS) for kind in ("*.py", "*.sql") for path in folder.rglob(kind)]
    offenders = [str(path) for path in files if len(path.read_text("utf-8").splitlines()) > 400]
    assert not offenders, "\n".join(offenders)


def test_every_file_says_what_belongs_in_it() -> None:
    offenders = [name_of(path) for path in MODULES if not ast.get_docstring(tree_of(path))]
    assert not offenders, "\n".join(offenders)


def test_every_folder_of_modules_is_a_package() -> None:
    assert {path.parent for path in MODULES} == {path.parent for path in PACKAGE.rglob("__init__.py")}

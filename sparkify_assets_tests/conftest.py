"""Fixtures that every test may use, and the seed of everything random in the tests."""

import atexit
import gc
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sparkify_assets_tests import moto_here
from sparkify_assets_tests.aws import ENVIRONMENT, Stubbed
from sparkify_assets_tests.browser import open_own_page, running_browser
from sparkify_assets_tests.contracts import Contract, copied_contract
from sparkify_assets_tests.effort import THOROUGH
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn, running_redshift
from sparkify_assets_tests.temporary import roomy_place

# The tests of `make check`.
INNER_LOOP = "check and not server"
# What starts a server or a browser, as a fixture or as the parameter of one.
SERVERS = {"aws", "browser", "moto", "redshift", "redshift_engine", "redshift_without_tables", "stand_in", "ui"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--live", action="store_true", help="run what is assumed of Redshift against a real cluster")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # One seed for hypothesis, for `chance` and for all workers, printed at the end, so that a run can be repeated.
    if config.option.hypothesis_seed is None:
        given = getattr(config, "workerinput", {}).get("seed")
        config.option.hypothesis_seed = given or str(random.SystemRandom().randrange(10**9))
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", roomy_place())
    # The collector would look through everything that was imported, again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many workers as processors. One more would collect all tests too, and start servers and fill lakes of its own,
    which costs more than the others gain where they wait."""
    return os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker of pytest-xdist the seed."""
    node.workerinput["seed"] = node.config.option.hypothesis_seed


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, before it is imported, what the inner loop would deselect anyway."""
    if config.option.markexpr != INNER_LOOP or not collection_path.match("test_*.py"):
        return None
    return "pytest.mark.check" not in collection_path.read_text("utf-8") or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        assert isinstance(item, pytest.Function)
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if not SERVERS.isdisjoint([*item.fixturenames, *(value for value in parameters if isinstance(value, str))]):
            item.add_marker("server")
    if not THOROUGH:
        items[:] = _a_part(items, random.Random(config.option.hypothesis_seed))
    # The tests of the UI spend most of their time waiting: at the end, everything else would wait for them.
    items.sort(key=lambda item: "ui" not in item.path.parts)


def _a_part(items: list[pytest.Item], chance: random.Random) -> list[pytest.Item]:
    """Return the tests, but of the cases of each that is marked `exhaustive` only as many as it says, at random."""
    cases: dict[str, list[str]] = {}
    for item in items:
        if item.get_closest_marker("exhaustive"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item.nodeid)
    left_out: set[str] = set()
    for name, ids in cases.items():
        marker = next(item for item in items if item.nodeid == ids[0]).get_closest_marker("exhaustive")
        assert marker is not None, name
        left_out |= {*chance.sample(ids, max(0, len(ids) - marker.args[0]))}
    return [item for item in items if item.nodeid not in left_out]


def pytest_unconfigure() -> None:
    # Only the end of the interpreter follows, in which DuckDB's bindings report whatever pytest still holds as leaks.
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    seed = config.option.hypothesis_seed
    terminalreporter.write_line(f"random seed: {seed} (the same again: pytest --hypothesis-seed={seed})")
    if not THOROUGH:
        terminalreporter.write_line("of what is random or exhaustive a part was tried: make test THOROUGH=1 tries all")


@pytest.fixture
def chance(pytestconfig: pytest.Config) -> random.Random:
    """A source of random choices, the same for the same seed."""
    return random.Random(pytestconfig.option.hypothesis_seed)


@pytest.fixture
def contract(tmp_path: Path) -> Iterator[Contract]:
    """A copy of the contract that the test may change."""
    with copied_contract(tmp_path / "model") as copied:
        yield copied


@pytest.fixture
def governed(redshift: Platform) -> Platform:
    """A platform on the stand-in for Redshift, with its roles."""
    redshift.warehouse.apply_schema()
    return redshift


@pytest.fixture
def embedded(tmp_path: Path) -> Platform:
    """A platform on DuckDB with an empty lake and no warehouse yet."""
    return Platform.at(tmp_path)


@pytest.fixture
def redshift(redshift_engine: Engine, tmp_path: Path) -> Iterator[Platform]:
    """A platform on the stand-in for Redshift, with an empty lake in S3 and empty tables."""
    with redshift_engine.platform(tmp_path) as platform:
        yield platform


@pytest.fixture
def redshift_without_tables(redshift_engine: Engine, tmp_path: Path) -> Iterator[Platform]:
    """The same, before its tables are created."""
    with redshift_engine.platform(tmp_path, tables=False) as platform:
        yield platform


@pytest.fixture(params=["embedded", "redshift_without_tables"])
def new_platform(request: pytest.FixtureRequest) -> Platform:
    """A platform on each engine, before its tables are created."""
    given: Platform = request.getfixturevalue(request.param)
    return given


@pytest.fixture(params=["embedded", "redshift"])
def platform(request: pytest.FixtureRequest) -> Platform:
    """A platform on each engine: both have to pass the same tests."""
    given: Platform = request.getfixturevalue(request.param)
    return given


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a server that speaks AWS."""
    with moto_here.serving() as address:
        yield address


@pytest.fixture(scope="session")
def stand_in(moto: str) -> Iterator[StandIn]:
    """A server that speaks Redshift, and copies from the server that speaks AWS."""
    with running_redshift(moto) as server:
        yield server


@pytest.fixture
def redshift_engine(stand_in: StandIn, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The stand-in, with the environment that its clients need, and a folder of its own for temporary files."""
    engine = Engine(stand_in, aws)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    return engine


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of moto, empty, to which the environment points AWS clients, with keys that open nothing else."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    moto_here.forget()
    return moto


@pytest.fixture
def stubbed(aws: str, monkeypatch: pytest.MonkeyPatch) -> Stubbed:
    """AWS for calls that moto lacks: requests are validated against AWS's own model of its services."""
    monkeypatch.delenv("SPARKIFY_REDSHIFT_PASSWORD", raising=False)
    return Stubbed(monkeypatch)


# Not for the session: while Playwright runs, no other event loop can.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with running_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page for what we have written ourselves. The test fails if the page asks for anything that is not on
    this machine, or writes an error to its console."""
    with open_own_page(browser) as opened:
        yield opened

"""What every test may ask for, and the seed of all that is random in them."""

import http.client
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkify_assets_tests.aws import ENVIRONMENT, running_moto
from sparkify_assets_tests.platforms import Platform


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # One seed for hypothesis and for `chance`, said at the end, so that a failing run can be run again.
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(10**9))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    seed = config.option.hypothesis_seed
    terminalreporter.write_line(f"random seed: {seed} (the same again: pytest --hypothesis-seed={seed})")


@pytest.fixture
def chance(pytestconfig: pytest.Config) -> random.Random:
    """A source of random choices, the same for the same seed."""
    return random.Random(pytestconfig.option.hypothesis_seed)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform with an empty lake and no warehouse yet."""
    return Platform.at(tmp_path)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a server that speaks AWS."""
    with running_moto() as address:
        yield address


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """AWS as the environment has it: moto's, with keys that open nothing else; empty."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    forget = http.client.HTTPConnection(moto.removeprefix("http://"))
    forget.request("POST", "/moto-api/reset")
    forget.getresponse().read()
    forget.close()
    return moto

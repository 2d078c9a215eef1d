"""What every test may ask for, and the seed of all that is random in them."""

import random
from pathlib import Path

import pytest

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

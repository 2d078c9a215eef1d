"""An environment to make and to remove, in an account that is empty."""

from dataclasses import replace

import pytest

from sparkify_assets.cluster.environment import Environment, open_environment
from sparkify_assets.settings import Infrastructure, Settings
from sparkify_assets.warehouse import patience
from sparkify_assets_tests.cluster.account import Account

SETTINGS = Settings(
    lake="s3://music/lake",
    cluster=Infrastructure(environment="dev", owner="data@example.com", region="us-west-2", cidr="10.0.0.0/16"),
)


@pytest.fixture
def account(aws: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account, in which nobody waits."""
    monkeypatch.setattr(patience, "pause", lambda seconds: None)
    return Account(aws, monkeypatch)


@pytest.fixture
def environment(account: Account) -> Environment:
    """What a cluster needs."""
    return opened(SETTINGS)


@pytest.fixture
def serverless(account: Account) -> Environment:
    """What a workgroup needs."""
    return opened(replace(SETTINGS, cluster=replace(SETTINGS.cluster, rpus=8)))


def opened(settings: Settings) -> Environment:
    """An environment that knows whose account it is in."""
    environment = open_environment(settings)
    assert environment.aws.account
    return environment


@pytest.fixture(params=["environment", "serverless"])
def either(request: pytest.FixtureRequest) -> Environment:
    """Each of the two."""
    given: Environment = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def told() -> list[str]:
    """What is told, line by line: append to it."""
    return []

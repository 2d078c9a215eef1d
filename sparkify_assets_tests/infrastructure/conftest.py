"""An environment to make and to remove, in an account that is empty."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sparkify_assets.infrastructure.environment import Environment, open_environment
from sparkify_assets.settings import Infrastructure, Settings
from sparkify_assets.warehouse import retries
from sparkify_assets_tests import moto_here
from sparkify_assets_tests.aws import ENVIRONMENT
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.kept import put_environment

SETTINGS = Settings(
    lake="s3://music/lake",
    cluster=Infrastructure(environment="dev", owner="data@example.com", region="us-west-2", cidr="10.0.0.0/16"),
)


def opened(settings: Settings) -> Environment:
    """An environment that knows whose account it is in."""
    environment = open_environment(settings)
    assert environment.aws.account
    return environment


def wanting(**wanted: Any) -> Settings:
    """The settings of an environment, some of them others."""
    return replace(SETTINGS, cluster=replace(SETTINGS.cluster, **wanted))


@pytest.fixture(scope="module")
def moto_in_process() -> Iterator[None]:
    """AWS is moto, in this process."""
    with moto_here.running():
        yield


@pytest.fixture
def account(moto_in_process: None, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account, in which nobody waits. It is in this process, where an answer takes a third of the time."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    # Which makes each region's images, a second's work, and none is used here.
    for name, value in {**ENVIRONMENT, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries, "pause", lambda seconds: None)
    account = Account(moto_here.forget, monkeypatch, in_process=True)
    account.forget()
    return account


@pytest.fixture
def environment(account: Account) -> Environment:
    """What a cluster needs."""
    return opened(SETTINGS)


@pytest.fixture
def serverless(account: Account) -> Environment:
    """What a workgroup needs."""
    return opened(wanting(rpus=8))


@pytest.fixture(params=["environment", "serverless"])
def either(request: pytest.FixtureRequest) -> Environment:
    """Each of the two."""
    given: Environment = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def made(environment: Environment, account: Account) -> Environment:
    """A cluster, with all that it needs."""
    put_environment(environment, account)
    return environment


@pytest.fixture
def made_serverless(serverless: Environment, account: Account) -> Environment:
    """A workgroup, with all that it needs."""
    put_environment(serverless, account)
    return serverless


@pytest.fixture(params=["made", "made_serverless"])
def either_made(request: pytest.FixtureRequest) -> Environment:
    """Each of the two."""
    given: Environment = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def told() -> list[str]:
    """What is told, line by line: append to it."""
    return []

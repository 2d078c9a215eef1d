"""An environment to create and to destroy, in an account that is empty."""

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

SETTINGS = Settings(
    lake="s3://music/lake",
    cluster=Infrastructure(environment="dev", owner="data@example.com", region="us-west-2", cidr="10.0.0.0/16"),
)


def wanting(**wanted: Any) -> Environment:
    """An environment that wants something else."""
    return open_environment(replace(SETTINGS, cluster=replace(SETTINGS.cluster, **wanted)))


@pytest.fixture(scope="module")
def moto_in_process() -> Iterator[None]:
    """AWS is moto, in this process."""
    with moto_here.running():
        yield


@pytest.fixture
def account(moto_in_process: None, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account, in which nobody waits."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    # Which makes each region's images, a second's work, and none is used here.
    for name, value in {**ENVIRONMENT, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}.items():
        monkeypatch.setenv(name, value)
    account = Account(monkeypatch)
    monkeypatch.setattr(retries, "pause", account.pass_time)
    return account


@pytest.fixture(params=[0, 8], ids=["cluster", "serverless"])
def either(request: pytest.FixtureRequest, account: Account) -> Environment:
    """A cluster, or a workgroup."""
    return wanting(rpus=request.param)


@pytest.fixture
def notes() -> list[str]:
    """What commands notify of, line by line: append to it."""
    return []


def ignore(line: str) -> None:
    """Let nobody be notified."""

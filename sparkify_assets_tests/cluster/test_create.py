"""What making an environment makes."""

from sparkify_assets.cluster.create import create, plan
from sparkify_assets.cluster.environment import Environment
from sparkify_assets_tests.cluster.account import Account


def test_a_new_environment_is_complete(either: Environment, account: Account, told: list[str]) -> None:
    create(either, told.append)
    assert {step.action for step in plan(either)} == {"keep"}

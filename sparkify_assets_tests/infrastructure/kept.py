"""Environments that are created once per process, and put back into the account of each test that wants one.

Creating one takes 70 calls, putting it back two milliseconds.
"""

import pickle
from dataclasses import replace

from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets_tests import moto_here
from sparkify_assets_tests.infrastructure.account import Account

# What an account was after an environment had been created in it, by the environment and by what it was before.
_kept: dict[tuple[str, bytes], bytes] = {}


def put_environment(environment: Environment, account: Account) -> None:
    """Have the account be as `create` leaves it. The environment then knows nothing of it, as in another process."""
    another = replace(environment)
    if not account.in_process or account.changes():
        create(another, lambda line: None)
        return
    wanted = (repr((environment.wanted, environment.lake)), pickle.dumps(account.state))
    if wanted in _kept:
        resources, account.state = pickle.loads(_kept[wanted])  # noqa: S301 - our own
        moto_here.put_back(resources)
    else:
        create(another, lambda line: None)
        _kept[wanted] = pickle.dumps((moto_here.resources(), account.state))

"""Wherever making or removing an environment breaks off, the same command again ends as if nothing had happened."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import lock
from sparkify_assets.infrastructure.create import KEEP, create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.serverless import SERVICE
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.infrastructure.account import (
    DENIED,
    KILLED,
    THROTTLED,
    TIMED_OUT,
    Account,
    Call,
    Killed,
    everything,
    snapshots,
)
from sparkify_assets_tests.infrastructure.kept import put_environment

# Throttled or denied: the call took no effect, for one reason or the other.
CREATE_FAILS, DESTROY_FAILS = [THROTTLED, TIMED_OUT, KILLED], [DENIED, TIMED_OUT, KILLED]


@pytest.fixture(autouse=True)
def nobody_waits_for_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LEASE", timedelta(days=-1))


def nothing() -> None:
    """What is done before a first create."""


def make(environment: Environment) -> None:
    """As another process would: it knows nothing of what an earlier one has seen."""
    create(replace(environment), lambda line: None)


def remove(environment: Environment) -> None:
    destroy(replace(environment), environment.name, lambda line: None)


def calls_of(account: Account, prepare: Callable[[], None], command: Callable[[], None]) -> list[Call]:
    """The calls that a command makes."""
    account.forget()
    prepare()
    begun = len(account.calls)
    command()
    return account.calls[begun:]


def broken_off(
    account: Account,
    how: str,
    prepare: Callable[[], None],
    command: Callable[[], None],
    service: str = "",
    chance: Random | None = None,
) -> Iterator[Call]:
    """The calls of a command that change something; at each the account is as it is left when that one fails. With
    `chance`, `make test` only takes some of them at random."""
    called = enumerate(calls_of(account, prepare, command))
    changing = [(number, call) for number, call in called if call.changes and call.name.startswith(service)]
    if chance:
        # Others for each way to fail.
        chance = Random(f"{how} {chance.random()}")
        changing = chance.sample(changing, number_of_examples(6, thorough=len(changing)))
    for number, call in changing:
        account.forget()
        prepare()
        with account.failing(number, how), suppress(InfrastructureError, Killed):
            command()
        assert account.has_failed
        yield call


def complete(environment: Environment) -> dict[str, Any]:
    """What is there, all of it as it is to be."""
    assert {step.action for step in plan(replace(environment))} == {KEEP}
    return everything()


@pytest.mark.parametrize("how", CREATE_FAILS)
def test_create_again_completes_what_broke_off(
    environment: Environment, account: Account, how: str, chance: Random
) -> None:
    make(environment)
    as_ever = complete(environment)
    for call in broken_off(account, how, nothing, lambda: make(environment), chance=chance):
        make(environment)
        assert complete(environment) == as_ever, call


@pytest.mark.parametrize("how", DESTROY_FAILS)
def test_destroy_again_removes_what_is_left(environment: Environment, account: Account, how: str) -> None:
    def prepare() -> None:
        put_environment(environment, account)

    empty = everything()
    for call in broken_off(account, how, prepare, lambda: remove(environment)):
        remove(environment)
        assert (everything(), len(snapshots())) == (empty, 1), call


def test_destroy_removes_what_an_unfinished_create_has_left(environment: Environment, account: Account) -> None:
    empty = everything()
    for call in broken_off(account, KILLED, nothing, lambda: make(environment)):
        remove(environment)
        assert everything() == empty, call


@pytest.mark.parametrize("how", [TIMED_OUT, KILLED])
def test_a_serverless_environment_is_made_and_removed_again_too(
    serverless: Environment, account: Account, how: str
) -> None:
    def prepare() -> None:
        put_environment(serverless, account)

    empty = everything()
    make(serverless)
    as_ever = complete(serverless)
    for call in broken_off(account, how, nothing, lambda: make(serverless), SERVICE):
        make(serverless)
        assert complete(serverless) == as_ever, call
    for call in broken_off(account, how, prepare, lambda: remove(serverless), SERVICE):
        remove(serverless)
        assert everything() == empty, call


@pytest.mark.parametrize("command", [make, remove])
def test_nothing_is_changed_after_a_question_that_fails(
    environment: Environment, account: Account, command: Callable[[Environment], None]
) -> None:
    def prepare() -> None:
        if command is remove:
            put_environment(environment, account)

    # The first of each kind: between two changes, one question is as good as another.
    numbers: dict[str, int] = {}
    for number, call in enumerate(calls_of(account, prepare, lambda: command(environment))):
        if not call.changes and call.name != "s3.DeleteObject":
            numbers.setdefault(call.name, number)
    for number in numbers.values():
        account.forget()
        prepare()
        begun = len(account.calls)
        with account.failing(number, DENIED), pytest.raises(InfrastructureError):
            command(environment)
        assert not [each for each in account.calls[begun + number :] if each.changes]

"""Waiting: what is told of it, how long it lasts, and what ends it."""

from collections.abc import Iterator

import pytest

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import READY, Seen
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.waiting import EVERY_SECONDS, until, until_gone, until_ready, wait
from sparkify_assets.warehouse import retries
from sparkify_assets_tests.infrastructure.account import Account


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, each time."""
    pauses: list[float] = []
    monkeypatch.setattr(retries, "pause", pauses.append)
    return pauses


def answers(*states: str | None) -> Iterator[str | None]:
    return iter(states)


def test_what_is_there_already_is_not_waited_for(slept: list[float], told: list[str]) -> None:
    wait(None, told.append, "cluster x", lambda: None)
    assert (slept, told) == ([], [])


def test_what_is_in_the_way_is_told_when_it_changes_and_every_minute(slept: list[float], told: list[str]) -> None:
    states = answers(*["creating"] * 6, "modifying", "modifying", "modifying", None)
    wait(None, told.append, "cluster x", lambda: next(states))
    assert told == [
        "cluster x: creating, after 0:00",
        "cluster x: creating, after 1:00",
        "cluster x: modifying, after 1:30",
        "cluster x: modifying, after 2:00",
    ]
    assert slept == [EVERY_SECONDS] * 9


def test_it_ends_when_it_takes_longer_than_it_ever_does(slept: list[float], told: list[str]) -> None:
    with pytest.raises(InfrastructureError) as error:
        wait(None, told.append, "cluster x", lambda: "creating", minutes=2)
    assert str(error.value) == (
        "cluster x: creating, after 2 minutes, which is longer than it takes: see what AWS's console says of it, then "
        "run the same command again"
    )
    assert sum(slept) == 2 * 60


def test_the_longest_wait_is_an_hour(slept: list[float], told: list[str]) -> None:
    with pytest.raises(InfrastructureError, match="after 60 minutes"):
        wait(None, told.append, "cluster x", lambda: "creating")
    assert (sum(slept), len(told)) == (3600, 60)


def test_a_cluster_is_waited_for_until_it_is_ready(made: Environment, account: Account, told: list[str]) -> None:
    account.statuses = ["modifying", "available"]
    seen = until_ready(made.cluster, None, told.append)
    assert (seen.state, told) == (READY, ["cluster sparkify-dev: modifying, after 0:00"])


def test_what_is_still_to_be_applied_keeps_it_from_being_ready(made: Environment, account: Account) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        account.shows.clear()

    account.shows = {"PendingModifiedValues": {"NodeType": "ra3.xlplus"}}
    until_ready(made.cluster, None, tell)
    assert told == ["cluster sparkify-dev: being changed, after 0:00"]


def test_another_state_can_be_waited_for(made: Environment, account: Account, told: list[str]) -> None:
    account.statuses = ["pausing", "paused"]
    assert until(made.cluster, "paused", None, told.append).state == "paused"


@pytest.mark.parametrize(
    "state",
    ["incompatible-hsm", "incompatible-network", "incompatible-parameters", "hardware-failure", "storage-full"],
)
def test_what_is_broken_is_not_waited_for(made: Environment, account: Account, told: list[str], state: str) -> None:
    account.statuses = ["creating", state]
    with pytest.raises(InfrastructureError, match=f"sparkify-dev is {state}: AWS's console says why"):
        until_ready(made.cluster, None, told.append)


def test_what_is_not_there_yet_is_waited_for(
    made: Environment, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = made.cluster.look()
    looks: Iterator[Seen | None] = iter([None, None, seen])
    monkeypatch.setattr(type(made.cluster), "look", lambda cluster: next(looks))
    assert until_ready(made.cluster, None, told.append) == seen
    assert told == ["cluster sparkify-dev: not there yet, after 0:00"]


def test_what_goes_is_waited_for_until_it_is_gone(
    made: Environment, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    states = ["final-snapshot", "deleting", READY]
    looks: Iterator[Seen | None] = iter([*(Seen("x", {}, {}, state) for state in states), None])
    monkeypatch.setattr(type(made.cluster), "look", lambda cluster: next(looks))
    until_gone(made.cluster, None, told.append)
    assert [line.split(": ")[1] for line in told] == [
        "final-snapshot, after 0:00",
        "deleting, after 0:15",
        "still there, after 0:30",
    ]


def test_what_is_asked_meanwhile_and_fails_is_said(made: Environment, account: Account, told: list[str]) -> None:
    account.refuses["redshift.DescribeClusters"] = ("Throttling", "Rate exceeded")
    with pytest.raises(InfrastructureError, match="the cluster sparkify-dev cannot be looked at: AWS says Throttling"):
        until_ready(made.cluster, None, told.append)

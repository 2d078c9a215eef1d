"""One at a time changes an environment: who is second is told who is first, and nobody waits for the dead."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sparkify_assets.errors import InfrastructureBusy, InfrastructureError
from sparkify_assets.infrastructure import lock
from sparkify_assets.infrastructure.create import KEEP, create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.lock import Lease, changing
from sparkify_assets.infrastructure.power import pause, resume, snapshot
from sparkify_assets.warehouse import retries
from sparkify_assets_tests.infrastructure.account import KILLED, Account, Killed
from sparkify_assets_tests.infrastructure.conftest import SETTINGS, opened

BUCKET = "sparkify-dev-123456789012-us-west-2"
JUST_ENDED, NOT_YET = timedelta(minutes=3, seconds=5), timedelta(minutes=2, seconds=50)


def client() -> Any:
    return boto3.client("s3", region_name="us-west-2")


def holder() -> str | None:
    """What the lease says, if somebody has it."""
    try:
        body: bytes = client().get_object(Bucket=BUCKET, Key=lock.KEY)["Body"].read()
    except ClientError:
        return None
    return body.decode()


def somebody_else_takes_it() -> None:
    client().put_object(Bucket=BUCKET, Key=lock.KEY, Body=b"create dev, by ida on laptop, process 7")


def lease_of(environment: Environment, doing: str) -> Lease:
    return Lease(environment.aws, BUCKET, doing)


@pytest.mark.parametrize(
    "command",
    [
        lambda environment: create(environment, lambda line: None),
        lambda environment: destroy(environment, "dev", lambda line: None),
        lambda environment: pause(environment, lambda line: None),
        lambda environment: snapshot(environment, lambda line: None),
    ],
    ids=["create", "destroy", "pause", "snapshot"],
)
def test_the_second_is_told_who_is_first_and_changes_nothing(
    made: Environment, account: Account, command: Callable[[Environment], object]
) -> None:
    somebody_else_takes_it()
    account.calls.clear()
    with pytest.raises(InfrastructureBusy) as error:
        command(made)
    said = re.fullmatch(
        r"somebody is changing this environment: create dev, by ida on laptop, process 7. If that was stopped, it can "
        r"be gone on with in (\d+) seconds",
        str(error.value),
    )
    assert said
    assert 175 <= int(said[1]) <= 180
    assert account.changes() == []
    assert holder() == "create dev, by ida on laptop, process 7"


def test_so_is_who_wants_to_resume(made: Environment, account: Account, told: list[str]) -> None:
    pause(made, told.append)
    somebody_else_takes_it()
    account.calls.clear()
    with pytest.raises(InfrastructureBusy, match="by ida on laptop"):
        resume(made, told.append)
    assert account.changes() == []


def test_a_plan_waits_for_nobody(made: Environment) -> None:
    somebody_else_takes_it()
    assert {step.action for step in plan(made)} == {KEEP}


def test_it_says_who_changes_what(made: Environment, told: list[str]) -> None:
    create(made, told.append, lambda lease: told.append(str(holder())))
    assert re.fullmatch(r"create dev, by \S+ on \S+, process \d+", told[-1])


def test_it_is_taken_and_renewed_on_conditions(made: Environment, account: Account) -> None:
    account.calls.clear()
    with changing(made.aws, BUCKET, "create dev") as lease:
        lease.renew()
    taken, renewed = account.sent("s3.PutObject")
    (given_back,) = account.sent("s3.DeleteObject")
    assert (taken["Key"], taken["IfNoneMatch"]) == (lock.KEY, "*")
    assert (renewed["Key"], renewed["IfMatch"]) == (lock.KEY, given_back["IfMatch"])


def test_it_is_given_back(made: Environment, told: list[str]) -> None:
    for command in (create, pause, resume, snapshot):
        command(made, told.append)
        assert holder() is None


def test_it_is_given_back_when_something_fails(environment: Environment, account: Account) -> None:
    account.refuses["iam.CreateRole"] = ("AccessDenied", "no")
    with pytest.raises(InfrastructureError, match="AccessDenied"):
        create(environment, lambda line: None)
    assert holder() is None


def test_who_is_gone_is_waited_for_only_as_long_as_it_lasts(
    made: Environment, account: Account, told: list[str]
) -> None:
    somebody_else_takes_it()
    account.age = NOT_YET
    with pytest.raises(InfrastructureBusy, match=r"in \d{1,2} seconds"):
        create(made, told.append)
    account.age = JUST_ENDED
    create(made, told.append)
    assert holder() is None


def test_what_was_killed_is_gone_on_with(environment: Environment, account: Account, told: list[str]) -> None:
    with account.failing(30, KILLED), pytest.raises(Killed):
        create(environment, told.append)
    assert holder()
    again = opened(SETTINGS)
    with pytest.raises(InfrastructureBusy, match="somebody is changing this environment: create dev, by"):
        create(again, told.append)
    account.age = JUST_ENDED
    create(again, told.append)
    assert {step.action for step in plan(again)} == {KEEP}


def test_of_two_that_take_over_one_does(made: Environment, account: Account) -> None:
    somebody_else_takes_it()
    account.age = JUST_ENDED
    first, second = lease_of(made, "create dev"), lease_of(made, "destroy dev")
    asked: list[object] = []

    def overtake(**_: object) -> None:
        # Once: the first asks the same.
        if not asked:
            asked.append("it")
            first.take()

    events = made.aws.client("s3").meta.events
    events.register("after-call.s3.GetObject", overtake)
    try:
        with pytest.raises(
            InfrastructureBusy, match="somebody has just begun to change this environment: try again in a moment"
        ):
            second.take()
    finally:
        events.unregister("after-call.s3.GetObject", overtake)
    first.renew()


def test_who_gave_it_back_a_moment_ago_is_not_in_the_way_for_long(made: Environment, account: Account) -> None:
    first, second = lease_of(made, "create dev"), lease_of(made, "destroy dev")
    first.take()
    account.refuses["s3.GetObject"] = ("NoSuchKey", "it is gone")
    with pytest.raises(InfrastructureBusy, match="try again in a moment"):
        second.take()


def test_it_is_renewed_for_each_resource_and_while_aws_is_waited_for(
    environment: Environment, account: Account, told: list[str]
) -> None:
    account.statuses = ["creating"] * 20
    create(environment, told.append)
    assert len(account.sent("s3.PutObject")) == 1 + len(environment.resources) + 20


@pytest.mark.parametrize("given_back", [False, True])
def test_who_has_lost_it_stops_and_leaves_it_to_the_other(
    environment: Environment, account: Account, monkeypatch: pytest.MonkeyPatch, given_back: bool
) -> None:
    def oversleep(seconds: float) -> None:
        somebody_else_takes_it()
        if given_back:
            client().delete_object(Bucket=BUCKET, Key=lock.KEY)
        account.calls.clear()

    monkeypatch.setattr(retries, "pause", oversleep)
    account.statuses = ["creating"] * 5
    with pytest.raises(
        InfrastructureBusy,
        match="somebody else is changing this environment now, because this command was not heard of",
    ):
        create(environment, lambda line: None)
    assert account.changes() == []
    assert holder() == (None if given_back else "create dev, by ida on laptop, process 7")


def test_a_lease_that_nobody_took_over_may_be_late(made: Environment, account: Account) -> None:
    with changing(made.aws, BUCKET, "create dev") as lease:
        account.age = timedelta(hours=1)
        lease.renew()


def test_that_it_cannot_be_given_back_is_no_failure(made: Environment, account: Account, told: list[str]) -> None:
    account.refuses["s3.DeleteObject"] = ("AccessDenied", "no")
    create(made, told.append)


def test_a_process_without_a_user_is_somebody(made: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    with changing(replace(made).aws, BUCKET, "create dev"):
        assert str(holder()).startswith("create dev, by somebody on ")

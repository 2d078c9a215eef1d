"""From a cluster that AWS calls available to one that can be used: log-in, COPY by the role, the contract's tables."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError, WarehouseError
from sparkify_assets.infrastructure import ready
from sparkify_assets.infrastructure.create import KEEP, create, plan
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.ready import make_ready, probe, settings_of
from sparkify_assets.settings import read_settings
from sparkify_assets.warehouse import retries
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets_tests import moto_here
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.faults import ALWAYS, STARTING, TERMINATED, WRONG_PASSWORD, Dropped, Fault
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.statements import OTHER, StatementRefused

NAME = "sparkify-dev"
DATABASE = "sparkify"
BUCKET = f"{NAME}-123456789012-us-west-2"
LOGIN, COPY = "", "COPY probed.*"
DENIED = StatementRefused("S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0,CanRetry 1", OTHER)


@pytest.fixture
def account(aws: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account that the stand-in for Redshift reads from too."""
    monkeypatch.setattr(retries, "pause", lambda seconds: None)
    return Account(moto_here.forget, monkeypatch)


@pytest.fixture
def reached(redshift_engine: Engine, account: Account) -> Iterator[StandIn]:
    """The stand-in for Redshift, which is where AWS says that the environment's warehouse is."""
    stand_in = redshift_engine.stand_in
    said = {"username": stand_in.user, "password": stand_in.password}
    secrets = boto3.client("secretsmanager", region_name="us-west-2")
    account.secret = account.serverless.secret = secrets.create_secret(
        Name=f"redshift!{NAME}-admin", SecretString=json.dumps(said)
    )["ARN"]
    account.shows = {"Endpoint": {"Address": stand_in.host, "Port": stand_in.port}}
    account.serverless.host, account.serverless.port = stand_in.host, stand_in.port
    boto3.client("s3", region_name="us-west-2").create_bucket(
        Bucket="music", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    stand_in.create_database(DATABASE)
    yield stand_in
    stand_in.drop_database(DATABASE)


def test_making_an_environment_ends_with_tables_that_are_there(
    reached: StandIn, either: Environment, told: list[str]
) -> None:
    create(either, told.append, lambda lease: make_ready(either, told.append, lease))
    assert told[-2] == f"probe: {NAME} answers, and its role reads"
    assert told[-1].startswith("schema: ")
    settings = read_settings(settings_of(either))
    assert [change for change in open_warehouse(settings).plan_schema() if change.blocks or not change.refused] == []
    with open_warehouse(settings).reader():
        pass
    assert {step.action for step in plan(either)} == {KEEP}


def test_the_role_copies_one_object_of_the_work_prefix(reached: StandIn, made: Environment, told: list[str]) -> None:
    with reached.recording() as statements:
        probe(made, told.append)
    (copy,) = [statement.sql for statement in statements if statement.sql.startswith("COPY")]
    assert f"FROM 's3://{BUCKET}/work/manifests/" in copy
    assert f"IAM_ROLE '{made.role.arn}' REGION 'us-west-2'" in copy


def test_the_settings_use_the_warehouse_and_hold_no_secret(
    reached: StandIn, either_made: Environment, account: Account
) -> None:
    said = settings_of(either_made)
    assert said == {
        "SPARKIFY_WAREHOUSE": "redshift",
        "SPARKIFY_LAKE": "s3://music/lake",
        "SPARKIFY_WORK": f"s3://{BUCKET}/work/",
        "SPARKIFY_REDSHIFT_HOST": reached.host,
        "SPARKIFY_REDSHIFT_PORT": str(reached.port),
        "SPARKIFY_REDSHIFT_DATABASE": DATABASE,
        "SPARKIFY_REDSHIFT_SECRET_ARN": account.secret,
        f"SPARKIFY_REDSHIFT_{'WORKGROUP' if either_made.is_serverless else 'CLUSTER'}": NAME,
        "SPARKIFY_REDSHIFT_REGION": "us-west-2",
        "SPARKIFY_REDSHIFT_IAM_ROLE": either_made.role.arn,
    }
    assert reached.password not in repr(said)
    settings = read_settings(said)
    assert (settings.lake, settings.redshift.secret_arn) == ("s3://music/lake", account.secret)


@pytest.mark.parametrize(("at", "error"), [(LOGIN, STARTING), (LOGIN, Dropped()), (COPY, Dropped())])
def test_the_probe_goes_on_while_the_cluster_is_starting(
    reached: StandIn, made: Environment, told: list[str], at: str, error: Exception
) -> None:
    fault = Fault(at, times=3, error=error)
    with reached.failing(DATABASE, fault):
        probe(made, told.append)
    assert fault.happened == 3
    assert (told[0].startswith("probe: "), told[0].endswith(", after 0:00")) == (True, True)
    assert told[-1] == f"probe: {NAME} answers, and its role reads"


def test_a_session_that_is_ended_is_begun_again(reached: StandIn, made: Environment, told: list[str]) -> None:
    fault = Fault(COPY, error=TERMINATED)
    with reached.failing(DATABASE, fault):
        probe(made, told.append)
    assert (fault.happened, "terminating connection" in told[0]) == (1, True)


def test_the_probe_goes_on_while_the_role_may_not_read_yet(
    reached: StandIn, made: Environment, told: list[str]
) -> None:
    fault = Fault(COPY, times=5, error=DENIED)
    with reached.failing(DATABASE, fault):
        probe(made, told.append)
    # Told when it begins and every minute.
    waited = [line for line in told if "S3ServiceException:Access Denied" in line]
    assert (fault.happened, len(waited)) == (5, 2)


def test_a_wrong_password_is_not_tried_again(reached: StandIn, made: Environment, told: list[str]) -> None:
    fault = Fault(LOGIN, times=ALWAYS, error=WRONG_PASSWORD)
    with (
        reached.failing(DATABASE, fault),
        pytest.raises(WarehouseError, match="it is not tried again, since accounts get locked"),
    ):
        probe(made, told.append)
    assert fault.happened == 1


def test_after_a_while_it_says_what_it_saw_last(
    reached: StandIn, made: Environment, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_MINUTES", 1)
    with (
        reached.failing(DATABASE, Fault(COPY, times=ALWAYS, error=DENIED)),
        pytest.raises(InfrastructureError, match=r"^probe: COPY of .* failed on Redshift: .*Access Denied.* 1 minutes"),
    ):
        probe(made, told.append)


def test_what_could_not_be_made_ready_is_gone_on_with(
    reached: StandIn, environment: Environment, account: Account, told: list[str]
) -> None:
    with (
        reached.failing(DATABASE, Fault("CREATE TABLE.*", error=DENIED)),
        pytest.raises(WarehouseError, match="Access Denied"),
    ):
        create(environment, told.append, lambda lease: make_ready(environment, told.append, lease))
    create(environment, told.append, lambda lease: make_ready(environment, told.append, lease))
    warehouse = open_warehouse(read_settings(settings_of(environment)))
    assert warehouse.plan_schema() == []
    with reached.recording() as statements:
        create(environment, told.append, lambda lease: make_ready(environment, told.append, lease))
    assert not [each for each in statements if each.sql.startswith(("CREATE TABLE", "ALTER", "COMMENT"))]
    assert told[-1] == "schema: 0 statements were run"


def forget_endpoint(account: Account) -> None:
    account.shows = {"Endpoint": {}}
    for workgroup in account.serverless.workgroups.values():
        workgroup.pop("endpoint")


def forget_everything(account: Account) -> None:
    account.forget()


@pytest.mark.parametrize("forget", [forget_endpoint, forget_everything])
def test_a_warehouse_that_cannot_be_reached_yet_has_no_settings(
    either_made: Environment, account: Account, forget: Callable[[Account], None]
) -> None:
    forget(account)
    with pytest.raises(
        InfrastructureError, match=f"there is no warehouse {NAME} that can be reached yet: see `sparkify"
    ):
        settings_of(replace(either_made))


def test_that_aws_cannot_be_asked_for_it_is_said(made: Environment, account: Account) -> None:
    account.refuses["redshift.DescribeClusters"] = ("AccessDenied", "no")
    with pytest.raises(InfrastructureError, match=f"the warehouse {NAME} cannot be looked at: AWS says AccessDenied"):
        settings_of(made)

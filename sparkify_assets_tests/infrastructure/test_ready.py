"""From a warehouse that AWS calls available to one that can be used: log-in, COPY by the role, the tables."""

import json
from collections.abc import Iterator

import boto3
import pytest

from sparkify_assets.errors import InfrastructureError, WarehouseError
from sparkify_assets.infrastructure import ready
from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.ready import make_ready, probe, settings_of
from sparkify_assets.settings import read_settings
from sparkify_assets.warehouse import retries
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.faults import ALWAYS, STARTING, TERMINATED, WRONG_PASSWORD, Dropped, Fault
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import ignore, wanting
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.statements import OTHER, StatementRefused

NAME, DATABASE = "sparkify-dev", "sparkify"
LOGIN, COPY = "", "COPY probed.*"
DENIED = StatementRefused("S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0,CanRetry 1", OTHER)


@pytest.fixture
def account(aws: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account that the stand-in for Redshift reads from too."""
    account = Account(monkeypatch)
    monkeypatch.setattr(retries, "pause", account.pass_time)
    return account


@pytest.fixture
def reached(redshift_engine: Engine, account: Account) -> Iterator[StandIn]:
    """The stand-in for Redshift, which is where AWS says that the environment's warehouse is."""
    stand_in = redshift_engine.stand_in
    said = {"username": stand_in.user, "password": stand_in.password}
    secrets = boto3.client("secretsmanager", region_name="us-west-2")
    secret = secrets.create_secret(Name=f"redshift!{NAME}-admin", SecretString=json.dumps(said))
    account.secret, account.host, account.port = secret["ARN"], stand_in.host, stand_in.port
    boto3.client("s3", region_name="us-west-2").create_bucket(
        Bucket="music", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    stand_in.create_database(DATABASE)
    yield stand_in
    stand_in.drop_database(DATABASE)


@pytest.fixture
def made(reached: StandIn, account: Account) -> Environment:
    """A cluster that AWS calls available."""
    create(wanting(), ignore)
    return wanting()


def test_creating_ends_with_tables_that_are_there(reached: StandIn, either: Environment, notes: list[str]) -> None:
    create(either, notes.append, lambda: make_ready(either, notes.append))
    assert notes[-2] == f"probe: {NAME} answers, and its role reads"
    assert notes[-1].startswith("schema: ")
    settings = read_settings(settings_of(either))
    assert [change for change in open_warehouse(settings).plan_schema() if change.blocks or not change.refused] == []
    with reached.recording() as statements:
        create(either, notes.append, lambda: make_ready(either, notes.append))
    assert not [each for each in statements if each.sql.startswith(("CREATE TABLE", "ALTER", "COMMENT"))]
    assert notes[-1] == "schema: 0 statements were run"


def test_the_settings_use_the_warehouse_and_hold_no_secret(
    reached: StandIn, either: Environment, account: Account
) -> None:
    create(either, ignore)
    written = settings_of(either)
    assert written == {
        "SPARKIFY_WAREHOUSE": "redshift",
        "SPARKIFY_LAKE": "s3://music/lake",
        "SPARKIFY_WORK": f"s3://{account.names['WorkBucket']}/work/",
        "SPARKIFY_REDSHIFT_HOST": reached.host,
        "SPARKIFY_REDSHIFT_PORT": str(reached.port),
        "SPARKIFY_REDSHIFT_DATABASE": DATABASE,
        "SPARKIFY_REDSHIFT_SECRET_ARN": account.secret,
        f"SPARKIFY_REDSHIFT_{'WORKGROUP' if either.is_serverless else 'CLUSTER'}": NAME,
        "SPARKIFY_REDSHIFT_REGION": "us-west-2",
        "SPARKIFY_REDSHIFT_IAM_ROLE": f"arn:aws:iam::123456789012:role/sparkify/{account.names['CopyRole']}",
    }
    assert reached.password not in repr(written)


@pytest.mark.parametrize(("at", "error"), [(LOGIN, STARTING), (LOGIN, Dropped()), (COPY, Dropped())])
def test_the_probe_goes_on_while_the_cluster_is_starting(
    reached: StandIn, made: Environment, notes: list[str], at: str, error: Exception
) -> None:
    fault = Fault(at, times=3, error=error)
    with reached.failing(DATABASE, fault):
        probe(made, notes.append)
    assert fault.happened == 3
    assert (notes[0].startswith("probe: "), notes[0].endswith(", after 0:00")) == (True, True)
    assert notes[-1] == f"probe: {NAME} answers, and its role reads"


def test_a_session_that_is_ended_is_begun_again(reached: StandIn, made: Environment, notes: list[str]) -> None:
    fault = Fault(COPY, error=TERMINATED)
    with reached.failing(DATABASE, fault):
        probe(made, notes.append)
    assert (fault.happened, "terminating connection" in notes[0]) == (1, True)


def test_the_probe_goes_on_while_the_role_may_not_read_yet(
    reached: StandIn, made: Environment, notes: list[str]
) -> None:
    fault = Fault(COPY, times=5, error=DENIED)
    with reached.failing(DATABASE, fault):
        probe(made, notes.append)
    # When it begins and every minute.
    waited = [line for line in notes if "S3ServiceException:Access Denied" in line]
    assert (fault.happened, len(waited)) == (5, 2)


def test_a_wrong_password_is_not_tried_again(reached: StandIn, made: Environment, notes: list[str]) -> None:
    fault = Fault(LOGIN, times=ALWAYS, error=WRONG_PASSWORD)
    with (
        reached.failing(DATABASE, fault),
        pytest.raises(WarehouseError, match="it is not tried again, since accounts get locked"),
    ):
        probe(made, notes.append)
    assert fault.happened == 1


def test_after_a_while_it_says_what_it_saw_last(
    reached: StandIn, made: Environment, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_MINUTES", 1)
    with (
        reached.failing(DATABASE, Fault(COPY, times=ALWAYS, error=DENIED)),
        pytest.raises(InfrastructureError, match=r"^probe: COPY of .* failed on Redshift: .*Access Denied.* 1 minutes"),
    ):
        probe(made, notes.append)


def test_a_warehouse_that_cannot_be_reached_yet_has_no_settings(either: Environment) -> None:
    with pytest.raises(InfrastructureError, match=f"there is no warehouse {NAME} that can be reached yet: see `spark"):
        settings_of(either)

"""Logging in to Redshift: what the platform asks AWS for, and the error when AWS refuses."""

from dataclasses import replace

import boto3
import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.settings import Redshift
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.login import Login, log_in
from sparkify_assets_tests.aws import Stubbed
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

SECRET = "Tr0ub4dor&3"  # noqa: S105
PLACE = Redshift(host="localhost", database="music", user="loader", region="us-west-2")


def test_a_user_and_a_password_need_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", SECRET)
    assert log_in(PLACE) == Login("loader", SECRET)
    assert SECRET not in repr(log_in(PLACE))


def test_a_cluster_is_logged_in_to_through_iam(stubbed: Stubbed) -> None:
    stubbed.of("redshift").add_response(
        "get_cluster_credentials_with_iam",
        {"DbUser": "IAMR:loader", "DbPassword": SECRET},
        {"ClusterIdentifier": "music-1", "DbName": "music", "DurationSeconds": 900},
    )
    assert log_in(replace(PLACE, cluster="music-1")) == Login("IAMR:loader", SECRET)
    stubbed.assert_all_asked()
    assert stubbed.regions == ["us-west-2"]


def test_a_workgroup_is_logged_in_to_through_iam(stubbed: Stubbed) -> None:
    stubbed.of("redshift-serverless").add_response(
        "get_credentials",
        {"dbUser": "IAMR:loader", "dbPassword": SECRET},
        {"workgroupName": "music-1", "dbName": "music", "durationSeconds": 900},
    )
    assert log_in(replace(PLACE, workgroup="music-1", region="")) == Login("IAMR:loader", SECRET)
    stubbed.assert_all_asked()
    assert stubbed.regions == [None]


def test_a_secret_holds_user_and_password(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", "not this one")
    manager = boto3.client("secretsmanager", region_name="us-west-2")
    arn = manager.create_secret(Name="loader", SecretString=f'{{"username": "ida", "password": "{SECRET}"}}')["ARN"]
    assert log_in(replace(PLACE, secret_arn=arn)) == Login("ida", SECRET)


def test_the_reader_logs_in_with_a_password_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", "not this one")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_READER_PASSWORD", SECRET)
    place = replace(PLACE, reader_user="reader", cluster="music-1")
    assert log_in(place, as_reader=True) == Login("reader", SECRET)


def test_the_reader_logs_in_with_a_secret_of_its_own(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_REDSHIFT_READER_PASSWORD", "not this one")
    manager = boto3.client("secretsmanager", region_name="us-west-2")
    arn = manager.create_secret(Name="reader", SecretString=f'{{"username": "ana", "password": "{SECRET}"}}')["ARN"]
    place = replace(PLACE, reader_user="reader", reader_secret_arn=arn)
    assert log_in(place, as_reader=True) == Login("ana", SECRET)


def test_the_reader_logs_in_through_iam_by_its_name(stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", "not this one")
    stubbed.of("redshift").add_response(
        "get_cluster_credentials",
        {"DbUser": "IAM:reader", "DbPassword": SECRET},
        {
            "ClusterIdentifier": "music-1",
            "DbName": "music",
            "DbUser": "reader",
            "AutoCreate": False,
            "DurationSeconds": 900,
        },
    )
    assert log_in(replace(PLACE, cluster="music-1", reader_user="reader"), as_reader=True) == Login(
        "IAM:reader", SECRET
    )
    stubbed.assert_all_asked()


@pytest.mark.parametrize("text", [SECRET, f'{{"password": "{SECRET}"}}', f'["{SECRET}"]'])
def test_a_secret_that_is_something_else_is_not_shown(aws: str, text: str) -> None:
    manager = boto3.client("secretsmanager", region_name="us-west-2")
    arn = manager.create_secret(Name="loader", SecretString=text)["ARN"]
    with pytest.raises(WarehouseError, match="expected: JSON with username and password") as error:
        log_in(replace(PLACE, secret_arn=arn))
    assert SECRET not in repr(error.getrepr(chain=True)) + str(error.value.__context__ or "")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ClusterNotFound", "see SPARKIFY_REDSHIFT_CLUSTER and REGION"),
        ("AccessDenied", "they need redshift:GetClusterCredentialsWithIAM"),
        ("ExpiredToken", "log in again"),
        ("Something", "Something: as AWS says it"),
    ],
)
def test_a_refusal_by_aws_comes_with_a_remedy(stubbed: Stubbed, code: str, remedy: str) -> None:
    stubbed.of("redshift").add_client_error("get_cluster_credentials_with_iam", code, "as AWS says it")
    with pytest.raises(WarehouseError, match="credentials for the cluster music-1 cannot be had") as error:
        log_in(replace(PLACE, cluster="music-1"))
    assert remedy in str(error.value)


def test_missing_aws_credentials_are_an_error_that_names_their_sources(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.delenv("SPARKIFY_REDSHIFT_PASSWORD", raising=False)
    monkeypatch.setattr("sparkify_assets.warehouse.retries.pause", lambda seconds: None)
    with pytest.raises(WarehouseError, match=r"Unable to locate credentials: see AWS_PROFILE.*USER and PASSWORD"):
        log_in(replace(PLACE, cluster="music-1"))


def test_each_session_fetches_its_credentials(redshift: Platform, stubbed: Stubbed, stand_in: StandIn) -> None:
    asked = stubbed.of("redshift")
    for _ in range(2):
        asked.add_response(
            "get_cluster_credentials_with_iam", {"DbUser": stand_in.user, "DbPassword": stand_in.password}
        )
    by_iam = replace(redshift.settings, redshift=replace(redshift.settings.redshift, user="", cluster="music-1"))
    warehouse = open_warehouse(by_iam)
    with warehouse.session():
        pass
    with warehouse.reader():
        pass
    stubbed.assert_all_asked()

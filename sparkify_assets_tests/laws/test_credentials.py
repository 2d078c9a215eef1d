"""Law 4 when AWS credentials are missing, throttled, or expire in the middle of a load: what was published stays
whole, nothing else is seen, the error says what to do, and the next load brings the rest.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from sparkify_assets.errors import LakeError, WarehouseError, WorkError
from sparkify_assets.lake.s3 import S3Lake, _region_of
from sparkify_assets.load.loading import load_days
from sparkify_assets.settings import Redshift
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.login import Login, log_in
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse
from sparkify_assets_tests.aws import Stubbed
from sparkify_assets_tests.faults import ALWAYS, Fault, Refusing
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.refusal import OTHER, StatementRefused

DAYS = [DAY, NEXT_DAY]
EXPIRED = "ExpiredToken: the credentials have expired: log in again, or see AWS_PROFILE"
BY_IAM = Redshift(host="localhost", database="music", cluster="music-1", region="us-west-2")


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before each attempt except the first, in seconds; the test does not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("sparkify_assets.warehouse.retries.pause", seconds.append)
    return seconds


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of botocore, in seconds; the test does not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=seconds.append))
    return seconds


def clients_of(platform: Platform) -> tuple[Any, Any]:
    """The S3 clients of the lake and of the work prefix, which have the same credentials."""
    lake, warehouse = platform.open_lake(), platform.warehouse
    assert isinstance(lake, S3Lake)
    assert isinstance(warehouse, RedshiftWarehouse)
    return lake._client, warehouse._work._client


def write(platform: Platform, number: int, days: Sequence[date] = DAYS) -> None:
    """Write different records for every number. The first day also has a bad file and a packed one."""
    for day in days:
        write_day(platform.lake, day, [event(itemInSession=number, ts=at(day))])
    if DAY in days:
        write_day(platform.lake, DAY, ["[]", event(itemInSession=number, sessionId=2)], "more")
        write_day(platform.lake, DAY, [event(itemInSession=number, sessionId=3)], "packed.gz")


def days_of(platform: Platform, number: int) -> list[date]:
    """The days whose rows have this number."""
    found = f"SELECT DISTINCT log_date FROM staging.staging_events WHERE item_in_session = {number} ORDER BY log_date"
    return [day for (day,) in platform.values(found) if isinstance(day, date)]


def test_credentials_that_expire_at_any_request_of_a_range(redshift: Platform, chance: random.Random) -> None:
    # The first load also records whose lake it is.
    write(redshift, 0)
    assert not failure_of(redshift)
    write(redshift, 1)
    usual = redshift.reopen()
    counted = Refusing(400, "ExpiredToken", *clients_of(usual), times=0)
    assert not failure_of(usual)
    ends = set()
    requests = sorted({1, counted.met, *chance.sample(range(1, counted.met), 5)})
    for number, request in enumerate(requests, 2):
        write(redshift, number)
        # As another process, which does not know what was written to the work prefix before.
        platform = redshift.reopen()
        Refusing(400, "ExpiredToken", *clients_of(platform), nth=request)
        assert EXPIRED in failure_of(platform), request
        new = days_of(redshift, number)
        assert new == DAYS[: len(new)], request
        ends.add(len(new))
        # The other days are unchanged.
        write(redshift, number - 1, DAYS[len(new) :])
        assert redshift.star() == redshift.expected(DAYS), request
        # Then somebody logs in again.
        write(redshift, number)
        assert not failure_of(redshift.reopen())
        assert redshift.star() == redshift.expected(DAYS), request
    assert ends == {0, 1}


def test_credentials_that_expire_at_any_request_of_the_song_catalog(redshift: Platform) -> None:
    write_song(redshift.lake, song())
    redshift.load_songs()
    write_song(redshift.lake, song(title="Another"))
    redshift.open_lake()
    before = redshift.everything()
    for request in itertools.count(1):
        platform = redshift.reopen()
        expired = Refusing(400, "ExpiredToken", *clients_of(platform), nth=request)
        try:
            result = platform.load_songs()
        except (LakeError, WorkError) as error:
            assert EXPIRED in str(error)  # noqa: PT017
            assert expired.happened
            assert redshift.everything() == before
        else:
            assert result.state == "loaded"
            break
    assert request > 5
    assert redshift.star() == redshift.expected([])


def failure_of(platform: Platform) -> str:
    """The error of a range that cannot be loaded completely, or an empty text."""
    try:
        load_days(platform.warehouse, platform.open_lake(), DAYS)
    except (LakeError, WorkError) as error:
        return str(error)
    return ""


def test_the_error_of_copy_about_its_own_credentials_is_reported(redshift: Platform, stand_in: StandIn) -> None:
    write(redshift, 0)
    assert not failure_of(redshift)
    before = redshift.everything()
    write(redshift, 1)
    message = "S3ServiceException:The provided token has expired.,Status 400,Error ExpiredToken"
    # The second COPY is for the packed file; the first has landed by then.
    fault = Fault("COPY .*", 2, ALWAYS, StatementRefused(message, OTHER))
    with (
        stand_in.failing(redshift.settings.redshift.database, fault),
        pytest.raises(WarehouseError, match=r"COPY into \S+ failed on Redshift: .*Error ExpiredToken \(XX000\)"),
    ):
        failure_of(redshift)
    assert fault.happened == 1
    assert redshift.everything() == before
    assert not failure_of(redshift)
    assert redshift.star() == redshift.expected(DAYS)


def test_a_request_to_a_bucket_with_expired_credentials_says_so(redshift: Platform) -> None:
    # S3 answers the first request without a body, and so without a reason.
    bucket = redshift.settings.lake.removeprefix("s3://").split("/")[0]
    client = clients_of(redshift)[0]
    Refusing(400, "ExpiredToken", client)
    with pytest.raises(LakeError, match=r"400: .* the credentials have expired: log in again"):
        _region_of(client, bucket, "SPARKIFY_LAKE")


def test_a_log_in_whose_credentials_expire_in_mid_range_keeps_what_was_loaded(
    redshift: Platform, stubbed: Stubbed, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_iam = replace(redshift.settings, redshift=replace(redshift.settings.redshift, user="", cluster="music-1"))
    asked = stubbed.of("redshift")
    asked.add_response("get_cluster_credentials_with_iam", {"DbUser": stand_in.user, "DbPassword": stand_in.password})
    asked.add_client_error("get_cluster_credentials_with_iam", "ExpiredToken", "as AWS says it")
    write(redshift, 0)
    with pytest.raises(WarehouseError, match=r"credentials for the cluster music-1 .* have expired: log in again"):
        load_days(open_warehouse(by_iam), redshift.open_lake(), DAYS)
    stubbed.assert_all_asked()
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", stand_in.password)
    assert days_of(redshift, 0) == [DAY]
    assert not failure_of(redshift)
    assert redshift.star() == redshift.expected(DAYS)


class TestMissing:
    """Credentials of a machine or a container arrive a moment after it starts."""

    KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    @pytest.fixture(autouse=True)
    def by_secret(self, aws: str, monkeypatch: pytest.MonkeyPatch) -> Redshift:
        """A log-in that needs AWS credentials, of which there are none."""
        manager = boto3.client("secretsmanager", region_name="us-west-2")
        secret = manager.create_secret(Name="loader", SecretString='{"username": "ida", "password": "a secret"}')
        for name in self.KEYS:
            monkeypatch.delenv(name)
        return replace(BY_IAM, cluster="", secret_arn=secret["ARN"])

    def test_they_are_waited_for(
        self, by_secret: Redshift, waited: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def come(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                for name in self.KEYS:
                    monkeypatch.setenv(name, "testing")

        monkeypatch.setattr("sparkify_assets.warehouse.retries.pause", come)
        assert log_in(by_secret).user == "ida"
        assert len(waited) == 3
        assert waited == sorted(waited)

    def test_they_are_given_up_after_the_fifth_attempt(
        self, by_secret: Redshift, waited: list[float], caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(WarehouseError, match=r"Unable to locate credentials: see AWS_PROFILE"):
            log_in(by_secret)
        assert len(waited) == 4
        assert "log-in: attempt 5 of 5: the secret SPARKIFY_REDSHIFT_SECRET_ARN cannot be had" in caplog.text

    def test_any_other_problem_is_reported_at_once(
        self, by_secret: Redshift, waited: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody's")
        with pytest.raises(WarehouseError, match="nobody's"):
            log_in(by_secret)
        assert waited == []


class TestThrottled:
    def refuse(self, monkeypatch: pytest.MonkeyPatch, times: int) -> Refusing:
        """Have AWS throttle every client."""
        refusing = Refusing(400, "Throttling", times=times)
        make = boto3.Session.client
        monkeypatch.setattr(
            boto3.Session, "client", lambda session, service, **options: refusing.of(make(session, service, **options))
        )
        return refusing

    def test_a_log_in_is_given_up_after_the_sixth_attempt(
        self, aws: str, monkeypatch: pytest.MonkeyPatch, slept: list[float], waited: list[float]
    ) -> None:
        monkeypatch.delenv("SPARKIFY_REDSHIFT_PASSWORD", raising=False)
        throttled = self.refuse(monkeypatch, ALWAYS)
        with pytest.raises(WarehouseError, match="music-1 cannot be had: Throttling: AWS has asked to slow down"):
            log_in(BY_IAM)
        assert (throttled.happened, len(slept), waited) == (6, 5, [])

    def test_a_log_in_continues_when_aws_answers_again(
        self, aws: str, monkeypatch: pytest.MonkeyPatch, slept: list[float]
    ) -> None:
        manager = boto3.client("secretsmanager", region_name="us-west-2")
        secret = manager.create_secret(Name="loader", SecretString='{"username": "ida", "password": "a secret"}')
        throttled = self.refuse(monkeypatch, 5)
        assert log_in(replace(BY_IAM, cluster="", secret_arn=secret["ARN"])) == Login("ida", "a secret")
        assert (throttled.happened, len(slept)) == (5, 5)

"""The doctor on Redshift: what cannot be reached, and what to do about it; a load that meets it says the same."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.report.doctor import GOOD, PROBLEM, Diagnosis, examine
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets_tests.faults import WRONG_PASSWORD, Fault
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.refusal import OTHER, StatementRefused


@pytest.fixture
def loaded(redshift: Platform) -> Platform:
    write_day(redshift.lake, DAY, [event()])
    redshift.load_songs()
    redshift.load(DAY)
    return redshift


def found(settings: Settings, subject: str) -> Diagnosis:
    (diagnosis,) = [diagnosis for diagnosis in examine(settings) if diagnosis.subject == subject]
    return diagnosis


def test_where_all_is_well_nothing_is_a_problem(loaded: Platform) -> None:
    assert [diagnosis for diagnosis in examine(loaded.settings) if diagnosis.state == PROBLEM] == []
    assert found(loaded.settings, "COPY").state == GOOD


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are taken and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_what_keeps_it_from_the_cluster_is_told_apart(
    loaded: Platform, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = loaded.settings.redshift
    for changed, remedy in (
        (replace(place, host="no-such-host.invalid"), "there is no host of this name"),
        (replace(place, port=unused_port()), "nothing listens there: see SPARKIFY_REDSHIFT_PORT"),
        (replace(place, port=silent), "is the cluster paused? Does its security group let this machine in"),
        (replace(place, database="nowhere"), "there is no such database: see SPARKIFY_REDSHIFT_DATABASE"),
    ):
        # Only where nobody answers; a busy machine needs its time for a log-in.
        seconds = 0.2 if changed.port == silent else 300
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.connection._CONNECT_SECONDS", seconds)
        settings = replace(loaded.settings, redshift=changed)
        diagnosis = found(settings, "warehouse")
        assert (diagnosis.state, remedy in diagnosis.seen) == (PROBLEM, True), diagnosis
        with pytest.raises(WarehouseError, match="there is no way into redshift://"):
            replace(loaded, warehouse=open_warehouse(settings)).load(DAY)


def test_a_certificate_that_nobody_vouches_for_is_said(loaded: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert (
        "the certificate is for another host, or from an unknown authority" in found(loaded.settings, "warehouse").seen
    )


def test_a_wrong_log_in_is_said(loaded: Platform, stand_in: StandIn) -> None:
    database = loaded.settings.redshift.database
    with stand_in.failing(database, Fault("", error=WRONG_PASSWORD)):
        assert "it is not tried again, since accounts get locked" in found(loaded.settings, "warehouse").seen


def test_a_role_that_may_not_read_is_said(loaded: Platform, stand_in: StandIn) -> None:
    words = "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0,ExtRid 0,CanRetry 1"
    denied = Fault("COPY probed.*", error=StatementRefused(words, OTHER))
    with stand_in.failing(loaded.settings.redshift.database, denied):
        diagnosis = found(loaded.settings, "COPY")
    assert (diagnosis.state, "Error AccessDenied" in diagnosis.seen) == (PROBLEM, True)
    assert "the role needs s3:GetObject" in diagnosis.remedy


def test_a_work_bucket_that_is_not_there_is_said(loaded: Platform) -> None:
    diagnosis = found(replace(loaded.settings, work="s3://nowhere/work"), "warehouse")
    assert (diagnosis.state, "see SPARKIFY_WORK" in diagnosis.seen) == (PROBLEM, True)


def test_a_paused_cluster_is_said(loaded: Platform) -> None:
    service = boto3.client("redshift", region_name="us-east-1")
    service.create_cluster(
        ClusterIdentifier="music-1",
        NodeType="ra3.large",
        MasterUsername="admin",
        ManageMasterPassword=True,
        ClusterType="single-node",
    )
    settings = replace(
        loaded.settings, redshift=replace(loaded.settings.redshift, cluster="music-1", region="us-east-1")
    )
    assert found(settings, "cluster").state == GOOD
    service.pause_cluster(ClusterIdentifier="music-1")
    diagnosis = found(settings, "cluster")
    assert (diagnosis.state, diagnosis.seen, diagnosis.remedy[:9]) == (PROBLEM, "music-1 is paused", "resume it")

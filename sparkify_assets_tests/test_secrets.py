"""Law 6: whatever a run leaves behind, and however it ends, contains none of its secrets."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from sparkify_assets.cli import main
from sparkify_assets.cli.command import NOTHING_DONE, SOME_FAILED
from sparkify_assets.orchestration.resources import build_resources
from sparkify_assets.settings import read_settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets_tests import remembered  # noqa: F401 - importing it is enough
from sparkify_assets_tests.aws import Stubbed, s3_client
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.faults import ALWAYS, SERIALIZABLE_CONFLICT, WRONG_PASSWORD, Fault
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift_local import READER_PASSWORD, variables, with_reader

READER = "Tr0ub4dor-reader-3"
# They look like AWS keys; moto accepts any.
KEYS = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjEXAMPLETOKEN0000000000000000",
}


@pytest.fixture
def environment(redshift: Platform, redshift_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a run, for a lake with a day that loads and a day that is refused."""
    home = tmp_path / "dagster"
    days = {"SPARKIFY_START_DATE": str(DAY), "SPARKIFY_END_DATE": str(NEXT_DAY)}
    settings = with_reader(redshift.settings, READER)
    given = {**redshift_engine.environment, **KEYS, **variables(settings), **days, "DAGSTER_HOME": str(home)}
    given[READER_PASSWORD] = READER
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    write_song(redshift.lake, song())
    write_day(redshift.lake, DAY, [event(), "[]"])
    write_day(redshift.lake, NEXT_DAY, [event(ts=at(NEXT_DAY)), *FLOOD])
    redshift.open_lake()


@pytest.fixture(params=["password", "secret", "IAM"])
def log_in(
    request: pytest.FixtureRequest,
    environment: None,
    stand_in: StandIn,
    stubbed: Stubbed,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Each way to log in, set in the environment."""
    if request.param == "password":
        monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", stand_in.password)
        return "password"
    monkeypatch.delenv("SPARKIFY_REDSHIFT_USER")
    if request.param == "secret":
        login = json.dumps({"username": stand_in.user, "password": stand_in.password})
        secret = boto3.client("secretsmanager").create_secret(Name="loader", SecretString=login)
        monkeypatch.setenv("SPARKIFY_REDSHIFT_SECRET_ARN", secret["ARN"])
        return "secret"
    monkeypatch.setenv("SPARKIFY_REDSHIFT_CLUSTER", "music-1")
    asked = stubbed.of("redshift")
    for _ in range(30):
        credentials = {"DbUser": stand_in.user, "DbPassword": stand_in.password}
        asked.add_response("get_cluster_credentials_with_iam", credentials)
    return "IAM"


FAILURES = {
    "nothing": (None, "loaded 2 records"),
    "a log-in": (Fault("", times=ALWAYS, error=WRONG_PASSWORD), "no way into redshift://"),
    "a lost connection": (Fault("COMMIT", 2), "loaded 2 records"),
    "conflicts": (Fault("(?s).*INSERT INTO sparkify.users.*", times=ALWAYS, error=SERIALIZABLE_CONFLICT), "1023"),
}


@pytest.mark.exhaustive(5)
@pytest.mark.parametrize("fails", FAILURES)
def test_a_run_leaves_no_secret_behind(
    log_in: str,
    redshift: Platform,
    stand_in: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    fails: str,
) -> None:
    monkeypatch.setattr("sparkify_assets.warehouse.retries.pause", lambda seconds: None)
    fault, message = FAILURES[fails]
    fault = replace(fault) if fault else None
    failing = stand_in.failing(redshift.settings.redshift.database, fault) if fault else nullcontext()
    with failing, stand_in.recording() as statements:
        assert main.main(["load"]) in (SOME_FAILED, NOTHING_DONE)
        # Asked by the reader; the second question is refused.
        main.main(["query", "SELECT COUNT(*) AS plays FROM sparkify.songplays"])
        assert main.main(["query", "SELECT * FROM staging.staging_events"]) == NOTHING_DONE
    output = "".join(capfd.readouterr())
    assert message in output
    assert fault is None or fault.happened
    assert_no_secret(stand_in, output, caplog.text, repr(statements), *left_in(tmp_path, redshift))


def test_what_describes_the_platform_shows_no_secret(environment: None, stand_in: StandIn) -> None:
    settings = read_settings()
    resources = build_resources(settings)
    shown = [repr(settings), repr(resources), *(str(vars(resource)) for resource in resources.values())]
    assert_no_secret(stand_in, *shown, repr(vars(open_warehouse(settings))))


def left_in(folder: Path, platform: Platform) -> list[str]:
    """Every file and every object that is left: Dagster's logs, what processes wrote, what COPY was given."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    bucket = platform.settings.work.removeprefix("s3://").split("/")[0]
    client = s3_client()
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]]
    objects = [client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    assert len(files) >= 3
    return [data.decode("utf-8", "replace") for data in files + objects]


def assert_no_secret(stand_in: StandIn, *texts: str) -> None:
    for secret in (stand_in.password, READER, *KEYS.values()):
        assert not [text for text in texts if secret in text]

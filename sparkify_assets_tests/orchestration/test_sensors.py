"""The sensors in Dagster: what they request is loaded, and what they cannot see now is found later."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.orchestration.jobs import ONLY_CHANGED, job_of
from sparkify_assets_tests.aws import put_lake, s3_client
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.processes import held

DAYS = [DAY + timedelta(days=n) for n in range(5)]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Ticking:
    """The sensor of a platform's lake, tick by tick, and the runs that it requests."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance) -> None:
        self.platform, self.instance = platform, instance
        self.cursor: str | None = None
        self.definitions = build_definitions(platform.settings)

    def tick(self) -> Any:
        definitions = build_definitions(self.platform.settings)
        sensor = definitions.resolve_sensor_def("lake_changes")
        resources = {name: (definitions.resources or {})[name] for name in ("warehouse", "lake")}
        context = dg.build_sensor_context(self.instance, cursor=self.cursor, resources=resources)
        result = sensor(context)
        if isinstance(result, dg.SensorResult):
            self.cursor = result.cursor
        return result

    def carry_out(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_job_def(str(request.job_name))
        return job.execute_in_process(instance=self.instance, tags=request.tags, run_config=QUIET, raise_on_error=False)

    def observe(self, *names: str) -> dg.ExecuteInProcessResult:
        """What *Observe* does in the UI."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        assets = [dg.AssetKey(name) for name in names]
        return job.execute_in_process(instance=self.instance, asset_selection=assets, run_config=QUIET)


@pytest.fixture
def ticking(embedded: Platform) -> Iterator[Ticking]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ticking(embedded, instance)


def test_a_new_file_is_loaded(ticking: Ticking) -> None:
    write_day(ticking.platform.lake, DAYS[0], [event()])
    write_day(ticking.platform.lake, DAYS[1], [event(sessionId=7)])
    write_song(ticking.platform.lake, song())
    requests = ticking.tick().run_requests
    assert [request.job_name for request in requests] == ["load_days", "load_songs"]
    assert all(ticking.carry_out(request).success for request in requests)
    assert ticking.platform.values("SELECT COUNT(*) FROM staging.staging_events") == [(2,)]
    assert ticking.platform.values("SELECT COUNT(*) FROM sparkify.songs") == [(1,)]


def test_a_tick_does_not_wait_for_a_load_and_the_next_one_finds_the_change(ticking: Ticking) -> None:
    ticking.platform.load(DAYS[0])
    write_day(ticking.platform.lake, DAYS[0], [event()])
    with held(ticking.platform.settings.duckdb):
        assert re.search(r"is held by process \d+ \([^,]*\): try again when", ticking.tick().skip_message)
    assert [request.job_name for request in ticking.tick().run_requests] == ["load_days"]


def test_a_tick_without_changes_requests_nothing_and_says_so(ticking: Ticking) -> None:
    write_day(ticking.platform.lake, DAYS[0], [event()])
    ticking.tick()
    result = ticking.tick()
    assert not result.run_requests
    assert result.skip_reason.skip_message == "nothing is new in the lake"


def test_a_refused_day_is_not_requested_again(ticking: Ticking) -> None:
    write_day(ticking.platform.lake, DAYS[0], FLOOD)
    (request,) = ticking.tick().run_requests
    assert not ticking.carry_out(request).success
    assert not ticking.tick().run_requests


def test_a_run_key_identifies_the_change_that_is_loaded(ticking: Ticking) -> None:
    write_day(ticking.platform.lake, DAYS[0], [event()])
    first, cursor = ticking.tick().run_requests, ticking.cursor
    # The daemon was stopped before it stored the cursor.
    ticking.cursor = None
    again = ticking.tick().run_requests
    assert [request.run_key for request in first] == [request.run_key for request in again]
    ticking.cursor = cursor
    write_day(ticking.platform.lake, DAYS[0], [event(), event()])
    assert ticking.tick().run_requests[0].run_key != first[0].run_key


def test_an_unreachable_lake_is_reported_and_the_cursor_stays(ticking: Ticking) -> None:
    write_day(ticking.platform.lake, DAYS[0], [event()])
    ticking.tick()
    before = ticking.cursor
    write_day(ticking.platform.lake, DAYS[1], [event()])
    away = ticking.platform.lake.rename(ticking.platform.lake.with_name("away"))
    result = ticking.tick()
    assert isinstance(result, dg.SkipReason)
    assert "there is no lake at" in str(result.skip_message)
    assert ticking.cursor == before
    away.rename(ticking.platform.lake)
    assert [request.tags["dagster/asset_partition_range_start"] for request in ticking.tick().run_requests] == [
        str(DAYS[1])
    ]


def test_the_lake_is_observed_day_by_day(ticking: Ticking) -> None:
    file = write_day(ticking.platform.lake, DAYS[0], [event()])
    write_song(ticking.platform.lake, song())
    events = ticking.tick().asset_events
    seen = {(type(each), each.asset_key.to_user_string(), each.partition) for each in events}
    kinds = dg.AssetObservation, dg.AssetMaterialization
    assert seen == {(kind, *asset) for kind in kinds for asset in (("log_data", str(DAYS[0])), ("song_data", None))}
    file.unlink()
    assert [each.tags["dagster/data_version"] for each in ticking.tick().asset_events] == 2 * ["no files"]


def test_a_queue_notifies_of_a_new_file_at_once(
    embedded: Platform, aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    s3, sqs = s3_client(), boto3.client("sqs")
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    put_lake(s3, "music", "lake/", embedded.lake)
    settings = replace(embedded.settings, lake="s3://music/lake", work=str(tmp_path / "work"), sqs_queue=url)
    with dg.DagsterInstance.ephemeral() as instance:
        ticking = Ticking(replace(embedded, settings=settings), instance)
        ticking.tick()
        file = write_day(embedded.lake, DAYS[0], [event()])
        key = f"lake/{file.relative_to(embedded.lake).as_posix()}"
        s3.put_object(Bucket="music", Key=key, Body=file.read_bytes())
        assert not ticking.tick().run_requests
        notification = {"Records": [{"s3": {"bucket": {"name": "music"}, "object": {"key": key}}}]}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notification))
        assert [request.job_name for request in ticking.tick().run_requests] == ["load_days"]
        left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (left["ApproximateNumberOfMessages"], left["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


def test_a_day_with_newer_files_is_shown_as_stale(ticking: Ticking) -> None:
    def states() -> list[str]:
        """The states of the first two days, as the UI shows them."""
        graph, context = ticking.definitions.resolve_asset_graph(), LoadingContextForTest(ticking.instance)
        resolver = CachingStaleStatusResolver(ticking.instance, graph, context)
        return [resolver.get_status(dg.AssetKey("staging_events"), str(day)).value for day in DAYS[:2]]

    def look_and_load(*, load: bool) -> None:
        result = ticking.tick()
        for sighting in result.asset_events:
            ticking.instance.report_runless_asset_event(sighting)
        for request in result.run_requests if load else ():
            ticking.carry_out(request)

    write_song(ticking.platform.lake, song())
    for day in DAYS[:2]:
        write_day(ticking.platform.lake, day, [event()])
    look_and_load(load=True)
    assert states() == ["FRESH", "FRESH"]
    assert ticking.observe("log_data", "song_data").success
    assert states() == ["FRESH", "FRESH"]
    write_day(ticking.platform.lake, DAYS[0], [event(), event()])
    assert ticking.observe("log_data").success
    assert states() == ["STALE", "FRESH"]
    look_and_load(load=False)
    assert states() == ["STALE", "FRESH"]
    ticking.cursor = None
    look_and_load(load=True)
    assert states() == ["FRESH", "FRESH"]
    # Loaded from the command line, and seen by the sensor later.
    write_day(ticking.platform.lake, DAYS[1], [event(), event()])
    job, days = job_of(LogDays(DAYS[0], DAYS[1]))
    assert ticking.carry_out(dg.RunRequest(job_name=job, tags={ONLY_CHANGED: "true", **days})).success
    look_and_load(load=False)
    assert ticking.observe("log_data").success
    assert states() == ["FRESH", "FRESH"]


def test_the_sensor_is_on(ticking: Ticking) -> None:
    sensor = ticking.definitions.resolve_sensor_def("lake_changes")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING

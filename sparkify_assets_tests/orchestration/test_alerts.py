"""Alerts report failures to a webhook. A webhook that does not answer breaks nothing."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.alerts import alert
from sparkify_assets.orchestration.sensors import build_sensors, post_failed_checks, post_failed_run
from sparkify_assets.report.visible import REPLACEMENT
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

SECRET = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"  # noqa: S105
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Listener:
    """A webhook that keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.answer = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.received.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(listener.answer)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Log nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    found = Listener()
    serving = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    monkeypatch.setenv("SPARKIFY_ALERT_WEBHOOK", found.url)
    yield found
    found.server.shutdown()
    serving.join()
    found.server.server_close()


def test_an_alert_has_the_format_that_slack_accepts(listener: Listener) -> None:
    assert alert("a day was refused")
    assert listener.received == [(f"/{SECRET}", "application/json", {"text": "a day was refused", "mrkdwn": False})]


def test_no_text_of_the_lake_is_markup_or_steers_who_reads_it(listener: Listener) -> None:
    assert alert("<!channel> <https://example.com|a & b>\x1b\u202e")
    ((_, _, message),) = listener.received
    assert message["text"] == f"&lt;!channel&gt; &lt;https://example.com|a &amp; b&gt;{REPLACEMENT * 2}"


def test_without_a_webhook_nothing_is_sent(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARKIFY_ALERT_WEBHOOK")
    assert not alert("a day was refused")
    assert not listener.received


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"http://127.0.0.1:9/{SECRET}", "could not be reached: URLError"),
        (f"http://example.com/{SECRET}", "could not be reached: ValueError"),
        (f"file:///{SECRET}", "could not be reached: ValueError"),
        (SECRET, "could not be reached: ValueError"),
    ],
)
def test_an_unreachable_webhook_breaks_nothing_and_its_address_is_not_shown(
    url: str, message: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SPARKIFY_ALERT_WEBHOOK", url)
    with caplog.at_level(logging.DEBUG):
        assert not alert("a day was refused")
    assert message in caplog.text
    assert SECRET not in caplog.text


def test_a_webhook_that_answers_with_an_error_breaks_nothing(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.answer = 404
    assert not alert("a day was refused")
    assert "it answered 404" in caplog.text


def test_long_texts_are_shortened(listener: Listener) -> None:
    alert("x" * 100_000)
    assert len(listener.received[0][2]["text"]) == 2_000


def run_days(platform: Platform, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    definitions = build_definitions(platform.settings)
    return definitions.resolve_job_def("load_days").execute_in_process(
        instance=instance, partition_key=str(DAY), run_config=QUIET, raise_on_error=False
    )


def test_a_failed_run_is_reported(listener: Listener, embedded: Platform) -> None:
    write_day(embedded.lake, DAY, FLOOD)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_days(embedded, instance)
        context = dg.build_run_status_sensor_context(
            "failed_runs", result.get_run_failure_event(), instance, result.dagster_run
        ).for_run_failure()
        post_failed_run(context)
    ((_, _, message),) = listener.received
    assert message["text"].startswith(f"sparkify: the run {result.run_id} of load_days failed: {DAY} was refused: ")
    assert "rejected" in message["text"]


def test_a_failed_run_that_is_retried_is_not_reported(listener: Listener, embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [*FLOOD, event()])
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_days(embedded, instance)
        instance.add_run_tags(result.run_id, {"dagster/will_retry": "true"})
        run = instance.get_run_by_id(result.run_id)
        assert run
        context = dg.build_run_status_sensor_context("failed_runs", result.get_run_failure_event(), instance, run)
        post_failed_run(context.for_run_failure())
    assert listener.received == []


def test_a_failed_check_of_a_successful_run_is_reported(listener: Listener, embedded: Platform) -> None:
    write_song(embedded.lake, song())
    for week in range(1, 5):
        earlier = DAY - timedelta(weeks=week)
        write_day(embedded.lake, earlier, [event(itemInSession=n) for n in range(10)])
        embedded.load(earlier)
    write_day(embedded.lake, DAY, [event()])
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_days(embedded, instance)
        assert result.success
        post_failed_checks(
            dg.build_run_status_sensor_context(
                "failed_checks", result.get_run_success_event(), instance, result.dagster_run
            )
        )
    ((_, _, message),) = listener.received
    assert message["text"] == (
        f"sparkify: checks failed in the run {result.run_id} of load_days: "
        "usual_number_of_records of staging_events (WARN)"
    )


@pytest.mark.parametrize("is_set", [True, False])
def test_alerts_are_on_once_they_go_anywhere(is_set: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_ALERT_WEBHOOK", SECRET if is_set else "")
    on = {sensor.name for sensor in build_sensors(Settings()) if sensor.default_status.value == "RUNNING"}
    assert on == {"lake_changes", "insights_follow", *(("failed_runs", "failed_checks") if is_set else ())}

"""A production deployment on this machine: PostgreSQL, moto's S3, and the three processes as their units start them."""

import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sparkify_assets_tests.aws import ENVIRONMENT, s3_client
from sparkify_assets_tests.deploy.files import DEPLOY, PROCESSES, command, environment, settings
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.processes import Processes, environment_without_settings, free_port
from sparkify_assets_tests.redshift.postgres import Postgres, literal, running_postgres

BUCKET, PASSWORD = "sparkify-logs", "not the administrator's"
_SECONDS = 300.0
_RUNS = """{ runsOrError { ... on Runs { results {
    runId jobName status parentRunId tags { key value } } } ... on PythonError { message } } }"""


@dataclass(frozen=True)
class Run:
    """A run as the webserver reports it."""

    id: str
    job: str
    status: str
    parent: str | None
    tags: dict[str, str]

    @property
    def first_day(self) -> str | None:
        """The first day that it loads; none if it rebuilds insights."""
        return self.tags.get("dagster/asset_partition_range_start")


@dataclass
class Deployment(Processes):
    """The three processes, in a folder that holds what they write."""

    platform: Platform
    port: int

    def start(self, process: str) -> None:
        """Start a process by its unit's command, with this deployment's folders in place of the unit's."""
        self.run(process, [self.here(word) for word in command(process)])
        if process == "code":
            self.wait_for("the code server's socket", (self.folder / "run/code.sock").is_socket)

    def kill(self, name: str) -> None:
        super().kill(name)
        if name == "code":
            # systemd removes it with the unit's RuntimeDirectory.
            (self.folder / "run/code.sock").unlink(missing_ok=True)

    def here(self, text: str) -> str:
        for there, place in (
            ("/opt/sparkify/.venv/bin", Path(sys.executable).parent),
            ("/opt/sparkify/deploy", self.folder / "deploy"),
            ("/run/sparkify", self.folder / "run"),
        ):
            text = text.replace(there, str(place))
        return text

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        found = self._ask(_RUNS)["runsOrError"]
        assert "results" in found, found
        return [
            Run(
                run["runId"],
                run["jobName"],
                run["status"],
                run["parentRunId"],
                {tag["key"]: tag["value"] for tag in run["tags"]},
            )
            for run in reversed(found["results"])
        ]

    def ticks(self, sensor: str) -> list[str]:
        """How the ticks of a sensor ended."""
        selector = {"repositoryLocationName": "sparkify_assets", "repositoryName": "__repository__"}
        found = self._ask(
            "query($of: SensorSelector!) { sensorOrError(sensorSelector: $of) { __typename ... on Sensor { sensorState "
            "{ ticks { status } } } } }",
            {"of": {**selector, "sensorName": sensor}},
        )["sensorOrError"]
        return [tick["status"] for tick in found["sensorState"]["ticks"]]

    def answers(self) -> bool:
        try:
            return bool(self._ask("{ version }"))
        except (OSError, http.client.HTTPException):
            return False

    def _ask(self, question: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)) as connection:
            body = json.dumps({"query": question, "variables": variables or {}})
            connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())
        assert "errors" not in answer, f"{answer}{self.logs()}"
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def running_deployment(platform: Platform, moto: str) -> Iterator[Deployment]:
    """The three processes, over an embedded warehouse and a lake in a folder."""
    with running_postgres() as postgres:
        _make_database(postgres)
        s3_client(endpoint_url=moto).create_bucket(Bucket=BUCKET)
        deployment = Deployment(platform.folder, _environment(platform, postgres, moto), platform, free_port())
        deployment.environment["DAGSTER_WEBSERVER_PORT"] = str(deployment.port)
        _write_files(deployment)
        try:
            for process in PROCESSES:
                deployment.start(process)
            deployment.wait_for("the webserver", deployment.answers)
            yield deployment
        finally:
            deployment.kill_all()


def _make_database(postgres: Postgres) -> None:
    with postgres.administer("postgres") as administrator:
        administrator.query(f"CREATE ROLE dagster LOGIN PASSWORD {literal(PASSWORD)}")
        # PostgreSQL's own default; the server here is set up like Redshift.
        administrator.query("ALTER ROLE dagster SET default_transaction_isolation = 'read committed'")
        administrator.query("CREATE DATABASE dagster OWNER dagster")


def _environment(platform: Platform, postgres: Postgres, moto: str) -> dict[str, str]:
    """The environment of the example, with this deployment's places."""
    here = {
        "DAGSTER_HOME": str(platform.folder / "deploy"),
        "PGHOST": str(postgres.folder),
        "PGPASSWORD": PASSWORD,
        "SPARKIFY_COMPUTE_LOGS_BUCKET": BUCKET,
        "SPARKIFY_LAKE": platform.settings.lake,
        "SPARKIFY_WORK": platform.settings.work,
        "SPARKIFY_DUCKDB": str(platform.settings.duckdb),
        # The test waits for new files: one second shows the same as the sensor's minute.
        "SPARKIFY_LOOK_SECONDS": "1",
        "DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1",
        "TMPDIR": str(platform.folder / "tmp"),
    }
    return environment_without_settings() | environment() | ENVIRONMENT | {"AWS_ENDPOINT_URL": moto} | here


def _write_files(deployment: Deployment) -> None:
    for folder in ("deploy", "run", "tmp"):
        (deployment.folder / folder).mkdir()
    instance = settings("dagster.yaml")
    # In production half a minute, to be gentle on the code server, and for the queue five seconds.
    instance["run_monitoring"] |= {"poll_interval_seconds": 1}
    instance["run_queue"] = {"dequeue_interval_seconds": 1}
    (deployment.folder / "deploy/dagster.yaml").write_text(yaml.safe_dump(instance), "utf-8")
    workspace = (DEPLOY / "workspace.yaml").read_text("utf-8")
    (deployment.folder / "deploy/workspace.yaml").write_text(deployment.here(workspace), "utf-8")

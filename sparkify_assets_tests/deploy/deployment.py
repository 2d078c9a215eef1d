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

_KEYS = {name: value for name, value in ENVIRONMENT.items() if "KEY" in name}
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
    # The variables of the examples that have another value here.
    here_is: dict[str, str]

    def start(self, process: str) -> None:
        """Start a process by its unit's command, with this deployment's folders in place of the unit's."""
        words = [self.here(word) for word in command(process)]
        port = ["--port", str(self.port)] if process == "webserver" else []
        self.run(process, [*words, *port], self.environment_of(process))
        if process == "code":
            self.wait_for("the code server's socket", (self.folder / "run/code.sock").is_socket)

    def environment_of(self, process: str) -> dict[str, str]:
        """What its unit gives a process: only the code server has keys for AWS, and what the platform opens."""
        keys = _KEYS if process == "code" else {}
        return (
            self.environment
            | keys
            | {name: self.here_is.get(name, value) for name, value in environment(process).items()}
        )

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

    def status(self, address: str) -> int:
        """The status of a page that the webserver serves."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)) as connection:
            connection.request("GET", address)
            return connection.getresponse().status

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
        deployment = Deployment(
            platform.folder, _everywhere(platform, moto), platform, free_port(), _here(platform, postgres)
        )
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


def _everywhere(platform: Platform, moto: str) -> dict[str, str]:
    """What the machine itself, and this test, give every process."""
    no_keys = {name: value for name, value in ENVIRONMENT.items() if name not in _KEYS}
    return (
        environment_without_settings()
        | no_keys
        | {
            "AWS_ENDPOINT_URL": moto,
            # The test waits for new files: one second shows the same as the sensor's minute.
            "SPARKIFY_LOOK_SECONDS": "1",
            "DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1",
            "TMPDIR": str(platform.folder / "tmp"),
        }
    )


def _here(platform: Platform, postgres: Postgres) -> dict[str, str]:
    return {
        "AWS_DEFAULT_REGION": ENVIRONMENT["AWS_DEFAULT_REGION"],
        "DAGSTER_HOME": str(platform.folder / "deploy"),
        "PGHOST": str(postgres.folder),
        "PGPASSWORD": PASSWORD,
        "SPARKIFY_COMPUTE_LOGS_BUCKET": BUCKET,
        "SPARKIFY_LAKE": platform.settings.lake,
        "SPARKIFY_WORK": platform.settings.work,
        "SPARKIFY_DUCKDB": str(platform.settings.duckdb),
    }


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

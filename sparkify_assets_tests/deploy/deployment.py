"""A production deployment on this machine: PostgreSQL, moto's S3, and the three processes as their units start them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from sparkify_assets_tests.aws import ENVIRONMENT, s3_client
from sparkify_assets_tests.deploy.files import DEPLOY, PROCESSES, command, environment, settings
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.postgres import Postgres, literal, running_postgres

T = TypeVar("T")

BUCKET, PASSWORD = "sparkify-logs", "not the administrator's"
_SECONDS = 60.0
# A process with all that it starts is a group of its own, which ends with its standard input: so also when the tests
# are killed.
_GUARD = '"$@" & read -r _; kill -KILL 0'
_RUNS = """{ runsOrError { ... on Runs { results {
    runId jobName status parentRunId tags { key value } } } ... on PythonError { message } } }"""


@dataclass(frozen=True)
class Run:
    """A run as the webserver shows it."""

    id: str
    job: str
    status: str
    parent: str | None
    tags: dict[str, str]

    @property
    def first_day(self) -> str:
        return self.tags["dagster/asset_partition_range_start"]


@dataclass
class Deployment:
    """The three processes, in a folder that has what they write."""

    platform: Platform
    environment: dict[str, str]
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.platform.folder

    def start(self, process: str) -> None:
        """Start a process by its unit's command, with this deployment's folders in place of the unit's."""
        with (self.folder / f"{process}.log").open("ab") as log:
            self.processes[process] = subprocess.Popen(
                ["sh", "-c", _GUARD, process, *(self.here(word) for word in command(process))],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if process == "code":
            self.wait_for("the code server's socket", (self.folder / "run/code.sock").is_socket)

    def kill(self, process: str) -> None:
        """Kill a process with all that it has started, as a machine does that loses its power."""
        killed = self.processes.pop(process)
        assert killed.stdin is not None
        while group := _living(killed.pid):
            for member in group:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            killed.wait()
        killed.stdin.close()
        if process == "code":
            # As systemd removes it with the unit's RuntimeDirectory.
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
        """All runs, the oldest first."""
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

    def wait_for(self, what: str, look: Callable[[], T | None], every: float = 0.05) -> T:
        """What is looked for, as soon as it is there; the processes' logs, if it does not come."""
        deadline = time.monotonic() + _SECONDS
        while not (found := look()):
            gone = [name for name, process in self.processes.items() if process.poll() is not None]
            assert not gone, f"waiting for {what}: {gone} ended{self.logs()}"
            assert time.monotonic() < deadline, f"waited {_SECONDS:.0f} s for {what}{self.logs()}"
            time.sleep(every)
        return found

    def logs(self) -> str:
        return "".join(
            f"\n--- {path.stem}\n{path.read_text('utf-8', 'replace')[-8000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

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
        deployment = Deployment(platform, _environment(platform, postgres, moto), _free_port())
        deployment.environment["DAGSTER_WEBSERVER_PORT"] = str(deployment.port)
        _write_files(deployment)
        try:
            for process in PROCESSES:
                deployment.start(process)
            deployment.wait_for("the webserver", deployment.answers)
            yield deployment
        finally:
            for process in list(deployment.processes):
                deployment.kill(process)


def _living(group: int) -> list[int]:
    """The processes of a group. Not Python's resource tracker, which then takes the others' semaphores with it."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    found = (line.split(maxsplit=3) for line in listed.stdout.splitlines())
    return [
        int(process)
        for process, its_group, state, program in (words for words in found if len(words) == 4)
        if int(its_group) == group and not state.startswith("Z") and "resource_tracker" not in program
    ]


def _make_database(postgres: Postgres) -> None:
    with postgres.administer("postgres") as administrator:
        administrator.query(f"CREATE ROLE dagster LOGIN PASSWORD {literal(PASSWORD)}")
        # As PostgreSQL has it of itself; the server's own setting is Redshift's.
        administrator.query("ALTER ROLE dagster SET default_transaction_isolation = 'read committed'")
        administrator.query("CREATE DATABASE dagster OWNER dagster")


def _environment(platform: Platform, postgres: Postgres, moto: str) -> dict[str, str]:
    """The example's, with this deployment's places; nothing of the platform from whoever runs the tests."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("SPARKIFY_", "DAGSTER_", "AWS_", "PG"))}
    here = {
        "DAGSTER_HOME": str(platform.folder / "deploy"),
        "PGHOST": str(postgres.folder),
        "PGPASSWORD": PASSWORD,
        "SPARKIFY_COMPUTE_LOGS_BUCKET": BUCKET,
        "SPARKIFY_LAKE": platform.settings.lake,
        "SPARKIFY_WORK": platform.settings.work,
        "SPARKIFY_DUCKDB": str(platform.settings.duckdb),
        # A new file is waited for: the sensor's minute is as good as a second for what is shown.
        "SPARKIFY_LOOK_SECONDS": "1",
        "DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1",
        "TMPDIR": str(platform.folder / "tmp"),
    }
    return inherited | environment() | ENVIRONMENT | {"AWS_ENDPOINT_URL": moto} | here


def _write_files(deployment: Deployment) -> None:
    for folder in ("deploy", "run", "tmp"):
        (deployment.folder / folder).mkdir()
    instance = settings("dagster.yaml")
    # Half a minute in production, which is to be gentle on the code server; and the queue's five seconds.
    instance["run_monitoring"]["poll_interval_seconds"] = 1
    instance["run_queue"] = {"dequeue_interval_seconds": 1}
    (deployment.folder / "deploy/dagster.yaml").write_text(yaml.safe_dump(instance), "utf-8")
    workspace = (DEPLOY / "workspace.yaml").read_text("utf-8")
    (deployment.folder / "deploy/workspace.yaml").write_text(deployment.here(workspace), "utf-8")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port

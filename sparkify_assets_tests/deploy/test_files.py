"""The files of `deploy/` agree with each other, and grant no more than is needed."""

import re
import shlex
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sparkify_assets.settings import Settings, read_settings
from sparkify_assets_tests.deploy.files import (
    DEPLOY,
    PROCESSES,
    ROOT,
    command,
    environment,
    environment_files,
    settings,
    unit,
    variables,
)
from sparkify_assets_tests.processes import environment_without_settings
from sparkify_assets_tests.tls import server_context

pytestmark = pytest.mark.check

README = (DEPLOY / "README.md").read_text("utf-8")

HARDENED = {
    "NoNewPrivileges": ["yes"],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateDevices": ["yes"],
    # Without it, the environment of one process can be read by the others, since their user is the same.
    "PrivateUsers": ["yes"],
    "CapabilityBoundingSet": [""],
    "User": ["sparkify"],
    "Restart": ["always"],
}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_unit_gives_its_process_no_more_than_it_needs(process: str) -> None:
    assert HARDENED.items() <= {name: values for name, values in unit(process).items() if name in HARDENED}.items()


def test_only_the_code_server_may_write_the_platforms_data() -> None:
    assert [process for process in PROCESSES if "StateDirectory" in unit(process)] == ["code"]


def test_the_webserver_which_has_no_log_in_listens_on_the_loopback_only() -> None:
    words = command("webserver")
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert settings("compose.yaml")["services"]["webserver"]["ports"] == ["127.0.0.1:3000:3000"]


def test_the_webserver_is_the_guarded_one() -> None:
    assert command("webserver")[:3] == [
        "/opt/sparkify/.venv/bin/python",
        "-m",
        "sparkify_assets.orchestration.webserver",
    ]


@pytest.mark.parametrize("process", PROCESSES)
def test_systemd_finds_little_that_a_unit_could_still_give_up(process: str) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("no systemd-analyze here: apt-get install systemd")
    file = DEPLOY / f"systemd/sparkify-{process}.service"
    asked = [analyze, "security", "--offline=true", "--no-pager", str(file)]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", answer)
    assert found, answer
    stated = re.search(rf"^\| `sparkify-{process}` \| ([\d.]+) \|", README, re.MULTILINE)
    assert stated
    # Versions of systemd differ by a little in what they count.
    assert float(found[1]) <= float(stated[1]) + 0.3, answer


def test_only_the_code_server_gets_the_platforms_settings_and_their_secrets() -> None:
    assert {process: environment_files(process) for process in PROCESSES} == {
        "code": ["instance.env", "warehouse.env", "platform.env"],
        "daemon": ["instance.env"],
        "webserver": ["instance.env", "warehouse.env"],
    }


def test_the_webserver_shows_the_warehouse_that_is_loaded_and_keeps_its_own_files_where_it_may() -> None:
    loads, shows = (read_settings(environment(process)) for process in ("code", "webserver"))
    assert replace(shows, lake=loads.lake, work=loads.work) == loads
    service = settings("compose.yaml")["services"]["webserver"]
    assert service["environment"]["SPARKIFY_WORK"] == shows.work == "/tmp/sparkify"  # noqa: S108 - a /tmp of its own
    assert f"data:{loads.duckdb.parent}:ro" in service["volumes"]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_container_gets_the_files_that_the_unit_reads(process: str) -> None:
    given = settings("compose.yaml")["services"][process]["env_file"]
    files = [given] if isinstance(given, str) else given
    assert files == [f"../{name}" for name in environment_files(process)]


def test_postgres_gets_its_own_log_in_alone() -> None:
    service = settings("compose.yaml")["services"]["postgres"]
    assert set(service["environment"]) == {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"}
    assert "env_file" not in service


def test_secrets_are_neither_in_git_nor_in_the_image() -> None:
    files = {name for process in PROCESSES for name in environment_files(process)}
    assert {f"/{name}" for name in files} <= set((ROOT / ".gitignore").read_text("utf-8").split())
    copied = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert "*" in copied
    assert not {f"!{name}" for name in files} & set(copied)


def test_every_image_is_named_by_its_digest() -> None:
    built_on = re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    services = settings("compose.yaml")["services"].values()
    run = {service["image"] for service in services} - {"sparkify"}
    assert len(built_on) == len(run) == 1
    assert all(re.fullmatch(r"[\w.:-]+@sha256:[0-9a-f]{64}", image) for image in [*built_on, *run])


@pytest.mark.parametrize("where", ["Dockerfile", "README.md"])
def test_only_what_is_locked_is_installed(where: str) -> None:
    installs = re.findall(r"pip install (.*?)(?: &&|$)", (DEPLOY / where).read_text("utf-8"), re.MULTILINE)
    assert installs
    locked = "--require-hashes --only-binary :all: --requirement requirements/deploy.txt"
    assert all(locked in words or "--no-deps --no-build-isolation" in words for words in installs)


@pytest.mark.parametrize(
    ("has_certificate", "refused"),
    [(False, "server does not support SSL"), (True, "certificate verify failed")],
    ids=["no certificate", "a certificate of its own"],
)
def test_a_password_is_never_sent_to_a_database_that_does_not_prove_who_it_is(
    has_certificate: bool, refused: str, tmp_path: Path
) -> None:
    context = server_context(tmp_path) if has_certificate else None
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as beside:
        server.settimeout(60)
        received = beside.submit(what_is_sent, server, context)
        here = {"PGHOST": "127.0.0.1", "PGPORT": str(server.getsockname()[1]), "PGPASSWORD": "secret"}
        script = "import sqlalchemy, sys; sqlalchemy.create_engine(sys.argv[1]).connect()"
        asked = [sys.executable, "-c", script, settings("dagster.yaml")["storage"]["postgres"]["postgres_url"]]
        own = environment_without_settings() | variables("instance.env") | here
        done = subprocess.run(asked, env=own, capture_output=True, text=True, timeout=60)
        assert refused in done.stderr
        assert received.result() == b""


def what_is_sent(server: socket.socket, context: ssl.SSLContext | None) -> bytes:
    """Answer a client as PostgreSQL does, with this certificate or without TLS, and return what it sends then."""
    connection, _ = server.accept()
    # A client that comes again, less careful, must not wait for an answer.
    server.close()
    with connection:
        assert connection.recv(8) == struct.pack("!ii", 8, 80877103)
        connection.sendall(b"S" if context else b"N")
        if not context:
            return connection.recv(1024)
        try:
            with context.wrap_socket(connection, server_side=True) as encrypted:
                return encrypted.recv(1024)
        except ssl.SSLError:
            return b""


def test_the_name_of_the_database_is_verified_too() -> None:
    assert variables("instance.env")["PGSSLMODE"] == "verify-full"


@pytest.mark.parametrize("process", PROCESSES)
def test_a_container_runs_what_the_unit_runs(process: str) -> None:
    words = shlex.split(settings("compose.yaml")["services"][process]["command"])
    assert [word.replace("0.0.0.0", "127.0.0.1") for word in words] == command(process)  # noqa: S104


def test_runs_end_with_their_code_server() -> None:
    assert unit("code")["KillMode"] == ["control-group"]


def test_server_and_clients_use_the_same_socket() -> None:
    (server,) = settings("workspace.yaml")["load_from"]
    words = command("code")
    assert server["grpc_server"]["socket"] == words[words.index("--socket") + 1]
    assert server["grpc_server"]["location_name"] == words[words.index("--location-name") + 1]


def test_every_variable_of_the_instance_is_in_the_example() -> None:
    asked = re.findall(r"env: (\w+)", (DEPLOY / "dagster.yaml").read_text("utf-8"))
    assert asked
    assert set(asked) <= set(variables("instance.env"))


@pytest.mark.parametrize("process", PROCESSES)
def test_the_examples_have_valid_settings_and_no_secret(process: str) -> None:
    given = environment(process)
    assert isinstance(read_settings(given), Settings)
    assert {value for name, value in given.items() if re.search("PASSWORD|SECRET|KEY", name)} == {""}


def test_a_refused_day_is_not_retried_and_a_killed_run_is() -> None:
    retries = settings("dagster.yaml")["run_retries"]
    assert (retries["enabled"], retries["retry_on_asset_or_op_failure"]) == (True, False)


def test_the_paths_in_the_readme_exist() -> None:
    paths = re.findall(r"/opt/sparkify/(deploy[\w./-]*)|(?<![\w/])((?:deploy|requirements)/[\w./-]+)", README)
    assert paths
    for path in paths:
        assert (ROOT / "".join(path)).exists(), path

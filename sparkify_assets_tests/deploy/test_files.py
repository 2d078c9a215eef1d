"""The files of `deploy/` agree with each other, and grant no more than is needed."""

import re
import shlex

import pytest

from sparkify_assets.settings import Settings, read_settings
from sparkify_assets_tests.deploy.files import DEPLOY, PROCESSES, ROOT, command, environment, settings, unit

pytestmark = pytest.mark.check

HARDENED = {
    "NoNewPrivileges": ["yes"],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateDevices": ["yes"],
    "CapabilityBoundingSet": [""],
    "User": ["sparkify"],
    "EnvironmentFile": ["/etc/sparkify/environment"],
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
    assert set(asked) <= set(environment())


def test_the_example_has_valid_settings_and_no_secret() -> None:
    assert isinstance(read_settings(environment()), Settings)
    assert {value for name, value in environment().items() if re.search("PASSWORD|SECRET|KEY", name)} == {""}


def test_a_refused_day_is_not_retried_and_a_killed_run_is() -> None:
    retries = settings("dagster.yaml")["run_retries"]
    assert (retries["enabled"], retries["retry_on_asset_or_op_failure"]) == (True, False)


def test_the_paths_in_the_readme_exist() -> None:
    words = (DEPLOY / "README.md").read_text("utf-8")
    paths = re.findall(r"/opt/sparkify/(deploy[\w./-]*|constraints\.txt)|(?<![\w/])(deploy/[\w./-]+)", words)
    assert paths
    for path in paths:
        assert (ROOT / "".join(path)).exists(), path

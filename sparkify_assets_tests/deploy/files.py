"""The files of `deploy/`, parsed: the commands and the environments of the units, the YAML files."""

import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROCESSES = ("code", "daemon", "webserver")


def unit(process: str) -> dict[str, list[str]]:
    """Return the settings of a process's unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / f"systemd/sparkify-{process}.service").read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def command(process: str) -> list[str]:
    return shlex.split(unit(process)["ExecStart"][0])


def environment(process: str) -> dict[str, str]:
    """Return the variables that a process's unit gives it, as the examples set them: files count more than itself."""
    own = dict(text.split("=", 1) for text in unit(process).get("Environment", ()))
    return own | {name: value for file in environment_files(process) for name, value in variables(file).items()}


def environment_files(process: str) -> list[str]:
    """Return the names of the files that a process's unit reads its environment from, the last of which counts most."""
    return [Path(file).name for file in unit(process)["EnvironmentFile"]]


def variables(file: str) -> dict[str, str]:
    """Return the variables that the example of a file sets."""
    lines = (DEPLOY / f"{file}.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def settings(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))

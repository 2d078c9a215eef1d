"""The files of `deploy/`, parsed: the commands of the units, the environment, the YAML files."""

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


def environment() -> dict[str, str]:
    """Return the variables that the example sets."""
    lines = (DEPLOY / "environment.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def settings(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))

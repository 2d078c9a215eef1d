"""The Dagster UI on this machine: a code server, the daemon and the guarded webserver, started and ended together.

This process only waits for them, and does without Dagster, which would take 80 MB.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from sparkify_assets.errors import SparkifyError
from sparkify_assets.report.loopback import HOST

_LOCATION = "sparkify_assets"
# A run that is going on gets this long to end; then its process is killed.
_ENDING_SECONDS = 30.0


def run_ui(home: Path, port: int) -> None:
    """Serve the UI of an instance until it is interrupted. If one of its processes ends, the others are ended too."""
    # Only this user can enter the folder, so that only this user's processes reach the code server.
    with tempfile.TemporaryDirectory(prefix="sparkify-ui-") as folder, ExitStack() as running:
        processes: dict[str, subprocess.Popen[bytes]] = {}
        code, environment = Path(folder) / "code.sock", _importing_only_installed(Path(folder))
        environment["DAGSTER_HOME"] = str(home)
        for name, command in _commands(code, port).items():
            processes[name] = subprocess.Popen([sys.executable, "-m", *command], env=environment)  # noqa: S603
            running.callback(_end, processes[name])
            if name == "code server":
                # The others would begin with an error, and look again only later.
                _wait_until(code.exists, processes)
        _wait_until(lambda: _answers(port), processes)
        print(f"The Dagster UI is at http://{HOST}:{port}: Ctrl-C ends it.", flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                _check_all_run(processes)
                time.sleep(0.5)


def _commands(code: Path, port: int) -> dict[str, list[str]]:
    """Return each process's module and arguments. `code` is the code server's socket."""
    workspace = code.with_name("workspace.yaml")
    workspace.write_text(f"load_from:\n  - grpc_server:\n      socket: {code}\n      location_name: {_LOCATION}\n")
    definitions = ["--module-name", "sparkify_assets.definitions", "--location-name", _LOCATION]
    # Otherwise Dagster imports from the working folder, which may have files that are named like a library.
    definitions += ["--working-directory", str(code.parent)]
    quiet = ["--log-level", "warning"]
    return {
        "code server": ["dagster", "api", "grpc", "--socket", str(code), *definitions, *quiet],
        "webserver": ["sparkify_assets.orchestration.webserver", "--workspace", str(workspace), "--port", str(port)],
        "daemon": ["sparkify_assets.orchestration.daemon", "run", "--workspace", str(workspace), *quiet],
    }


def _importing_only_installed(empty: Path) -> dict[str, str]:
    """Return this process's environment for children that import nothing from the working folder, whatever lies there.
    Dagster takes the first place of imports for the working folder and leaves it out, so an empty folder is put there.
    """
    places = [str(empty), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(places)}


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def _wait_until(is_ready: Callable[[], bool], processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    while not is_ready():
        _check_all_run(processes)
        time.sleep(0.05)


def _check_all_run(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    if ended := [name for name, process in processes.items() if process.poll() is not None]:
        raise SparkifyError(f"the {' and the '.join(ended)} ended: its last lines are above; start the UI again")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(KeyboardInterrupt):
        try:
            process.wait(_ENDING_SECONDS)
            return
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    process.wait()

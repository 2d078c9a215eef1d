"""The platform's own processes, for real: started, waited for and killed. Their commands are where they are used.

Each process and its children form a group, which ends with the tests, even if the tests are killed.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# On a machine that is busy with other tests, a UI needs most of a minute to start.
_SECONDS = 600.0
# The group ends when its standard input closes, which happens when the tests end.
_GUARD = '"$@" & read -r _; kill -KILL 0'


_HOLDER = """
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(warehouse: Path, *, read_only: bool = False) -> Iterator[None]:
    """Let another process hold the warehouse, as a load does."""
    command = [sys.executable, "-c", _HOLDER, str(warehouse), str(read_only)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


@dataclass
class Processes:
    """Processes that work in one folder, each with a log there."""

    folder: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, init=False)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start a process, with an environment of its own if one is given."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["sh", "-c", _GUARD, name, *command],
                cwd=self.folder,
                env=self.environment if environment is None else environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill a process and its children at once, as a loss of power does."""
        killed = self.processes.pop(name)
        assert killed.stdin is not None
        while group := _living(killed.pid):
            for member in group:
                with suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            killed.wait()
        killed.stdin.close()

    def kill_all(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def wait_for(self, what: str, look: Callable[[], T | None], every: float = 0.5) -> T:
        """Return what `look` finds, as soon as it finds it; fail with the processes' logs if it never does."""
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


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def environment_without_settings() -> dict[str, str]:
    """The environment without any settings of the platform from whoever runs the tests."""
    mine = ("SPARKIFY_", "DAGSTER_", "AWS_", "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}


def _living(group: int) -> list[int]:
    """The processes of a group, except Python's resource tracker: killed, it would remove the others' semaphores."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    found = (line.split(maxsplit=3) for line in listed.stdout.splitlines())
    return [
        int(process)
        for process, its_group, state, program in (words for words in found if len(words) == 4)
        if int(its_group) == group and not state.startswith("Z") and "resource_tracker" not in program
    ]

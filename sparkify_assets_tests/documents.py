"""The pages that users read, README.md and then the guide in README's order: their commands, tables and links.

What the pages have to say is in `test_readme.py`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sparkify_assets_tests.diagram import star_diagram, table_row

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
# What no two runs agree on: when something was done, and how long it took.
VARIES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|\d+\.\d\d s")
# A command that stays up until it is stopped, and the file in which its last line shows that it is ready.
_STAYS_UP, _READY, _LAST_LINE = "make redshift-local > redshift.env", "redshift.env", "export DAGSTER_HOME="
_READY_SECONDS = 300.0
_CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def pages() -> list[Path]:
    """README and the pages of the guide, in the order in which README lists them."""
    return [
        README,
        *(ROOT / name for name in re.findall(r"^\| \[.*?\]\((docs/guide/.*?\.md)\)", text_of(README), re.M)),
    ]


def clone(folder: Path) -> Path:
    """Make a working folder as a clone has it after it was set up."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml", ".env.example"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for name in ("ready", "ready-to-test"):
        (folder / ".venv" / name).touch()
    return folder


def run_commands(page: str, folder: Path) -> str:
    """Run a page's commands in a folder, and return the page with what they print now."""
    with ExitStack() as running:

        def run(command: str, shown: str) -> str:
            if command == _STAYS_UP:
                running.enter_context(_staying_up(folder))
                return f"$ {command}\n"
            return _run(command, shown, folder)

        return _CONSOLE.sub(lambda block: "".join(run(*each) for each in _commands(block[0])), page)


def _commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown for it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def _run(command: str, shown: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip("\n")
    # A moment or a duration that differs is no news.
    same = VARIES.sub("…", printed) == VARIES.sub("…", shown.strip("\n"))
    lines = shown.strip("\n") if same else printed
    return f"$ {command}\n{lines}\n" if lines else f"$ {command}\n"


@contextmanager
def _staying_up(folder: Path) -> Iterator[None]:
    """Have the command run in the background that stays up."""
    process = subprocess.Popen(
        ["bash", "-c", _STAYS_UP], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        ready, deadline = folder / _READY, time.monotonic() + _READY_SECONDS
        while not (ready.exists() and _LAST_LINE in ready.read_text("utf-8")):
            assert process.poll() is None, f"{_STAYS_UP} ended"
            assert time.monotonic() < deadline, f"{_STAYS_UP} is not ready after {_READY_SECONDS:.0f} s"
            time.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _environment() -> dict[str, str]:
    """The environment without settings of whoever runs the tests; with this clone's modules."""
    mine = ("SPARKIFY_", "DAGSTER_", "MAKE", "COLUMNS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return environment | {"PYTHONPATH": str(ROOT)}


def with_generated_parts(page: str) -> str:
    """Return a page with its diagram of the star and its table of tables as the contract has them now."""
    page = re.sub(r"(?<=```mermaid\n)erDiagram\n.*?(?=\n```)", lambda _: star_diagram(), page, flags=re.DOTALL)
    row = re.compile(r"^\| `((?:staging|sparkify|ops|insights)\.\w+)` \| .* \|$", re.MULTILINE)
    return row.sub(lambda found: table_row(found[1]), page)


def blocks(page: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: the language and the text of each."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", page, re.DOTALL | re.MULTILINE)


def links(page: str) -> list[str]:
    """Where a page's links and pictures point to, outside of code."""
    prose = re.sub(r"^ *```.*?^ *```$|`[^`]*`(?!\])", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    prose = re.sub(r"^ *```.*?^ *```$", "", page, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}

"""What is installed is locked: each package in one version, each of its files by its hash, and its licence is known.

The locks are `requirements/*.txt`, which `make lock` writes.
"""

import re
from configparser import ConfigParser

import pytest

from sparkify_assets_tests.documents import ROOT, text_of
from sparkify_assets_tests.licences import OTHERS, is_permissive, licence_of, page
from sparkify_assets_tests.locks import LOCKS, locked

pytestmark = pytest.mark.check

MAKEFILE = text_of(ROOT / "Makefile")


def asked_for(*extras: str) -> set[str]:
    """The packages that setup.cfg asks for, with those of the extras."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    return {re.split(r"\[", name)[0] for name in "\n".join(lines).split()} - {"sparkify_assets"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_one_version_and_the_hashes_of_its_files(lock: str) -> None:
    lines = [line for line in text_of(LOCKS[lock]).splitlines() if not line.startswith((" ", "#"))]
    assert len(lines) == len(locked(lock)) > 50
    assert [name for name, (_, hashes) in locked(lock).items() if not hashes] == []


@pytest.mark.parametrize(("lock", "extras"), [("run", []), ("deploy", ["deploy"]), ("dev", ["deploy", "dev"])])
def test_everything_that_the_project_asks_for_is_locked(lock: str, extras: list[str]) -> None:
    # setuptools builds the project.
    assert not {*asked_for(*extras), "setuptools"} - set(locked(lock))


@pytest.mark.parametrize("lock", ["run", "deploy"])
def test_what_runs_is_what_was_tested(lock: str) -> None:
    tested = locked("dev")
    assert {name: package for name, package in locked(lock).items() if package != tested.get(name)} == {}


def test_the_peer_of_the_benchmarks_has_the_same_duckdb_and_is_no_dependency() -> None:
    assert locked("sqlmesh")["duckdb"] == locked("run")["duckdb"]
    assert "sqlmesh" not in locked("dev")


def test_the_plain_constraints_agree_with_the_lock() -> None:
    plain = re.findall(r"^([a-z0-9-]+)==(\S+)", text_of(ROOT / "constraints.txt"), re.MULTILINE)
    assert dict(plain) == {name: version for name, (version, _) in locked("dev").items()}
    assert len(plain) == len(dict(plain))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_does_not_say_where_packages_come_from(lock: str) -> None:
    """Each machine has its own index, and a lock must not bring in another one."""
    text = text_of(LOCKS[lock])
    assert "://" not in text
    assert not re.findall(r"^ *--(?!hash=)\S+", text, re.MULTILINE)


def test_make_installs_only_what_is_locked() -> None:
    installs = re.findall(r"^\t@\$\(INSTALL(?:_SCANNER)?\) (.*)$", MAKEFILE, re.MULTILINE)
    assert installs == [
        "--no-compile --require-hashes --only-binary :all: --requirement requirements/run.txt $(call COUNTED,run)",
        "--quiet --no-deps --no-build-isolation --editable .",
        "--require-hashes --only-binary :all: --requirement requirements/scan.txt $(call COUNTED,scan)",
        "--require-hashes --only-binary :all: --requirement requirements/dev.txt $(call COUNTED,dev)",
    ]
    others = [line for line in MAKEFILE.splitlines() if "pip install" in line and not line.startswith(("#", "\t@echo"))]
    assert others == ["INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off"]


def test_the_page_of_licences_lists_exactly_what_is_locked() -> None:
    """If packages have changed: make licences."""
    text = text_of(ROOT / "docs/licences.md")
    _, run, dev = (dict(re.findall(r"^\| (\S+) \| (\d\S*) \|", part, re.M)) for part in text.split("\n## ")[1:])
    versions = {lock: {name: version for name, (version, _) in locked(lock).items()} for lock in LOCKS}
    assert run == versions["deploy"]
    assert run | dev == versions["dev"]
    assert not set(run) & set(dev)


def test_the_page_of_licences_says_what_the_packages_state() -> None:
    assert text_of(ROOT / "docs/licences.md") == page()


def test_every_licence_that_asks_for_more_is_explained() -> None:
    assert {name for name in locked("dev") if not is_permissive(licence_of(name))} == set(OTHERS)

"""What is locked: `requirements/*.txt`, parsed."""

import re

from sparkify_assets_tests.documents import ROOT, text_of

LOCKS = {name: ROOT / f"requirements/{name}.txt" for name in ("run", "deploy", "dev", "scan", "sqlmesh")}
# A requirement: its name and extras, its version, and its marker and hashes, which go on in lines that are indented.
_REQUIREMENT = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([\w.]+)(.*(?:\n    .*)*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Return the packages of a lock, each with its version and the hashes of its files."""
    found = _REQUIREMENT.findall(text_of(LOCKS[lock]))
    return {name: (version, set(_HASH.findall(rest))) for name, version, rest in found}

"""What is computed from texts alone, such as a table read from its DDL or a translated statement, is remembered from
one process to the next. It lies in a file beside Python's bytecode, which is kept in the same way.

Whoever can write there can change the code itself. The file is for one version of the code and of sqlglot; one of
another version, a damaged one and none are the same: everything is computed again. Commands call `remember`; what
users and the lake write is never remembered.
"""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, TypeVar

# JSON's own types: what is read from the file equals what was computed.
T = TypeVar("T", str, list[str], dict[str, Any], list[Any])

_FILE = Path(cache_from_source(__file__)).with_name("remembered.json")
# The code that computes what is remembered. What it computes from is among the texts.
_PACKAGE = Path(__file__).parent.parent
_CODE = ("model", "queries", "warehouse")


@dataclass
class _Memory:
    """What is known of texts, and whether more is known than the file has."""

    known: dict[str, Any] = field(default_factory=dict)
    grew: bool = False


def remembered(compute: Callable[..., T]) -> Callable[..., T]:
    """Make a function of texts return what an earlier call returned, in this process or in another."""
    name = f"{compute.__module__}.{compute.__name__}"

    @wraps(compute)
    def recall(*texts: str) -> T:
        memory, key = _memory(), "\0".join((name, *texts))
        if key not in memory.known:
            memory.known[key] = compute(*texts)
            memory.grew = True
        found: T = memory.known[key]
        return found

    return recall


def remember() -> None:
    """Write what is known, if there is more of it than in the file. Where that cannot be done, it is computed again."""
    memory = _memory()
    if not memory.grew:
        return
    unfinished = _FILE.with_name(f".{_FILE.name}.{os.getpid()}")
    with suppress(OSError):
        try:
            _FILE.parent.mkdir(exist_ok=True)
            unfinished.write_text(json.dumps({"version": _version(), "known": memory.known}), "utf-8")
            # As bytecode: for whoever may read the code.
            unfinished.chmod(0o644)
            unfinished.replace(_FILE)
            memory.grew = False
        finally:
            unfinished.unlink(missing_ok=True)


@cache
def _memory() -> _Memory:
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(_FILE.read_bytes())
        if kept["version"] == _version():
            return _Memory(dict(kept["known"]))
    return _Memory()


@cache
def _version() -> str:
    digest = hashlib.sha256(version("sqlglot").encode())
    for folder in _CODE:
        for path in sorted((_PACKAGE / folder).rglob("*.py")):
            digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

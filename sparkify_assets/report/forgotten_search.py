"""`sparkify forget --verify`: whether anything that the platform has written still holds a user.

It searches tables by the id, texts and files by the id beside its key, and files by the user's names, which it reads
from the lake for as long as that has them. Nothing is changed here.
"""

import json
import mmap
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.forgotten import USER_COLUMN, USER_KEY
from sparkify_assets.lake.listing import Lake, open_content
from sparkify_assets.lake.places import open_work
from sparkify_assets.load.forgetting import forgotten_users, rejects_naming_users
from sparkify_assets.queries import Query, query
from sparkify_assets.report.pages.outdated import REPORTED_TO
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Session, Warehouse

_NAMES = ("firstName", "lastName")
_LIST = "ops.forgotten"
_SHORT = 3


@dataclass(frozen=True)
class Searched:
    """A place that was searched, and what of the user was found there, if anything."""

    place: str
    found: str = ""


def search(settings: Settings, warehouse: Warehouse, lake: Lake, user: int) -> Iterator[Searched]:
    """Search every place for a user."""
    names: set[str] = set()
    with suppress(WarehouseMissing), warehouse.reader() as session:
        is_listed = user in forgotten_users(session)
        yield Searched("the list of forgotten users", "" if is_listed else "the user is not on it")
        yield from _tables(session, user, f"{warehouse.location}", list(model.tables()))
        rejects = sum(user in named for _, named in rejects_naming_users(session))
        yield Searched("the text of rejected records", f"{rejects:,} records" if rejects else "")
        samples = sum(
            each.get(USER_COLUMN) == user
            for row in session.fetch(query("forget/audit_samples"))
            for each in json.loads(str(row["sample"]))
        )
        yield Searched("the samples of audits", f"{samples:,} rows" if samples else "")
        names = _names(session, lake, user)
    with suppress(WarehouseMissing), warehouse.for_questions() as session:
        read = [name for name in model.tables() if name.startswith(("sparkify.", "insights."))]
        yield from _tables(session, user, "what people read", read)
    pattern = _pattern(user, names)
    for root in _roots(settings):
        hits = {name: hit for name, hit in ((path.name, _hit(path, pattern)) for path in _files(root)) if hit}
        yield Searched(f"every byte of {root}", ", ".join(f"{name}: {what}" for name, what in sorted(hits.items())))
    if "://" in settings.work:
        held = [name for name, data in open_work(settings).of_people() if pattern.search(data)]
        yield Searched(f"every byte of what was made of log files in {settings.work}", ", ".join(held))
    if not names:
        yield Searched("names (the lake has none of the user that nobody and nothing else has)")


def _tables(session: Session, user: int, place: str, names: Iterable[str]) -> Iterator[Searched]:
    with_user = [name for name in names if any(column.name == USER_COLUMN for column in model.table(name).columns)]
    found = []
    for name in with_user:
        if name != _LIST:
            sql = f"SELECT COUNT(*) AS n FROM {name} WHERE {USER_COLUMN} = :user_id"
            (counted,) = session.fetch(Query(f"search/{name}", sql), user_id=user)
            found += [f"{counted['n']:,} rows in {name}"] if counted["n"] else []
    yield Searched(f"{len(with_user)} tables of {place}", ", ".join(found))


def _names(session: Session, lake: Lake, user: int) -> set[str]:
    """Return the names that files of the lake have of a user, and nobody else has."""
    wanted = {str(row["file"]) for row in session.fetch(query("forget/files_with_forgotten"))}
    files = [file for some in lake.days().values() for file in some if file.path in wanted]
    found: set[str] = set()
    for file in files:
        with lake.spool([file]) as (path,), open_content(path) as stream:
            for line in stream:
                if str(user).encode() in line:
                    found |= _names_in(line, user)
    return {name for name in found if _is_only_a_users(session, name)}


def _is_only_a_users(session: Session, name: str) -> bool:
    """Return whether a name can be searched for: nothing else is called like it, and it is not too short."""
    if len(name) <= _SHORT or set(name) & {"%", "_", "\\"}:
        return False
    (found,) = session.fetch(query("forget/texts_with"), text=f"%{name}%")
    return not any(found.values())


def _names_in(line: bytes, user: int) -> set[str]:
    try:
        event = json.loads(line)
    except ValueError:
        return set()
    if not isinstance(event, dict) or str(event.get(USER_KEY)).lstrip("+0") != str(user):
        return set()
    return {str(event[name]) for name in _NAMES if event.get(name)}


def _pattern(user: int, names: Iterable[str]) -> re.Pattern[bytes]:
    named = [re.escape(name.encode()) for name in sorted(names)]
    of_id = rb'user_?id\\*"?\s*[=:]\s*\\*"?' + str(user).encode() + rb"(?![0-9])"
    return re.compile(b"|".join([of_id, *named]), re.IGNORECASE)


def _roots(settings: Settings) -> list[Path]:
    files = [settings.duckdb, settings.published_file] if settings.warehouse == "duckdb" else []
    beside = [path.with_name(f"{path.name}.wal") for path in files]
    return [path for path in (*files, *beside, settings.scratch, settings.dagster_home, REPORTED_TO) if path.exists()]


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    # Bundles of songs hold artists, who may be called like a user.
    songs = root / "songs"
    return [path for path in root.rglob("*") if path.is_file() and songs not in path.parents]


def _hit(path: Path, pattern: re.Pattern[bytes]) -> str:
    """Return what of a file is found: an id or a name, and where; nothing if it is not there."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return ""
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            hit = pattern.search(data)
            return f"byte {hit.start():,}" if hit else ""

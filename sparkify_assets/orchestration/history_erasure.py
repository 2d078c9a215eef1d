"""Erasing what Dagster's history holds of people: rows in previews and checks, pictures, and what runs printed.

Runs, their events and all figures stay. It is erased whoever it is of, since nobody can tell any more: an event log
knows no columns. What a run shows from then on is masked in `metadata.py`.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage

from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.settings import Settings

# Where Dagster keeps events, as JSON.
_TEXTS = (
    ("event_logs", "event"),
    ("asset_keys", "last_materialization"),
    ("asset_check_executions", "evaluation_event"),
)
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")
_ERASED = "erased"
# What the text of an event has that may hold something of people.
_MARKS = ("TableMetadataEntryData", "data:image/png", "user_id", "userId")
_WAIT_SECONDS = 30.0


def erase_history(settings: Settings, users: Collection[int]) -> tuple[int, int]:
    """Erase rows of people and pictures from the events of all runs, and what runs printed here. Return how many events
    and how many files that changed."""
    if not settings.dagster_home.exists():
        return 0, 0
    erase = _eraser(users)
    with open_instance(settings) as instance:
        storage = instance.event_log_storage
        if not isinstance(storage, SqliteEventLogStorage) and isinstance(storage, SqlEventLogStorage):
            with storage.index_connection() as connection:
                return _erase_events(connection, erase), 0
    changed = sum(_erase_file(file, erase) for file in sorted(settings.dagster_home.glob("history/**/*.db")))
    printed = [path for path in settings.dagster_home.glob("storage/*/compute_logs/*") if path.stat().st_size]
    for path in printed:
        path.write_bytes(b"")
    return changed, len(printed)


def _erase_file(file: Path, erase: Callable[[str], str]) -> int:
    """Erase in one of SQLite's files, and write it anew: deleted text would stay in free pages."""
    engine = sqlalchemy.create_engine(f"sqlite:///{file.absolute()}", connect_args={"timeout": _WAIT_SECONDS})
    with engine.begin() as connection:
        changed = _erase_events(connection, erase)
    engine.dispose()
    with closing(sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)) as plain:
        plain.execute("VACUUM")
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return changed


def _erase_events(connection: sqlalchemy.Connection, erase: Callable[[str], str]) -> int:
    there = set(sqlalchemy.inspect(connection).get_table_names())
    changed = 0
    for name, column in _TEXTS:
        if name in there:
            table = sqlalchemy.table(name, sqlalchemy.column("id"), sqlalchemy.column(column))
            text = table.c[column]
            suspected = sqlalchemy.or_(*(text.like(f"%{mark}%") for mark in _MARKS))
            for id_ in connection.scalars(sqlalchemy.select(table.c.id).where(suspected)).all():
                # One by one: together they may be larger than memory.
                of_row = table.c.id == id_
                before = connection.scalar(sqlalchemy.select(text).where(of_row))
                if before and (now := erase(before)) != before:
                    connection.execute(table.update().where(of_row).values({column: now}))
                    changed += 1
    return changed


def _eraser(users: Collection[int]) -> Callable[[str], str]:
    """Return a function that erases in the text of an event."""
    ids = "|".join(str(user) for user in sorted(users))
    # In the sentences of a refusal, rows are shown as user_id=7.
    named = re.compile(rf"\b(user_?id\\*\"?[=:]\s*\\*\"?)(?:{ids})\b", re.IGNORECASE) if ids else None

    def erase(text: str) -> str:
        if '"TableMetadataEntryData"' in text:
            event = json.loads(text)
            if _without_rows(event):
                text = json.dumps(event)
        text = _PICTURE.sub(_ERASED, text)
        return named.sub(rf"\g<1>{_ERASED}", text) if named else text

    return erase


def _without_rows(value: Any) -> bool:
    """Empty every table in an event. Return whether there was one with rows."""
    if isinstance(value, list):
        return bool(sum(_without_rows(each) for each in value))
    if not isinstance(value, dict):
        return False
    emptied = value.get("__class__") == "TableMetadataEntryData" and bool(value.get("records"))
    if emptied:
        value["records"] = []
    return bool(sum(_without_rows(each) for each in value.values())) or emptied

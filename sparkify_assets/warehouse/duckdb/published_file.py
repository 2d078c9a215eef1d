"""The file that people read: what analysts may read, brought up to date beside the one before and renamed over it.

Whoever has the file before open keeps it, and nobody waits for anybody. It follows the star by the numbers of changes,
in a copy of the file before, and so it follows the insights that say which of their rows a change affects; the others,
which are small, are written again. No value that an analyst may not read is ever written to it. When it is published is
decided in `orchestration/`.
"""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb

from sparkify_assets import model
from sparkify_assets.errors import FREE_SPACE, WarehouseError, WarehouseMissing
from sparkify_assets.model import Column, Table
from sparkify_assets.model.roles import ANALYST, MASK
from sparkify_assets.warehouse.duckdb.duckdb_failures import failing_as, lacks_room
from sparkify_assets.warehouse.duckdb.duckdb_names import duckdb_type, identifier, literal
from sparkify_assets.warehouse.duckdb.duckdb_tables import VARIED
from sparkify_assets.warehouse.session import PublishedState
from sparkify_assets.warehouse.translations import translation

# The oldest clients that open it are of 2024.
_STORAGE = "v1.1.0"
# The row of the ledger that says which publication the loader's file knows, and what of the star that includes.
_LEDGER_ROW = "publication"
_STATUS = model.table("insights.data_status")
_PUBLICATION = re.compile(
    r" Publication (?P<id>\w+)-(?P<layout>\w+)-(?P<state>\w+), change (?P<change>\d+)(, outdated: (?P<outdated>.+))?\.$"
)
_NEVER = -1
# What the new file is called in the loader's connection, where no file has this name.
_DRAFT = "draft_of_publication"


@dataclass(frozen=True)
class _Publication:
    """Which publication a file is, of which tables, of which state of the loader's file, and how its insights stand.
    The comment on `insights.data_status` ends with it."""

    id: str
    layout: str
    state: str
    change: int
    outdated: tuple[str, ...]

    @classmethod
    def read(cls, comment: str) -> "_Publication | None":
        if not (found := _PUBLICATION.search(comment)):
            return None
        outdated = tuple((found["outdated"] or "").split(", ")) if found["outdated"] else ()
        return cls(found["id"], found["layout"], found["state"], int(found["change"]), outdated)

    def __str__(self) -> str:
        outdated = f", outdated: {', '.join(self.outdated)}" if self.outdated else ""
        return f" Publication {self.id}-{self.layout}-{self.state}, change {self.change}{outdated}."


@dataclass(frozen=True)
class _Basis:
    """What the file before includes: the star as of a change, and all insights but the outdated ones."""

    change: int
    outdated: frozenset[str]


@dataclass(frozen=True)
class PublishedFile:
    """The file, and who may read it."""

    path: Path
    mode: int = 0o600

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file to read it. It stays the same for as long as it is open."""
        self._refuse_missing()
        with self._opened() as connection:
            self._refuse_another_layout(connection)
            yield connection

    @property
    def catalog(self) -> str:
        """What DuckDB calls the file's tables: they find each other by it, as where the file is opened by itself."""
        return self.path.name.partition(".")[0]

    def attach_to(self, database: duckdb.DuckDBPyConnection) -> None:
        """Attach the file to a database, to read it, and use it."""
        self._refuse_missing()
        with failing_as(f"the published file {self.path} cannot be read"):
            database.execute(f"ATTACH {literal(str(self.path.absolute()))} AS {identifier(self.catalog)} (READ_ONLY)")
            database.execute(f"USE {identifier(self.catalog)}")
            self._refuse_another_layout(database)

    def version(self) -> str:
        """Return what differs once another file has taken this one's place."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ""
        return f"{found.st_ino}-{found.st_mtime_ns}"

    def _refuse_missing(self) -> None:
        if not self.path.exists():
            raise WarehouseMissing(f"nothing is published at {self.path} yet: run `sparkify load` first")

    def _refuse_another_layout(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self._found(connection).layout != _layout():
            raise WarehouseMissing(
                f"{self.path} was published by another version: run `sparkify load`, which publishes it again"
            )

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with (
            failing_as(f"the published file {self.path} cannot be read"),
            duckdb.connect(self.path.absolute(), read_only=True) as connection,
        ):
            yield connection

    def state(self) -> PublishedState:
        """Return which state the file is of."""
        with self.open() as connection:
            found = self._found(connection)
            return PublishedState(found.id, found.change, found.outdated)

    def is_current(self, loaders: duckdb.DuckDBPyConnection) -> bool:
        """Return whether it shows what the loader's file holds."""
        try:
            return self._read() == _publication(loaders, _known(loaders).id, self.mode)
        except WarehouseError:
            # Publishing it says what is wrong.
            return False

    def write_anew(self, loaders: duckdb.DuckDBPyConnection) -> None:
        """Publish into a new file, whatever the one before holds, and though it is current."""
        loaders.execute("DELETE FROM ops.insight_ledger WHERE insight = $row", {"row": _LEDGER_ROW})
        self.bring_up_to_date(loaders)

    def bring_up_to_date(self, loaders: duckdb.DuckDBPyConnection) -> None:
        """Publish what the loader's file holds. The connection has to be the only one that changes it."""
        before, known = self._read(), _known(loaders)
        now = _publication(loaders, uuid.uuid4().hex[:12], self.mode)
        if before == replace(now, id=known.id):
            return
        latest, of_all_days = _latest_changes(loaders)
        basis = None
        if (
            before
            and (before.id, before.layout) == (known.id, now.layout)
            and known.statements == _statements_of_insights(loaders)
            and of_all_days <= known.change
        ):
            basis = _Basis(known.change, frozenset(before.outdated))
        try:
            self._replace(loaders, now, basis, latest)
        except OSError as error:
            remedy = FREE_SPACE if lacks_room(error) else "see SPARKIFY_PUBLISHED"
            raise WarehouseError(f"{self.path} cannot be published: {error.strerror}; {remedy}") from error

    def _replace(
        self, loaders: duckdb.DuckDBPyConnection, now: _Publication, basis: _Basis | None, latest: int
    ) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.new")
        # A publication that was killed leaves one. There is no other: this one holds the loader's file.
        draft.unlink(missing_ok=True)
        try:
            with ThreadPoolExecutor(1) as beside, failing_as(f"{self.path} cannot be published"):
                if basis:
                    draft.touch(mode=0o600)
                    _clone(self.path, draft)
                    # The copy goes to the disk while rows of it change: that takes as long as copying it.
                    beside.submit(_sync, draft)
                self._write(loaders, draft, now, basis)
                _remember(loaders, now.id, latest)
            draft.chmod(self.mode)
            _sync(draft)
            # Left by one who has opened the file to write: it would be taken for a part of the new file.
            self.path.with_name(f"{self.path.name}.wal").unlink(missing_ok=True)
            draft.rename(self.path)
            _sync(self.path.parent)
        finally:
            draft.unlink(missing_ok=True)

    def _write(self, loaders: duckdb.DuckDBPyConnection, draft: Path, now: _Publication, basis: _Basis | None) -> None:
        loaders.execute(
            f"ATTACH {literal(str(draft.absolute()))} AS {_DRAFT} (STORAGE_VERSION '{_STORAGE}', "
            "RECOVERY_MODE no_wal_writes)"
        )
        try:
            # DuckDB creates it for everybody; there is nothing in it yet.
            draft.chmod(0o600)
            with _transaction(loaders):
                for table in ANALYST.tables:
                    for statement in self._statements(table, basis):
                        loaders.execute(statement)
                about = literal(f"{_STATUS.meaning}{now}")
                loaders.execute(f"COMMENT ON TABLE {self._place(_STATUS)} IS {about}")
            loaders.execute(f"CHECKPOINT {_DRAFT}")
        finally:
            loaders.execute(f"DETACH {_DRAFT}")

    def _statements(self, table: Table, basis: _Basis | None) -> list[str]:
        """Return what brings a table up to date; what creates and fills it, if nothing is in the file yet."""
        place, insertion = self._place(table), _insertion(table)
        if basis is None:
            return [*self._creation(table), f"INSERT INTO {place} {insertion}"]
        if (affected := _affected(table, basis)) is None:
            return []
        return [f"DELETE FROM {place} WHERE {affected}", f"INSERT INTO {place} {insertion} WHERE {affected}"]

    def _creation(self, table: Table) -> list[str]:
        place = self._place(table)
        columns = (_definition(c, varied=c.name in VARIED.get(table.full_name, ())) for c in table.columns)
        return [
            f"CREATE SCHEMA IF NOT EXISTS {_DRAFT}.{self._home(table)}",
            f"CREATE TABLE {place} ({', '.join(columns)})",
            f"COMMENT ON TABLE {place} IS {literal(table.meaning)}",
            *(f"COMMENT ON COLUMN {place}.{c.name} IS {literal(c.meaning)}" for c in table.columns),
        ]

    def _place(self, table: Table) -> str:
        return f"{_DRAFT}.{self._home(table)}.{table.name}"

    def _home(self, table: Table) -> str:
        """Return the schema of a table in the file, as in `duckdb_tables.py`."""
        return "main" if table.schema == self.catalog.lower() else table.schema

    def _read(self) -> _Publication | None:
        """Return which publication the file is; None if there is no file."""
        if not self.path.exists():
            return None
        with self._opened() as connection:
            return self._found(connection)

    def _found(self, connection: duckdb.DuckDBPyConnection) -> _Publication:
        comments = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = $name AND database_name = current_database()",
            {"name": _STATUS.name},
        ).fetchall()
        found = _Publication.read(comments[0][0] or "") if comments else None
        if not found:
            raise WarehouseError(
                f"{self.path} is not a file that `sparkify load` has published: choose another SPARKIFY_PUBLISHED, or "
                "move it away"
            )
        return found


# By which changes the rows of a table of the star follow.
_FOLLOWED = {"start_date": "ops.changed_days", "user_id": "ops.changed_users"}


def _affected(table: Table, basis: _Basis) -> str | None:
    """Return the condition on the rows of a table, in either file, that have changed since; None if none have."""
    if insight := model.built(table.full_name):
        if not insight.affected or table.name in basis.outdated:
            return "true"
        changed = f"SELECT 1 FROM ops.changed_{insight.affected_by} AS changed WHERE changed.change > :change"
        found = (translation(f"{changed} AND ({condition})") for condition in insight.affected)
        return " OR ".join(f"EXISTS ({each})" for each in found).replace("$change", str(basis.change))
    column = next((name for name in _FOLLOWED if name in {column.name for column in table.columns}), None)
    # The song catalog has not changed: otherwise everything would be written.
    changed = f"SELECT {column} FROM {_FOLLOWED[column]} WHERE change > {basis.change}" if column else ""
    return f"{column} IN ({changed})" if column else None


def _definition(column: Column, *, varied: bool) -> str:
    # The old format has no zstd, and DuckDB takes as long to find the best of the others as to write it.
    compression = " USING COMPRESSION fsst" if varied else ""
    return f"{column.name} {duckdb_type(column)}{compression}{'' if column.nullable else ' NOT NULL'}"


def _insertion(table: Table) -> str:
    masked = {column.name for of, column in ANALYST.masked_columns if of == table}
    seen_as = f"THEN {literal(MASK)} END"
    columns = (f"CASE WHEN {c.name} IS NOT NULL {seen_as}" if c.name in masked else c.name for c in table.columns)
    return f"SELECT {', '.join(columns)} FROM {table.full_name}"


@cache
def _layout() -> str:
    """Return a hash of what the file's tables look like."""
    texts = [_STORAGE]
    for table in ANALYST.tables:
        texts += [*table.statements, _insertion(table)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _latest_changes(loaders: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return the latest change, and the latest that may have affected all rows."""
    latest = "coalesce(max(change), 0), coalesce(max(change) FILTER (start_date IS NULL), 0)"
    found: tuple[int, int] = loaders.execute(f"SELECT {latest} FROM ops.changed_days").fetchone() or (0, 0)
    return found


def _publication(loaders: duckdb.DuckDBPyConnection, id_: str, mode: int) -> _Publication:
    """Return the publication of what the loader's file holds. Its state is a hash of what differs after every load,
    after insights were rebuilt, and when others may read it."""
    insights = "SELECT insight, version, change, made_at FROM ops.insight_ledger WHERE insight <> $row ORDER BY ALL"
    ledger, latest = loaders.execute(insights, {"row": _LEDGER_ROW}).fetchall(), _latest_changes(loaders)
    state = hashlib.sha256(repr([*ledger, latest, mode]).encode()).hexdigest()[:12]
    shown = PublishedState.of(id_, latest[0], {name: change for name, _, change, _ in ledger})
    return _Publication(id_, _layout(), state, shown.change, shown.outdated)


@dataclass(frozen=True)
class _Known:
    """Which publication the loader's file knows, which statements built its insights, and the change that it includes.
    Without that, the changes of another file could be taken for those of this one."""

    id: str = ""
    statements: str = ""
    change: int = _NEVER


def _known(loaders: duckdb.DuckDBPyConnection) -> _Known:
    known = "SELECT version, change FROM ops.insight_ledger WHERE insight = $row"
    if not (found := loaders.execute(known, {"row": _LEDGER_ROW}).fetchone()):
        return _Known()
    id_, _, statements = found[0].partition(" ")
    return _Known(id_, statements, found[1])


def _remember(loaders: duckdb.DuckDBPyConnection, id_: str, change: int) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    with _transaction(loaders):
        statements = _statements_of_insights(loaders)
        loaders.execute("DELETE FROM ops.insight_ledger WHERE insight = $row", {"row": _LEDGER_ROW})
        loaders.execute(
            "INSERT INTO ops.insight_ledger (insight, version, change, made_at) VALUES ($row, $version, $change, $now)",
            {"row": _LEDGER_ROW, "version": f"{id_} {statements}", "change": change, "now": now},
        )


def _statements_of_insights(loaders: duckdb.DuckDBPyConnection) -> str:
    """Return a hash of the statements that built the insights that are followed."""
    followed = [name for name, insight in model.insights().items() if insight.affected]
    ledger = "SELECT insight, version FROM ops.insight_ledger WHERE insight IN $followed ORDER BY ALL"
    found = loaders.execute(ledger, {"followed": followed}).fetchall()
    return hashlib.sha256(repr(found).encode()).hexdigest()[:12]


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _clone(source: Path, target: Path) -> None:
    """Copy a file, by reference where the file system can."""
    with source.open("rb") as old, target.open("r+b") as new:
        try:
            while os.copy_file_range(old.fileno(), new.fileno(), 1 << 30):
                pass
        except (AttributeError, OSError):
            # Neither every system nor every file system has it.
            old.seek(0)
            new.seek(0)
            shutil.copyfileobj(old, new, 8 << 20)


def _sync(path: Path) -> None:
    """Write a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Erasing forgotten users from all that the platform has written, after the load without them, and the receipt of it.

It is the same work whoever is forgotten, and may be repeated: what is erased is whatever is of the users on the list,
or may be. What the warehouse's tables hold is rebuilt by loads.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.lake.forgotten import REDACTED
from sparkify_assets.lake.places import open_scratch, open_work
from sparkify_assets.lake.removal import Removed
from sparkify_assets.lake.work import clear, sweep
from sparkify_assets.load.forgetting import forgotten_users, leave_no_changes, rejects_naming_users
from sparkify_assets.orchestration.history_erasure import erase_history
from sparkify_assets.queries import query
from sparkify_assets.report.pages.dashboard import write_dashboard
from sparkify_assets.report.pages.outdated import PAGE, PUBLISHED_TO, REPORTED_TO
from sparkify_assets.report.phrases import counted
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Row, Warehouse


@dataclass(frozen=True)
class Receipt:
    """What was erased where, and what is left until when. It holds no personal data: no user is named."""

    written_at: datetime
    erased: tuple[str, ...]
    left: tuple[str, ...]
    is_complete: bool

    @property
    def text(self) -> str:
        """The receipt, which ends with the hash of all lines before."""
        lines = [
            f"Receipt of {self.written_at:%Y-%m-%d %H:%M} UTC",
            *(f"erased: {line}" for line in self.erased),
            *(f"left: {line}" for line in self.left),
        ]
        body = "\n".join(lines) + "\n"
        return f"{body}sha256: {hashlib.sha256(body.encode()).hexdigest()}"


def erase(settings: Settings, warehouse: Warehouse, since: datetime, removed: Removed) -> Receipt:
    """Erase what is left of forgotten users after the load without them. What was written in S3 since that moment is
    the load's own. What was taken out of the lake before is on the receipt."""
    with warehouse.reader() as session:
        users = forgotten_users(session)
        (left_out,) = session.fetch(query("forget/left_out"), redacted=REDACTED)
        (still_there,) = session.fetch(query("forget/left"))
        named = sum(not users.isdisjoint(some) for _, some in rejects_naming_users(session))
    personal = ", ".join(sorted(model.personal_columns()))
    erased = [
        f"{counted(left_out['events'], 'event')} in {counted(left_out['files'], 'file')} of the lake: left out of the "
        f"warehouse and of all that is built from it, with every column (personal are {personal})",
        f"{counted(left_out['redacted'], 'rejected record')}, redacted",
    ]
    if removed.files:
        erased.append(
            f"{counted(removed.events, 'event')} and {counted(removed.rejects, 'rejected record')} in "
            f"{counted(removed.files, 'file')} of the lake {settings.lake}, which were written anew"
        )
    followed = leave_no_changes(warehouse)
    erased += [warehouse.rewrite(), *_erase_work(settings, warehouse, since)]
    events, files = erase_history(settings, users)
    erased.append(
        f"rows and pictures in {counted(events, 'event')} of Dagster's history, and {counted(files, 'file')} that runs "
        "printed"
    )
    erased += [f"{page} was drawn again" for page in _draw_dashboards(settings, warehouse)]
    unfinished = list(_unfinished(still_there, named, followed))
    return Receipt(
        datetime.now(UTC), tuple(erased), (*unfinished, *_beyond_reach(settings, left_out)), is_complete=not unfinished
    )


def _erase_work(settings: Settings, warehouse: Warehouse, since: datetime) -> Iterator[str]:
    scratch = open_scratch(settings)
    if settings.warehouse == "duckdb":
        # While this has the warehouse, nobody loads.
        with warehouse.session():
            yield f"{counted(clear(scratch), 'file')} in {scratch}"
        return
    sweep(scratch)
    yield f"{counted(open_work(settings).erase(since), 'object')} and versions in {settings.work}"


def _draw_dashboards(settings: Settings, warehouse: Warehouse) -> Iterator[Path]:
    folders = [REPORTED_TO, *([] if "://" in settings.work else [Path(settings.work) / PUBLISHED_TO])]
    for folder in folders:
        if (folder / PAGE).is_file():
            write_dashboard(warehouse, settings, folder)
            yield folder / PAGE


def _unfinished(still_there: Row, rejects: int, followed: bool) -> Iterator[str]:
    if still_there["events"]:
        yield (
            f"{counted(still_there['events'], 'event')} in {counted(still_there['days'], 'log day')} that could not be "
            "loaded again: see "
            "`sparkify status`, then run this again"
        )
    if rejects:
        yield f"{counted(rejects, 'rejected record')} naming such a user, in log days that could not be loaded again"
    if not followed:
        yield "ids in ops.changed_users, until all insights are up to date: `sparkify load`, then run this again"


def _beyond_reach(settings: Settings, left_out: Row) -> Iterator[str]:
    if left_out["files"]:
        yield (
            f"the records in {counted(left_out['files'], 'file')} of the lake {settings.lake}, until they are taken "
            "out of it (`--lake`)"
        )
    if settings.lake.startswith("s3://"):
        yield f"older versions of objects in {settings.lake}, if the bucket keeps them, as its lifecycle rule says"
    yield "the ids on the list of forgotten users, for as long as they are to be left out"
    if settings.warehouse == "redshift":
        yield "snapshots of the warehouse, until the last one from before today expires"
        yield f"local files of loads in {settings.scratch}, a day at most"
        yield f"a dashboard in {settings.work}, until it is materialized again"
    yield "what runs printed to elsewhere than DAGSTER_HOME, answers and exports that people have saved, and backups"

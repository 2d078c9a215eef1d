"""Forgetting: how the list of forgotten users changes, and which loads that makes stale.

A change of the list and the staleness of the files that it concerns are one transaction. Loads do the rest: they leave
out the events of forgotten users, and rebuild everything from what is left.
"""

import getpass
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.errors import ForgottenListError
from sparkify_assets.lake.forgotten import REDACTED, USER_COLUMN, ForgottenFile, ForgottenUser, users_named
from sparkify_assets.lake.listing import Lake
from sparkify_assets.lake.removal import Removed, remove_users
from sparkify_assets.load.state import fingerprint
from sparkify_assets.queries import query
from sparkify_assets.warehouse.session import Session, Warehouse

_Change = Callable[[Sequence[ForgottenUser]], Iterable[ForgottenUser]]

# Columns that stand for an event, and so for its user.
_OF_EVENTS = {"session_id", "songplay_id", "page_view_id"}


@dataclass(frozen=True)
class Trace:
    """What the warehouse has of a user."""

    user_id: int
    is_forgotten: bool
    events: int
    days: int
    rejects: int


def forgotten_users(session: Session) -> frozenset[int]:
    """Return the users whose events loads leave out."""
    return frozenset(int(str(row["user_id"])) for row in session.fetch(query("read/forgotten_users")))


def forget(warehouse: Warehouse, users: Collection[int], reason: str) -> int:
    """Have users be forgotten, and return how many were not before. Those who were keep the date of their request."""
    now, by = datetime.now(UTC).replace(tzinfo=None, microsecond=0), getpass.getuser()
    added = set[int]()

    def change(before: Sequence[ForgottenUser]) -> Iterable[ForgottenUser]:
        added.update(set(users) - {user.user_id for user in before})
        return [*before, *(ForgottenUser(user, now, by, reason) for user in sorted(added))]

    change_list(warehouse, change)
    return len(added)


def bring_back(warehouse: Warehouse, users: Collection[int]) -> int:
    """Take users off the list, and return how many were on it."""
    removed = set[int]()

    def change(before: Sequence[ForgottenUser]) -> Iterable[ForgottenUser]:
        removed.update(set(users) & {user.user_id for user in before})
        return [user for user in before if user.user_id not in removed]

    change_list(warehouse, change)
    return len(removed)


def traces_of(warehouse: Warehouse, users: Collection[int]) -> list[Trace]:
    """Return what the warehouse has of users."""
    with warehouse.reader() as session:
        forgotten, rejects = forgotten_users(session), Counter[int]()
        for _, named in rejects_naming_users(session):
            rejects.update(named & set(users))
        found = []
        for user in users:
            (counted,) = session.fetch(query("forget/events_of_user"), user_id=user)
            events, days = (int(str(counted[name])) for name in ("events", "days"))
            found.append(Trace(user, user in forgotten, events, days, rejects[user]))
    return found


def clear_lake(warehouse: Warehouse, lake: Lake, work: Path, users: Collection[int]) -> Removed:
    """Take the records of forgotten users out of the lake's log files. Those that were read as they are now, and had
    nothing of any forgotten user, are not opened."""
    with warehouse.session() as session:
        users = forgotten_users(session) & set(users)
        without = {
            str(row["file"]): str(row["fingerprint"])
            for row in session.fetch(query("forget/files_without_forgotten"), redacted=REDACTED)
        }
    files = [file for some in lake.days().values() for file in some if without.get(file.path) != fingerprint(file)]
    return sum((remove_users(lake, file, users, work) for file in files), Removed())


def leave_no_changes(warehouse: Warehouse) -> bool:
    """Delete the forgotten users from what insights follow by. Return whether that could be done: not while an insight
    is outdated."""
    with warehouse.session() as session:
        (changes,) = session.fetch(query("read/latest_change"))
        rows = session.fetch(query("read/insight_ledger"))
        included = {str(row["insight"]): int(str(row["change"])) for row in rows}
        if any(included.get(name, 0) < int(str(changes["latest"])) for name in model.insights()):
            return False
        session.transact(lambda: session.run(query("forget/delete_changed_users")))
        return True


def change_list(warehouse: Warehouse, change: _Change) -> None:
    """Change who is forgotten, and make stale what that concerns. Other loaders wait, or notice it before they
    publish."""
    file = warehouse.forgotten_file
    with warehouse.session() as session:
        apply_list(session, file)

        def work() -> None:
            _replace(session, tuple(change(_listed(session))))

        if file is None:
            session.transact(work)
            return
        # The file first: if this is killed in between, the next load follows it.
        file.write(change(file.read()))
        apply_list(session, file)


def apply_list(session: Session, file: ForgottenFile | None) -> None:
    """Follow the list where it is a file."""
    if file is None:
        return
    listed, known = file.read(), forgotten_users(session)
    if known and not file.exists():
        raise ForgottenListError(
            f"the list of forgotten users {file.path} is gone, and the warehouse was loaded without {len(known):,} "
            "users: restore it, or see SPARKIFY_FORGOTTEN; without it the next load would bring them back"
        )
    if {user.user_id for user in listed} != known:
        session.transact(lambda: _replace(session, listed))


def follow_list(warehouse: Warehouse) -> None:
    """Follow a list that was changed by hand, before anybody asks what is stale."""
    file = warehouse.forgotten_file
    if file and file.exists():
        with warehouse.session() as session:
            apply_list(session, file)


def _listed(session: Session) -> list[ForgottenUser]:
    return [ForgottenUser(**row) for row in session.fetch(query("read/forgotten"))]  # type: ignore[arg-type]


def _replace(session: Session, users: Sequence[ForgottenUser]) -> None:
    before, now = forgotten_users(session), {user.user_id for user in users}
    session.run(query("forget/delete_forgotten"))
    session.insert(model.table("ops.forgotten"), [vars(user) for user in users])
    if before - now:
        session.run(query("forget/outdate_files_with_forgotten"), redacted=REDACTED)
    if added := now - before:
        _redact_samples(session, added)
        session.run(query("forget/outdate_days_of_forgotten"))
        rejects = rejects_naming_users(session)
        for day in sorted({day for day, named in rejects if not named.isdisjoint(added)}):
            session.run(query("forget/outdate_day"), log_date=day)


def _redact_samples(session: Session, users: Collection[int]) -> None:
    """Take rows of users out of the samples of audits. Rows that name no user, but a session or an event, may be
    theirs."""
    for row in session.fetch(query("forget/audit_samples")):
        sample = json.loads(str(row["sample"]))
        kept = [each for each in sample if not _is_perhaps_of(each, users)]
        if kept != sample:
            values = {name: row[name] for name in ("log_date", "table_name", "audit")}
            session.run(query("forget/update_audit_sample"), sample=json.dumps(kept, ensure_ascii=False), **values)


def _is_perhaps_of(row: Mapping[str, object], users: Collection[int]) -> bool:
    if USER_COLUMN in row:
        return row[USER_COLUMN] in users
    return not _OF_EVENTS.isdisjoint(row)


def rejects_naming_users(session: Session) -> Iterator[tuple[date, set[int]]]:
    """Yield the day of each rejected record of log files that names users, and whom it names, a day at a time."""
    for row in session.fetch(query("forget/days_with_rejects")):
        if isinstance(day := row["log_date"], date):
            for reject in session.fetch(query("forget/rejects_of_day"), log_date=day):
                yield day, users_named(str(reject["record"]))

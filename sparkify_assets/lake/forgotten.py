"""Who is forgotten: a list that is an input of every load, as the lake is, and outlives every warehouse made from it.

On DuckDB the list is a file, read and written here. On Redshift it is the table `ops.forgotten`. What forgetting does
to the warehouse is in `load/forgetting.py`. Here is also how a rejected record, which has no columns, is seen to be of
a forgotten user.
"""

import csv
import io
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path

from sparkify_assets.errors import ForgottenListError

# What the quarantine shows of a record whose text names a forgotten user.
REDACTED = "[redacted: the user is forgotten]"
# The column of an event, and its key in the record, that name the user.
USER_COLUMN, USER_KEY = "user_id", "userId"
_GREATEST = 2**31 - 1
# A rejected record may be JSON within JSON, whose quotes are escaped.
_NAMED = re.compile(rf'{USER_KEY}\\*"\s*:\s*(?:\\*")?\s*([+-]?)0*([0-9]{{1,10}})(?![0-9])')


@dataclass(frozen=True)
class ForgottenUser:
    """A user who is forgotten: since when, by which account, and the reference of the request; no name."""

    user_id: int
    forgotten_at: datetime
    forgotten_by: str
    reason: str


def parse_user_id(text: str) -> int:
    """Return a user's id as users write it."""
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text.strip()) or abs(int(text)) > _GREATEST:
        raise ForgottenListError(f"{text!r} is not the id of a user: expected an integer, as in the column user_id")
    return int(text)


def users_named(text: str) -> set[int]:
    """Return the users that the text of a rejected record names by `"userId": ID`, quoted or not."""
    return {int(sign + digits) for sign, digits in _NAMED.findall(text)}


def redacted(text: str, forgotten: Collection[int]) -> str:
    """Return the text of a rejected record, or what takes its place if it names a forgotten user."""
    return REDACTED if forgotten and not users_named(text).isdisjoint(forgotten) else text


@dataclass(frozen=True)
class ForgottenFile:
    """The list as a CSV file, always written whole. Without a file nobody is forgotten."""

    path: Path

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> tuple[ForgottenUser, ...]:
        """Return the forgotten users by their ids. A list that cannot be read is an error, or they would come back."""
        try:
            text = self.path.read_text("utf-8-sig")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise ForgottenListError(f"{self._named} cannot be read: {error}; restore it from a backup") from error
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        users: dict[int, ForgottenUser] = {}
        try:
            if next(rows, None) != _HEADER:
                raise ValueError(f"expected a first line {','.join(_HEADER)}")
            for row in filter(None, rows):
                user_id, at, by, reason = row
                moment = datetime.fromisoformat(at).replace(tzinfo=None)
                user = ForgottenUser(parse_user_id(user_id), moment, by, reason)
                users[user.user_id] = user
        except (ValueError, csv.Error, ForgottenListError) as error:
            raise ForgottenListError(
                f"{self._named} cannot be read at line {rows.line_num}: {error}; correct the line, or restore the file "
                "from a backup"
            ) from error
        return tuple(sorted(users.values(), key=lambda user: user.user_id))

    def write(self, users: Iterable[ForgottenUser]) -> None:
        """Write the list, whole or not at all."""
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(_HEADER)
        rows.writerows(astuple(user) for user in users)
        draft = self.path.with_name(f".{self.path.name}-{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(draft, "w", encoding="utf-8", newline="", opener=_private) as stream:
                    stream.write(text.getvalue())
                    stream.flush()
                    os.fsync(stream.fileno())
                draft.replace(self.path)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            raise ForgottenListError(f"{self._named} cannot be written: {error.strerror}") from error

    @property
    def _named(self) -> str:
        return f"the list of forgotten users {self.path} (SPARKIFY_FORGOTTEN)"


_HEADER = [field.name for field in fields(ForgottenUser)]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

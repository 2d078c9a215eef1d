"""The errors that a user or a caller can act on. A message says what was seen, what was expected, and what to do.

The command line catches the base class. An error that a module both raises and catches stays private to that module.
"""

import errno
from datetime import date
from typing import Protocol

FREE_SPACE = "free some disk space, then run the same command again"
# What the system reports when there is no room: on the disk, in the user's share of it, in a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SparkifyError(Exception):
    """The base class: something failed, and the message explains it."""


class SettingsError(SparkifyError):
    """A setting or an option has a value that cannot be used."""


class ContractError(SparkifyError):
    """A file of the contract is invalid."""


class TranslationError(SparkifyError):
    """A statement is not valid on Redshift, or DuckDB cannot run it as Redshift would."""


class AcceptanceError(SparkifyError):
    """An acceptance query, or its file of expected rows, cannot be used."""


class InfrastructureError(SparkifyError):
    """A resource in AWS cannot be created, changed or deleted."""


class LakeError(SparkifyError):
    """The lake, or a file in it, cannot be read."""


class WorkError(SparkifyError):
    """The work folder or prefix cannot be used. The lake's files are not the cause."""


class InstanceError(SparkifyError):
    """The Dagster instance cannot be opened or written."""


class ForgottenListError(SparkifyError):
    """The list of forgotten users, or an id for it, cannot be used."""


class NothingToLoad(SparkifyError):
    """Neither the lake nor the warehouse has a file for the requested days."""


class WarehouseError(SparkifyError):
    """The warehouse cannot carry out an operation."""


class WarehouseMissing(WarehouseError):
    """The warehouse does not exist yet."""


class AnotherLake(WarehouseError):
    """The warehouse belongs to another lake than the one that would be loaded."""


class WarehouseBusy(WarehouseError):
    """Another process has the warehouse locked."""


class WarehouseUnreachable(WarehouseError):
    """No connection to the warehouse can be opened."""


class ConnectionLost(WarehouseError):
    """The connection broke; uncommitted changes are lost."""


class QueryError(WarehouseError):
    """A user's statement cannot be run."""


class QuestionStopped(QueryError):
    """A question was stopped: by whoever asked it, or since it took too long."""


class FilterError(QueryError):
    """A page's address has a filter that cannot be used."""


class LakeFile(Protocol):
    """The file that an error is about."""

    @property
    def path(self) -> str: ...
    @property
    def day(self) -> date | None: ...


class FileUnreadable(LakeError):
    """One file of the lake cannot be read; others may be readable."""

    def __init__(self, file: LakeFile, reason: str) -> None:
        super().__init__(f"{file.path}: {reason}")
        self.file, self.reason = file, reason


class FileRefused(SparkifyError):
    """A file cannot be loaded: the place in it, if one is known, the reason, and what to do before the next load. Its
    day fails; other days are not affected."""

    def __init__(self, file: LakeFile, reason: str, remedy: str, place: str = "", records: int = 1) -> None:
        super().__init__(f"{file.path}{f', {place}' * bool(place)}: {reason}: {remedy}")
        self.file, self.reason, self.remedy, self.place, self.records = file, reason, remedy, place, records


def explain(error: OSError) -> str:
    """Return what the system refused, with a remedy, as one line."""
    if error.errno in NO_ROOM:
        remedy = FREE_SPACE
    elif error.errno == errno.EROFS:
        remedy = "choose a place on a file system that can be written"
    else:
        remedy = "check the path, and that you have permission to use it"
    seen = error.strerror or str(error)
    return f"{error.filename}: {seen}: {remedy}" if error.filename else f"{seen}: {remedy}"

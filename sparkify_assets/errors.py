"""Every error that a user or a caller can act on. Its message says what was seen, what was expected, and what to do.

The command line catches the base class. What a module raises and catches by itself is private to that module.
"""

from datetime import date
from typing import Protocol


class SparkifyError(Exception):
    """The base of them all: something failed that the message explains."""


class SettingsError(SparkifyError):
    """A setting or an option cannot be used as it is."""


class ContractError(SparkifyError):
    """A file of the contract cannot be understood."""


class TranslationError(SparkifyError):
    """A statement that is not Redshift's, or that DuckDB cannot run as Redshift would."""


class AcceptanceError(SparkifyError):
    """An acceptance query, or the rows that belong to it, cannot be used as it is."""


class InfrastructureError(SparkifyError):
    """A resource in AWS cannot be made, changed or removed."""


class InfrastructureBusy(InfrastructureError):
    """Somebody else is changing the same environment."""


class LakeError(SparkifyError):
    """The lake, or a file of it, cannot be read."""


class WorkError(SparkifyError):
    """The work folder or prefix cannot be used: no file of the lake is to blame."""


class NothingToLoad(SparkifyError):
    """Neither the lake nor the warehouse knows a file of the days asked for."""


class WarehouseError(SparkifyError):
    """The warehouse cannot do what was asked."""


class WarehouseMissing(WarehouseError):
    """There is no warehouse yet."""


class WarehouseBusy(WarehouseError):
    """Another process holds the warehouse."""


class WarehouseUnreachable(WarehouseError):
    """There is no connection to be had."""


class ConnectionLost(WarehouseError):
    """The connection broke; what was not committed is gone."""


class QueryError(WarehouseError):
    """A statement of a user's cannot be run."""


class LakeFile(Protocol):
    """The file that an error is about."""

    @property
    def path(self) -> str: ...
    @property
    def day(self) -> date | None: ...


class FileUnreadable(LakeError):
    """One file of the lake cannot be read; the others may."""

    def __init__(self, file: LakeFile, reason: str) -> None:
        super().__init__(f"{file.path}: {reason}")
        self.file, self.reason = file, reason


class FileRefused(SparkifyError):
    """A file cannot be loaded: its day fails, and nothing else."""

    def __init__(self, file: LakeFile, reason: str, records: int = 1) -> None:
        super().__init__(f"{file.path}: {reason}")
        self.file, self.reason, self.records = file, reason, records

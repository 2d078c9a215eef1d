"""Roles: who may do what with which tables, and which columns are masked for whom.

On Redshift they are roles. DuckDB has none: there analysts read a published file, which holds what they may read. They
are not part of the contract's version, since rows do not depend on who reads them. What is masked is marked in the
contract. How roles are created is in `warehouse/redshift/`, how the file is made in
`warehouse/duckdb/published_file.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sparkify_assets import model
from sparkify_assets.errors import ContractError
from sparkify_assets.model import Column, Table

# A cluster has one set of role names; the prefix marks the platform's own.
PREFIX = "sparkify_"
# What a role sees instead of a masked text; a null stays a null.
MASK = "***"


@dataclass(frozen=True)
class Role:
    """A role: its privileges on every table of some schemas, and the names of columns that it sees masked."""

    name: str
    schemas: tuple[str, ...]
    privileges: tuple[str, ...]
    masked: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        return [table for table in model.tables().values() if table.schema in self.schemas]

    @property
    def masked_columns(self) -> Iterator[tuple[Table, Column]]:
        """The masked columns, found by name, so that a new table with such a column is covered."""
        for table in self.tables:
            for column in table.columns:
                if column.name in self.masked:
                    if not column.is_text:
                        raise ContractError(
                            f"{table.full_name}.{column.name} is {column.type} and masked for {self.name}: expected a "
                            "text column; choose another name for it"
                        )
                    yield table, column


ANALYST = Role(
    f"{PREFIX}analyst", ("sparkify", "insights"), ("SELECT",), masked=tuple(sorted(model.personal_columns(masked=True)))
)


def masked(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row as it may be kept elsewhere: as an analyst sees it."""
    return {name: MASK if name in ANALYST.masked and value is not None else value for name, value in row.items()}


ROLES = (Role(f"{PREFIX}loader", model.SCHEMAS, ("SELECT", "INSERT", "UPDATE", "DELETE")), ANALYST)

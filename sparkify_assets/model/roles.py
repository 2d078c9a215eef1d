"""Who may do what with the tables, and what is masked for whom: roles, declared beside the tables that they are about.

Of a database that has roles, so not of the embedded one. They are no part of the contract's version: what rows look
like does not depend on who reads them. How a role comes about is in `warehouse/redshift_roles.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sparkify_assets import model
from sparkify_assets.errors import ContractError
from sparkify_assets.model import Column, Table

# Role names are those of the whole cluster: by this the platform knows its own.
PREFIX = "sparkify_"


@dataclass(frozen=True)
class Role:
    """What a role may do with every table of these schemas; it is not shown what is in columns of these names."""

    name: str
    schemas: tuple[str, ...]
    privileges: tuple[str, ...]
    masked: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        return [table for table in model.tables().values() if table.schema in self.schemas]

    @property
    def masked_columns(self) -> Iterator[tuple[Table, Column]]:
        """By name, so that a table that gets such a column has it masked."""
        for table in self.tables:
            for column in table.columns:
                if column.name in self.masked:
                    if not column.is_text:
                        raise ContractError(
                            f"{table.full_name}.{column.name} is {column.type} and masked for {self.name}: expected a "
                            "text, choose another name for the column"
                        )
                    yield table, column


ROLES = (
    Role(f"{PREFIX}loader", model.SCHEMAS, ("SELECT", "INSERT", "UPDATE", "DELETE")),
    Role(f"{PREFIX}analyst", ("sparkify", "insights"), ("SELECT",), masked=("first_name", "last_name", "user_agent")),
)

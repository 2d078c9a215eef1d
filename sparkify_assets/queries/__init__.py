"""The statements: one per file, in Redshift's dialect, with named parameters.

`load/` fills tables, `insights/` builds others from them, `rebuild/` keeps the ledger of insights, and `audits/` finds
rows that should not exist. `read/` and `report/` fetch rows: for loads, status and rejects, and for the dashboard. The
packages `load/`, `insights/` and `report/` decide which statement runs when; `warehouse/` runs it on an engine.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sparkify_assets import model
from sparkify_assets.model import Insight

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Query:
    """A statement in Redshift's dialect, named after its file."""

    name: str
    sql: str


@cache
def query(name: str) -> Query:
    """Return the statement in `<name>.sql`."""
    return Query(name, (FOLDER / f"{name}.sql").read_text("utf-8").strip().rstrip(";"))


def names(folder: str) -> list[str]:
    """Return the names of the statements in a folder and in the folders below it."""
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in (FOLDER / folder).rglob("*.sql"))


def insert_insight(insight: Insight) -> Query:
    """Return the statement that fills an insight's table, or the rows of it that changed days affect."""
    table = insight.table
    columns = ", ".join(column.name for column in table.columns)
    return Query(f"insights/{table.name}", f"INSERT INTO {table.full_name} ({columns})\n{insight.sql}")


@cache
def model_version() -> str:
    """Return a hash of what decides the rows that a file becomes: the contract and the statements that load."""
    digest = hashlib.sha256(model.contract_version().encode())
    for name in names("load"):
        digest.update(name.encode() + b"\0" + query(name).sql.encode() + b"\0")
    return digest.hexdigest()[:12]

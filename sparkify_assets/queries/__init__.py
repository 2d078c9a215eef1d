"""The statements: one a file, in Redshift's dialect, values as named parameters.

`load/` fills tables, `insights/` makes others of them, `audits/` finds rows that ought not to be. Which statement runs
when is said in `load.py`, `insights.py` and `audits.py`; how it runs on an engine, in `warehouse/`.
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
    """A statement in Redshift's dialect, by the name of the file that holds it."""

    name: str
    sql: str


@cache
def query(name: str) -> Query:
    """The statement in `<name>.sql`."""
    return Query(name, (FOLDER / f"{name}.sql").read_text("utf-8").strip().rstrip(";"))


def names(folder: str) -> list[str]:
    """The names of the statements in a folder and the folders in it."""
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in (FOLDER / folder).rglob("*.sql"))


def insert_insight(insight: Insight) -> Query:
    """The statement that fills an insight's table, or the rows of it that changed days touch."""
    table = insight.table
    columns = ", ".join(column.name for column in table.columns)
    return Query(f"insights/{table.name}", f"INSERT INTO {table.full_name} ({columns})\n{insight.sql}")


@cache
def model_version() -> str:
    """What decides the rows that a file becomes: a hash of the contract and of the statements that load."""
    digest = hashlib.sha256(model.contract_version().encode())
    for name in names("load"):
        digest.update(name.encode() + b"\0" + query(name).sql.encode() + b"\0")
    return digest.hexdigest()[:12]

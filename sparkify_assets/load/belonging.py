"""A warehouse belongs to one lake, that of its first load: the rows of two lakes would be mixed, and nobody could tell
them apart.
"""

from sparkify_assets import model
from sparkify_assets.errors import AnotherLake
from sparkify_assets.lake.listing import Lake
from sparkify_assets.queries import Query, query
from sparkify_assets.warehouse.session import Session

_LAKE = "ops.lake"
# What no other lake changes: nobody reads the one, and who is forgotten stays forgotten.
_KEPT = ("ops.load_lock", "ops.forgotten")


def refuse_another(session: Session, lake: Lake) -> None:
    """Raise an error if the warehouse belongs to another lake."""
    _refuse(owner_of(session), lake)


def claim(session: Session, lake: Lake) -> None:
    """Let the warehouse belong to the lake, in the transaction that writes the first rows."""
    owner = owner_of(session)
    _refuse(owner, lake)
    if owner is None:
        session.insert(model.table(_LAKE), [{"address": lake.address}])


def _refuse(owner: str | None, lake: Lake) -> None:
    if owner not in (None, lake.address):
        raise AnotherLake(
            f"this warehouse belongs to the lake {owner}, and the lake is {lake.address} now: their rows would be "
            "mixed. Set another SPARKIFY_DUCKDB (on Redshift another SPARKIFY_REDSHIFT_DATABASE) for the new lake, or "
            "empty this one for it with `sparkify load --replace-lake`"
        )


def replace_lake(session: Session, lake: Lake) -> None:
    """Empty the warehouse, and let it belong to the lake, in one transaction."""

    def work() -> None:
        for name in model.tables():
            if name not in _KEPT:
                session.run(Query(f"emptying {name}", f"DELETE FROM {name}"))
        claim(session, lake)

    session.transact(work)


def owner_of(session: Session) -> str | None:
    """Return the lake that the warehouse belongs to; None before its first load."""
    found = session.fetch(query("read/lake"))
    return str(found[0]["address"]) if found else None

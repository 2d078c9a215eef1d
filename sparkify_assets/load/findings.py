"""What audits have found of each part of a load: in a load, at the latest attempt, or in the tables as they stand."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sparkify_assets.load.audits import Audit, Finding, audit_days, audit_named, run_audits
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.state import load_of
from sparkify_assets.warehouse.session import Session

Findings = Mapping[Load, tuple[Finding, ...]]


def split(load: Load, found: Sequence[Finding], again: Callable[[Audit, Load], Finding]) -> Findings:
    """What was found in all parts at once, in each part: where that is more than nothing, the audit runs again."""
    if len(load.parts) == 1:
        return {load: tuple(found)}
    return {part: tuple(each if each.is_nothing else again(each.audit, part) for each in found) for part in load.parts}


def standing(session: Session, load: Load, audits: Iterable[Audit]) -> Findings:
    """Audit the tables as they stand, whoever loaded them."""

    def run(audits: Iterable[Audit], of: Load) -> list[Finding]:
        return audit_days(session, audits, **of.values) if of.values else run_audits(session, audits)

    return split(load, run(audits, load), lambda audit, part: run([audit], part)[0])


def recorded(session: Session, load: Load) -> Findings:
    """What the audits of the latest attempt found."""
    found: dict[Load, tuple[Finding, ...]] = dict.fromkeys(load.parts, ())
    for row in load.fetch(session, "audits"):
        audit = audit_named(str(row["table_name"]), str(row["audit"]))
        if audit:
            found[load_of(row["log_date"])] += (Finding.recorded(audit, row),)
    return found

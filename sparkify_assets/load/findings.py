"""What audits have found of each part of a load: in a load, at the latest attempt, or in the tables as they stand."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sparkify_assets.load.audits import Audit, Finding, audit_days, audit_each_day, audit_named, run_audits
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.state import load_of
from sparkify_assets.warehouse.session import Session

Findings = Mapping[Load, tuple[Finding, ...]]


def split(load: Load, found: Sequence[Finding], again: Callable[[Audit, Sequence[Load]], list[Finding]]) -> Findings:
    """What was found in all parts at once, in each part: where that is more than nothing, the audit runs again."""
    if len(load.parts) == 1 or not found:
        return dict.fromkeys(load.parts, tuple(found))
    several = [[each] * len(load.parts) if each.is_nothing else again(each.audit, load.parts) for each in found]
    return dict(zip(load.parts, zip(*several, strict=True), strict=True))


def standing(session: Session, load: Load, audits: Iterable[Audit]) -> Findings:
    """Audit the tables as they stand, whoever loaded them."""

    def run(audits: Iterable[Audit], of: Load) -> list[Finding]:
        return audit_days(session, audits, **of.values) if of.values else run_audits(session, audits)

    def again(audit: Audit, parts: Sequence[Load]) -> list[Finding]:
        return audit_each_day(session, audit, [part.values for part in parts])

    return split(load, run(audits, load), again)


def recorded(session: Session, load: Load) -> Findings:
    """What the audits of the latest attempt found."""
    found: dict[Load, tuple[Finding, ...]] = dict.fromkeys(load.parts, ())
    for row in load.fetch(session, "audits"):
        audit = audit_named(str(row["table_name"]), str(row["audit"]))
        if audit:
            found[load_of(row["log_date"])] += (Finding.recorded(audit, row),)
    return found

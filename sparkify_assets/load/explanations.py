"""A failed audit in words: where it failed, why, and what to do about it.

The words are made here alone: `status`, `doctor`, the end of a load, the failure of a run and the checks in the UI show
them. How they are laid out is up to each of these.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sparkify_assets.errors import FileRefused
from sparkify_assets.load.audits import FILES_LOADABLE, Audit, Finding, audit_named
from sparkify_assets.warehouse.session import Row

_FORCE = "run `sparkify load --force`, which loads everything from the lake again"
_DEFECT = f"{_FORCE}; if it fails as well, the platform has a defect: report it with these rows"
_REMEDIES = {"no_rejects": "`sparkify rejects` lists them; to load them, fix the file, then `sparkify load`"}


@dataclass(frozen=True)
class Explanation:
    """What an audit that failed is about: a place in a file, or rows; why it failed; and what to do."""

    where: str
    why: str
    remedy: str

    @property
    def text(self) -> str:
        """All of it on a line."""
        return ": ".join(part for part in (self.where, self.why, self.remedy) if part)


def refused_file(refusal: FileRefused) -> dict[str, str]:
    """Return the row that is recorded of a file which cannot be loaded. `explain_row` reads it."""
    return {
        "file": refusal.file.path,
        "place": refusal.place,
        "reason": refusal.reason,
        "what to do": refusal.remedy,
    }


def explain_finding(finding: Finding) -> Explanation:
    """Explain what an audit of a load has found."""
    return _explain(finding.audit, finding.audit.table.name, finding.audit.name, finding.failing_rows, finding.sample)


def explain_row(row: Row) -> Explanation:
    """Explain a failed audit as the warehouse has recorded it. An earlier version may have known other audits."""
    table, name = str(row["table_name"]), str(row["audit"])
    return _explain(audit_named(table, name), table, name, int(str(row["failing_rows"])), str(row["sample"]))


def explain_refusal(findings: Iterable[Finding]) -> list[Explanation]:
    """Explain what keeps a load from being published."""
    return [explain_finding(finding) for finding in findings if finding.blocks]


def _explain(audit: Audit | None, table: str, name: str, failing_rows: int, sample: str) -> Explanation:
    rows: list[dict[str, Any]] = json.loads(sample)
    first = rows[0] if rows else {}
    if name == FILES_LOADABLE and {"file", "reason"} <= first.keys():
        place = f", {first['place']}" if first.get("place") else ""
        remedy = f"{first.get('what to do', 'fix the file')}; then `sparkify load`"
        return Explanation(f"{first['file']}{place}", first["reason"], remedy)
    rule = f", which expects: {audit.meaning}" if audit else ""
    full_name = audit.table.full_name if audit else table
    several = "" if failing_rows == 1 else "s"
    if {"file", "line_number", "reason"} <= first.keys():
        shown = f"{first['file']}, line {first['line_number']:,}: {first['reason']}"
        where = f"{failing_rows:,} record{several}, the first: {shown}"
    else:
        shown = ", ".join(f"{column}={value}" for column, value in first.items())
        where = f"{failing_rows:,} row{several} of {full_name}{f', the first: {shown}' * bool(first)}"
    return Explanation(where, f"{table}.{name} failed{rule}", _remedy(audit, name))


def _remedy(audit: Audit | None, name: str) -> str:
    if audit is None or not audit.blocking:
        return _REMEDIES.get(name, "")
    if audit.table.schema == "insights":
        changed = f"if you have changed queries/insights/{audit.table.name}.sql, correct it, then `sparkify load`"
        return f"{changed}; else {_DEFECT}"
    return _DEFECT

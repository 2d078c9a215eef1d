"""The checks of the tables that loads fill: which there are, and what they find of each log day or the song catalog.

A load evaluates all of them, whichever table it was asked for. Run alone, they look at the rows as they stand. How this
becomes events of Dagster belongs in `load_events.py`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import dagster as dg
from dagster_shared.utils.warnings import disable_dagster_warnings

from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import FILES_LOADABLE, KNOWN_KEYS, Audit, Finding, audits_of
from sparkify_assets.load.expectations import counts, loaded_records
from sparkify_assets.load.findings import Findings, recorded, standing
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.results import UNCHANGED, LoadResult
from sparkify_assets.model import tables_named
from sparkify_assets.orchestration.audit_checks import audit_spec, check_key, check_result
from sparkify_assets.orchestration.lake_checks import (
    IS_USUAL,
    files_of,
    known_keys,
    known_keys_spec,
    usual_number,
    usual_spec,
)
from sparkify_assets.warehouse.session import Session

# What an audit looked at.
BROUGHT, RECORDED, STANDS = "what was loaded", "what the latest load found", "the rows as they stand"
CheckResults = Mapping[Load, Sequence[dg.AssetCheckResult]]
_Found = dict[Load, dict[Audit, tuple[Finding, str]]]


def check_specs(
    table_names: Sequence[str], days: dg.PartitionsDefinition[str] | None = None
) -> list[dg.AssetCheckSpec]:
    """Return the checks of the tables that a load fills; if the tables have days, so have their checks."""
    staging = tables_named(table_names)[0]
    # Dagster warns of checks with partitions, which it calls a preview, in every terminal.
    with disable_dagster_warnings():
        return [
            *(audit_spec(audit, days) for name in table_names for audit in audits_of(name)),
            known_keys_spec(staging, days),
            *([usual_spec(staging, days)] if days else []),
        ]


@dataclass(frozen=True)
class LoadChecks:
    """Evaluates these checks of a run's loads."""

    lake: Lake
    loads: Sequence[Load]
    keys: Collection[dg.AssetCheckKey]

    def of_results(self, session: Session, results: Sequence[LoadResult]) -> CheckResults:
        """Return what the checks say of loads. What was not audited, since a file could not be loaded or nothing had
        changed, was recorded by the latest attempt, or is audited as it stands."""
        found: _Found = {result.load: {} for result in results}
        _add(found, {result.load: result.findings for result in results}, BROUGHT)
        for load in _joined([result.load for result in results if result.state == UNCHANGED]):
            _add(found, recorded(session, load), RECORDED)
        return self._completed(session, found)

    def standing(self, session: Session) -> CheckResults:
        """Return what the checks say of the rows as they stand."""
        found: _Found = {load: {} for load in self.loads}
        # A file that cannot be loaded leaves no row to audit.
        for load in _joined(self.loads):
            of_files = {
                part: tuple(finding for finding in some if finding.audit.name == FILES_LOADABLE)
                for part, some in recorded(session, load).items()
            }
            _add(found, of_files, RECORDED)
        return self._completed(session, found)

    def _completed(self, session: Session, found: _Found) -> CheckResults:
        """Return the results, once what has no finding yet is audited."""
        missing = defaultdict[tuple[Audit, ...], list[Load]](list)
        for load, known in found.items():
            if left := tuple(audit for audit in self._audits if audit not in known):
                missing[left].append(load)
        for audits, loads in missing.items():
            for load in _joined(loads):
                _add(found, standing(session, load, audits), STANDS)
        results: dict[Load, list[dg.AssetCheckResult]] = {
            load: [check_result(*known[audit], str(load)) for audit in self._audits] for load, known in found.items()
        }
        self._add_expectations(session, results)
        return results

    def _add_expectations(self, session: Session, results: Mapping[Load, list[dg.AssetCheckResult]]) -> None:
        """Add what does not come from audits."""
        staging = self.loads[0].staging
        if check_key(staging, KNOWN_KEYS) in self.keys:
            for load, result in known_keys(session, self.lake, {load: self._files[load] for load in results}):
                results[load].append(result)
        if check_key(staging, IS_USUAL) in self.keys:
            loads = {day: load for load in results if (day := load.log_date)}
            for count in counts(list(loads), loaded_records(session)):
                results[loads[count.day]].append(usual_number(count, staging))

    @cached_property
    def _audits(self) -> list[Audit]:
        """The audits of the tables that the loads fill, as far as their checks are evaluated."""
        every = [audit for name in self.loads[0].table_names for audit in audits_of(name)]
        return [audit for audit in every if check_key(audit.table, audit.name) in self.keys]

    @cached_property
    def _files(self) -> Mapping[Load, Sequence[File]]:
        return files_of(self.lake, self.loads)


def _joined(loads: Sequence[Load]) -> list[Load]:
    return loads[0].joined(loads) if loads else []


def _add(found: _Found, findings: Findings, audited: str) -> None:
    """Add findings of audits that have none yet."""
    for load, some in findings.items():
        for finding in some:
            found[load].setdefault(finding.audit, (finding, audited))

"""Reports loads to Dagster, day by day, as each is published: all tables of a load are materialized, or failed,
and all of their checks are evaluated, whichever table the run was asked for.

Dagster itself reports what a step yields, at its end: the selected tables alone, and one result of a check for
all days.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION as REPORTED_ALREADY
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent

from sparkify_assets.load.kinds import Load
from sparkify_assets.load.partitions import count_rows, is_of_start_dates
from sparkify_assets.load.results import REFUSED, LoadResult
from sparkify_assets.model import Table
from sparkify_assets.orchestration.assets.lake_assets import sightings
from sparkify_assets.orchestration.audit_checks import evaluation_of
from sparkify_assets.orchestration.data_versions import DataVersions
from sparkify_assets.orchestration.event_log import written_together
from sparkify_assets.orchestration.load_checks import CheckResults, LoadChecks
from sparkify_assets.orchestration.metadata import load_metadata, preview
from sparkify_assets.report.visible import visible
from sparkify_assets.warehouse.session import Session

# Of a longer range only the last days get a preview, which is a query for each day and table.
_PREVIEWED_DAYS = 7
# So many days are written at once. Other processes can write in between.
_WRITTEN_TOGETHER = 10
Metadata = Mapping[Load, Mapping[Table, Mapping[str, Any]]]
_Targets = dict[tuple[dg.AssetKey, Load], Target]


@dataclass(frozen=True)
class LoadEvents:
    """Logs the events of a run's loads."""

    context: dg.AssetExecutionContext
    tables: Sequence[Table]
    loads: Sequence[Load]
    checks: LoadChecks
    versions: DataVersions

    def plan(self) -> None:
        """Say what is loaded. Plan the tables that were not selected, as Dagster has planned the others: of a run that
        fails, what is planned and not materialized has failed."""
        run, (first, *others) = self.context.run, self.loads
        self.context.log.info(f"loading {first}{f' to {others[-1]}' if others else ''}")
        with written_together(self.context.instance):
            for table in self.tables:
                key = dg.AssetKey(table.name)
                if key not in self.context.selected_asset_keys:
                    for load in self.loads:
                        event = DagsterEvent.build_asset_materialization_planned_event(
                            run.job_name,
                            self.context.op_execution_context.get_step_execution_context().step.key,
                            AssetMaterializationPlannedData(key, partition_of(load)),
                        )
                        self.context.instance.report_dagster_event(event, run.run_id, logging.DEBUG)

    def log_results(self, session: Session, results: Sequence[LoadResult]) -> None:
        """Log what became of loads that were decided together."""
        checked = self.checks.of_results(session, results)
        metadata = {result.load: self._metadata(session, result) for result in results if result.state != REFUSED}
        for begin in range(0, len(results), _WRITTEN_TOGETHER):
            some = results[begin : begin + _WRITTEN_TOGETHER]
            with written_together(self.context.instance):
                self._log_sightings(some)
                targets = self._log_materializations([result.load for result in some], metadata)
                for result in some:
                    self._log_rebuilt_days(result)
                    self._log_checks(result.load, checked, targets)
            for result in some:
                self.context.log.info(visible(result.account))

    def log_standing(self, session: Session) -> None:
        """Log what checks find that are run alone."""
        if not self.loads:
            self.context.log.info("nothing is checked: no log day is loaded")
            return
        checked = self.checks.standing(session)
        for begin in range(0, len(self.loads), _WRITTEN_TOGETHER):
            some = self.loads[begin : begin + _WRITTEN_TOGETHER]
            with written_together(self.context.instance):
                targets = self._log_materializations(some, {})
                for load in some:
                    self._log_checks(load, checked, targets)

    def outputs(self) -> Iterator[dg.Output[None]]:
        """Return what Dagster expects of the step. Its events are logged: a second one for each day is not wanted."""
        # Tables before their checks, and in their order, as Dagster wants them.
        names = [table.name for table in self.tables]
        for name in [*names, *sorted(self.context.op_execution_context.selected_output_names - set(names))]:
            if name in self.context.op_execution_context.selected_output_names:
                yield dg.Output(None, name, metadata={REPORTED_ALREADY: True})

    def _log_sightings(self, results: Sequence[LoadResult]) -> None:
        """Log which files were read. The tables are made from these."""
        for result in results:
            for event in sightings(result.load, result.version):
                self.context.log_event(event)
                self.versions.forget(event.asset_key)

    def _metadata(self, session: Session, result: LoadResult) -> Mapping[Table, Mapping[str, Any]]:
        previewed = result.load in self.loads[-_PREVIEWED_DAYS:]
        return {
            table: load_metadata(result, table)
            | (
                {
                    "preview": preview(session, table, result.load.log_date),
                    "dagster/row_count": count_rows(session, table),
                }
                if previewed
                else {}
            )
            for table in self.tables
        }

    def _log_materializations(self, loads: Sequence[Load], metadata: Metadata) -> _Targets:
        """Log the tables of loads for which there is metadata. Return the latest materializations of all."""
        targets: _Targets = {}
        for table in self.tables:
            key = dg.AssetKey(table.name)
            for load in loads:
                if load in metadata:
                    written = {name: target.storage_id for (name, of), target in targets.items() if of == load}
                    self.context.log_event(
                        dg.AssetMaterialization(
                            key,
                            partition=partition_of(load),
                            metadata=metadata[load][table],
                            tags=self.versions.tags(key, written),
                        )
                    )
            targets |= {(key, load): target for load, target in self._targets(key, loads, metadata)}
        return targets

    def _log_rebuilt_days(self, result: LoadResult) -> None:
        """Log the other days that a load rebuilt: a late event lands on the day when it happened."""
        for day in (day for day in result.rebuilt if day not in self._days):
            for table in filter(is_of_start_dates, self.tables):
                self.context.log_event(
                    dg.AssetObservation(
                        table.name, partition=str(day), metadata={"rebuilt by the log day": result.name}
                    )
                )

    @property
    def _days(self) -> set[date | None]:
        return {load.log_date for load in self.loads}

    def _log_checks(self, load: Load, checked: CheckResults, targets: _Targets) -> None:
        """Log what checks found, each of the materialization that it is about: without it the UI takes a result for
        older than the day."""
        for result in checked[load]:
            assert result.asset_key
            target = targets.get((result.asset_key, load))
            self.context.log_event(evaluation_of(result, partition_of(load), target))

    def _targets(self, key: dg.AssetKey, loads: Sequence[Load], written: Metadata) -> Iterator[tuple[Load, Target]]:
        """Yield the latest materialization of a table for each load: those that were just written together, and each of
        the others by itself, since of these any number may lie in between."""
        just = [load for load in loads if load in written]
        for some in ([just] if just else []) + [[load] for load in loads if load not in written]:
            partitions = [partition for load in some if (partition := partition_of(load))]
            records = dg.AssetRecordsFilter(key, asset_partitions=partitions or None)
            of = {partition_of(load): load for load in some}
            for record in self.context.instance.fetch_materializations(records, limit=len(some)).records:
                yield (
                    of[record.partition_key],
                    Target(storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp),
                )


def partition_of(load: Load) -> str | None:
    return str(load.log_date) if load.log_date else None

"""The insights, one asset each, and the dashboard that shows them. A load makes the insights, and draws nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from sparkify_assets.insights.rebuilding import InsightResult, in_order, rebuild_insights
from sparkify_assets.load.progress import OnProgress
from sparkify_assets.load.results import REFUSED, UNCHANGED
from sparkify_assets.orchestration.assets.load_assets import notify_recording, publish
from sparkify_assets.orchestration.audit_checks import fail_if_refused, log_refused_insights
from sparkify_assets.orchestration.jobs import INSIGHTS, is_forced
from sparkify_assets.orchestration.metadata import OWNERS, dashboard_metadata, insight_metadata, insight_spec
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.settings import Settings

# Requested once the star, or an insight that this one reads, has changed and nothing is running any more. A run that
# finds nothing changed does nothing.
FOLLOW = (
    dg.AutomationCondition.any_deps_updated().since(
        dg.AutomationCondition.newly_requested() | dg.AutomationCondition.initial_evaluation()
    )
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("follow the star")


def build_insights(
    settings: Settings, on_result: Callable[[InsightResult], object], on_progress: OnProgress | None = None
) -> dg.AssetsDefinition:
    kinds = {"sql", settings.warehouse}

    @dg.multi_asset(
        name=INSIGHTS,
        specs=[insight_spec(insight, kinds).replace_attributes(automation_condition=FOLLOW) for insight in in_order()],
        can_subset=True,
        config_schema={},
    )
    def insights(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Rebuild insights from the star, each whole or not at all."""
        names = [key.path[-1] for key in context.selected_asset_keys]
        forced, run_id = is_forced(context.run), context.run.run_id
        results = rebuild_insights(warehouse.open(), names, forced, run_id, on_result, on_progress)
        # Also where one was refused: the others, and the star, have changed.
        publish(warehouse.open(), on_progress)
        notify_recording(on_progress)
        yield from _report(context, warehouse, results)

    return insights


def build_dashboard(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        deps=[insight.table.name for insight in in_order()],
        group_name="insights",
        kinds={"html"},
        config_schema={},
        owners=OWNERS,
        metadata={"page": dg.MetadataValue.url(DASHBOARD)},
        automation_condition=FOLLOW,
        description="The insights on one page that loads nothing else, with a picture of each chart beside it.",
    )
    def dashboard(warehouse: dg.ResourceParam[WarehouseResource]) -> dg.MaterializeResult[Any]:
        """Write the dashboard to the work folder or prefix."""
        # Imported here: the drawing libraries take longer to import than everything else.
        from sparkify_assets.report.pages.dashboard import publish_dashboard

        written = publish_dashboard(warehouse.open(), settings)
        if written.problem:
            raise dg.Failure(written.problem, metadata=dashboard_metadata(written), allow_retries=False)
        return dg.MaterializeResult(metadata=dashboard_metadata(written))

    return dashboard


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, results: list[InsightResult]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Report every insight that was rebuilt, selected or not; fail the run if one was refused."""
    with warehouse.open().reader() as session:
        for result in results:
            if result.state == REFUSED:
                continue
            metadata = insight_metadata(session, result)
            if dg.AssetKey(result.name) in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=result.name, metadata=metadata)
            elif result.state != UNCHANGED:
                context.log_event(dg.AssetMaterialization(result.name, metadata=metadata))
    log_refused_insights(context, results)
    fail_if_refused(context, results)

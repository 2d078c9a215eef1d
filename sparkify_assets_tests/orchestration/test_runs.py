"""How many runs a load takes: the insights follow in the run of the last load, whatever becomes of it."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.definitions import build_definitions
from sparkify_assets.insights.rebuilding import REBUILT, InsightResult
from sparkify_assets.load.results import LOADED, REFUSED, LoadResult
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.plan import plan_load
from sparkify_assets.orchestration.runs import execute
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

SUCCEEDED, FAILED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
DAYS = {"log_data", "staging_events", "songplays", "page_views", "users", "time"}
SONGS = {"song_data", "staging_songs", "songs", "artists"}
INSIGHTS = set(model.insights())


@pytest.fixture
def settings(embedded: Platform, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "")
    return replace(embedded.settings, dagster_home=embedded.folder / "dagster", acceptance=Path("none"))


def load(platform: Platform, settings: Settings) -> dict[str, str]:
    """Load what is stale as the command line does; return what became of each load and insight."""
    results = list[LoadResult | InsightResult]()
    plan = plan_load(platform.warehouse, platform.open_lake(), settings, [DAY, NEXT_DAY])
    checks = execute(build_definitions(settings, on_result=results.append), settings, plan, force=False)
    # Who reads it looks for what failed.
    assert all(bool(check.reason) != check.passed for check in checks)
    assert len(results) == plan.steps
    return {result.name: result.state for result in results}


def runs(settings: Settings) -> list[tuple[dg.DagsterRunStatus, set[str]]]:
    """How each run ended, the first one first, and the assets that it made."""
    with open_instance(settings) as instance:
        found = []
        for run in reversed(instance.get_runs()):
            events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
            found.append((run.status, {entry.asset_key.path[-1] for entry in map(event_of, events) if entry.asset_key}))
        return found


def event_of(entry: dg.EventLogEntry) -> dg.DagsterEvent:
    assert entry.dagster_event
    return entry.dagster_event


def test_the_insights_follow_in_the_run_of_the_last_load_and_by_themselves_if_it_is_refused(
    embedded: Platform, settings: Settings
) -> None:
    write_song(embedded.lake, song())
    write_day(embedded.lake, DAY, [event()])
    assert load(embedded, settings) == {"the song catalog": LOADED, str(DAY): LOADED} | dict.fromkeys(INSIGHTS, REBUILT)
    assert runs(settings) == [(SUCCEEDED, SONGS), (SUCCEEDED, DAYS | INSIGHTS)]

    write_day(embedded.lake, DAY, [event(itemInSession=7)])
    write_day(embedded.lake, NEXT_DAY, FLOOD)
    refused = {str(DAY): LOADED, str(NEXT_DAY): REFUSED}
    assert load(embedded, settings) == refused | dict.fromkeys(INSIGHTS, REBUILT)
    assert runs(settings)[2:] == [(FAILED, DAYS), (SUCCEEDED, INSIGHTS)]

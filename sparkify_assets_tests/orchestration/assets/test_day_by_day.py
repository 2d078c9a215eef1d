"""What the UI shows of each day, table and check, as it asks for it by GraphQL: after a run of thirty days with one bad
day and one with a reject; once a day has changed; once the bad day is mended.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster_shared.utils.warnings import disable_dagster_warnings

from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.instance import open_instance
from sparkify_assets.orchestration.jobs import ONLY_CHANGED, RANGE_END, RANGE_START
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import FLOOD, at, event, song, write_day, write_song
from sparkify_assets_tests.orchestration.assets.test_log_day_assets import TABLES, Instance
from sparkify_assets_tests.platforms import Platform

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(30)]
BAD, WITH_A_REJECT, CHANGED = DAYS[6], DAYS[12], DAYS[20]
ASKED = """query ($keys: [AssetKeyInput!]!) { assetNodes(assetKeys: $keys) {
  assetKey { path }
  assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
  assetChecksOrError { ... on AssetChecks { checks { name partitionStatuses {
    ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } } } } } }
} }"""
# A table, and one of its checks if that is what is shown.
Shown = dict[tuple[str, str | None], dict[date, str]]
Cells = dict[tuple[str, str | None, date], str]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Shown]]:
    """What is shown after each of three runs."""
    platform = Platform.at(tmp_path_factory.mktemp("days"))
    settings = Settings(
        lake=str(platform.lake),
        work=str(platform.folder / "work"),
        duckdb=platform.folder / "sparkify.duckdb",
        dagster_home=platform.folder / "dagster",
    )
    write_song(platform.lake, song())
    for day in DAYS:
        write_day(platform.lake, day, [event(ts=at(day)), event(ts=at(day, 1), userId="8")])
    write_day(platform.lake, BAD, FLOOD)
    write_day(platform.lake, WITH_A_REJECT, [event(ts=at(WITH_A_REJECT)), "[]"])
    with pytest.MonkeyPatch.context() as environment, ExitStack() as opened:
        environment.setenv("DAGSTER_HOME", str(settings.dagster_home))
        dagster = opened.enter_context(open_instance(settings))
        instance = Instance(platform, dagster, build_definitions(settings))
        every = {RANGE_START: str(DAYS[0]), RANGE_END: str(DAYS[-1])}
        assert not instance.run(tags=every, asset_selection=[dg.AssetKey("songplays")]).success
        first = shown(dagster)
        write_day(platform.lake, CHANGED, [event(ts=at(CHANGED)), "[]"])
        assert not instance.run(tags=every | {ONLY_CHANGED: "true"}).success
        changed = shown(dagster)
        write_day(platform.lake, BAD, [event(ts=at(BAD))])
        assert instance.run(partition_key=str(BAD), asset_selection=[dg.AssetKey("users")]).success
        yield [first, changed, shown(dagster)]


def shown(instance: dg.DagsterInstance) -> Shown:
    """The state of each day, as the UI asks for it."""
    from dagster_graphql.schema import create_schema

    target = LoadableTargetOrigin(module_name="sparkify_assets.definitions")
    origin = InProcessCodeLocationOrigin(target, location_name="sparkify_assets")
    # Dagster warns of what it does itself.
    with (
        disable_dagster_warnings(),
        WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as process,
    ):
        context = process.create_request_context()
        keys = [{"path": [name]} for name in sorted(TABLES)]
        answer = asyncio.run(create_schema().execute_async(ASKED, context_value=context, variables={"keys": keys}))
    assert not answer.errors
    states: Shown = {}
    for node in answer.data["assetNodes"]:
        (name,) = node["assetKey"]["path"]
        states[name, None] = by_day(node["assetPartitionStatuses"])
        for check in node["assetChecksOrError"]["checks"]:
            if check["partitionStatuses"]:
                states[name, check["name"]] = by_day(check["partitionStatuses"])
    return states


def by_day(statuses: dict[str, Any]) -> dict[date, str]:
    return {
        day: found["status"]
        for found in statuses["ranges"]
        for day in DAYS
        if found["startKey"] <= str(day) <= found["endKey"]
    }


def differing(states: Shown) -> Cells:
    """What is not well, by table, check and day. Nothing is left out: each cell has a state."""
    assert {name for name, _ in states} == TABLES
    assert len(states) > len(TABLES)
    return {
        (*names, day): of_days.get(day, "nothing")
        for names, of_days in states.items()
        for day in DAYS
        if of_days.get(day) not in ("MATERIALIZED", "SUCCEEDED")
    }


REFUSED: Cells = {
    **{(name, None, BAD): "FAILED" for name in TABLES},
    ("staging_events", "files_loadable", BAD): "FAILED",
}
REJECTED: Cells = {("staging_events", "no_rejects", WITH_A_REJECT): "FAILED"}
CHANGED_REJECTED: Cells = {("staging_events", "no_rejects", CHANGED): "FAILED"}


def test_a_bad_day_failed_on_all_tables_and_in_its_own_check_alone(states: list[Shown]) -> None:
    assert differing(states[0]) == REFUSED | REJECTED


def test_a_run_of_what_changed_leaves_all_other_days_as_they_were(states: list[Shown]) -> None:
    assert differing(states[1]) == REFUSED | REJECTED | CHANGED_REJECTED


def test_a_mended_day_is_well_on_all_tables_whichever_one_was_asked_for(states: list[Shown]) -> None:
    assert differing(states[2]) == REJECTED | CHANGED_REJECTED

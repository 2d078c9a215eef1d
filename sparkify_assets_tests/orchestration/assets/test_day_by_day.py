"""What the UI shows of each day, table and check, as it asks for it by GraphQL: after a run of thirty days with one bad
day and one with a reject; once a day has changed; once the bad day is corrected. And when each check was evaluated.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
ASKED = """query ($keys: [AssetKeyInput!]!) {
  assetNodes(assetKeys: $keys) {
    assetKey { path }
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
    assetChecksOrError { ... on AssetChecks { checks { name partitionStatuses {
      ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } } } } } }
  }
  lake: assetNodes(assetKeys: [{path: ["log_data"]}]) {
    isObservable assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
  }
  staging: assetNodes(assetKeys: [{path: ["staging_events"]}]) { staleStatusByPartition }
}"""
EVALUATED = """query ($table: AssetKeyInput!, $check: String!) {
  assetCheckExecutions(assetKey: $table, checkName: $check, limit: 100) { partition runId evaluation { timestamp } }
}"""
# A table, and one of its checks if that is what is shown.
Names = tuple[str, str | None]
Cells = dict[tuple[str, str | None, date], str]


@dataclass(frozen=True)
class Shown:
    """What is shown after a run: each cell's state, that of the days' files, and the days that are not up to date with
    these."""

    states: dict[Names, dict[date, str]]
    files: dict[date, str]
    outdated: dict[date, str]


@dataclass(frozen=True)
class Seen:
    """What is shown after each of three runs, the runs, and the latest evaluation of each check and day at the end."""

    shown: list[Shown]
    runs: list[dg.RunRecord]
    evaluations: dict[tuple[str, str, date], Any]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
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
        corrected = shown(dagster)
        runs = [*reversed(dagster.get_run_records())]
        yield Seen([first, changed, corrected], runs, latest_evaluations(dagster, corrected))


def asked(instance: dg.DagsterInstance, query: str, *variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answers that the UI gets."""
    from dagster_graphql.schema import create_schema

    target = LoadableTargetOrigin(module_name="sparkify_assets.definitions")
    origin = InProcessCodeLocationOrigin(target, location_name="sparkify_assets")
    # Dagster warns of what it does itself.
    with (
        disable_dagster_warnings(),
        WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as process,
    ):
        schema = create_schema()
        for values in variables:
            context = process.create_request_context()
            answer = asyncio.run(schema.execute_async(query, context_value=context, variables=values))
            assert not answer.errors
            yield answer.data


def shown(instance: dg.DagsterInstance) -> Shown:
    (answer,) = asked(instance, ASKED, {"keys": [{"path": [name]} for name in sorted(TABLES)]})
    states: dict[Names, dict[date, str]] = {}
    for node in answer["assetNodes"]:
        (name,) = node["assetKey"]["path"]
        states[name, None] = by_day(node["assetPartitionStatuses"])
        for check in node["assetChecksOrError"]["checks"]:
            if check["partitionStatuses"]:
                states[name, check["name"]] = by_day(check["partitionStatuses"])
    (lake,), (staging,) = answer["lake"], answer["staging"]
    # Of what is not observable, the UI shows whether it was materialized.
    assert lake["isObservable"]
    outdated = dict(zip(DAYS, staging["staleStatusByPartition"], strict=True))
    return Shown(
        states,
        by_day(lake["assetPartitionStatuses"]),
        {day: status for day, status in outdated.items() if status != "FRESH"},
    )


def latest_evaluations(instance: dg.DagsterInstance, shown: Shown) -> dict[tuple[str, str, date], Any]:
    checks = [(table, check) for table, check in shown.states if check]
    answers = asked(instance, EVALUATED, *({"table": {"path": [table]}, "check": check} for table, check in checks))
    return {
        (table, check, date.fromisoformat(found["partition"])): found
        for (table, check), answer in zip(checks, answers, strict=True)
        for found in reversed(answer["assetCheckExecutions"])
    }


def by_day(statuses: dict[str, Any]) -> dict[date, str]:
    return {
        day: found["status"]
        for found in statuses["ranges"]
        for day in DAYS
        if found["startKey"] <= str(day) <= found["endKey"]
    }


def differing(shown: Shown) -> Cells:
    """What is not well, by table, check and day. Nothing is left out: each cell has a state."""
    assert {name for name, _ in shown.states} == TABLES
    assert len(shown.states) > len(TABLES)
    return {
        (*names, day): of_days.get(day, "nothing")
        for names, of_days in shown.states.items()
        for day in DAYS
        if of_days.get(day) not in ("MATERIALIZED", "SUCCEEDED")
    }


REFUSED: Cells = {
    **{(name, None, BAD): "FAILED" for name in TABLES},
    ("staging_events", "files_loadable", BAD): "FAILED",
}
REJECTED: Cells = {("staging_events", "no_rejects", WITH_A_REJECT): "FAILED"}
CHANGED_REJECTED: Cells = {("staging_events", "no_rejects", CHANGED): "FAILED"}


def test_a_bad_day_failed_on_all_tables_and_in_its_own_check_alone(seen: Seen) -> None:
    assert differing(seen.shown[0]) == REFUSED | REJECTED


def test_a_run_of_what_changed_leaves_all_other_days_as_they_were(seen: Seen) -> None:
    assert differing(seen.shown[1]) == REFUSED | REJECTED | CHANGED_REJECTED


def test_a_mended_day_is_well_on_all_tables_whichever_one_was_asked_for(seen: Seen) -> None:
    assert differing(seen.shown[2]) == REJECTED | CHANGED_REJECTED


def test_the_files_of_each_day_were_observed_and_what_is_loaded_is_up_to_date_with_them(seen: Seen) -> None:
    assert [shown.files for shown in seen.shown] == 3 * [dict.fromkeys(DAYS, "MATERIALIZED")]
    # A day that was never loaded has no state.
    assert [shown.outdated for shown in seen.shown] == [{BAD: "MISSING"}, {BAD: "MISSING"}, {}]


def test_each_check_of_each_day_was_evaluated_when_the_day_was_loaded_last(seen: Seen) -> None:
    checks = {names for names in seen.shown[0].states if names[1]}
    assert set(seen.evaluations) == {(*names, day) for names in checks for day in DAYS}
    for (_, _, day), found in seen.evaluations.items():
        run = seen.runs[2 if day == BAD else 1]
        assert found["runId"] == run.dagster_run.run_id
        assert run.start_time <= found["evaluation"]["timestamp"] <= run.end_time

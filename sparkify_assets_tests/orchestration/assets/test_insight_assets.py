"""Insights in Dagster follow the star automatically, and a manual run rebuilds them completely."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.definitions import build_definitions
from sparkify_assets.insights.rebuilding import in_order
from sparkify_assets.load.audits import audits_of
from sparkify_assets.orchestration.jobs import ONLY_CHANGED
from sparkify_assets.report.charts.insight_charts import CHARTS
from sparkify_assets.report.pages.dashboard import publish_dashboard
from sparkify_assets.settings import Settings
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.copies import copy_of
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

NAMES = {insight.table.name for insight in in_order()}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
CHANGED = {ONLY_CHANGED: "true"}


@dataclass
class Instance:
    """A Dagster instance beside a platform whose star is loaded."""

    platform: Platform
    dagster: dg.DagsterInstance
    cursor: Any = None

    @cached_property
    def definitions(self) -> dg.Definitions:
        return build_definitions(self.platform.settings)

    def run(self, job: str, *assets: str, **options: Any) -> dg.ExecuteInProcessResult:
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.dagster,
            run_config=QUIET,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(name) for name in assets] or None,
            **options,
        )

    def states(self, run: dg.ExecuteInProcessResult) -> dict[str, Any]:
        logged = self.dagster.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        found: list[Any] = [entry.dagster_event.event_specific_data for entry in logged if entry.dagster_event]
        made = [data.materialization for data in found]
        states = {each.asset_key.to_user_string(): each.metadata.get("state") for each in made}
        return {name: state.value for name, state in states.items() if state}

    def requested(self) -> set[str]:
        """The assets that the automation requests now."""
        result = dg.evaluate_automation_conditions(
            self.definitions, self.dagster, asset_selection=dg.AssetSelection.groups("insights"), cursor=self.cursor
        )
        self.cursor = result.cursor
        return {name for name in NAMES if result.get_num_requested(dg.AssetKey(name))}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a platform whose star is loaded, which no test changes."""
    platform = Platform.at(tmp_path_factory.mktemp("loaded"))
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(), event(userId="8", itemInSession=1)])
    platform.load_songs()
    platform.load(DAY)
    return platform.folder


@pytest.fixture
def instance(loaded: Path, tmp_path: Path) -> Iterator[Instance]:
    """An instance beside a copy of that platform."""
    platform = copy_of(loaded, tmp_path / "platform")
    with dg.DagsterInstance.ephemeral() as dagster:
        yield Instance(platform, dagster)


@pytest.fixture(scope="module")
def whole_run(
    loaded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Instance, dg.ExecuteInProcessResult]]:
    """A run that has rebuilt everything, and its instance; no test changes them."""
    platform = copy_of(loaded, tmp_path_factory.mktemp("whole_run"))
    with dg.DagsterInstance.ephemeral() as dagster:
        instance = Instance(platform, dagster)
        yield instance, instance.run("make_insights")


def test_a_run_rebuilds_and_checks_all_insights(whole_run: tuple[Instance, dg.ExecuteInProcessResult]) -> None:
    instance, run = whole_run
    assert run.success
    assert instance.states(run) == dict.fromkeys(NAMES, "rebuilt")
    evaluated = run.get_asset_check_evaluations()
    assert {e.asset_key.to_user_string() for e in evaluated} == NAMES
    assert all(e.passed for e in evaluated)
    assert instance.platform.insights() == instance.platform.expected_insights([DAY])


def test_a_manual_run_always_rebuilds_and_an_automatic_one_only_if_the_star_has_changed(instance: Instance) -> None:
    instance.platform.make_insights()
    assert instance.states(instance.run("make_insights", "retention")) == {"retention": "rebuilt"}
    unchanged = instance.states(instance.run("make_insights", *NAMES, tags=CHANGED))
    assert unchanged == dict.fromkeys(NAMES, "unchanged")


def test_an_insight_that_a_selected_one_reads_is_reported_too(instance: Instance) -> None:
    made = instance.states(instance.run("make_insights", "subscription_levels"))
    assert made == {"user_level_history": "rebuilt", "subscription_levels": "rebuilt"}


def test_a_materialization_shows_rows_a_preview_and_how_many_were_rebuilt(instance: Instance) -> None:
    run = instance.run("make_insights", "song_popularity")
    (made,) = run.asset_materializations_for_node("insights")
    shown = {name: value.value for name, value in made.metadata.items()}
    assert (shown["dagster/row_count"], shown["rows_made"]) == (1, 1)
    rows: Any = made.metadata["preview"]
    assert [(row.data["rank"], row.data["song_title"], row.data["plays"]) for row in rows.records] == [
        (1, "Leuchtturm", 2)
    ]


def test_what_the_command_line_runs_draws_nothing(whole_run: tuple[Instance, dg.ExecuteInProcessResult]) -> None:
    instance, run = whole_run
    assert not [event for event in run.all_node_events if event.node_name == "dashboard"]
    assert not (instance.platform.folder / "work/dashboard").exists()


def test_the_dashboard_shows_the_insights_and_reports_its_path_and_its_charts(instance: Instance) -> None:
    instance.platform.make_insights()
    run = instance.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance.dagster, run_config=QUIET, asset_selection=[dg.AssetKey("dashboard")]
    )
    (made,) = run.asset_materializations_for_node("dashboard")
    page = Path(str(made.metadata["file"].value))
    assert page == instance.platform.folder / "work/dashboard/dashboard.html"
    assert "Leuchtturm" in page.read_text("utf-8")
    assert {path.name for path in page.parent.iterdir()} == {page.name, *(f"{name}.png" for name in CHARTS)}
    chart = str(made.metadata["song_popularity"].value)
    picture = chart.removeprefix("![Most played songs](data:image/png;base64,").removesuffix(")")
    assert base64.b64decode(picture, validate=True).startswith(b"\x89PNG")
    assert len(picture) < 150_000
    assert set(made.metadata) == {"page", "file", *CHARTS}


def test_on_redshift_the_dashboard_goes_to_the_work_prefix(redshift: Platform) -> None:
    write_day(redshift.lake, DAY, [event()])
    redshift.load(DAY)
    redshift.make_insights()
    page = publish_dashboard(redshift.warehouse, redshift.settings).page
    assert page == f"{redshift.settings.work.rstrip('/')}/dashboard/dashboard.html"
    bucket, _, key = page.removeprefix("s3://").partition("/")
    answer = s3_client().get_object(Bucket=bucket, Key=key)
    assert answer["ContentType"] == "text/html"
    assert b"Leuchtturm" in answer["Body"].read()


def test_an_insight_that_fails_fails_the_run_but_no_other_insight(instance: Instance, contract: Contract) -> None:
    contract.change("retention", ("size.users AS cohort_users", "size.users + 1 AS cohort_users"))
    run = instance.run("make_insights")
    assert not run.success
    assert instance.states(run) == dict.fromkeys(NAMES - {"retention"}, "rebuilt")
    failure = run.failure_data_for_node("insights")
    assert failure
    assert failure.user_failure_data
    assert ("retention was refused: 1 row of insights.retention, the first: cohort_users=") in str(
        failure.user_failure_data.description
    )
    logged = instance.dagster.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found: list[Any] = [entry.dagster_event.event_specific_data for entry in logged if entry.dagster_event]
    assert [e.check_name for e in found if not e.passed] == ["users_counted_once"]
    assert {e.asset_key.to_user_string() for e in found if e.passed} == NAMES


def test_each_change_of_the_star_is_followed_once(instance: Instance) -> None:
    assert instance.requested() == set()
    write_day(instance.platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=3)])
    instance.run("load_days", partition_key=str(NEXT_DAY))
    assert instance.requested() == NAMES
    assert instance.states(instance.run("make_insights", *NAMES, tags=CHANGED)) == dict.fromkeys(NAMES, "rebuilt")
    assert instance.requested() == set()
    assert instance.requested() == set()


def test_a_load_that_ends_during_a_rebuild_is_followed_too(instance: Instance) -> None:
    assert instance.requested() == set()
    instance.run("make_insights", *NAMES)
    write_day(instance.platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), itemInSession=3)])
    instance.run("load_days", partition_key=str(NEXT_DAY))
    assert instance.requested() == NAMES


def test_the_automation_is_on() -> None:
    sensors = {sensor.name: sensor for sensor in build_definitions(Settings()).sensors or ()}
    follow = sensors["insights_follow"]
    assert follow.default_status is dg.DefaultSensorStatus.RUNNING


def test_every_insight_has_an_audit_that_says_what_has_to_be_true_of_it() -> None:
    for insight in model.insights().values():
        promised = {"not_null", "unique_key"}
        assert {audit.name for audit in audits_of(insight.table.full_name)} > promised

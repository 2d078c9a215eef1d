"""Which runs were interrupted, and what the next load does about what they left."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.orchestration.dead_runs import PROCESS
from sparkify_assets.orchestration.instance import prepare_instance
from sparkify_assets.orchestration.interrupted_runs import REPORTED, interrupted, settle
from sparkify_assets.orchestration.plan import Plan, behind, plan_load
from sparkify_assets.report.doctor import NOTE, PROBLEM
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, event, write_day
from sparkify_assets_tests.platforms import Platform, load_day

ROOT = Path(__file__).parents[2]
FAILED, SUCCEEDED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS


@pytest.fixture
def settings(embedded: Platform, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a platform with an instance of Dagster."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings = replace(embedded.settings, dagster_home=embedded.folder / "dagster")
    prepare_instance(settings)
    return settings


def add_run(status: dg.DagsterRunStatus, **tags: str) -> str:
    run = dg.DagsterRun(job_name="load_days", run_id=str(uuid4()), status=status, tags=tags)
    with dg.DagsterInstance.get() as instance:
        instance.add_run(run)
    return run.run_id


def test_runs_that_failed_or_were_cancelled_were_interrupted_and_others_were_not(settings: Settings) -> None:
    failed, cancelled = add_run(FAILED), add_run(dg.DagsterRunStatus.CANCELED)
    others = [add_run(SUCCEEDED), add_run(dg.DagsterRunStatus.STARTED), "a run of another instance"]
    assert interrupted(settings, [failed, cancelled, *others]) == {failed, cancelled}


def test_a_run_whose_process_is_gone_was_interrupted(settings: Settings) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    killed = add_run(dg.DagsterRunStatus.STARTED, **{PROCESS: str(process.pid)})
    assert interrupted(settings, [killed]) == {killed}


def test_a_run_that_goes_on_is_looked_at_again(settings: Settings) -> None:
    run = add_run(dg.DagsterRunStatus.STARTED, **{PROCESS: str(os.getppid())})
    assert interrupted(settings, [run]) == set()
    with dg.DagsterInstance.get() as instance:
        found = instance.get_run_by_id(run)
        assert found
        instance.report_run_failed(found)
    assert interrupted(settings, [run]) == {run}


def test_a_run_that_refused_days_and_reported_all_was_not_interrupted(settings: Settings) -> None:
    assert interrupted(settings, [add_run(FAILED, **{REPORTED: "true"})]) == set()


def test_what_is_settled_is_not_asked_of_dagster_again(settings: Settings) -> None:
    succeeded, failed = add_run(SUCCEEDED), add_run(FAILED)
    assert interrupted(settings, [succeeded, failed]) == {failed}
    settle(settings, [failed])
    asked = (
        "import sys; from pathlib import Path; from dataclasses import replace; "
        "from sparkify_assets.orchestration.interrupted_runs import interrupted; "
        "from sparkify_assets.settings import Settings; "
        f"assert not interrupted(Settings(dagster_home=Path({str(settings.dagster_home)!r})), {[succeeded, failed]}); "
        "assert 'dagster' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", asked], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_the_next_load_reports_what_an_interrupted_run_loaded_apart_from_what_is_new(
    embedded: Platform, settings: Settings
) -> None:
    run = add_run(FAILED)
    write_day(embedded.lake, DAY, [event()])
    load_day(embedded.warehouse, embedded.open_lake(), DAY, run_id=run)
    embedded.load_songs()
    embedded.make_insights()

    def plan() -> Plan:
        return plan_load(embedded.warehouse, embedded.open_lake(), settings, [DAY, NEXT_DAY])

    assert plan() == Plan((LogDays.of(DAY),), (), frozenset({run}))
    write_day(embedded.lake, NEXT_DAY, [event(sessionId=101)])
    assert plan().loads == (LogDays.of(NEXT_DAY), LogDays.of(DAY))
    settle(settings, [run])
    assert plan().loads == (LogDays.of(NEXT_DAY),)


def test_a_plan_for_other_days_leaves_a_run_interrupted(embedded: Platform, settings: Settings) -> None:
    run = add_run(FAILED)
    for day in (DAY, NEXT_DAY):
        write_day(embedded.lake, day, [event(sessionId=day.day)])
        load_day(embedded.warehouse, embedded.open_lake(), day, run_id=run)
    plan = plan_load(embedded.warehouse, embedded.open_lake(), settings, [DAY])
    assert (plan.loads, plan.interrupted) == ((LogDays.of(DAY),), frozenset())
    assert SONG_CATALOG not in plan.loads


def test_a_refused_day_is_loaded_again_and_not_reported_apart(embedded: Platform, settings: Settings) -> None:
    run = add_run(FAILED)
    write_day(embedded.lake, DAY, FLOOD)
    load_day(embedded.warehouse, embedded.open_lake(), DAY, run_id=run)
    assert plan_load(embedded.warehouse, embedded.open_lake(), settings, [DAY]).loads == (LogDays.of(DAY),)


def test_what_hangs_behind_is_named_with_its_remedy(embedded: Platform, settings: Settings) -> None:
    write_day(embedded.lake, DAY, [event()])
    load_day(embedded.warehouse, embedded.open_lake(), DAY, run_id=add_run(FAILED))
    unreported, outdated, unpublished = behind(embedded.warehouse, settings)
    assert (unreported.subject, unreported.seen) == ("of an interrupted run, not reported and checked", f"1: {DAY}")
    assert (outdated.subject, outdated.seen.partition(":")[0]) == ("older than the star", str(len(model.insights())))
    assert (unreported.state, unreported.remedy) == (PROBLEM, "`sparkify load`, which says why if it cannot")
    assert (outdated.state, outdated.remedy) == (NOTE, "`sparkify load`, which says why if it cannot")
    assert (unpublished.subject, unpublished.remedy) == ("published", "`sparkify load`")

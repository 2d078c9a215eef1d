"""Interrupted runs: they ended before everything that they loaded was reported and checked, since their process was
killed or a check could not run. The next load reports and checks it.

The warehouse knows which run loaded what, and the Dagster instance how each run ended. Runs that need no further look
are listed in a file of the instance's folder, so that a load with nothing to do does not import Dagster.
"""

from collections.abc import Collection, Iterable

from sparkify_assets.report.answer_files import write_whole
from sparkify_assets.settings import Settings

# A failed run with this tag has reported and checked everything: what it refused is loaded again anyway.
REPORTED = "sparkify/reported"
_SETTLED = "settled_runs"


def interrupted(settings: Settings, runs: Collection[str]) -> set[str]:
    """Return which of these runs were interrupted. Runs of other instances are theirs to report."""
    unsettled = set(runs) - _settled(settings)
    if not unsettled or not (settings.dagster_home / "dagster.yaml").exists():
        return set()
    # Imported here: a load with nothing to do does without Dagster.
    import dagster as dg

    from sparkify_assets.orchestration.dead_runs import fail_dead_runs
    from sparkify_assets.orchestration.instance import open_instance

    with open_instance(settings) as instance:
        if settings.warehouse == "duckdb":
            fail_dead_runs(instance)
        found = instance.get_runs(dg.RunsFilter(run_ids=sorted(unsettled)))
    failed = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    broken = {run.run_id for run in found if run.status in failed and REPORTED not in run.tags}
    going_on = {run.run_id for run in found if not run.is_finished}
    _write(settings, _settled(settings) & set(runs) | (unsettled - broken - going_on))
    return broken


def settle(settings: Settings, runs: Iterable[str]) -> None:
    """Record that everything of these runs is reported and checked."""
    _write(settings, _settled(settings) | set(runs))


def _settled(settings: Settings) -> set[str]:
    try:
        return set((settings.dagster_home / _SETTLED).read_text("utf-8").split())
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _write(settings: Settings, runs: set[str]) -> None:
    write_whole(settings.dagster_home / _SETTLED, "\n".join(sorted(runs)).encode())

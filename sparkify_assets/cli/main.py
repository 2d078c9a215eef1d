"""`sparkify`, the command line: thin over the same functions that Dagster runs.

Nothing heavy is imported before a command is known, so that `--help` answers at once. Exit codes: 0 done, 1 some loads
failed, 2 nothing could be done.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets.errors import SparkifyError

if TYPE_CHECKING:
    from sparkify_assets.insights.rebuilding import InsightResult
    from sparkify_assets.load.results import LoadResult
    from sparkify_assets.settings import Settings

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. An error that a user can act on is one line."""
    options = _parser().parse_args(arguments)
    # Imported here, as in every command, to keep --help fast.
    from sparkify_assets.settings import read_settings

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        command: Callable[[argparse.Namespace, Settings], int] = options.command
        return command(options, read_settings())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SparkifyError as error:
        return _failed(error)
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}: see that the path is right and that this user may use it")
    except KeyboardInterrupt:
        return _failed("stopped; the same command again goes on with what was not finished")


def _failed(error: object) -> int:
    print(f"sparkify: {' '.join(str(error).split())}", file=sys.stderr)
    return NOTHING_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sparkify", description="Sparkify's data platform, from the shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    load = commands.add_parser("load", help="bring the warehouse up to date with the lake")
    load.add_argument("--start", metavar="DAY", help="first log day, YYYY-MM-DD (default: SPARKIFY_START_DATE)")
    load.add_argument("--end", metavar="DAY", help="last log day, YYYY-MM-DD (default: SPARKIFY_END_DATE)")
    load.add_argument("--force", action="store_true", help="load again what has not changed, too")
    load.set_defaults(command=_load)

    status = commands.add_parser("status", help="how each log day stands: state, last load, rows, rejects, audits")
    status.add_argument("--start", metavar="DAY", help="first log day (default: SPARKIFY_START_DATE)")
    status.add_argument("--end", metavar="DAY", help="last log day (default: SPARKIFY_END_DATE)")
    status.set_defaults(command=_status)

    rejects = commands.add_parser("rejects", help="the records that could not be loaded: where they are, and why")
    rejects.add_argument("--day", metavar="DAY", help="of this log day only")
    rejects.add_argument("--file", metavar="PATH", default="", help="of this file only: its path, or the end of it")
    rejects.add_argument("--limit", type=int, default=50, help="how many to show (default: 50)")
    rejects.set_defaults(command=_rejects)

    doctor = commands.add_parser("doctor", help="what is configured and what can be reached, problems with a remedy")
    doctor.set_defaults(command=_doctor)

    schema = commands.add_parser("schema", help="the tables against the contract: what differs, and mending it")
    schema.add_argument("what", choices=("plan", "apply"), help="show the statements, or run them")
    schema.set_defaults(command=_schema)

    _add_cluster(commands)

    query = commands.add_parser("query", help="ask the warehouse: one SELECT in Redshift's dialect")
    asked = query.add_mutually_exclusive_group(required=True)
    asked.add_argument("sql", metavar="SQL", nargs="?")
    asked.add_argument("--file", metavar="FILE.sql", help="a file that holds the SELECT; - is standard input")
    answered = query.add_mutually_exclusive_group()
    answered.add_argument("--format", choices=("table", "csv", "json"), default="table")
    answered.add_argument("--out", metavar="FILE", help="write a .csv, .json or .parquet instead of printing")
    query.set_defaults(command=_query)

    insight = commands.add_parser("insight", help="the first rows of an insight; without a name, which there are")
    insight.add_argument("name", metavar="NAME", nargs="?")
    insight.add_argument("--limit", type=int, default=10, help="how many rows (default: 10)")
    insight.add_argument("--format", choices=("table", "csv", "json"), default="table")
    insight.set_defaults(command=_insight)

    dictionary = commands.add_parser("dictionary", help="write what every table and column means and comes from")
    dictionary.add_argument(
        "--out", metavar="FILE", default="results/dictionary.html", help="a page, or Markdown (.md)"
    )
    dictionary.add_argument("--open", action="store_true", help="show it in the browser")
    dictionary.set_defaults(command=_dictionary)

    report = commands.add_parser("report", help="write the dashboard, and each of its charts as a picture")
    report.add_argument("--out", metavar="DIR", default="results", help="where to (default: results)")
    report.add_argument("--open", action="store_true", help="show it in the browser")
    report.set_defaults(command=_report)

    sample = commands.add_parser("sample", help="make a lake that looks like the real one")
    sample.add_argument("--start", metavar="DAY", help="first log day (default: SPARKIFY_START_DATE)")
    sample.add_argument("--days", type=int, default=30, help="how many log days (default: 30)")
    sample.add_argument("--events", type=int, default=8000, help="events in all (default: 8000)")
    sample.add_argument("--songs", type=int, default=1000, help="songs in all (default: 1000)")
    sample.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (default: 1)")
    sample.add_argument("--dirt", type=float, default=0.0, help="share of malformed records (default: 0)")
    sample.add_argument("--compress", action="store_true", help="write .json.gz")
    sample.add_argument("--files-per-day", type=int, default=1, help="log files a day (default: 1)")
    sample.add_argument("--out", metavar="DIR", help="where to (default: SPARKIFY_LAKE)")
    sample.add_argument("--if-missing", action="store_true", help="do nothing where there is a lake")
    sample.set_defaults(command=_sample)

    ui = commands.add_parser("ui", help="open the Dagster UI on the instance that the loads are recorded in")
    ui.add_argument("--port", type=int, default=3000, help="port on this machine (default: 3000)")
    ui.set_defaults(command=_ui)
    return parser


def _add_cluster(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands on AWS. What is made costs money until it is destroyed."""
    cluster = commands.add_parser("cluster", help="the warehouse in AWS, from plan to destroy (SPARKIFY_CLUSTER_*)")
    kinds = cluster.add_subparsers(required=True, metavar="COMMAND")
    plan = kinds.add_parser("plan", help="every resource that would be made or changed, and what it costs")
    plan.set_defaults(command=_cluster_plan)
    create = kinds.add_parser("create", help="make what is missing, wait until it can be used, make the tables")
    create.add_argument("--write", action="store_true", help="write the settings that use it into .env, unasked")
    create.set_defaults(command=_cluster_create)
    status = kinds.add_parser("status", help="state, endpoint, cost so far, what differs from the plan, leftovers")
    status.set_defaults(command=_cluster_status)
    for name, what in (
        ("probe", "log in and have the role read, until it works"),
        ("pause", "stop paying for the nodes until they are resumed"),
        ("resume", "have a paused cluster run again"),
        ("snapshot", "take a snapshot that stays until somebody deletes it"),
    ):
        kinds.add_parser(name, help=what).set_defaults(command=_cluster_change, what=name)
    destroy = kinds.add_parser("destroy", help="remove all that was made, last first, and prove that nothing is left")
    destroy.add_argument("--yes", metavar="NAME", default="", help="the environment's name, to confirm it")
    destroy.add_argument("--no-snapshot", action="store_true", help="take no final snapshot: the data is gone")
    destroy.set_defaults(command=_cluster_destroy)


def _load(options: argparse.Namespace, settings: "Settings") -> int:
    days = _days(options, settings)

    from sparkify_assets.lake.places import open_lake
    from sparkify_assets.load.results import REFUSED
    from sparkify_assets.orchestration.plan import plan_load
    from sparkify_assets.report.terminal.load_summary import LoadProgress, print_summary
    from sparkify_assets.warehouse.engines import open_warehouse

    plan = plan_load(open_warehouse(settings), open_lake(settings), days, options.force)
    results: list[LoadResult | InsightResult] = []
    cut_short: Exception | None = None
    if plan.steps:
        from sparkify_assets.definitions import build_definitions
        from sparkify_assets.orchestration.runs import execute

        with LoadProgress(plan.steps, results) as progress:
            try:
                execute(build_definitions(settings, on_result=progress.told), settings, plan, options.force)
            except SparkifyError as error:
                if not results:
                    raise
                cut_short = error
    refused = [result for result in results if result.state == REFUSED]
    print_summary(settings, results)
    for result in refused:
        print(f"sparkify: {result.name} was refused: {result.problem}", file=sys.stderr)
    if cut_short:
        print(f"sparkify: not all was loaded: {cut_short}", file=sys.stderr)
    return SOME_FAILED if refused or cut_short else DONE


def _days(options: argparse.Namespace, settings: "Settings") -> list[date]:
    """The log days that the options say, by default all of them."""
    from sparkify_assets.settings import parse_day

    start = parse_day(options.start, "--start") if options.start else None
    end = parse_day(options.end, "--end") if options.end else None
    return settings.days(start, end)


def _status(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.lake.places import open_lake
    from sparkify_assets.load.status import read_status
    from sparkify_assets.report.terminal.status_table import print_status
    from sparkify_assets.warehouse.engines import open_warehouse

    days = _days(options, settings)
    print_status(read_status(open_warehouse(settings), open_lake(settings), days, settings.days()))
    return DONE


def _rejects(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.reject_list import print_rejects
    from sparkify_assets.settings import parse_day
    from sparkify_assets.warehouse.engines import open_warehouse

    day = parse_day(options.day, "--day") if options.day else None
    print_rejects(open_warehouse(settings), day, options.file, options.limit)
    return DONE


def _doctor(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.doctor import examine
    from sparkify_assets.report.terminal.status_table import print_findings

    return SOME_FAILED if print_findings(examine(settings)) else DONE


def _schema(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.schema_changes import print_changes
    from sparkify_assets.warehouse.engines import open_warehouse

    warehouse, applied = open_warehouse(settings), options.what == "apply"
    left = print_changes(warehouse.apply_schema() if applied else warehouse.plan_schema(), applied=applied)
    return SOME_FAILED if left else DONE


def _cluster_plan(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.create import plan
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import print_plan

    environment = open_environment(settings)
    print_plan(environment, plan(environment))
    return DONE


def _cluster_create(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.create import create
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.infrastructure.ready import make_ready, settings_of
    from sparkify_assets.report.terminal.infrastructure_plan import cost_in_words, offer_settings, tell

    environment = open_environment(settings)
    tell(cost_in_words(environment))
    create(environment, tell, lambda lease: make_ready(environment, tell, lease))
    offer_settings(settings_of(environment), Path(".env"), write=options.write)
    return DONE


def _cluster_status(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.infrastructure.environment_status import read_status
    from sparkify_assets.report.terminal.infrastructure_plan import print_standing

    environment = open_environment(settings)
    return DONE if print_standing(environment, read_status(environment)) else SOME_FAILED


def _cluster_change(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure import Tell, power, ready
    from sparkify_assets.infrastructure.environment import Environment, open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import tell

    doing: dict[str, Callable[[Environment, Tell], object]] = {
        "probe": ready.probe,
        "pause": power.pause,
        "resume": power.resume,
        "snapshot": power.snapshot,
    }
    doing[options.what](open_environment(settings), tell)
    return DONE


def _cluster_destroy(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.destroy import destroy
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import tell

    destroy(open_environment(settings), options.yes, tell, snapshot=not options.no_snapshot)
    if settings.warehouse == "redshift":
        tell("SPARKIFY_WAREHOUSE is still redshift here: take it and SPARKIFY_REDSHIFT_* out of .env")
    return DONE


def _query(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.answer_files import read_sql, save_answer, saver_of
    from sparkify_assets.report.answers import ask, write_answer
    from sparkify_assets.warehouse.engines import open_warehouse

    save = saver_of(options.out) if options.out else None
    answer = ask(open_warehouse(settings), read_sql(options.file) if options.file else options.sql)
    if save:
        save_answer(answer, Path(options.out), save)
    else:
        write_answer(answer, options.format, sys.stdout)
    return DONE


def _insight(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.insight_rows import print_insights

    print_insights(settings, options.name, options.limit, options.format)
    return DONE


def _dictionary(options: argparse.Namespace, settings: "Settings") -> int:
    import webbrowser

    from sparkify_assets.report.pages.dictionary import write_dictionary

    file = Path(options.out).absolute()
    write_dictionary(settings, Path(options.out))
    print(options.out)
    if options.open:
        webbrowser.open(file.as_uri())
    return DONE


def _report(options: argparse.Namespace, settings: "Settings") -> int:
    import webbrowser

    from sparkify_assets.report.pages.dashboard import write_dashboard
    from sparkify_assets.warehouse.engines import open_warehouse

    files = write_dashboard(open_warehouse(settings), settings, Path(options.out))
    print(*files, sep="\n")
    if options.open:
        webbrowser.open(files[0].absolute().as_uri())
    return DONE


def _sample(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.errors import SettingsError
    from sparkify_assets.report.terminal.load_summary import DayProgress
    from sparkify_assets.sample import SampleOptions, generate, has_lake
    from sparkify_assets.settings import parse_day

    if "://" in (options.out or settings.lake):
        raise SettingsError(f"the sample would be written to {options.out or settings.lake}: say a folder with --out")
    out = Path(options.out or settings.lake)
    if options.if_missing and has_lake(out):
        return DONE
    start: date = parse_day(options.start, "--start") if options.start else settings.start_date
    try:
        asked = SampleOptions(
            start=start,
            days=options.days,
            events=options.events,
            songs=options.songs,
            seed=options.seed,
            dirt=options.dirt,
            compress=options.compress,
            files_per_day=options.files_per_day,
        )
        with DayProgress("making a sample lake") as progress:
            made = generate(out, asked, progress.told, acceptance=True)
    except (ValueError, FileExistsError) as error:
        raise SettingsError(str(error)) from error
    print(f"{out}: {made.events:,} events and {made.songs:,} songs in {made.files:,} files, {made.bytes / 1e6:,.1f} MB")
    return DONE


def _ui(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.orchestration.dead_runs import tidy_instance
    from sparkify_assets.orchestration.instance import prepare_instance

    program = Path(sys.executable).parent / "dg"
    if program.exists():
        prepare_instance(settings)
        if settings.warehouse == "duckdb":
            tidy_instance()
        os.execv(program, [str(program), "dev", "--host", "127.0.0.1", "--port", str(options.port)])
    return _failed(f"the program {program} is not there: install dagster-dg-cli, as `make ui` does")


if __name__ == "__main__":
    sys.exit(main())

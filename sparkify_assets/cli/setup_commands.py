"""`sparkify sample`, `ui`, `doctor` and `schema`: what one needs to start, and to find out what is wrong."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets.cli.command import DONE, SOME_FAILED, Commands, confirmed, day_option, declare
from sparkify_assets.errors import SettingsError

if TYPE_CHECKING:
    from sparkify_assets.settings import Settings


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    sample = declare(commands, "sample", _sample, "generate a lake that looks like the real one")
    sample.add_argument("--start", metavar="DAY", help="first log day, YYYY-MM-DD (default: SPARKIFY_START_DATE)")
    sample.add_argument("--days", metavar="N", type=int, default=30, help="number of log days (default: 30)")
    sample.add_argument("--events", metavar="N", type=int, default=8000, help="events in all (default: 8000)")
    sample.add_argument("--songs", metavar="N", type=int, default=1000, help="songs in all (default: 1000)")
    sample.add_argument("--seed", metavar="N", type=int, default=1, help="equal seeds give equal files (default: 1)")
    sample.add_argument("--dirt", metavar="SHARE", type=float, default=0.0, help="share of bad records (default: 0)")
    sample.add_argument("--compress", action="store_true", help="write .json.gz files")
    sample.add_argument("--files-per-day", metavar="N", type=int, default=1, help="log files a day (default: 1)")
    sample.add_argument("--only-real-pages", action="store_true", help="leave out the pages that the real month lacks")
    sample.add_argument("--out", metavar="DIR", help="the folder to write to (default: data/sample/lake)")
    sample.add_argument("--if-missing", action="store_true", help="do nothing if there is one, or a lake is set")

    init = declare(commands, "init", _init, "look at a lake, and write the settings that load it into .env")
    init.add_argument("lake", metavar="LAKE", nargs="?", help="a folder, or s3://bucket/prefix")

    ui = declare(commands, "ui", _ui, "start the Dagster UI, which shows every load")
    ui.add_argument("--port", metavar="N", type=int, default=3000, help="port on this machine (default: 3000)")

    declare(commands, "doctor", _doctor, "check settings, lake and warehouse; suggest how to fix problems")

    schema = declare(commands, "schema", _schema, "show or make the changes that bring tables to the contract")
    schema.add_argument("action", choices=("plan", "apply"), help="show the statements, or run them")


def _sample(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.progress_bar import ProgressBar
    from sparkify_assets.sample import SampleOptions, generate, has_lake
    from sparkify_assets.settings import SAMPLE, SAMPLE_SETTINGS, is_anything_set, sample_settings

    place = options.out or str(SAMPLE / "lake")
    if "://" in place:
        raise SettingsError(f"the sample would be written to {place}: name a folder with --out")
    if options.if_missing and (has_lake(Path(place)) or is_anything_set()):
        return DONE
    start = day_option(options, "start") or settings.start_date
    try:
        wanted = SampleOptions(
            start=start,
            days=options.days,
            events=options.events,
            songs=options.songs,
            seed=options.seed,
            dirt=options.dirt,
            compress=options.compress,
            files_per_day=options.files_per_day,
            every_page=not options.only_real_pages,
        )
        with ProgressBar("generating a sample lake") as progress:
            made = generate(Path(place), wanted, progress.step_to_day, acceptance=True)
        if not options.out:
            SAMPLE_SETTINGS.write_text(sample_settings(start, options.days), "utf-8")
    except (ValueError, FileExistsError) as error:
        raise SettingsError(str(error)) from error
    counts = f"{made.events:,} events and {made.songs:,} songs in {made.files:,} files, {made.bytes / 1e6:,.1f} MB"
    print(f"{Path(place)}: {counts}")
    return DONE


def _init(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.lake.places import open_lake
    from sparkify_assets.lake.survey import survey
    from sparkify_assets.report.terminal.lake_survey import print_survey
    from sparkify_assets.settings import with_lake, write_env

    if Path(".env").exists() and not confirmed("There is a .env already: its lake and its log days will be replaced."):
        raise SettingsError(
            "there is a .env already, and nothing was done: edit it, or move it away and run this again"
        )
    lake = open_lake(with_lake(settings, options.lake or _asked_for("Where is the lake?", "")))
    found = survey(lake)
    print_survey(lake.address, found)
    if not found.days:
        raise SettingsError(
            f"{lake.address} has no log file: expected log_data/YYYY/MM/YYYY-MM-DD*.json[.gz]; nothing was written"
        )
    first = _asked_for("First log day", str(found.days[0]))
    last = _asked_for("Last log day, or live to load every new day", str(found.days[-1]))
    write_env(lake.address, first, last)
    print(f"Written into .env: the lake, and its log days {first} to {last}.\nNext: sparkify load")
    return DONE


def _asked_for(question: str, usual: str) -> str:
    """Return the answer that is given on a terminal, else the usual one."""
    if not sys.stdin.isatty():
        if not usual:
            raise SettingsError("no lake is given: expected `sparkify init LAKE`, a folder or s3://bucket/prefix")
        return usual
    try:
        return input(f"{question}{f' [{usual}]' if usual else ''}: ").strip() or usual
    except EOFError:
        raise SettingsError("no answer was given, and nothing was written: run `sparkify init` again") from None


def _ui(options: argparse.Namespace, settings: "Settings") -> int:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from sparkify_assets.orchestration.ui import run_ui
    from sparkify_assets.report.loopback import check_free

    check_free(options.port, "choose another one with --port, or `make ui PORT=3001`")
    # Before the processes of the UI open it, all at once; and in a process that ends, since Dagster takes memory.
    with ProcessPoolExecutor(1, get_context("fork")) as process:
        process.submit(_tidy_instance, settings).result()
    run_ui(settings.dagster_home.absolute(), options.port)
    return DONE


def _tidy_instance(settings: "Settings") -> None:
    from sparkify_assets.orchestration.dead_runs import tidy_instance

    tidy_instance(settings)


def _doctor(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.orchestration.instance_examination import examine_instance
    from sparkify_assets.orchestration.plan import behind
    from sparkify_assets.report.doctor import examine
    from sparkify_assets.report.terminal.diagnosis_list import print_diagnoses

    instance = examine_instance(settings.dagster_home)
    diagnoses = examine(settings, instance, lambda warehouse: behind(warehouse, settings))
    return SOME_FAILED if print_diagnoses(diagnoses) else DONE


def _schema(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.schema_changes import print_changes
    from sparkify_assets.warehouse.engines import open_warehouse

    applied = options.action == "apply"
    warehouse = open_warehouse(settings, only_reads=not applied)
    left = print_changes(warehouse.apply_schema() if applied else warehouse.plan_schema(), applied=applied)
    return SOME_FAILED if left else DONE

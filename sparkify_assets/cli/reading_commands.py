"""Commands that read, and change nothing in the warehouse: `sparkify query`, `tables`, `insight`, `export` and more."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets.cli.command import DONE, SOME_FAILED, Commands, declare, print_error

if TYPE_CHECKING:
    from sparkify_assets.settings import Settings

_DICTIONARY = "results/dictionary.html"


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    query = declare(commands, "query", _query, "ask the warehouse a question: one SELECT in Redshift's dialect")
    question = query.add_mutually_exclusive_group(required=True)
    question.add_argument("sql", metavar="SQL", nargs="?", help="the SELECT")
    question.add_argument("--file", metavar="FILE.sql", help="read the SELECT from a file; - is standard input")
    query.add_argument("--staging", action="store_true", help="ask the loader's warehouse, which has staging, too")
    answer = query.add_mutually_exclusive_group()
    _add_format(answer)
    answer.add_argument("--out", metavar="FILE", help="write the rows to a .csv, .json or .parquet file instead")

    tables = declare(commands, "tables", _tables, "list the tables, or the columns of one, and what they mean")
    tables.add_argument("name", metavar="NAME", nargs="?", help="the table (default: list all of them)")
    _add_format(tables)

    insight = declare(commands, "insight", _insight, "show the first rows of an insight, or list all insights")
    insight.add_argument("name", metavar="NAME", nargs="?", help="the insight (default: list all of them)")
    insight.add_argument("--limit", metavar="N", type=int, default=10, help="show at most N rows (default: 10)")
    _add_format(insight)

    export = declare(commands, "export", _export, "write everything that is published to Parquet or CSV files")
    export.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="(default: parquet)")
    export.add_argument("--out", metavar="DIR", required=True, help="the folder to write, which is not there yet")

    dashboard = declare(commands, "dashboard", _dashboard, "serve the dashboard, which answers questions by clicks")
    dashboard.add_argument("--port", metavar="N", type=int, default=3001, help="port on this machine (default: 3001)")
    dashboard.add_argument("--open", action="store_true", help="open it in a browser")

    report = declare(commands, "report", _report, "write the dashboard, and each of its charts as a picture")
    report.add_argument("--out", metavar="DIR", default="results", help="the folder to write to (default: results)")
    _add_open(report)

    dictionary = declare(commands, "dictionary", _dictionary, "write what every table and column means")
    dictionary.add_argument(
        "--out", metavar="FILE", default=_DICTIONARY, help=f"the .html or .md file to write (default: {_DICTIONARY})"
    )
    _add_open(dictionary)


def _add_format(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="how to print the rows (default: table)"
    )


def _add_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def _query(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.answer_files import read_sql, refuse_unknown_ending, save_answer
    from sparkify_assets.report.answers import ask, write_answer
    from sparkify_assets.warehouse.engines import open_warehouse

    out = Path(options.out) if options.out else None
    if out:
        refuse_unknown_ending(out)
    sql = read_sql(options.file) if options.file else options.sql
    answer = ask(open_warehouse(settings, only_reads=True), sql, options.staging)
    if out:
        save_answer(answer, out)
    else:
        write_answer(answer, options.format, sys.stdout)
    return DONE


def _tables(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.answers import write_answer
    from sparkify_assets.report.tables import describe_table, list_tables

    write_answer(describe_table(options.name) if options.name else list_tables(), options.format, sys.stdout)
    return DONE


def _insight(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.terminal.insight_rows import print_insights

    print_insights(settings, options.name, options.limit, options.format)
    return DONE


def _export(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.errors import QueryError

    if settings.warehouse != "duckdb":
        raise QueryError(
            "this warehouse is on Redshift, which exports by itself, to S3: see UNLOAD in docs/guide/bi.md"
        )
    from sparkify_assets.report.export import MANIFEST, export
    from sparkify_assets.report.phrases import counted
    from sparkify_assets.warehouse.duckdb.published_file import PublishedFile

    published, out = PublishedFile(settings.published_file, settings.published_mode), Path(options.out)
    written = export(
        published,
        options.format,
        out,
        lambda done: print(f"{done.table.full_name}: {counted(done.rows, 'row')}", flush=True),
    )
    files = sum(len(exported.files) for exported in written)
    print(f"{out}: {counted(files, 'file')}, and {MANIFEST}, which says what is in them")
    return DONE


def _report(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.pages.dashboard import write_dashboard
    from sparkify_assets.warehouse.engines import open_warehouse

    written = write_dashboard(open_warehouse(settings), settings, Path(options.out))
    print(*written.files, sep="\n")
    if written.problem:
        print_error(written.problem)
    if options.open:
        _open_in_browser(Path(written.page))
    return SOME_FAILED if written.problem else DONE


def _dashboard(options: argparse.Namespace, settings: "Settings") -> int:
    import webbrowser

    from sparkify_assets.report.explorer.dashboard_server import serve_dashboard

    serve_dashboard(settings, options.port, webbrowser.open if options.open else None)
    return DONE


def _dictionary(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.report.pages.dictionary import write_dictionary

    write_dictionary(settings, Path(options.out))
    print(options.out)
    if options.open:
        _open_in_browser(Path(options.out))
    return DONE


def _open_in_browser(file: Path) -> None:
    import webbrowser

    webbrowser.open(file.absolute().as_uri())

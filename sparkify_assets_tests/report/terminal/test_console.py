"""What commands print on a terminal steers nothing, and no text of the lake is markup."""

import ast
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

import sparkify_assets
from sparkify_assets.cli.command import print_error
from sparkify_assets.load.progress import Progress
from sparkify_assets.report.answers import write_answer
from sparkify_assets.report.doctor import PROBLEM, Diagnosis
from sparkify_assets.report.terminal.console import PlainConsole, plain_table, styled
from sparkify_assets.report.terminal.diagnosis_list import print_diagnoses
from sparkify_assets.report.terminal.progress_bar import ProgressBar
from sparkify_assets.report.terminal.reject_list import print_rejects
from sparkify_assets.report.visible import REPLACEMENT
from sparkify_assets.warehouse.session import Answer
from sparkify_assets_tests.lakes import DAY, MARKUP, UNFIT, write_day
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

PACKAGE = Path(sparkify_assets.__file__).parent
HOSTILE = f"{UNFIT} {MARKUP}"
SHOWN = f"{REPLACEMENT * len(UNFIT)} {MARKUP}"
ANSWER = Answer((f"a{UNFIT}",), [(HOSTILE,)])


class Terminal(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def printed(*objects: Any) -> str:
    out = Terminal()
    PlainConsole(file=out, width=400, color_system=None).print(*objects)
    return out.getvalue()


def test_a_string_is_shown_as_it_is_wherever_it_stands() -> None:
    table = Table(HOSTILE)
    table.add_row(HOSTILE)
    assert SHOWN in printed(HOSTILE)
    assert SHOWN in printed(styled(HOSTILE))
    assert SHOWN in printed(styled("a ", (HOSTILE, "bold")))
    assert printed(table).count(SHOWN) == 2
    assert not set(UNFIT) & set(printed(table))


def test_replaced_characters_keep_columns_in_line() -> None:
    table = plain_table()
    for heading in ("a", "b"):
        table.add_column(heading)
    table.add_row("\x1b\x1b\x1b", "one")
    table.add_row("ddd", "two")
    one, two = (line for line in printed(table).splitlines() if "one" in line or "two" in line)
    assert one.index("one") == two.index("two")


def test_only_the_console_makes_texts_of_rich() -> None:
    offenders = [
        f"{path.stem}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.stem != "console"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("Text", "Console", "rich."))
        if not ast.unparse(node.func).startswith("TextColumn")
    ]
    assert not offenders, "\n".join(offenders)


def test_a_table_shows_hostile_cells_and_headings() -> None:
    out = io.StringIO()
    write_answer(ANSWER, "table", out)
    assert not set(UNFIT) & set(out.getvalue())
    assert MARKUP in " ".join(out.getvalue().split())


@pytest.mark.parametrize("layout", ["csv", "json"])
def test_rows_for_programs_are_data_in_a_pipe_and_visible_on_a_terminal(layout: str) -> None:
    pipe, terminal = io.StringIO(), Terminal()
    write_answer(ANSWER, layout, pipe)
    write_answer(ANSWER, layout, terminal)
    assert "\u202e" in pipe.getvalue()
    assert not set(UNFIT) & set(terminal.getvalue())
    assert "\n" in terminal.getvalue()


def test_an_error_is_one_line_whatever_a_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("a\nb\x1b[2J\udcff: cannot be read")
    assert capsys.readouterr().err == f"sparkify: a b{REPLACEMENT}[2J{REPLACEMENT}: cannot be read\n"


def test_progress_is_one_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("loading", 1) as progress:
        progress.step(f"a\n{HOSTILE}")
        assert progress.on_progress is None
    assert capsys.readouterr().err.splitlines() == [f"a {SHOWN}"]


def test_the_bars_show_bytes_and_steps_and_name_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    with ProgressBar("loaded", 2, size=4_000_000) as progress:
        assert progress.on_progress
        progress.on_progress(Progress("reading\x1b[2J 2018-11-15", 1_000_000))
        progress.on_progress(Progress("publishing 2018-11-15", 9_000_000))
        progress.step("2018-11-15: loaded")
        progress.on_progress(Progress("rebuilding retention"))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    lines = [" ".join(line.split()) for line in re.split(r"[\r\n]+", shown)]
    assert any(line.startswith("read ") and "1.0 MB of 4.0 MB" in line for line in lines)
    assert any(line.startswith("read ") and "4.0 MB of 4.0 MB" in line for line in lines)
    for what in (f"reading{REPLACEMENT}[2J 2018-11-15", "publishing 2018-11-15", "1 of 2 0:00:00 rebuilding retention"):
        assert any(line.startswith("loaded ") and what in line for line in lines), what


def test_the_progress_bar_takes_no_text_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("TERM", "xterm")
    with ProgressBar("loading", 1) as progress:
        progress.step("[/bold]\x1b]0;title\a")
    assert "[/bold]" in terminal.getvalue()
    assert "\x1b]0;" not in terminal.getvalue()


def test_a_diagnosis_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_diagnoses([Diagnosis("misplaced\nfiles", PROBLEM, "1: a\n\x1bb.json", "rename\nthem")])
    assert capsys.readouterr().out.splitlines()[:2] == [
        f"✗ misplaced files: 1: a {REPLACEMENT}b.json",
        "    → rename them",
    ]


def test_a_reject_shows_its_place_and_record(embedded: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    write_day(embedded.lake, DAY, [f'{{"page": "{MARKUP}\u202e\x9b"}}'], name="a\nb\x1b[1m[bold]c")
    embedded.load(DAY)
    print_rejects(embedded.warehouse, None, "", 50)
    out = capsys.readouterr().out
    assert not set(UNFIT) & set(out)
    assert f"a b{REPLACEMENT}[1m[bold]c.json, line 1 (byte 0): " in out
    assert "[bold red]a[/]" in out


def test_a_warning_that_is_logged_steers_nothing() -> None:
    code = "import logging; from sparkify_assets.cli import main; main.main(['insight']); logging.warning('a\\x1b[2J')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == f"a{REPLACEMENT}[2J\n"

"""Failed audits on a terminal, wide or narrow, and in a pipe: nothing is cut."""

import io

import pytest

from sparkify_assets.load.explanations import Explanation
from sparkify_assets.report.terminal.console import PlainConsole
from sparkify_assets.report.terminal.failed_audits import print_refusals, print_warnings
from sparkify_assets.report.visible import REPLACEMENT

pytestmark = pytest.mark.check

WHY = Explanation("log_data/2018/11/a.json, line 2 (byte 381)", "not an object " * 12 + "at all", "fix the file " * 9)


def on_terminal(width: int, names: list[str]) -> str:
    out = io.StringIO()
    print_refusals(
        PlainConsole(file=out, width=width, force_terminal=True, color_system=None), [(n, WHY) for n in names]
    )
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_shows_every_word_broken_between_words_below_the_name(width: int) -> None:
    shown = on_terminal(width, ["2018-11-15"])
    first, *below = shown.splitlines()
    assert first == f"✗ 2018-11-15 was refused: {WHY.where}"
    assert " ".join(shown.split()) == f"{first} {WHY.why} → {WHY.remedy.strip()}"
    assert all(line.startswith("    ") and len(line) <= width for line in below)


def test_a_pipe_gets_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    print_refusals(PlainConsole(), [("2018-11-15", WHY)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"✗ 2018-11-15 was refused: {WHY.where}", f"    {WHY.why}", f"    → {WHY.remedy.strip()}"]


def test_of_many_refusals_the_first_are_explained_and_the_others_named() -> None:
    shown = on_terminal(1_000, [f"2018-11-{n:02d}" for n in range(1, 31)])
    assert shown.count(WHY.why) == 10
    assert "✗ 20 more were refused: 2018-11-11, 2018-11-12, 2018-11-13, 2018-11-14, 2018-11-15 and 15 more" in shown


def test_a_warning_is_shown_once_with_its_loads(capsys: pytest.CaptureFixture[str]) -> None:
    odd = Explanation("1 row of users,\x1b[2J the first: a=1", "known_level failed", "see `sparkify rejects`")
    print_warnings(PlainConsole(), {"users.known_level": [("2018-11-15", odd), ("2018-11-16", odd)]})
    assert capsys.readouterr().out.splitlines() == [
        "! users.known_level on 2 loads: 2018-11-15, 2018-11-16",
        f"    1 row of users,{REPLACEMENT}[2J the first: a=1 → see `sparkify rejects`",
    ]

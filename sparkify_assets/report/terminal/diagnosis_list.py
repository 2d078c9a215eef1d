"""`sparkify doctor` on a terminal: each diagnosis as soon as it is made, with its remedy."""

from collections.abc import Iterable

from sparkify_assets.report.doctor import GOOD, NOTE, PROBLEM, Diagnosis
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.console import PlainConsole, styled
from sparkify_assets.report.visible import on_one_line

_SIGNS = {GOOD: ("✓", "green"), NOTE: ("•", "cyan"), PROBLEM: ("✗", "red")}


def print_diagnoses(diagnoses: Iterable[Diagnosis]) -> int:
    """Print each diagnosis as it comes; return how many problems there are."""
    console = PlainConsole(soft_wrap=True)
    problems = 0
    for each in diagnoses:
        sign, colour = _SIGNS[each.state]
        seen = (on_one_line(each.seen), "dim" * (each.state == GOOD))
        console.print(styled((sign, colour), f" {on_one_line(each.subject)}: ", seen))
        if each.remedy:
            console.print(styled((f"    → {on_one_line(each.remedy)}", colour)))
        problems += each.state == PROBLEM
    console.print(counted(problems, "problem"), style="bold red" if problems else "bold green")
    return problems
